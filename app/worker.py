"""The worker: a process beside the server that answers on LINE and Telegram. `askbay work` runs one by itself.

The server tells its worker which chats have something new, a line each on the worker's standard input; the tables
are the truth, so a line that is lost only costs a second. The input ends with the server, and the worker with it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
from contextlib import suppress

from app.messaging import make_messaging, run_messaging
from app.process import give_way, settle_memory
from app.wiring import Askbay, open_channels
from bot.inbox import Inbox

log = logging.getLogger(__name__)


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
