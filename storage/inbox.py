"""The inbox: every event a platform sent, stored before it is acknowledged, once, however often it is sent again.

received → working → done, or back to received after a failure, or set_aside after MAX_ATTEMPTS of them.
What a citizen wrote is wiped as soon as the event is done; the ids stay, to know a repeat by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    case,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import UtcDateTime, insert_unless_there, metadata

MAX_ATTEMPTS = 3


class InboxState(StrEnum):
    """Where an event stands."""

    RECEIVED = "received"
    WORKING = "working"
    DONE = "done"
    SET_ASIDE = "set_aside"


inbox = Table(
    "inbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("channel", String(16), nullable=False),
    Column("event_id", String(64), nullable=False),
    Column("chat", String(64), nullable=False),
    Column("message_id", String(64), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("happened_at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("reason", String(400), nullable=False, server_default=""),
    UniqueConstraint("channel", "event_id"),
    Index("ix_inbox_state_channel_chat", "state", "channel", "chat"),
)

_UNFINISHED = (InboxState.RECEIVED, InboxState.WORKING)


@dataclass(frozen=True)
class StoredEvent:
    """An event in the inbox. `payload` is the channel's event as plain values; empty once it is done."""

    id: int
    channel: str
    event_id: str
    chat: str
    message_id: str
    payload: Mapping[str, Any]
    happened_at: datetime
    received_at: datetime
    state: str
    attempts: int
    reason: str


@dataclass(frozen=True)
class NewEvent:
    """An event to be stored."""

    channel: str
    event_id: str
    chat: str
    message_id: str
    payload: Mapping[str, Any]
    happened_at: datetime


async def save_events(connection: AsyncConnection, events: Sequence[NewEvent], at: datetime) -> int:
    """Store events that are not known yet; a repeat changes nothing. Returns how many were new."""
    rows = [{**vars(event), "received_at": at, "state": InboxState.RECEIVED} for event in events]
    return await insert_unless_there(connection, inbox, rows, ("channel", "event_id"))


async def find_waiting_chats(connection: AsyncConnection) -> list[tuple[str, str]]:
    """Return (channel, chat) of every chat that has an unfinished event."""
    query = select(inbox.c.channel, inbox.c.chat).where(inbox.c.state.in_(_UNFINISHED)).distinct()
    return [(row.channel, row.chat) for row in await connection.execute(query)]


# Statements of every message's way are made once: making one takes longer than running it.
_CLAIM = (
    update(inbox)
    .where(
        inbox.c.id
        == select(inbox.c.id)
        .where(
            inbox.c.state.in_(_UNFINISHED),
            inbox.c.channel == bindparam("of_channel"),
            inbox.c.chat == bindparam("of_chat"),
        )
        .order_by(inbox.c.happened_at, inbox.c.id)
        .limit(1)
        .scalar_subquery()
    )
    .values(
        state=InboxState.WORKING, attempts=inbox.c.attempts + case((inbox.c.state == InboxState.WORKING, 1), else_=0)
    )
    .returning(*inbox.c)
)
_FINISH = (
    update(inbox)
    .where(inbox.c.id == bindparam("row_id"), inbox.c.state == InboxState.WORKING)
    .values(state=InboxState.DONE, payload={}, chat="", message_id="", reason="")
)


async def claim_next(connection: AsyncConnection, channel: str, chat: str) -> StoredEvent | None:
    """Take the chat's oldest unfinished event, by the platform's clock, to be worked on; None where there is none.

    One that was being worked on already was left by a crash, which counts as an attempt: so an event that ends the
    process is set aside in the end, and the others go on.
    """
    row = (await connection.execute(_CLAIM, {"of_channel": channel, "of_chat": chat})).mappings().first()
    return StoredEvent(**row) if row else None


async def finish_event(connection: AsyncConnection, event_row_id: int) -> bool:
    """Mark an event as done and wipe what it said; its ids stay. False where it was taken back meanwhile."""
    return (await connection.execute(_FINISH, {"row_id": event_row_id})).rowcount == 1


async def fail_event(connection: AsyncConnection, event: StoredEvent, reason: str) -> InboxState:
    """Note a failed attempt: to be tried again, or set aside with its reason after MAX_ATTEMPTS. Returns which."""
    attempts = event.attempts + 1
    state = InboxState.SET_ASIDE if attempts >= MAX_ATTEMPTS else InboxState.RECEIVED
    values = {"state": state, "attempts": attempts, "reason": reason[:400]}
    await connection.execute(update(inbox).where(inbox.c.id == event.id).values(**values))
    return state


async def find_set_aside(connection: AsyncConnection, limit: int = 100) -> list[StoredEvent]:
    """Return the events that were given up, newest first."""
    query = select(inbox).where(inbox.c.state == InboxState.SET_ASIDE).order_by(inbox.c.id.desc()).limit(limit)
    return [StoredEvent(**row) for row in (await connection.execute(query)).mappings()]


async def retry_set_aside(connection: AsyncConnection, event_row_id: int) -> bool:
    """Put an event that was set aside back to be worked on; False where there is none of this number."""
    again = {"state": InboxState.RECEIVED, "attempts": 0, "reason": ""}
    query = update(inbox).where(inbox.c.id == event_row_id, inbox.c.state == InboxState.SET_ASIDE).values(**again)
    return (await connection.execute(query)).rowcount > 0


async def count_events(connection: AsyncConnection) -> dict[str, int]:
    """Count the events in each state."""
    query = select(inbox.c.state, func.count()).group_by(inbox.c.state)
    return {state: count for state, count in await connection.execute(query)}


async def delete_message(
    connection: AsyncConnection, channel: str, chat: str, message_id: str, *, but_event: str = ""
) -> None:
    """Delete what a citizen took back before it was answered; the event counts as done.

    `but_event` is the event that tells of it: it names the same message, and is still to be handled.
    """
    done = {"state": InboxState.DONE, "payload": {}, "chat": "", "message_id": "", "reason": ""}
    await connection.execute(
        update(inbox)
        .where(
            inbox.c.channel == channel,
            inbox.c.chat == chat,
            inbox.c.message_id == message_id,
            inbox.c.event_id != but_event,
        )
        .values(**done)
    )


async def forget_chat(connection: AsyncConnection, channel: str, chat: str, *, but: int) -> None:
    """Delete every event of a chat, but the one being worked on."""
    await connection.execute(delete(inbox).where(inbox.c.channel == channel, inbox.c.chat == chat, inbox.c.id != but))


async def move_chat(connection: AsyncConnection, channel: str, chat: str, new_chat: str) -> None:
    """Give the unfinished events of a chat its new address."""
    await connection.execute(
        update(inbox).where(inbox.c.channel == channel, inbox.c.chat == chat).values(chat=new_chat)
    )


async def delete_events_before(connection: AsyncConnection, moment: datetime) -> int:
    """Delete events that were finished or set aside, received before a moment; returns how many."""
    finished = or_(inbox.c.state == InboxState.DONE, inbox.c.state == InboxState.SET_ASIDE)
    return (await connection.execute(delete(inbox).where(finished, inbox.c.received_at < moment))).rowcount
