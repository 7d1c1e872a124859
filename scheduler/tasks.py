"""Tasks: who does the sending that is due. In memory by default; by a Redis stream where there are several workers.

A task carries a channel's name and nothing else: the tables are the truth. One that is lost costs a second, until the
next look at the tables; one that comes twice finds nothing to lease.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from taskiq import AsyncBroker, InMemoryBroker
from taskiq.api import run_receiver_task

TASKS_AT_ONCE = 16
# Looks that nobody took yet are worth nothing.
STREAM_LENGTH = 500
# How long Redis may take; reading waits for something new for as long as BLOCK_MS of it.
CONNECT_SECONDS, ANSWER_SECONDS, BLOCK_MS = 3.0, 10.0, 2_000
# A worker that died gives back what it claimed after so long.
LOCK_SECONDS = 10.0


class SendingTasks:
    """Hands the sending on a channel to this process, or to whichever worker is free."""

    def __init__(self, send: Callable[[str], Awaitable[None]], redis: str = "") -> None:
        self._broker = _make_broker(redis)
        self._is_shared = bool(redis)

        async def send_channel(channel: str) -> None:
            # taskiq takes a plain function, no method.
            await send(channel)

        self._send = self._broker.register_task(send_channel, task_name="send_channel")

    async def start(self) -> None:
        """Connect."""
        await self._broker.startup()

    async def kick(self, channel: str) -> None:
        """Let somebody send what is due on a channel; in memory it is this process, and the call waits for it."""
        task = await self._send.kiq(channel)
        if not self._is_shared:
            (await task.get_result()).raise_for_error()

    async def work(self) -> None:
        """Take tasks that others kick, until cancelled. In memory there is nothing to take."""
        if self._is_shared:
            await run_receiver_task(self._broker, max_async_tasks=TASKS_AT_ONCE)

    async def stop(self) -> None:
        """Disconnect."""
        await self._broker.shutdown()


def _make_broker(redis: str) -> AsyncBroker:
    if not redis:
        return InMemoryBroker(await_inplace=True)
    from taskiq_redis import RedisStreamBroker

    return RedisStreamBroker(
        redis,
        queue_name="askbay",
        consumer_group_name="askbay",
        maxlen=STREAM_LENGTH,
        xread_block=BLOCK_MS,
        unacknowledged_lock_timeout=LOCK_SECONDS,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
    )
