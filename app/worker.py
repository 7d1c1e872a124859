"""The worker: a process beside the server that answers on LINE and Telegram. `askbay work` runs one by itself.

The server tells its worker which chats have something new, a line each on the worker's standard input; the tables
are the truth, so a line that is lost only costs a second. The input ends with the server, and the worker with it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

from app.messaging import make_messaging, run_messaging
from app.process import give_way, settle_memory
from app.wiring import Askbay, open_channels
from bot.door import ChatAddress
from bot.inbox import Inbox

log = logging.getLogger(__name__)

RESTART_SECONDS = 2.0
STOP_SECONDS = 10.0
# Told to a worker that is busy; what does not fit is found by its next look at the tables.
MAX_UNREAD_BYTES = 1_000_000


async def work(askbay: Askbay, *, told_by_input: bool) -> None:
    """Answer on every channel that is configured, until cancelled or the input ends."""
    # A server that started this one acknowledges messages, which is more urgent.
    if told_by_input:
        give_way()
    async with open_channels(askbay) as channels:
        messaging = make_messaging(askbay, channels)
        inbox = messaging.inbox
        settle_memory()
        working = asyncio.create_task(run_messaging(messaging))
        try:
            told = asyncio.create_task(_read_input(inbox)) if told_by_input else working
            # Whichever ends first ends the worker: its server starts another.
            done, _ = await asyncio.wait({told, working, _expect_stop()}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)


def _expect_stop() -> asyncio.Task[bool]:
    """Return a task that ends when the system asks the process to stop."""
    stop = asyncio.Event()
    with suppress(NotImplementedError):
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    return asyncio.create_task(stop.wait())


async def _read_input(inbox: Inbox) -> None:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        channel, chat = json.loads(line)
        inbox.wake((channel, chat))


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
