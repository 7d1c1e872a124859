"""Notices to one citizen: what they waited for is announced, or what they were told has changed.

They wait here until they may be sent: each citizen gets only so many a day, and none in their quiet hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, String, Table, Text, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.citizens import citizens
from storage.database import UtcDateTime, insert_unless_there, metadata

notices = Table(
    "notices",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("citizen_id", String(32), ForeignKey("citizens.id", ondelete="CASCADE"), index=True),
    Column("conversation_id", String(64), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("message", JSON, nullable=False),
    Column("made_at", UtcDateTime, nullable=False, index=True),
    Column("told_at", UtcDateTime),
    Column("not_before", UtcDateTime),
)

# What marks of link codes are named by (bot.linking).
LINK_MARK = "link"

# How far the looking for changed documents has come.
marks = Table(
    "marks",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", Text, nullable=False),
)


@dataclass(frozen=True)
class Notice:
    """Something to be told to one citizen, or to a conversation on the web page (no citizen). Its id is made from what
    it is about, so that it is told once.
    """

    id: str
    citizen_id: str | None
    conversation_id: str
    kind: str
    message: dict[str, Any]
    made_at: datetime
    told_at: datetime | None = None
    not_before: datetime | None = None


async def save_notice(connection: AsyncConnection, notice: Notice) -> None:
    """Store a notice; one that is known stays as it is."""
    await insert_unless_there(connection, notices, [vars(notice)], ("id",))


async def find_untold(connection: AsyncConnection, now: datetime, *, limit: int = 500) -> list[Notice]:
    """Return the notices to citizens who can be reached that may be told now, oldest first."""
    due = or_(notices.c.not_before.is_(None), notices.c.not_before <= now)
    query = (
        select(notices)
        .join(citizens, citizens.c.id == notices.c.citizen_id)
        .where(notices.c.told_at.is_(None), citizens.c.reachable.is_(True), due)
        .order_by(notices.c.made_at, notices.c.id)
        .limit(limit)
    )
    return [Notice(**row) for row in (await connection.execute(query)).mappings()]


async def count_told_since(connection: AsyncConnection, citizen_id: str, since: datetime) -> int:
    """Count what a citizen was told since a moment."""
    query = select(func.count()).select_from(notices)
    told = query.where(notices.c.citizen_id == citizen_id, notices.c.told_at >= since)
    return int((await connection.execute(told)).scalar_one())


async def put_off_notice(connection: AsyncConnection, notice_id: str, not_before: datetime) -> None:
    """Let a notice wait."""
    await connection.execute(update(notices).where(notices.c.id == notice_id).values(not_before=not_before))


async def mark_told(connection: AsyncConnection, notice_id: str, at: datetime) -> None:
    """Note that a notice went to the outbox."""
    await connection.execute(update(notices).where(notices.c.id == notice_id).values(told_at=at))


async def find_of_conversation(connection: AsyncConnection, conversation_id: str) -> list[Notice]:
    """Return what a conversation on the web page is to be told, oldest first."""
    query = select(notices).where(notices.c.conversation_id == conversation_id).order_by(notices.c.made_at)
    return [Notice(**row) for row in (await connection.execute(query)).mappings()]


async def delete_notices_before(connection: AsyncConnection, moment: datetime) -> None:
    """Delete notices made before a moment."""
    await connection.execute(delete(notices).where(notices.c.made_at < moment))


async def find_mark(connection: AsyncConnection, name: str) -> str:
    """Return a mark, or ""."""
    return (await connection.execute(select(marks.c.value).where(marks.c.name == name))).scalar_one_or_none() or ""


async def set_mark(connection: AsyncConnection, name: str, value: str) -> None:
    """Set a mark."""
    await insert_unless_there(connection, marks, [{"name": name, "value": value}], ("name",))
    await connection.execute(update(marks).where(marks.c.name == name).values(value=value))


async def delete_mark(connection: AsyncConnection, name: str) -> None:
    """Delete a mark."""
    await connection.execute(delete(marks).where(marks.c.name == name))


async def delete_link_codes(connection: AsyncConnection, citizen_id: str = "") -> None:
    """Delete the codes by which chats are linked: a citizen's, or all of them."""
    codes = marks.c.name.startswith(f"{LINK_MARK} ")
    await connection.execute(delete(marks).where(codes, marks.c.value.contains(citizen_id, autoescape=True)))
