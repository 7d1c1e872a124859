"""The door: events are stored, personal data masked, before anybody is told that they were received."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.personal_data import mask_personal_data
from connectors.channel import EventKind, IncomingEvent
from storage import citizens, inbox, outbox
from storage.database import Database
from storage.inbox import NewEvent, save_events

MAX_TEXT_CHARACTERS = 5_000

# The name of a channel and the address of a chat there.
ChatAddress = tuple[str, str]


@dataclass(frozen=True)
class Door:
    """Takes events in. `wake` is told which chats have something new, once it is stored."""

    database: Database
    now: Callable[[], datetime]
    wake: Callable[[ChatAddress], None]

    async def store(self, events: Sequence[IncomingEvent]) -> None:
        """Store events that are not known yet; what a group says among itself is not stored at all."""
        now = self.now()
        kept = [_mask(event) for event in events if event.is_addressed]
        if not kept:
            return
        async with self.database.begin() as connection:
            for event in kept:
                if await save_events(connection, [_make_new(event, now)], now):
                    await _stop_at_once(connection, event)
        for address in dict.fromkeys((event.channel, event.chat) for event in kept):
            self.wake(address)


async def _stop_at_once(connection: AsyncConnection, event: IncomingEvent) -> None:
    """Let nothing more go out to who left, nor as an answer to what was taken back: not even what is on its way.

    The rest is done when the event's turn comes.
    """
    if event.kind is EventKind.UNFOLLOW:
        await citizens.set_reachable(connection, event.channel, event.chat, False)
        await outbox.block_chat(connection, event.channel, event.chat, "the citizen blocked the channel")
    elif event.kind is EventKind.UNSEND:
        await inbox.delete_message(connection, event.channel, event.chat, event.message_id, but_event=event.event_id)
        await outbox.cancel_answer(connection, event.channel, event.chat, event.message_id)


def _mask(event: IncomingEvent) -> IncomingEvent:
    # PostgreSQL refuses NUL in text; half of a surrogate pair cannot be encoded.
    text = event.text[:MAX_TEXT_CHARACTERS].replace("\x00", "").encode("utf-8", "replace").decode()
    return replace(event, text=mask_personal_data(text)) if text else event


def _make_new(event: IncomingEvent, now: datetime) -> NewEvent:
    return NewEvent(
        channel=event.channel,
        event_id=event.event_id,
        chat=event.chat,
        message_id=event.message_id,
        payload=event.to_payload(),
        happened_at=event.happened_at or now,
    )
