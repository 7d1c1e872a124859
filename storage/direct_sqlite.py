"""SQLite without a thread: aiosqlite's connection, with each call made where it stands.

aiosqlite hands every call to a thread and waits for it. The hand-over takes ten times as long as the call itself, and
while answers are computed it waits for the interpreter's lock besides, with the database's write lock held (ADR 0009
has the figures). A call of ours takes microseconds: SQLite is on this machine's disk, and with WAL and
synchronous=NORMAL a commit does not wait for the disk.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Generator
from typing import Any, Self

import aiosqlite

BUSY_SECONDS = 10.0
_FIRST_PAUSE_SECONDS, _MAX_PAUSE_SECONDS = 0.001, 0.05


class DirectConnection(aiosqlite.Connection):
    """A connection that runs its calls at once; where another process writes, it waits without holding up the loop."""

    def __await__(self) -> Generator[Any, None, Self]:
        """Open the connection."""
        return self._open().__await__()

    async def _open(self) -> Self:
        self._connection = self._connector()
        return self

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        pause, until = _FIRST_PAUSE_SECONDS, time.monotonic() + BUSY_SECONDS
        while True:
            try:
                return fn(*args, **kwargs)
            except sqlite3.OperationalError as error:
                # Not SQLITE_BUSY_SNAPSHOT: what was read is outdated, and trying again cannot help.
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
            await asyncio.sleep(pause)
            pause = min(pause * 2, _MAX_PAUSE_SECONDS)

    async def close(self) -> None:
        """Close the connection."""
        self.stop()

    def stop(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def connect(database: str, **options: Any) -> DirectConnection:
    """Return a connection to a SQLite file, to be awaited; for SQLAlchemy's `async_creator`."""
    return DirectConnection(lambda: sqlite3.connect(database, timeout=0, **options), iter_chunk_size=64)
