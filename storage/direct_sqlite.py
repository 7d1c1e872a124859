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
# A write of the other process takes about a millisecond, as long as the event loop's shortest pause: at first only
# let other tasks go on, then pause.
_TRIES_WITHOUT_PAUSE = 20
_PAUSE_SECONDS = 0.001


class DirectConnection(aiosqlite.Connection):
    """A connection that runs its calls at once; where another process writes, it waits without holding up the loop."""

    def __await__(self) -> Generator[Any, None, Self]:
        """Open the connection."""
        return self._open().__await__()

    async def _open(self) -> Self:
        self._connection = self._connector()
        return self

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        until = time.monotonic() + BUSY_SECONDS
        tries = 0
        while True:
            try:
                return fn(*args, **kwargs)
            except sqlite3.OperationalError as error:
                # Not SQLITE_BUSY_SNAPSHOT: what was read is outdated, and trying again cannot help.
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
            tries += 1
            await asyncio.sleep(0 if tries <= _TRIES_WITHOUT_PAUSE else _PAUSE_SECONDS)

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
