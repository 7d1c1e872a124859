"""A rate that holds across processes, counted in Redis by a moving window."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

log = logging.getLogger(__name__)

PAUSE_SECONDS = 0.02


class SharedRate:
    """So many a second, whoever counts. Where Redis is away, each process keeps its own pace alone."""

    def __init__(self, redis: str, name: str, amount: int) -> None:
        # Only where there are several workers: importing it takes longer than starting the rest.
        from limits import RateLimitItemPerSecond
        from limits.aio.storage import RedisStorage
        from limits.aio.strategies import MovingWindowRateLimiter
        from redis.asyncio import ConnectionPool

        # The storage cannot close what it opens.
        self._pool: ConnectionPool = ConnectionPool.from_url(redis)
        options: dict[str, Any] = {"wrap_exceptions": True, "implementation": "redispy", "connection_pool": self._pool}
        storage = RedisStorage(f"async+{redis}", **options)
        self._limiter = MovingWindowRateLimiter(storage)
        self._item = RateLimitItemPerSecond(amount)
        self._name = name

    async def wait(self) -> None:
        """Wait until one more is within the rate."""
        from limits.errors import StorageError

        try:
            while not await self._limiter.hit(self._item, self._name):
                reset_at, _ = await self._limiter.get_window_stats(self._item, self._name)
                await asyncio.sleep(max(reset_at - time.time(), PAUSE_SECONDS))
        except StorageError as error:
            log.warning("the shared rate of %s is not counted: %s", self._name, type(error).__name__)

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.aclose()
