"""The outbox: messages to one chat that wait to be sent, kept until the platform has accepted them.

waiting → sending → (row deleted) where it was accepted; back to waiting where it certainly was not;
uncertain, refused or blocked where sending again would do harm or be of no use. A row's id is its retry key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Index,
    Integer,
    String,
    Table,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import UtcDateTime, metadata


class OutboxState(StrEnum):
    """Where a message stands. The last three are final, and staff see them with their reason."""

    WAITING = "waiting"
    SENDING = "sending"
    UNCERTAIN = "uncertain"
    REFUSED = "refused"
    BLOCKED = "blocked"


OPEN = (OutboxState.WAITING, OutboxState.SENDING)

outbox = Table(
    "outbox",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("channel", String(16), nullable=False),
    Column("chat", String(64), nullable=False),
    Column("purpose", String(32), nullable=False),
    Column("messages", JSON, nullable=False),
    Column("reply_token", String(128), nullable=False, server_default=""),
    Column("reply_until", UtcDateTime),
    Column("message_id", String(64), nullable=False, server_default=""),
    Column("state", String(16), nullable=False),
    Column("parts_sent", Integer, nullable=False, server_default="0"),
    Column("reply_unknown", Boolean, nullable=False, server_default="0"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("first_tried_at", UtcDateTime),
    Column("not_before", UtcDateTime),
    Column("reason", String(400), nullable=False, server_default=""),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_outbox_state_channel_chat", "state", "channel", "chat"),
)


@dataclass(frozen=True)
class Parcel:
    """Messages to one chat that go out together. Times are UTC.

    `reply_token` is the platform's free way to answer, good until `reply_until`; `reply_unknown` says that a reply
    was tried and nobody knows whether it arrived; `parts_sent` counts what the platform has accepted of it already.
    """

    id: str
    channel: str
    chat: str
    purpose: str
    messages: Sequence[dict[str, Any]]
    created_at: datetime
    reply_token: str = ""
    reply_until: datetime | None = None
    message_id: str = ""
    parts_sent: int = 0
    reply_unknown: bool = False
    attempts: int = 0
    first_tried_at: datetime | None = None
    not_before: datetime | None = None
    state: str = OutboxState.WAITING
    reason: str = ""


_FIELDS = [column for column in outbox.c if column.name != "number"]

# Statements of every message's way are made once: making one takes longer than running it.
_INSERT = insert(outbox)
_OLDEST = (
    select(*_FIELDS)
    .where(
        outbox.c.state.in_(OPEN),
        or_(outbox.c.not_before.is_(None), outbox.c.not_before <= bindparam("soon")),
        outbox.c.channel == bindparam("of_channel"),
        outbox.c.chat == bindparam("of_chat"),
    )
    .order_by(outbox.c.number)
    .limit(1)
)
_SENDING = (
    update(outbox)
    .where(outbox.c.id == bindparam("parcel_id"), outbox.c.state.in_(OPEN))
    .values(
        state=OutboxState.SENDING,
        attempts=bindparam("tries"),
        first_tried_at=bindparam("first"),
        reply_unknown=bindparam("unknown"),
        reply_token=bindparam("token"),
    )
)
_DELETE = delete(outbox).where(outbox.c.id == bindparam("parcel_id"))


async def save_parcel(connection: AsyncConnection, parcel: Parcel) -> None:
    """Store a parcel to be sent."""
    await connection.execute(_INSERT, vars(parcel))


async def find_parcel(connection: AsyncConnection, parcel_id: str) -> Parcel | None:
    """Return a parcel, or None where it is sent or unknown."""
    row = (await connection.execute(select(*_FIELDS).where(outbox.c.id == parcel_id))).mappings().first()
    return Parcel(**row) if row else None


async def find_oldest(connection: AsyncConnection, channel: str, chat: str, soon: datetime) -> Parcel | None:
    """Return the oldest parcel of a chat that is due until `soon`; what has to wait longer is overtaken."""
    values = {"of_channel": channel, "of_chat": chat, "soon": soon}
    row = (await connection.execute(_OLDEST, values)).mappings().first()
    return Parcel(**row) if row else None


async def mark_sending(connection: AsyncConnection, parcel: Parcel) -> bool:
    """Note, before the platform is called, that a parcel is being sent. False where it is not to be sent any more."""
    values = {
        "parcel_id": parcel.id,
        "tries": parcel.attempts,
        "first": parcel.first_tried_at,
        "unknown": parcel.reply_unknown,
        "token": parcel.reply_token,
    }
    return (await connection.execute(_SENDING, values)).rowcount == 1


async def find_open_chats(connection: AsyncConnection, soon: datetime) -> list[tuple[str, str]]:
    """Return (channel, chat) of every chat with something to be sent that is due until `soon`."""
    due = or_(outbox.c.not_before.is_(None), outbox.c.not_before <= soon)
    query = select(outbox.c.channel, outbox.c.chat).where(outbox.c.state.in_(OPEN), due).distinct()
    return [(row.channel, row.chat) for row in await connection.execute(query)]


async def change_parcel(connection: AsyncConnection, parcel_id: str, **values: Any) -> None:
    """Note how sending went."""
    await connection.execute(update(outbox).where(outbox.c.id == parcel_id).values(**values))


async def close_parcel(connection: AsyncConnection, parcel_id: str, state: OutboxState, reason: str) -> None:
    """End a parcel that was not certainly accepted: its words go, its state and reason stay for staff."""
    await change_parcel(connection, parcel_id, state=state, reason=reason[:400], messages=[], reply_token="")


async def delete_parcel(connection: AsyncConnection, parcel_id: str) -> None:
    """Delete a parcel that the platform accepted: nothing of it is left to do."""
    await connection.execute(_DELETE, {"parcel_id": parcel_id})


async def block_chat(connection: AsyncConnection, channel: str, chat: str, reason: str) -> None:
    """Stop everything that waits for a chat that does not want it any more."""
    await connection.execute(
        update(outbox)
        .where(outbox.c.channel == channel, outbox.c.chat == chat, outbox.c.state.in_(OPEN))
        .values(state=OutboxState.BLOCKED, reason=reason, messages=[], reply_token="")
    )


async def cancel_answer(connection: AsyncConnection, channel: str, chat: str, message_id: str) -> None:
    """Delete the answer that waits for a message which was taken back."""
    same = (outbox.c.channel == channel, outbox.c.chat == chat, outbox.c.message_id == message_id)
    await connection.execute(delete(outbox).where(*same))


async def forget_chat(connection: AsyncConnection, channel: str, chat: str) -> None:
    """Delete everything kept for a chat."""
    await connection.execute(delete(outbox).where(outbox.c.channel == channel, outbox.c.chat == chat))


async def move_chat(connection: AsyncConnection, channel: str, chat: str, new_chat: str) -> None:
    """Give what waits for a chat its new address."""
    await connection.execute(
        update(outbox).where(outbox.c.channel == channel, outbox.c.chat == chat).values(chat=new_chat)
    )


async def find_troubled(connection: AsyncConnection, limit: int = 100) -> list[Parcel]:
    """Return what was not delivered, or is late and why, newest first."""
    query = select(*_FIELDS).where(outbox.c.reason != "").order_by(outbox.c.number.desc()).limit(limit)
    return [Parcel(**row) for row in (await connection.execute(query)).mappings()]


async def count_parcels(connection: AsyncConnection) -> dict[str, int]:
    """Count the parcels in each state."""
    query = select(outbox.c.state, func.count()).group_by(outbox.c.state)
    return {state: count for state, count in await connection.execute(query)}


async def delete_closed_before(connection: AsyncConnection, moment: datetime) -> int:
    """Delete parcels that ended before a moment; returns how many."""
    closed = outbox.c.state.not_in(OPEN)
    return (await connection.execute(delete(outbox).where(closed, outbox.c.created_at < moment))).rowcount
