"""Shows an answer in a chat while it is being written, at a pace the platform takes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.model_contract import OnProgress
from connectors.channel import Channel, IncomingEvent

PAUSE_SECONDS = 1.0


@asynccontextmanager
async def showing_drafts(channel: Channel, event: IncomingEvent) -> AsyncIterator[OnProgress]:
    """Yield what is to be told of an answer's progress; the newest of it is shown, at most once a second."""
    draft = _Draft()
    task = asyncio.create_task(_show(channel, event, draft))
    try:
        yield draft.tell
    finally:
        # Ended before the answer itself is sent: a draft must not come after it.
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class _Draft:
    """The newest of what there is, and whether it was shown."""

    def __init__(self) -> None:
        self.text = ""
        self.changed = asyncio.Event()

    def tell(self, text: str) -> None:
        self.text = text
        self.changed.set()


async def _show(channel: Channel, event: IncomingEvent, draft: _Draft) -> None:
    while True:
        await draft.changed.wait()
        draft.changed.clear()
        await channel.show_draft(event, draft.text)
        await asyncio.sleep(PAUSE_SECONDS)
