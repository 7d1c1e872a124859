"""The delivery ledger: a row per recipient of a run, whose state says what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from itertools import groupby

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    and_,
    func,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.announcements import announcements
from storage.database import metadata
from storage.runs import RunState, runs


class DeliveryState(StrEnum):
    """Where a delivery stands; the last five are final. "Sent" says that the platform took it, not that it was read."""

    PENDING = "pending"
    LEASED = "leased"
    SENT = "sent"
    FAILED = "failed"
    BLOCKED = "blocked"
    UNCERTAIN = "uncertain"
    SKIPPED = "skipped"


KEYS_A_STATEMENT = 500


OPEN = (DeliveryState.PENDING, DeliveryState.LEASED)


deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run", Integer, ForeignKey("runs.number"), nullable=False),
    # No foreign key: who asks to be forgotten leaves a row that counts and names nobody.
    Column("citizen_id", String(32)),
    Column("channel", String(16), nullable=False),
    Column("chat", String(64), nullable=False),
    Column("batch", Integer),
    Column("state", String(16), nullable=False),
    Column("digest", String(8), nullable=False, server_default=""),
    # The run of the digest this one is an item of: how that one's delivery ends is how this one ends.
    Column("via", Integer),
    Column("reason", String(400), nullable=False, server_default=""),
    Column("message_id", String(64), nullable=False, server_default=""),
    UniqueConstraint("run", "citizen_id"),
    Index("ix_deliveries_run_batch", "run", "batch"),
)


Index(
    "ix_deliveries_digest",
    deliveries.c.digest,
    sqlite_where=deliveries.c.digest != "",
    postgresql_where=deliveries.c.digest != "",
)


Index("ix_deliveries_citizen", deliveries.c.citizen_id)


async def count_deliveries(connection: AsyncConnection, run: int) -> dict[tuple[str, str], int]:
    """Count the deliveries of a run by channel and state."""
    digest = deliveries.alias("digest")
    state = func.coalesce(digest.c.state, deliveries.c.state)
    same = and_(digest.c.run == deliveries.c.via, digest.c.citizen_id == deliveries.c.citizen_id)
    query = (
        select(deliveries.c.channel, state, func.count())
        .select_from(deliveries.outerjoin(digest, same))
        .where(deliveries.c.run == run)
        .group_by(deliveries.c.channel, state)
    )
    return {(channel, state): count for channel, state, count in await connection.execute(query)}


async def find_reasons(connection: AsyncConnection, run: int) -> dict[tuple[str, str, str], int]:
    """Count the deliveries of a run that did not arrive, by channel, state and reason."""
    digest = deliveries.alias("digest")
    state = func.coalesce(digest.c.state, deliveries.c.state)
    reason = func.coalesce(digest.c.reason, deliveries.c.reason)
    same = and_(digest.c.run == deliveries.c.via, digest.c.citizen_id == deliveries.c.citizen_id)
    columns = (deliveries.c.channel, state, reason)
    query = (
        select(*columns, func.count())
        .select_from(deliveries.outerjoin(digest, same))
        .where(deliveries.c.run == run, reason != "")
        .group_by(*columns)
    )
    return {(channel, state, reason): count for channel, state, reason, count in await connection.execute(query)}


async def forget_deliveries(connection: AsyncConnection, citizen_id: str) -> None:
    """Take a citizen out of the ledger; the rows still count."""
    mine = deliveries.c.citizen_id == citizen_id
    digest = deliveries.alias("digest")
    ended = select(digest.c.state).where(digest.c.run == deliveries.c.via, digest.c.citizen_id == citizen_id)
    await connection.execute(
        update(deliveries).where(mine, deliveries.c.via.is_not(None)).values(state=ended.scalar_subquery(), via=None)
    )
    await connection.execute(
        update(deliveries)
        .where(mine, deliveries.c.state == DeliveryState.PENDING)
        .values(state=DeliveryState.SKIPPED, reason="asked to be forgotten")
    )
    await connection.execute(update(deliveries).where(mine).values(citizen_id=None, chat="", message_id="", digest=""))


async def find_digest_items(
    connection: AsyncConnection, frequency: str, until: datetime
) -> list[tuple[str, tuple[int, ...]]]:
    """Return who waits for a digest, each with the runs that began by a moment, oldest first."""
    query = (
        select(deliveries.c.citizen_id, deliveries.c.run)
        .join(runs, runs.c.number == deliveries.c.run)
        .where(
            deliveries.c.digest == frequency,
            deliveries.c.state == DeliveryState.PENDING,
            runs.c.begun_at <= until,
            runs.c.state.in_((RunState.PUBLISHING, RunState.PUBLISHED)),
        )
        .order_by(deliveries.c.citizen_id, deliveries.c.run)
    )
    rows = (await connection.execute(query)).all()
    return [(citizen_id, tuple(run for _, run in group)) for citizen_id, group in groupby(rows, key=lambda row: row[0])]


async def give_items(
    connection: AsyncConnection, digest: int, items: Sequence[int], citizen_ids: Sequence[str]
) -> None:
    """Let the deliveries of some runs to some citizens go out as items of a digest."""
    for start in range(0, len(citizen_ids), KEYS_A_STATEMENT):
        some = citizen_ids[start : start + KEYS_A_STATEMENT]
        mine = and_(deliveries.c.run.in_(items), deliveries.c.citizen_id.in_(some))
        await connection.execute(
            update(deliveries).where(mine, deliveries.c.digest != "").values(via=digest, digest="")
        )


async def skip_items(
    connection: AsyncConnection, items: Sequence[int], citizen_ids: Sequence[str], reason: str
) -> None:
    """Let the deliveries of some runs that wait for a digest of some citizens not go out."""
    for start in range(0, len(citizen_ids), KEYS_A_STATEMENT):
        some = citizen_ids[start : start + KEYS_A_STATEMENT]
        mine = and_(deliveries.c.run.in_(items), deliveries.c.citizen_id.in_(some), deliveries.c.digest != "")
        await connection.execute(
            update(deliveries).where(mine).values(state=DeliveryState.SKIPPED, reason=reason, digest="")
        )


async def skip_waiting(connection: AsyncConnection, citizen_id: str, topics: Sequence[str] | None, reason: str) -> None:
    """Let nothing on these topics (or any) that still waits go out to a citizen who unsubscribed from it.

    What is for everyone does not hang on a subscription.
    """
    topic = announcements.c.content["topic"].as_string()
    about = [runs.c.announcement == announcements.c.number, announcements.c.content["everyone"].as_boolean().is_(False)]
    if topics is not None:
        about.append(topic.in_(topics))
    mine = select(runs.c.number).where(*about, runs.c.number == deliveries.c.run)
    await connection.execute(
        update(deliveries)
        .where(
            deliveries.c.citizen_id == citizen_id,
            deliveries.c.state == DeliveryState.PENDING,
            deliveries.c.via.is_(None),
            deliveries.c.run.in_(mine),
        )
        .values(state=DeliveryState.SKIPPED, reason=reason, digest="")
    )


async def count_of_citizen(connection: AsyncConnection, citizen_id: str) -> int:
    """Count the rows the ledger has of a citizen."""
    query = select(func.count()).select_from(deliveries).where(deliveries.c.citizen_id == citizen_id)
    return int((await connection.execute(query)).scalar_one())


async def unname_before(connection: AsyncConnection, moment: datetime) -> None:
    """Take the citizens out of the ledger of runs that ended before a moment; the rows still count."""
    old = select(runs.c.number).where(runs.c.finished_at < moment)
    settled = deliveries.c.state.not_in(OPEN)
    await connection.execute(
        update(deliveries)
        .where(deliveries.c.run.in_(old), settled, deliveries.c.citizen_id.is_not(None))
        .values(citizen_id=None, chat="", message_id="")
    )
