"""Telegram as a channel: it polls unless it is told a public address for its webhook."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any
from urllib.parse import urlencode

from telegram import Bot
from telegram.constants import ChatAction
from telegram.error import Conflict, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from connectors.channel import Broadcast, IncomingEvent, Quota, SendResult, Shipment, Store, WebhookRefused
from connectors.loopback import is_loopback
from connectors.menu import MenuTexts
from connectors.shared_rate import SharedRate
from connectors.telegram import events, limits, menu, sending
from connectors.telegram.pace import Pace

log = logging.getLogger(__name__)

POLL_SECONDS = 25
PAUSE_SECONDS, MAX_PAUSE_SECONDS = 1.0, 60.0
CONFLICT_PAUSE_SECONDS = 10.0


class TelegramChannel:
    """A Telegram bot."""

    name = limits.NAME
    batch_size = 1
    calls_at_once = 8
    reply_seconds = 0
    # Nothing tells Telegram that a message is a repeat.
    repeats_are_safe = False

    def __init__(self, *, token: str, api: str, webhook: str, menu_texts: MenuTexts, redis: str = "") -> None:
        self._secret = events.make_secret(token)
        self._webhook = webhook
        self._menu_texts = menu_texts
        self._pace = _make_pace(redis)
        self._bot_name = ""
        address = (api or limits.API).rstrip("/")
        options = {"trust_env": False} if is_loopback(address) else {}
        self._address = f"{address}/bot{token}"
        self._request = HTTPXRequest(read_timeout=10, httpx_kwargs=options)
        self._polling = HTTPXRequest(connection_pool_size=2, httpx_kwargs=options)
        self._bot = Bot(token, f"{address}/bot", request=self._request, get_updates_request=self._polling)

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> list[IncomingEvent]:
        """See Channel. Until the bot's name is known, Telegram is asked to come again: a group may mean the bot."""
        events.check_secret(headers, self._secret)
        if not self._bot_name:
            raise WebhookRefused("the bot's name is not known yet", 503)
        return events.read_webhook(body, headers, self._secret, self._bot_name)

    async def prepare(self) -> None:
        """Learn the bot's name."""
        await self._until_done(self._learn_name)

    async def receive(self, store: Store) -> None:
        """Learn the bot's name; then poll for as long as the task runs, or leave it to the webhook."""
        await self._until_done(self._learn_name)
        if self._webhook:
            await self._until_done(self._set_webhook)
            return
        await self._until_done(self._remove_webhook)
        await self._poll(store)

    async def acknowledge(self, event: IncomingEvent) -> None:
        """Answer a callback query, so that the button stops spinning."""
        if not event.reply_token:
            return
        try:
            await self._bot.answer_callback_query(event.reply_token)
        except TelegramError as error:
            log.info("a callback query was not answered: %s", type(error).__name__)

    async def show_waiting(self, event: IncomingEvent) -> None:
        """Show "typing"."""
        try:
            await self._bot.send_chat_action(int(event.chat), ChatAction.TYPING)
        except TelegramError as error:
            log.info("typing was not shown: %s", type(error).__name__)

    async def show_draft(self, event: IncomingEvent, text: str) -> None:
        """Show the answer growing, in private chats."""
        if not event.is_group:
            await sending.show_draft(self._bot, self._pace, event, text)

    def turn(self, shipment: Shipment) -> AbstractAsyncContextManager[None]:
        """Wait for the pace; before a long answer, show it growing."""
        return sending.turn(self._bot, self._pace, shipment)

    async def send(self, shipment: Shipment) -> SendResult:
        """Send the next part."""
        return await sending.send(self._bot, self._pace, shipment)

    def broadcast_turn(self) -> AbstractAsyncContextManager[None]:
        """Wait for the pace, after those who wait for an answer."""
        return self._pace.broadcast_turn()

    async def broadcast(self, broadcast: Broadcast) -> SendResult:
        """Send to one chat."""
        return await sending.broadcast(self._bot, self._pace, broadcast)

    async def find_quota(self) -> Quota | None:
        """Telegram has no limit a month."""
        return None

    async def show_menu(self, chat: str, language: str) -> None:
        """Telegram shows each citizen the commands in the app's own language."""

    async def set_up(self) -> list[str]:
        """Set commands and descriptions, and the webhook where there is a public address."""
        changed = await menu.set_up(self._bot, self._menu_texts)
        return changed + (await self._set_webhook() if self._webhook else await self._remove_webhook())

    async def close(self) -> None:
        """Close the connections."""
        await self._request.shutdown()
        await self._polling.shutdown()
        await self._pace.close()

    async def _learn_name(self) -> None:
        self._bot_name = (await self._bot.get_me()).username or ""

    async def _set_webhook(self) -> list[str]:
        # Set each time: Telegram does not tell which secret it holds. Updates that wait are citizens' messages.
        info = await self._bot.get_webhook_info()
        await self._bot.set_webhook(
            self._webhook,
            allowed_updates=events.ALLOWED_UPDATES,
            drop_pending_updates=False,
            secret_token=self._secret,
        )
        return [] if info.url == self._webhook else [f"webhook {self._webhook}"]

    async def _remove_webhook(self) -> list[str]:
        if not (await self._bot.get_webhook_info()).url:
            return []
        await self._bot.delete_webhook(drop_pending_updates=False)
        return ["webhook removed"]

    async def _poll(self, store: Store) -> None:
        offset, pause = 0, PAUSE_SECONDS
        while True:
            try:
                updates = await self._fetch(offset)
            except TelegramError as error:
                pause = _next_pause(error, pause)
                log.warning("fetching updates failed (%s); next try in %.0f s", type(error).__name__, pause)
                await asyncio.sleep(pause)
                continue
            pause = PAUSE_SECONDS
            found = [event for event in (events.read_update(update, self._bot_name) for update in updates) if event]
            # Telegram forgets what the next offset passes, so it is stored first; if that fails, it comes again.
            await store(found)
            offset = max((int(update["update_id"]) + 1 for update in updates), default=offset)

    async def _fetch(self, offset: int) -> list[dict[str, Any]]:
        # The raw answer: one update that the library cannot read must not lose the others.
        content = {"offset": offset, "timeout": POLL_SECONDS, "allowed_updates": json.dumps(events.ALLOWED_UPDATES)}
        updates: Any = await self._polling.post(
            f"{self._address}/getUpdates?{urlencode(content)}", read_timeout=POLL_SECONDS + 10
        )
        return [update for update in updates if isinstance(update, dict) and isinstance(update.get("update_id"), int)]

    async def _until_done(self, step: Callable[[], Awaitable[object]]) -> None:
        pause = PAUSE_SECONDS
        while True:
            try:
                await step()
                return
            except TelegramError as error:
                pause = _next_pause(error, pause)
                log.warning("Telegram cannot be used yet (%s); next try in %.0f s", type(error).__name__, pause)
                await asyncio.sleep(pause)


def _make_pace(redis: str) -> Pace:
    if not redis:
        return Pace()
    answers = SharedRate(redis, "telegram answers", limits.SHARED_ANSWERS_A_SECOND)
    return Pace(answers, SharedRate(redis, "telegram broadcasts", limits.SHARED_BROADCASTS_A_SECOND))


def _next_pause(error: TelegramError, pause: float) -> float:
    if isinstance(error, RetryAfter):
        return sending.judge(error).after_seconds
    if isinstance(error, Conflict):
        # Another process polls with this token; Telegram gives the updates to one of them.
        log.error("another process fetches this bot's updates: stop it, or give this one its own token")
        return CONFLICT_PAUSE_SECONDS
    return min(pause * 2, MAX_PAUSE_SECONDS)
