"""Batches: what one call sends. A batch is leased by one worker, sent, and settled with each delivery in it.

pending → leased → sent, or back to pending where the platform certainly has not got it; failed, blocked and uncertain
are final and carry their cause. A batch that was leased by a process that died is taken up again where the platform
tells a repeat; elsewhere nobody knows whether it arrived, and it is uncertain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy import (
    JSON,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Time,
    UniqueConstraint,
    and_,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.citizens import citizens
from storage.database import UtcDateTime, metadata
from storage.deliveries import DeliveryState, deliveries
from storage.runs import RunState, runs

batches = Table(
    "batches",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run", Integer, ForeignKey("runs.number"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("channel", String(16), nullable=False),
    Column("language", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("not_before", UtcDateTime),
    Column("not_after", UtcDateTime),
    Column("quiet_from", Time),
    Column("quiet_until", Time),
    Column("leased_until", UtcDateTime),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("first_tried_at", UtcDateTime),
    Column("chats", JSON(none_as_null=True)),
    Column("reason", String(400), nullable=False, server_default=""),
    UniqueConstraint("run", "number"),
    Index("ix_batches_channel_state", "channel", "state", "priority", "id"),
)


@dataclass(frozen=True)
class Batch:
    """Recipients of a run that one call reaches. `chats` are fixed at the first try: a repeat must be word for word
    the same. After `not_after` it is of no use; everybody in it has the same quiet hours, in the city's time.
    """

    id: int
    run: int
    number: int
    channel: str
    language: str
    state: str
    priority: int
    not_before: datetime | None
    not_after: datetime | None
    quiet_from: time | None
    quiet_until: time | None
    leased_until: datetime | None
    attempts: int
    first_tried_at: datetime | None
    chats: Sequence[str] | None
    reason: str


async def make_batches(
    connection: AsyncConnection,
    run: int,
    *,
    channel: str,
    language: str,
    priority: int,
    numbers: Sequence[int],
    not_before: datetime | None = None,
    not_after: datetime | None = None,
    quiet: tuple[time | None, time | None] = (None, None),
) -> None:
    """Store batches whose deliveries are there already."""
    values = {
        "run": run,
        "channel": channel,
        "language": language,
        "state": DeliveryState.PENDING,
        "priority": priority,
        "not_before": not_before,
        "not_after": not_after,
        "quiet_from": quiet[0],
        "quiet_until": quiet[1],
    }
    rows = [{**values, "number": number} for number in numbers]
    if rows:
        await connection.execute(insert(batches), rows)


_DUE = and_(
    batches.c.state == DeliveryState.PENDING,
    or_(batches.c.not_before.is_(None), batches.c.not_before <= bindparam("now", type_=UtcDateTime)),
)


_OPEN_RUN = exists().where(runs.c.number == batches.c.run, runs.c.state == RunState.PUBLISHING)


_NEXT = (
    select(batches.c.id)
    .where(batches.c.channel == bindparam("of_channel"), _DUE, _OPEN_RUN)
    .order_by(batches.c.priority, batches.c.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)


_CLAIM = (
    update(batches)
    .where(batches.c.id == _NEXT.scalar_subquery())
    .values(
        state=DeliveryState.LEASED,
        leased_until=bindparam("until", type_=UtcDateTime),
        attempts=batches.c.attempts + 1,
        first_tried_at=func.coalesce(batches.c.first_tried_at, bindparam("now", type_=UtcDateTime)),
    )
    .returning(*batches.c)
)


_UNREACHABLE = (
    update(deliveries)
    .where(
        deliveries.c.run == bindparam("of_run"),
        deliveries.c.batch == bindparam("of_batch"),
        deliveries.c.state == DeliveryState.PENDING,
        ~exists().where(citizens.c.id == deliveries.c.citizen_id, citizens.c.reachable.is_(True)),
    )
    .values(state=DeliveryState.BLOCKED, reason="left or blocked the channel before it was sent")
)


_LEASE = (
    update(deliveries)
    .where(
        deliveries.c.run == bindparam("of_run"),
        deliveries.c.batch == bindparam("of_batch"),
        deliveries.c.state == DeliveryState.PENDING,
    )
    .values(state=DeliveryState.LEASED)
    .returning(deliveries.c.chat)
)


_KEEP_CHATS = update(batches).where(batches.c.id == bindparam("batch_id")).values(chats=bindparam("kept"))


_SETTLE_BATCH = (
    update(batches)
    .where(batches.c.id == bindparam("batch_id"))
    .values(
        state=bindparam("new_state"),
        reason=bindparam("why"),
        not_before=bindparam("later"),
        first_tried_at=bindparam("first"),
        leased_until=None,
        chats=bindparam("kept"),
    )
)


_SETTLE_DELIVERIES = (
    update(deliveries)
    .where(
        deliveries.c.run == bindparam("of_run"),
        deliveries.c.batch == bindparam("of_batch"),
        deliveries.c.state == DeliveryState.LEASED,
    )
    .values(state=bindparam("new_state"), reason=bindparam("why"), message_id=bindparam("message"))
)


async def claim_batch(connection: AsyncConnection, channel: str, now: datetime, until: datetime) -> Batch | None:
    """Lease the next batch of a channel that is due, urgent ones first; None where there is none.

    Its recipients are fixed here. Who left meanwhile is marked as blocked; a batch of nobody else is settled at once.
    """
    while True:
        row = (await connection.execute(_CLAIM, {"of_channel": channel, "now": now, "until": until})).mappings().first()
        if row is None:
            return None
        batch = Batch(**row)
        if batch.chats is not None:
            return batch
        own = {"of_run": batch.run, "of_batch": batch.number}
        await connection.execute(_UNREACHABLE, own)
        chats = sorted((await connection.execute(_LEASE, own)).scalars())
        if chats:
            await connection.execute(_KEEP_CHATS, {"batch_id": batch.id, "kept": chats})
            return Batch(**{**row, "chats": chats})
        await settle_batch(connection, batch, DeliveryState.SKIPPED, "nobody is left in it")


async def has_due(connection: AsyncConnection, channel: str, now: datetime) -> bool:
    """Say whether a channel has a batch to send now."""
    query = select(exists().where(batches.c.channel == channel, _DUE, _OPEN_RUN))
    return bool((await connection.execute(query, {"now": now})).scalar_one())


async def move_recipient(connection: AsyncConnection, batch: Batch, new_chat: str) -> None:
    """Follow the one recipient of a batch to a new address, and let it be sent there."""
    own = (deliveries.c.run == batch.run, deliveries.c.batch == batch.number)
    (old_chat,) = batch.chats or ("",)
    await connection.execute(update(deliveries).where(*own).values(chat=new_chat))
    await connection.execute(
        update(citizens).where(citizens.c.channel == batch.channel, citizens.c.chat == old_chat).values(chat=new_chat)
    )
    again = {"state": DeliveryState.PENDING, "chats": [new_chat], "leased_until": None, "first_tried_at": None}
    await connection.execute(update(batches).where(batches.c.id == batch.id).values(**again))


async def settle_batch(
    connection: AsyncConnection, batch: Batch, state: DeliveryState, reason: str = "", *, message_id: str = ""
) -> None:
    """Note how a batch ended, and each delivery in it."""
    ended = {"new_state": state, "why": reason[:400]}
    own = {"of_run": batch.run, "of_batch": batch.number}
    kept = {"batch_id": batch.id, "later": None, "first": batch.first_tried_at, "kept": None}
    await connection.execute(_SETTLE_BATCH, {**ended, **kept})
    await connection.execute(_SETTLE_DELIVERIES, {**ended, **own, "message": message_id})


async def put_off_batch(
    connection: AsyncConnection, batch: Batch, not_before: datetime, reason: str, *, first_tried_at: datetime | None
) -> None:
    """Note that a batch is to be tried again. `first_tried_at`: since when the platform may have it (None: not).

    What it has not got waits like what was never tried: who is in it is found anew, should anybody leave meanwhile.
    """
    values = {"new_state": DeliveryState.PENDING, "why": reason[:400], "later": not_before, "first": first_tried_at}
    kept = list(batch.chats or ()) if first_tried_at else None
    await connection.execute(_SETTLE_BATCH, {**values, "batch_id": batch.id, "kept": kept})
    if first_tried_at is None:
        own = (deliveries.c.run == batch.run, deliveries.c.batch == batch.number)
        await connection.execute(
            update(deliveries)
            .where(*own, deliveries.c.state == DeliveryState.LEASED)
            .values(state=DeliveryState.PENDING, reason=reason[:400])
        )


async def free_batches(
    connection: AsyncConnection, channel: str, now: datetime | None, *, repeats_are_safe: bool
) -> int:
    """Take up what was leased by a process that is gone: leases that ran out by `now`, or all of them (None).

    Returns how many became uncertain, because the platform could not tell a repeat.
    """
    gone = and_(batches.c.channel == channel, batches.c.state == DeliveryState.LEASED)
    if now is not None:
        gone = and_(gone, batches.c.leased_until < now)
    if repeats_are_safe:
        await connection.execute(update(batches).where(gone).values(state=DeliveryState.PENDING, leased_until=None))
        return 0
    found = [Batch(**row) for row in (await connection.execute(select(batches).where(gone))).mappings()]
    for batch in found:
        await settle_batch(connection, batch, DeliveryState.UNCERTAIN, "cut off while it was being sent")
    return len(found)


async def split_batch(connection: AsyncConnection, batch: Batch, at: int | None = None) -> None:
    """Make two batches of one that was certainly not taken: in the middle, or `at` so many."""
    chats = list(batch.chats or ())
    middle = at or len(chats) // 2
    highest = select(func.max(batches.c.number)).where(batches.c.run == batch.run)
    number = int((await connection.execute(highest)).scalar_one()) + 1
    for offset, half in enumerate((chats[:middle], chats[middle:])):
        await connection.execute(
            update(deliveries)
            .where(deliveries.c.run == batch.run, deliveries.c.batch == batch.number, deliveries.c.chat.in_(half))
            .values(batch=number + offset, state=DeliveryState.PENDING)
        )
    await make_batches(
        connection,
        batch.run,
        channel=batch.channel,
        language=batch.language,
        priority=batch.priority,
        numbers=[number, number + 1],
        not_after=batch.not_after,
        quiet=(batch.quiet_from, batch.quiet_until),
    )
    await settle_batch(connection, batch, DeliveryState.SKIPPED, "split in two")


async def find_message_ids(connection: AsyncConnection, announcement: int, channel: str, chat: str) -> list[str]:
    """Return the ids of the messages by which a chat got an announcement, also where it was all of a digest."""
    digest = deliveries.alias("digest")
    items = deliveries.alias("items")
    alone = (
        select(func.count()).where(items.c.via == digest.c.run, items.c.citizen_id == digest.c.citizen_id)
    ).scalar_subquery() == 1
    same = and_(digest.c.run == deliveries.c.via, digest.c.citizen_id == deliveries.c.citizen_id, alone)
    query = (
        select(func.coalesce(digest.c.message_id, deliveries.c.message_id))
        .select_from(deliveries.join(runs, runs.c.number == deliveries.c.run).outerjoin(digest, same))
        .where(runs.c.announcement == announcement, deliveries.c.channel == channel, deliveries.c.chat == chat)
    )
    return [found for found in (await connection.execute(query)).scalars() if found]
