"""How many messages one citizen may send: enough for anybody who reads the answers."""

from __future__ import annotations

from functools import lru_cache

from aiolimiter import AsyncLimiter

from connectors.channel import IncomingEvent

MESSAGES, SECONDS = 20, 60
_CHATS_REMEMBERED = 10_000


class CitizenPace:
    """Counts each chat's messages, and how often it was told to slow down (once a minute is enough)."""

    def __init__(self, messages: int = MESSAGES, seconds: float = SECONDS) -> None:
        self._messages = lru_cache(_CHATS_REMEMBERED)(lambda chat: AsyncLimiter(messages, seconds))
        self._warnings = lru_cache(_CHATS_REMEMBERED)(lambda chat: AsyncLimiter(1, seconds))

    async def allows(self, event: IncomingEvent) -> bool:
        """Count a message; False where there were too many."""
        return await _take(self._messages((event.channel, event.chat)))

    async def warns(self, event: IncomingEvent) -> bool:
        """Say whether to tell the citizen so, or to be silent because they were told already."""
        return await _take(self._warnings((event.channel, event.chat)))


async def _take(limiter: AsyncLimiter) -> bool:
    if not limiter.has_capacity():
        return False
    await limiter.acquire()
    return True
