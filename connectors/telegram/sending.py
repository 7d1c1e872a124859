"""Sends to Telegram: part by part, paced, and never twice where nobody knows whether it arrived.

Telegram has no key that tells a repeat: after a timeout a message may be there or not, so the outcome is uncertain.
Source: core.telegram.org/bots/faq (limits), core.telegram.org/bots/api#making-requests (errors).
"""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import lru_cache

import httpx
from aiolimiter import AsyncLimiter
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.constants import ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from connectors.channel import Outcome, SendResult, Shipment
from connectors.telegram import limits
from connectors.telegram.rendering import Keyboard, Part, render
from connectors.text_length import count_utf16, split_text

log = logging.getLogger(__name__)

CREDENTIALS_PAUSE_SECONDS = 300.0
MAX_DRAFTS = 3
_CHATS_REMEMBERED = 10_000
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
# The connection was never made: nothing was sent.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_GATEWAY = ("bad gateway", "gateway timeout", "(502)", "(504)")


class Pace:
    """Keeps below what Telegram takes: overall evenly, per chat with small bursts."""

    def __init__(self) -> None:
        self._all = AsyncLimiter(1, 1 / limits.MESSAGES_A_SECOND)
        self._chat = lru_cache(_CHATS_REMEMBERED)(_make_chat_limiter)

    async def wait(self, chat: str) -> None:
        """Wait until a message to this chat may go out."""
        await self._chat(chat).acquire()
        await self._all.acquire()


def _make_chat_limiter(chat: str) -> AsyncLimiter:
    if chat.startswith("-"):
        return AsyncLimiter(limits.GROUP_MESSAGES, limits.GROUP_SECONDS)
    return AsyncLimiter(limits.CHAT_MESSAGES, limits.CHAT_SECONDS)


async def wait_turn(bot: Bot, pace: Pace, shipment: Shipment) -> None:
    """Wait until the next part may go out; a long one is shown growing first."""
    part = render(shipment.messages)[shipment.parts_sent]
    if _is_streamed(shipment.chat, part):
        await _stream(bot, pace, shipment, part)
    await pace.wait(shipment.chat)


async def send(bot: Bot, pace: Pace, shipment: Shipment) -> SendResult:
    """Send the first part that was not accepted yet; its turn has come."""
    parts = render(shipment.messages)
    result = await _send_part(bot, pace, shipment.chat, parts[shipment.parts_sent])
    is_last = shipment.parts_sent + 1 == len(parts)
    return SendResult(Outcome.PART) if result.outcome is Outcome.SENT and not is_last else result


async def _send_part(bot: Bot, pace: Pace, chat: str, part: Part) -> SendResult:
    markup = make_markup(part.keyboard)
    try:
        try:
            await bot.send_message(
                int(chat), part.html, parse_mode=ParseMode.HTML, reply_markup=markup, link_preview_options=_NO_PREVIEW
            )
        except BadRequest as error:
            if "parse entities" not in error.message.lower():
                raise
            log.warning("Telegram could not parse a message's HTML; sending it as text")
            await pace.wait(chat)
            await bot.send_message(int(chat), part.plain, reply_markup=markup, link_preview_options=_NO_PREVIEW)
    except TelegramError as error:
        return judge(error)
    return SendResult(Outcome.SENT)


def judge(error: TelegramError) -> SendResult:
    """Return what an error of the Bot API says about the message."""
    reason = f"{type(error).__name__}: {error.message}"[:300]
    match error:
        case RetryAfter():
            return SendResult(Outcome.LATER, reason, after_seconds=_in_seconds(error.retry_after))
        case ChatMigrated():
            return SendResult(Outcome.MOVED, reason, new_chat=str(error.new_chat_id))
        case Forbidden():
            return SendResult(Outcome.BLOCKED, reason)
        case InvalidToken():
            log.error("Telegram refuses the token: check ASKBAY_TELEGRAM_TOKEN")
            return SendResult(Outcome.LATER, reason, after_seconds=CREDENTIALS_PAUSE_SECONDS)
        case BadRequest():
            gone = "chat not found" in error.message.lower()
            return SendResult(Outcome.BLOCKED if gone else Outcome.REFUSED, reason)
        case NetworkError():
            return _judge_network(error, reason)
        case TelegramError() if "invalid server response" in error.message.lower():
            # It may have been the answer to a message that was taken.
            return SendResult(Outcome.UNCERTAIN, reason)
    return SendResult(Outcome.LATER, reason)


def _in_seconds(time: int | timedelta) -> float:
    return time.total_seconds() if isinstance(time, timedelta) else float(time)


def _judge_network(error: NetworkError, reason: str) -> SendResult:
    if isinstance(error.__cause__, _NOT_SENT):
        return SendResult(Outcome.LATER, reason)
    if error.__cause__ is None and not any(sign in error.message.lower() for sign in _GATEWAY):
        # Telegram itself answered that it failed.
        return SendResult(Outcome.LATER, reason)
    return SendResult(Outcome.UNCERTAIN, reason)


def make_markup(keyboard: Keyboard) -> InlineKeyboardMarkup | None:
    """Return Telegram's form of a keyboard."""
    rows = [
        [
            InlineKeyboardButton(button.label, url=button.url or None, callback_data=button.data or None)
            for button in row
        ]
        for row in keyboard
    ]
    return InlineKeyboardMarkup(rows) if rows else None


def _is_streamed(chat: str, part: Part) -> bool:
    return not chat.startswith("-") and count_utf16(part.plain) >= limits.STREAM_FROM_UNITS


async def _stream(bot: Bot, pace: Pace, shipment: Shipment, part: Part) -> None:
    """Show a long answer growing; a draft that fails is no loss, the whole follows."""
    pieces = split_text(part.plain, max(count_utf16(part.plain) // MAX_DRAFTS, limits.STREAM_FROM_UNITS // 2))
    draft_id = int(shipment.id.replace("-", "")[:7], 16) + 1
    for count in range(1, min(len(pieces), MAX_DRAFTS + 1)):
        try:
            await pace.wait(shipment.chat)
            await bot.send_message_draft(int(shipment.chat), draft_id, "\n".join(pieces[:count]))
        except TelegramError as error:
            log.info("a draft was not shown: %s", type(error).__name__)
            return
