"""Watches: "tell me when it is announced", after a question nothing answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, ForeignKey, String, Table, Text, UniqueConstraint, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import UtcDateTime, insert_unless_there, metadata

watches = Table(
    "watches",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("citizen_id", String(32), ForeignKey("citizens.id", ondelete="CASCADE"), nullable=False),
    Column("question_id", String(36), nullable=False),
    Column("question", Text, nullable=False),
    Column("language", String(16), nullable=False),
    Column("message_id", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("looked_at", UtcDateTime),
    UniqueConstraint("citizen_id", "question_id"),
)


@dataclass(frozen=True)
class Watch:
    """A citizen's wish to be told when a question can be answered. `message_id` is the message that asked it.

    `looked_at` is when it was last held against the documents.
    """

    id: str
    citizen_id: str
    question_id: str
    question: str
    language: str
    message_id: str
    created_at: datetime
    looked_at: datetime | None = None


async def save_watch(connection: AsyncConnection, watch: Watch) -> None:
    """Store a watch; a second one on the same question changes nothing."""
    await insert_unless_there(connection, watches, [vars(watch)], ("citizen_id", "question_id"))


async def find_watches(connection: AsyncConnection, citizen_id: str) -> list[Watch]:
    """Return a citizen's watches, oldest first."""
    query = select(watches).where(watches.c.citizen_id == citizen_id).order_by(watches.c.created_at, watches.c.id)
    return [Watch(**row) for row in (await connection.execute(query)).mappings()]


async def delete_watch(connection: AsyncConnection, citizen_id: str, watch_id: str) -> bool:
    """Delete one watch of a citizen; False where there is none."""
    query = delete(watches).where(watches.c.citizen_id == citizen_id, watches.c.id == watch_id)
    return (await connection.execute(query)).rowcount > 0


async def delete_watches_of_message(connection: AsyncConnection, citizen_id: str, message_id: str) -> None:
    """Delete the watches that came from a message which was taken back."""
    await connection.execute(
        delete(watches).where(watches.c.citizen_id == citizen_id, watches.c.message_id == message_id)
    )


async def find_outdated(connection: AsyncConnection, newest: datetime, *, limit: int) -> list[Watch]:
    """Return watches that were not held yet against the newest documents, the longest waiting first."""
    looked = func.coalesce(watches.c.looked_at, watches.c.created_at)
    query = select(watches).where(looked < newest).order_by(looked, watches.c.id).limit(limit)
    return [Watch(**row) for row in (await connection.execute(query)).mappings()]


async def mark_looked(connection: AsyncConnection, watch_id: str, at: datetime) -> None:
    """Note when a watch was held against the documents."""
    await connection.execute(update(watches).where(watches.c.id == watch_id).values(looked_at=at))


async def delete_watches_before(connection: AsyncConnection, moment: datetime) -> None:
    """Delete watches that were set before a moment."""
    await connection.execute(delete(watches).where(watches.c.created_at < moment))
