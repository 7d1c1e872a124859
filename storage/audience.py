"""The audience of an announcement: who it is for, how many they are, and its freezing into deliveries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy import ColumnElement, FromClause, Select, and_, exists, func, insert, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.batches import make_batches
from storage.citizens import INSTANT, citizens
from storage.deliveries import DeliveryState, deliveries
from storage.districts import citizen_districts
from storage.runs import RunKind, runs
from storage.subscriptions import subscriptions

Release = Callable[[time | None, time | None], datetime | None]


@dataclass(frozen=True)
class Audience:
    """Who an announcement is for. Empty districts or languages mean all; `channels` are those that can be sent to.

    `everyone`: not only those who subscribed to the topic. Who chose no district counts as living in each.
    """

    topic: str
    channels: tuple[str, ...]
    districts: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    everyone: bool = False


@dataclass(frozen=True)
class Group:
    """Members of an audience who get the same words at the same time."""

    channel: str
    language: str
    frequency: str
    quiet_from: time | None
    quiet_until: time | None
    count: int


async def find_groups(connection: AsyncConnection, audience: Audience, default_language: str) -> list[Group]:
    """Return the audience as it is now, in groups."""
    return await _find_groups(connection, _members(audience, default_language))


async def _find_groups(connection: AsyncConnection, members: ColumnElement[bool]) -> list[Group]:
    columns = (
        citizens.c.channel,
        citizens.c.language,
        citizens.c.frequency,
        citizens.c.quiet_from,
        citizens.c.quiet_until,
    )
    query = select(*columns, func.count()).where(members).group_by(*columns)
    return [Group(*row) for row in await connection.execute(query)]


@dataclass(frozen=True)
class Freezing:
    """How members become deliveries: `release` says when somebody's quiet hours end, `batch_sizes` how many recipients
    a call of each channel takes, `at_once` that nobody waits: neither for a digest nor for the end of quiet hours.
    After `not_after` it is not to be sent any more.
    """

    run: int
    at_once: bool
    release: Release
    batch_sizes: Mapping[str, int]
    default_language: str
    not_after: datetime | None = None


async def freeze_audience(connection: AsyncConnection, freezing: Freezing, audience: Audience) -> int:
    """Make the deliveries and batches of a run, set by set, in the caller's transaction; returns how many deliveries.

    Who wants a digest gets a delivery without a batch, for the next digest to take up.
    """
    members = _members(audience, freezing.default_language)
    total, batch = 0, 0
    for group in await _find_groups(connection, members):
        if group.frequency != INSTANT and not freezing.at_once:
            total += await _insert(connection, freezing, members, group, None)
            continue
        count, batch = await _freeze_group(connection, freezing, members, group, batch)
        total += count
    return total


async def freeze_digest(connection: AsyncConnection, freezing: Freezing) -> int:
    """Make the deliveries and batches of a digest to everybody whose items were given to it (`deliveries.via`)."""
    item = deliveries.alias("item")
    members = and_(
        exists().where(item.c.via == freezing.run, item.c.citizen_id == citizens.c.id),
        citizens.c.channel.in_(list(freezing.batch_sizes)),
    )
    return await _freeze_all(connection, freezing, members)


async def _freeze_all(connection: AsyncConnection, freezing: Freezing, members: ColumnElement[bool]) -> int:
    total, batch = 0, 0
    for group in await _find_groups(connection, members):
        count, batch = await _freeze_group(connection, freezing, members, group, batch)
        total += count
    return total


async def _freeze_group(
    connection: AsyncConnection, freezing: Freezing, members: ColumnElement[bool], group: Group, batch: int
) -> tuple[int, int]:
    """Freeze one group into batches from a number on; returns how many deliveries, and the next number."""
    count = await _insert(connection, freezing, members, group, batch)
    following = batch + -(-count // freezing.batch_sizes[group.channel])
    await make_batches(
        connection,
        freezing.run,
        channel=group.channel,
        language=group.language or freezing.default_language,
        priority=0 if freezing.at_once else 1,
        not_before=None if freezing.at_once else freezing.release(group.quiet_from, group.quiet_until),
        not_after=freezing.not_after,
        quiet=(group.quiet_from, group.quiet_until),
        numbers=range(batch, following),
    )
    return count, following


async def _insert(
    connection: AsyncConnection, freezing: Freezing, members: ColumnElement[bool], group: Group, batch: int | None
) -> int:
    number: ColumnElement[int | None] = literal(None, deliveries.c.batch.type)
    if batch is not None:
        number = batch + (func.row_number().over() - 1) // freezing.batch_sizes[group.channel]
    source = select(
        literal(freezing.run),
        citizens.c.id,
        citizens.c.channel,
        citizens.c.chat,
        number,
        literal(DeliveryState.PENDING.value),
        literal(group.frequency if batch is None else ""),
    ).where(members, _is_of(group))
    columns = ("run", "citizen_id", "channel", "chat", "batch", "state", "digest")
    return (await connection.execute(insert(deliveries).from_select(columns, source))).rowcount


def _members(audience: Audience, default_language: str) -> ColumnElement[bool]:
    """Whoever the audience fits, but who linked another chat that it fits too: that one gets it."""
    other = citizens.alias("other")
    is_there = exists().where(other.c.id == citizens.c.linked_to, _fits(other, audience, default_language))
    return and_(_fits(citizens, audience, default_language), ~is_there)


def _fits(table: FromClause, audience: Audience, default_language: str) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [
        table.c.channel.in_(audience.channels),
        table.c.reachable.is_(True),
        table.c.is_group.is_(False),
    ]
    if not audience.everyone:
        conditions.append(
            exists().where(subscriptions.c.citizen_id == table.c.id, subscriptions.c.topic == audience.topic)
        )
    if audience.districts:
        lives = citizen_districts.c.citizen_id == table.c.id
        chosen = exists().where(lives, citizen_districts.c.district.in_(audience.districts))
        conditions.append(or_(chosen, ~exists().where(lives)))
    if audience.languages:
        known = [*audience.languages, *([""] if default_language in audience.languages else [])]
        conditions.append(table.c.language.in_(known))
    return and_(*conditions)


def _is_of(group: Group) -> ColumnElement[bool]:
    pairs = ((citizens.c.quiet_from, group.quiet_from), (citizens.c.quiet_until, group.quiet_until))
    same = [column.is_(None) if value is None else column == value for column, value in pairs]
    return and_(
        citizens.c.channel == group.channel,
        citizens.c.language == group.language,
        citizens.c.frequency == group.frequency,
        *same,
    )


def _find_recipients(announcement: int) -> Select[tuple[str]]:
    """Select who got (or may have got) a run of an announcement."""
    digest = deliveries.alias("digest")
    state = func.coalesce(digest.c.state, deliveries.c.state)
    same = and_(digest.c.run == deliveries.c.via, digest.c.citizen_id == deliveries.c.citizen_id)
    return (
        select(deliveries.c.citizen_id)
        .select_from(deliveries.join(runs, runs.c.number == deliveries.c.run).outerjoin(digest, same))
        .where(
            runs.c.announcement == announcement,
            runs.c.kind != RunKind.CORRECTION,
            state.in_((DeliveryState.SENT, DeliveryState.UNCERTAIN)),
            deliveries.c.citizen_id.is_not(None),
        )
        .distinct()
    )


async def count_recipients(connection: AsyncConnection, announcement: int) -> int:
    """Count who got (or may have got) an announcement."""
    query = select(func.count()).select_from(_find_recipients(announcement).subquery())
    return int((await connection.execute(query)).scalar_one())


async def freeze_recipients(connection: AsyncConnection, freezing: Freezing, announcement: int) -> int:
    """Make the deliveries and batches of a correction to everybody who got (or may have got) an announcement."""
    members = and_(
        citizens.c.id.in_(_find_recipients(announcement)),
        citizens.c.channel.in_(list(freezing.batch_sizes)),
    )
    return await _freeze_all(connection, freezing, members)
