"""Sends to Telegram: part by part, paced, and never twice where nobody knows whether it arrived.

Telegram has no key that tells a repeat: after a timeout a message may be there or not, so the outcome is uncertain.
Source: core.telegram.org/bots/faq (limits), core.telegram.org/bots/api#making-requests (errors).
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
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

from connectors.channel import Broadcast, IncomingEvent, Outcome, SendResult, Shipment
from connectors.telegram import limits
from connectors.telegram.pace import Pace
from connectors.telegram.rendering import Keyboard, Part, render
from connectors.text_length import count_utf16, split_text

log = logging.getLogger(__name__)

CREDENTIALS_PAUSE_SECONDS = 300.0
MAX_DRAFTS = 3
MAX_DRAFT_ID = 2**31 - 2
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
# The connection was never made: nothing was sent.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_GATEWAY = ("bad gateway", "gateway timeout", "(502)", "(504)")


@asynccontextmanager
async def turn(bot: Bot, pace: Pace, shipment: Shipment) -> AsyncIterator[None]:
    """Wait until the next part may go out, and hold its turn; a long one is shown growing first."""
    part = render(shipment.messages)[shipment.parts_sent]
    if _is_streamed(shipment.chat, part):
        await _stream(bot, pace, shipment, part)
    async with pace.turn(shipment.chat):
        yield


async def show_draft(bot: Bot, pace: Pace, event: IncomingEvent, text: str) -> None:
    """Show what there is of an answer; a draft that fails is no loss, the whole follows."""
    draft_id = zlib.crc32(event.event_id.encode()) % MAX_DRAFT_ID + 1
    try:
        async with pace.turn(event.chat):
            await bot.send_message_draft(int(event.chat), draft_id, split_text(text, limits.TEXT_UNITS)[0])
    except TelegramError as error:
        log.info("a draft was not shown: %s", type(error).__name__)


async def send(bot: Bot, pace: Pace, shipment: Shipment) -> SendResult:
    """Send the first part that was not accepted yet; its turn has come."""
    parts = render(shipment.messages)
    result = await _send_part(bot, pace, shipment.chat, parts[shipment.parts_sent])
    is_last = shipment.parts_sent + 1 == len(parts)
    return SendResult(Outcome.PART) if result.outcome is Outcome.SENT and not is_last else result


async def broadcast(bot: Bot, pace: Pace, broadcast: Broadcast) -> SendResult:
    """Send one message to one chat; earlier ones that it corrects are changed first.

    Of a message of several parts, the first one's outcome counts; a failure after it leaves the whole uncertain.
    """
    (chat,) = broadcast.chats
    first, *others = render(broadcast.messages)
    for message_id in broadcast.replaces:
        async with pace.turn(chat):
            slowed_down = await _edit(bot, pace, chat, message_id, first)
        if slowed_down:
            return slowed_down
    result = await _send_part(bot, pace, chat, first)
    for part in others if result.outcome is Outcome.SENT else ():
        async with pace.turn(chat):
            following = await _send_part(bot, pace, chat, part)
        if following.outcome is not Outcome.SENT:
            return SendResult(Outcome.UNCERTAIN, f"a part of it was not taken: {following.reason}")
    return result


async def _edit(bot: Bot, pace: Pace, chat: str, message_id: str, part: Part) -> SendResult | None:
    """Change an earlier message; returns the result only where Telegram asks to wait.

    One that is gone or too old stays as it is: the correction follows anyway.
    """
    try:
        await bot.edit_message_text(
            part.html,
            chat_id=int(chat),
            message_id=int(message_id),
            parse_mode=ParseMode.HTML,
            reply_markup=make_markup(part.keyboard),
            link_preview_options=_NO_PREVIEW,
        )
    except RetryAfter as error:
        pace.rest(_in_seconds(error.retry_after))
        return judge(error)
    except TelegramError as error:
        log.info("an earlier message was not changed: %s", type(error).__name__)
    return None


async def _send_part(bot: Bot, pace: Pace, chat: str, part: Part) -> SendResult:
    options: dict[str, Any] = {
        "reply_markup": make_markup(part.keyboard),
        "link_preview_options": LinkPreviewOptions(url=part.picture, prefer_large_media=True, show_above_text=True)
        if part.picture
        else _NO_PREVIEW,
    }
    try:
        try:
            message = await bot.send_message(int(chat), part.html, parse_mode=ParseMode.HTML, **options)
        except BadRequest as error:
            if "chat not found" in error.message.lower():
                raise
            log.warning("Telegram refused a message's form (%s); sending it as text", error.message[:100])
            # It may be a link that Telegram does not like; the text names it.
            keyboard = [[button for button in row if not button.url] for row in part.keyboard]
            options["reply_markup"] = make_markup([row for row in keyboard if row])
            async with pace.turn(chat):
                message = await bot.send_message(int(chat), part.plain, **options)
    except RetryAfter as error:
        # The limit is the bot's, not the chat's: nobody else's message would pass.
        pace.rest(_in_seconds(error.retry_after))
        return judge(error)
    except TelegramError as error:
        return judge(error)
    return SendResult(Outcome.SENT, message_id=str(message.message_id))


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
            async with pace.turn(shipment.chat):
                await bot.send_message_draft(int(shipment.chat), draft_id, "\n".join(pieces[:count]))
        except TelegramError as error:
            log.info("a draft was not shown: %s", type(error).__name__)
            return
