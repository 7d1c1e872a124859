"""Citizens: who writes on a channel, what they chose, and whether they can be written to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from sqlalchemy import Boolean, Column, String, Table, Time, UniqueConstraint, bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import UtcDateTime, insert_unless_there, metadata

INSTANT, DAILY, WEEKLY = "instant", "daily", "weekly"
FREQUENCIES = (INSTANT, DAILY, WEEKLY)

citizens = Table(
    "citizens",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("channel", String(16), nullable=False),
    Column("chat", String(64), nullable=False),
    Column("is_group", Boolean, nullable=False, server_default="0"),
    Column("language", String(16), nullable=False, server_default=""),
    Column("frequency", String(16), nullable=False, server_default=INSTANT),
    Column("quiet_from", Time),
    Column("quiet_until", Time),
    Column("reachable", Boolean, nullable=False, server_default="1"),
    Column("awaiting", String(64), nullable=False, server_default=""),
    Column("awaiting_since", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("linked_to", String(32)),
    UniqueConstraint("channel", "chat"),
)


@dataclass(frozen=True)
class Citizen:
    """Somebody (or a group) on a channel. Quiet hours are times of day in the city's zone.

    `linked_to` is the same person on another channel, where announcements go. `language` is empty until it was
    chosen. `awaiting` names what the next message will be taken as (a question for
    staff, say), since `awaiting_since`.
    """

    id: str
    channel: str
    chat: str
    created_at: datetime
    is_group: bool = False
    language: str = ""
    frequency: str = INSTANT
    quiet_from: time | None = None
    quiet_until: time | None = None
    reachable: bool = True
    awaiting: str = ""
    awaiting_since: datetime | None = None
    linked_to: str | None = None


_FIND = select(citizens).where(citizens.c.channel == bindparam("of_channel"), citizens.c.chat == bindparam("of_chat"))


async def find_citizen(connection: AsyncConnection, channel: str, chat: str) -> Citizen | None:
    """Return the citizen behind a chat, or None."""
    row = (await connection.execute(_FIND, {"of_channel": channel, "of_chat": chat})).mappings().first()
    return Citizen(**row) if row else None


async def get_citizen(connection: AsyncConnection, citizen_id: str) -> Citizen | None:
    """Return a citizen by id, or None."""
    row = (await connection.execute(select(citizens).where(citizens.c.id == citizen_id))).mappings().first()
    return Citizen(**row) if row else None


async def save_citizen(connection: AsyncConnection, citizen: Citizen) -> None:
    """Store a citizen who is new; one who is known stays as they are."""
    await insert_unless_there(connection, citizens, [vars(citizen)], ("channel", "chat"))


async def change_citizen(connection: AsyncConnection, citizen_id: str, **values: Any) -> None:
    """Change what is kept of a citizen."""
    await connection.execute(update(citizens).where(citizens.c.id == citizen_id).values(**values))


async def set_reachable(connection: AsyncConnection, channel: str, chat: str, reachable: bool) -> None:
    """Note that a citizen blocked the channel, or came back; their choices stay."""
    await connection.execute(
        update(citizens).where(citizens.c.channel == channel, citizens.c.chat == chat).values(reachable=reachable)
    )


async def move_citizen(connection: AsyncConnection, channel: str, chat: str, new_chat: str) -> None:
    """Store the new address of a chat; where it is known already, the old entry goes."""
    if await find_citizen(connection, channel, new_chat):
        await connection.execute(delete(citizens).where(citizens.c.channel == channel, citizens.c.chat == chat))
        return
    await connection.execute(
        update(citizens).where(citizens.c.channel == channel, citizens.c.chat == chat).values(chat=new_chat)
    )


async def delete_citizen(connection: AsyncConnection, citizen_id: str) -> None:
    """Delete a citizen; subscriptions, watches and tickets go with them."""
    await connection.execute(delete(citizens).where(citizens.c.id == citizen_id))


async def unlink(connection: AsyncConnection, citizen_id: str) -> None:
    """Part a citizen's chat from the other one, whichever way they were linked."""
    linked = (citizens.c.id == citizen_id) | (citizens.c.linked_to == citizen_id)
    await connection.execute(update(citizens).where(linked).values(linked_to=None))


async def find_channels(connection: AsyncConnection) -> list[str]:
    """Return the channels there are citizens on."""
    return list(
        (await connection.execute(select(citizens.c.channel).distinct().order_by(citizens.c.channel))).scalars()
    )


async def has_linked(connection: AsyncConnection, citizen_id: str) -> bool:
    """Say whether another chat is linked to a citizen's, so that its announcements come here."""
    query = select(citizens.c.id).where(citizens.c.linked_to == citizen_id).limit(1)
    return (await connection.execute(query)).first() is not None
