"""The server's worker as the server sees it: started, told, started again when it ends, stopped with the server."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from bot.door import ChatAddress

log = logging.getLogger(__name__)

RESTART_SECONDS = 2.0
STOP_SECONDS = 10.0
# Told to a worker that is busy; what does not fit is found by its next look at the tables.
MAX_UNREAD_BYTES = 1_000_000


class WorkerProcess:
    """The server's worker: started, told, started again when it ends, stopped with the server."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None

    def wake(self, address: ChatAddress) -> None:
        """Tell the worker that a chat has something new."""
        tell = self._process.stdin if self._process else None
        if tell and not tell.is_closing() and tell.transport.get_write_buffer_size() < MAX_UNREAD_BYTES:
            tell.write(json.dumps(address).encode() + b"\n")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep a worker running."""
        keeping = asyncio.create_task(self._keep())
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            await self._stop()

    async def _keep(self) -> None:
        while True:
            # The settings come with the environment, and .env from the same folder.
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "app.cli", "work", "--told-by-input"),
                    stdin=asyncio.subprocess.PIPE,
                    env={**os.environ, **self._environment},
                )
                code = await self._process.wait()
                log.error("the worker ended (%d); it is started again in %.0f s", code, RESTART_SECONDS)
            except OSError:
                # Memory is short, most likely.
                log.exception("the worker could not be started; next try in %.0f s", RESTART_SECONDS)
            await asyncio.sleep(RESTART_SECONDS)

    async def _stop(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        if process.stdin:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            process.kill()
