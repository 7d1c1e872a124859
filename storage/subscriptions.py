"""Subscriptions: which topics a citizen wants to hear about."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Column, ForeignKey, String, Table, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import UtcDateTime, insert_unless_there, metadata

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("citizen_id", String(32), ForeignKey("citizens.id", ondelete="CASCADE"), primary_key=True),
    Column("topic", String(64), primary_key=True, index=True),
    Column("subscribed_at", UtcDateTime, nullable=False),
)


async def find_topics(connection: AsyncConnection, citizen_id: str) -> set[str]:
    """Return the topics a citizen subscribed to."""
    query = select(subscriptions.c.topic).where(subscriptions.c.citizen_id == citizen_id)
    return set((await connection.execute(query)).scalars())


async def subscribe(connection: AsyncConnection, citizen_id: str, topics: Collection[str], at: datetime) -> None:
    """Subscribe to topics; those subscribed already stay."""
    rows = [{"citizen_id": citizen_id, "topic": topic, "subscribed_at": at} for topic in topics]
    await insert_unless_there(connection, subscriptions, rows, ("citizen_id", "topic"))


async def unsubscribe(connection: AsyncConnection, citizen_id: str, topics: Collection[str] | None = None) -> None:
    """Unsubscribe from topics, or from all."""
    query = delete(subscriptions).where(subscriptions.c.citizen_id == citizen_id)
    await connection.execute(query if topics is None else query.where(subscriptions.c.topic.in_(topics)))
