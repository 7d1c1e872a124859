"""Keeps the channels going while the server runs: one process at a time works off the inbox, the others store."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from app.wiring import Askbay, Messaging

log = logging.getLogger(__name__)

TRY_AGAIN_SECONDS = 3.0
RESTART_SECONDS = 5.0


async def run_messaging(askbay: Askbay, messaging: Messaging) -> None:
    """Work until cancelled. Where another process holds the inbox, take over as soon as it ends."""
    while True:
        async with askbay.database.try_holding("inbox") as held:
            if held:
                await _run_all(messaging)
        await asyncio.sleep(TRY_AGAIN_SECONDS)


async def _run_all(messaging: Messaging) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(_keep_running("inbox", messaging.inbox.run))
        for channel in messaging.channels.values():
            receive = partial(channel.receive, messaging.inbox.store)
            group.create_task(_keep_running(channel.name, receive))


async def _keep_running(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Start again what fails (the database may be away for a moment); what returns is done."""
    while True:
        try:
            await run()
            return
        except Exception:
            log.exception("%s stopped; it is started again in %.0f s", name, RESTART_SECONDS)
            await asyncio.sleep(RESTART_SECONDS)
