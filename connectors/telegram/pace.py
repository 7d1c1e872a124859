"""Keeps below what Telegram takes: overall, and per chat. Answers go before what is sent to many.

Telegram counts what arrives in any second. A message may arrive at any moment between being sent and being answered,
so its place is taken from the one until a second after the other: no window ever holds more than are allowed.
Source: core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache

from aiolimiter import AsyncLimiter

from connectors.shared_rate import SharedRate
from connectors.telegram import limits

_CHATS_REMEMBERED = 10_000
WINDOW_SECONDS = 1.0


class Pace:
    """The places of a second. Where several processes send, the shared rates hold for all of them together: one for
    answers, one for broadcasts, so that no broadcast takes the answers' places.
    """

    def __init__(self, answers: SharedRate | None = None, broadcasts: SharedRate | None = None) -> None:
        self._answers, self._broadcasts = answers, broadcasts
        self._free = limits.MESSAGES_A_SECOND
        self._changed = asyncio.Condition()
        self._urgent = 0
        self._rest_until = 0.0
        self._next_step_at = 0.0
        self._chat = lru_cache(_CHATS_REMEMBERED)(_make_chat_limiter)

    @asynccontextmanager
    async def turn(self, chat: str) -> AsyncIterator[None]:
        """Wait for a place for a message to one chat, and hold it."""
        await self._chat(chat).acquire()
        self._urgent += 1
        try:
            async with self._changed:
                await self._changed.wait_for(lambda: self._free > 0)
                self._free -= 1
        finally:
            self._urgent -= 1
        async with self._held(self._answers):
            yield

    @asynccontextmanager
    async def broadcast_turn(self) -> AsyncIterator[None]:
        """Wait for a place for one of many messages: at even steps, and after those who wait for an answer."""
        now = asyncio.get_running_loop().time()
        self._next_step_at = max(self._next_step_at + WINDOW_SECONDS / limits.MESSAGES_A_SECOND, now)
        await asyncio.sleep(self._next_step_at - now)
        async with self._changed:
            await self._changed.wait_for(lambda: self._free > 0 and not self._urgent)
            self._free -= 1
        async with self._held(self._broadcasts):
            yield

    def rest(self, seconds: float) -> None:
        """Send nothing for a while: Telegram asked for it."""
        self._rest_until = max(self._rest_until, asyncio.get_running_loop().time() + seconds)

    async def close(self) -> None:
        """Close the connections of the shared rates."""
        for shared in (self._answers, self._broadcasts):
            if shared:
                await shared.close()

    @asynccontextmanager
    async def _held(self, shared: SharedRate | None) -> AsyncIterator[None]:
        try:
            await asyncio.sleep(self._rest_until - asyncio.get_running_loop().time())
            if shared:
                await shared.wait()
            yield
        finally:
            self._free_later = asyncio.create_task(self._free_place())

    async def _free_place(self) -> None:
        await asyncio.sleep(WINDOW_SECONDS)
        async with self._changed:
            self._free += 1
            self._changed.notify_all()


def _make_chat_limiter(chat: str) -> AsyncLimiter:
    if chat.startswith("-"):
        return AsyncLimiter(limits.GROUP_MESSAGES, limits.GROUP_SECONDS)
    return AsyncLimiter(limits.CHAT_MESSAGES, limits.CHAT_SECONDS)
