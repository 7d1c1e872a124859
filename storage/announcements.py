"""Announcements that staff write, where each stands, and who did what to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import UtcDateTime, metadata


class AnnouncementState(StrEnum):
    """Where an announcement stands; scheduler.announcements says which step leads from where to where."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    PUBLISHING = "publishing"
    PAUSED = "paused"
    PUBLISHED = "published"
    CANCELLED = "cancelled"
    RECALLED = "recalled"


announcements = Table(
    "announcements",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("state", String(16), nullable=False, index=True),
    Column("author", String(80), nullable=False),
    Column("content", JSON, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("approved_fingerprint", String(64), nullable=False, server_default=""),
    Column("external_id", String(240), unique=True),
    Column("correction", JSON),
    Column("created_at", UtcDateTime, nullable=False),
    Column("published_at", UtcDateTime),
    sqlite_autoincrement=True,
)

announcement_steps = Table(
    "announcement_steps",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("announcement", Integer, ForeignKey("announcements.number"), nullable=False, index=True),
    Column("step", String(16), nullable=False),
    Column("before", String(16), nullable=False),
    Column("after", String(16), nullable=False),
    Column("staff", String(80), nullable=False),
    Column("note", Text, nullable=False),
    Column("taken_at", UtcDateTime, nullable=False),
    UniqueConstraint("announcement", "id"),
)


@dataclass(frozen=True)
class Announcement:
    """An announcement. `content` is what staff wrote (scheduler.content), `fingerprint` tells one content from another.

    `approved_fingerprint` is that of the content that was approved. `correction` holds what citizens are told when it
    is recalled, by language. `external_id` is the number another system knows it by.
    """

    number: int
    state: str
    author: str
    content: Mapping[str, Any]
    fingerprint: str
    approved_fingerprint: str
    external_id: str | None
    correction: Mapping[str, str] | None
    created_at: datetime
    published_at: datetime | None


@dataclass(frozen=True)
class Step:
    """A step somebody took: the audit row."""

    announcement: int
    step: str
    before: str
    after: str
    staff: str
    note: str
    taken_at: datetime


async def save_announcement(
    connection: AsyncConnection,
    *,
    author: str,
    content: Mapping[str, Any],
    fingerprint: str,
    external_id: str | None,
    at: datetime,
) -> int:
    """Store a new draft; returns its number."""
    values = {"state": AnnouncementState.DRAFT, "author": author, "content": content, "fingerprint": fingerprint}
    query = insert(announcements).values(**values, external_id=external_id, created_at=at)
    return int((await connection.execute(query.returning(announcements.c.number))).scalar_one())


async def change_state(
    connection: AsyncConnection, number: int, *, before: str, after: str, known_fingerprint: str, **values: Any
) -> bool:
    """Change the state by a conditional update; False where it is no longer `before` (somebody else was first).

    The content must still be the one of `known_fingerprint`, too.
    """
    query = update(announcements).where(
        announcements.c.number == number,
        announcements.c.state == before,
        announcements.c.fingerprint == known_fingerprint,
    )
    return (await connection.execute(query.values(state=after, **values))).rowcount == 1


async def save_step(connection: AsyncConnection, step: Step) -> None:
    """Store an audit row."""
    await connection.execute(insert(announcement_steps).values(**vars(step)))


async def find_announcement(connection: AsyncConnection, number: int, *, locked: bool = False) -> Announcement | None:
    """Return an announcement, or None; `locked` against other steps until the end of the transaction."""
    query = select(announcements).where(announcements.c.number == number)
    row = (await connection.execute(query.with_for_update() if locked else query)).mappings().first()
    return Announcement(**row) if row else None


async def find_by_external_id(connection: AsyncConnection, external_id: str) -> Announcement | None:
    """Return the announcement another system handed in under this id, or None."""
    query = select(announcements).where(announcements.c.external_id == external_id)
    row = (await connection.execute(query)).mappings().first()
    return Announcement(**row) if row else None


async def find_announcements(
    connection: AsyncConnection, states: Sequence[str] = (), *, limit: int = 100
) -> list[Announcement]:
    """Return announcements (of these states), newest first."""
    query = select(announcements).order_by(announcements.c.number.desc()).limit(limit)
    if states:
        query = query.where(announcements.c.state.in_(states))
    return [Announcement(**row) for row in (await connection.execute(query)).mappings()]


async def find_published(connection: AsyncConnection, *, limit: int) -> list[Announcement]:
    """Return what was made public and still is, newest first."""
    query = (
        select(announcements)
        .where(announcements.c.published_at.is_not(None), announcements.c.state != AnnouncementState.RECALLED)
        .order_by(announcements.c.published_at.desc())
        .limit(limit)
    )
    return [Announcement(**row) for row in (await connection.execute(query)).mappings()]


async def find_steps(connection: AsyncConnection, number: int) -> list[Step]:
    """Return the audit rows of an announcement, oldest first."""
    columns = [column for column in announcement_steps.c if column.name != "id"]
    query = select(*columns).where(announcement_steps.c.announcement == number).order_by(announcement_steps.c.id)
    return [Step(**row) for row in (await connection.execute(query)).mappings()]


async def find_newest_step(connection: AsyncConnection) -> int:
    """Return the number of the newest step anybody took."""
    return int((await connection.execute(select(func.coalesce(func.max(announcement_steps.c.id), 0)))).scalar_one())
