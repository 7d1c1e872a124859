"""The batches of whole runs: whether all are sent, how the rest is stopped, taken back or sent again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    Exists,
    Table,
    and_,
    exists,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.batches import Batch, batches, settle_batch
from storage.deliveries import OPEN, DeliveryState, deliveries
from storage.runs import RunState, runs

DIGEST_TAKEN_BACK = "an item was taken back; the digest is made anew"


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
