"""Keeps a task's end an end: on the way out, drivers and clients may raise errors of their own in its place."""

from __future__ import annotations

import asyncio


def pass_on_cancellation(error: Exception) -> None:
    """Raise CancelledError where the current task was told to end and `error` came instead.

    For loops that go on after an error: they would swallow their end and never stop.
    """
    task = asyncio.current_task()
    if task and task.cancelling():
        raise asyncio.CancelledError from error


async def end_task(task: asyncio.Task[object], *, tries: int, seconds: float) -> bool:
    """Cancel a task until it has ended; False where it has not after so many tries of so many seconds.

    For tasks of libraries that start again where their own end failed.
    """
    for _ in range(tries):
        task.cancel()
        if (await asyncio.wait({task}, timeout=seconds))[0]:
            return True
    return task.done()
