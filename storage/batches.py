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
    Exists,
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
from storage.deliveries import OPEN, DeliveryState, deliveries
from storage.runs import RunState, runs

DIGEST_TAKEN_BACK = "an item was taken back; the digest is made anew"

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


async def find_done_runs(connection: AsyncConnection) -> list[tuple[int, int | None]]:
    """Return (run, announcement) of each run that has nothing left to send."""
    query = select(runs.c.number, runs.c.announcement).where(runs.c.state == RunState.PUBLISHING, ~_has_open(runs))
    return [(number, announcement) for number, announcement in await connection.execute(query)]


async def finish_run(connection: AsyncConnection, run: int, at: datetime) -> bool:
    """Mark a run as published if it still has nothing left to send."""
    query = update(runs).where(runs.c.number == run, runs.c.state == RunState.PUBLISHING, ~_has_open(runs))
    return (await connection.execute(query.values(state=RunState.PUBLISHED, finished_at=at))).rowcount == 1


def _has_open(of_runs: Table) -> Exists:
    return exists().where(batches.c.run == of_runs.c.number, batches.c.state.in_(OPEN))


async def is_sending(connection: AsyncConnection, announcement: int) -> bool:
    """Say whether anything of an announcement, or a digest it is in, is being sent at this moment."""
    mine = select(runs.c.number).where(runs.c.announcement == announcement)
    digests = select(deliveries.c.via).where(deliveries.c.run.in_(mine), deliveries.c.via.is_not(None))
    leased = batches.c.state == DeliveryState.LEASED
    query = select(exists().where(leased, or_(batches.c.run.in_(mine), batches.c.run.in_(digests))))
    return bool((await connection.execute(query)).scalar_one())


async def close_strays(connection: AsyncConnection, channel: str) -> None:
    """End the batches that came back to waiting after their run was cancelled."""
    stray = exists().where(runs.c.number == batches.c.run, runs.c.state == RunState.CANCELLED)
    query = select(batches.c.run).where(batches.c.channel == channel, batches.c.state == DeliveryState.PENDING, stray)
    found = list((await connection.execute(query.distinct())).scalars())
    if found:
        await cancel_open(connection, found, "cancelled by staff")


async def cancel_open(connection: AsyncConnection, run_numbers: Sequence[int], reason: str) -> int:
    """Skip everything of these runs that is not being sent at this moment; returns how many deliveries.

    What waits for another try, because nobody knows how the first one ended, is uncertain.
    """
    mine = deliveries.c.run.in_(run_numbers)
    waiting = and_(batches.c.run.in_(run_numbers), batches.c.state == DeliveryState.PENDING)
    # A batch is locked before its deliveries, here as where it is sent.
    await connection.execute(select(batches.c.id).where(waiting).order_by(batches.c.id).with_for_update())
    unsure = and_(waiting, batches.c.first_tried_at.is_not(None))
    for row in (await connection.execute(select(batches).where(unsure))).mappings():
        await settle_batch(connection, Batch(**row), DeliveryState.UNCERTAIN, reason)
    # A batch that is to be tried again has fixed its recipients already.
    fixed = exists().where(batches.c.run == deliveries.c.run, batches.c.number == deliveries.c.batch, waiting)
    open_ones = or_(
        deliveries.c.state == DeliveryState.PENDING, and_(deliveries.c.state == DeliveryState.LEASED, fixed)
    )
    skipped = {"state": DeliveryState.SKIPPED, "reason": reason}
    result = await connection.execute(update(deliveries).where(mine, open_ones).values(**skipped, digest=""))
    await connection.execute(update(batches).where(waiting).values(**skipped, chats=None))
    return result.rowcount


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


async def retry_failed(connection: AsyncConnection, run: int) -> int:
    """Put what failed for good back to be sent, of a run and of the digests it went out by; returns how many
    deliveries. Whoever has it is left alone.
    """
    digests = select(deliveries.c.via).where(deliveries.c.run == run, deliveries.c.via.is_not(None)).distinct()
    numbers = [run, *(await connection.execute(digests)).scalars()]
    failed = and_(batches.c.run.in_(numbers), batches.c.state == DeliveryState.FAILED)
    await connection.execute(select(batches.c.id).where(failed).order_by(batches.c.id).with_for_update())
    again = {"state": DeliveryState.PENDING, "attempts": 0, "first_tried_at": None, "chats": None, "not_before": None}
    await connection.execute(update(batches).where(failed).values(**again))
    lost = and_(deliveries.c.run.in_(numbers), deliveries.c.state == DeliveryState.FAILED)
    count = await connection.execute(update(deliveries).where(lost).values(state=DeliveryState.PENDING, reason=""))
    if count.rowcount:
        ended = runs.c.state == RunState.PUBLISHED
        await connection.execute(
            update(runs).where(runs.c.number.in_(numbers), ended).values(state=RunState.PUBLISHING)
        )
    return count.rowcount


async def take_back_digests(connection: AsyncConnection, run_numbers: Sequence[int]) -> set[str]:
    """Undo the digests that hold items of these runs, as far as they were not sent; returns which frequencies to make
    anew.
    """
    query = (
        select(runs.c.number, runs.c.name)
        .join(deliveries, deliveries.c.via == runs.c.number)
        .where(deliveries.c.run.in_(run_numbers), runs.c.state == RunState.PUBLISHING)
        .distinct()
    )
    frequencies: set[str] = set()
    for number, name in (await connection.execute(query)).all():
        if not await cancel_open(connection, [number], DIGEST_TAKEN_BACK):
            continue
        frequency = name.split()[0]
        frequencies.add(frequency)
        digest = deliveries.alias("digest")
        unsent = exists().where(
            digest.c.run == number,
            digest.c.citizen_id == deliveries.c.citizen_id,
            digest.c.state == DeliveryState.SKIPPED,
            digest.c.reason == DIGEST_TAKEN_BACK,
        )
        await connection.execute(
            update(deliveries)
            .where(deliveries.c.via == number, deliveries.c.state == DeliveryState.PENDING, unsent)
            .values(via=None, digest=frequency)
        )
    return frequencies
