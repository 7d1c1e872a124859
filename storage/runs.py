"""Runs: the times an announcement goes out. The due times live here; a clock only looks for what is due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
    UniqueConstraint,
    and_,
    exists,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import UtcDateTime, insert_unless_there, metadata


class RunKind(StrEnum):
    """What goes out: the announcement, a reminder of its event or deadline, a digest of several, or a correction."""

    MAIN = "main"
    REMINDER = "reminder"
    DEADLINE = "deadline"
    DIGEST = "digest"
    CORRECTION = "correction"


class RunState(StrEnum):
    """Where a run stands.

    due → publishing → published; missed: its time passed and staff are to say what to do; skipped: its time passed;
    paused: nothing is sent until staff resume; cancelled: what was not sent will not be.
    """

    DUE = "due"
    MISSED = "missed"
    PUBLISHING = "publishing"
    PAUSED = "paused"
    PUBLISHED = "published"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


UNFINISHED = (RunState.PUBLISHING, RunState.PAUSED)

runs = Table(
    "runs",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("announcement", Integer, ForeignKey("announcements.number"), index=True),
    Column("kind", String(16), nullable=False),
    Column("name", String(64), nullable=False, server_default=""),
    Column("due_at", UtcDateTime, nullable=False),
    Column("state", String(16), nullable=False),
    Column("is_emergency", Boolean, nullable=False, server_default="0"),
    Column("messages", JSON),
    Column("begun_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("reason", String(400), nullable=False, server_default=""),
    UniqueConstraint("announcement", "kind", "due_at", "name"),
    sqlite_autoincrement=True,
)


@dataclass(frozen=True)
class Run:
    """A time an announcement goes out. `messages` is what is said, by language, fixed when the run begins.

    `name` tells apart runs of one kind and time (a digest's set of items).
    """

    number: int
    announcement: int | None
    kind: str
    name: str
    due_at: datetime
    state: str
    is_emergency: bool
    messages: Mapping[str, Any] | None
    begun_at: datetime | None
    finished_at: datetime | None
    reason: str


async def save_runs(
    connection: AsyncConnection, announcement: int, kind: RunKind, due: Sequence[datetime], *, is_emergency: bool
) -> None:
    """Note when an announcement is due; times that are known already stay as they are."""
    rows = [
        {
            "announcement": announcement,
            "kind": kind,
            "name": "",
            "due_at": due_at,
            "state": RunState.DUE,
            "is_emergency": is_emergency,
        }
        for due_at in due
    ]
    await insert_unless_there(connection, runs, rows, ("announcement", "kind", "due_at", "name"))


async def save_begun_run(
    connection: AsyncConnection,
    *,
    announcement: int | None,
    kind: RunKind,
    name: str,
    messages: Mapping[str, Any],
    at: datetime,
) -> int:
    """Store a run that begins at once; returns its number."""
    values = {"announcement": announcement, "kind": kind, "name": name, "due_at": at, "begun_at": at}
    query = insert(runs).values(**values, state=RunState.PUBLISHING, messages=messages).returning(runs.c.number)
    return int((await connection.execute(query)).scalar_one())


async def find_due(connection: AsyncConnection, now: datetime, *, limit: int = 50) -> list[Run]:
    """Return the runs whose time has come, oldest first."""
    query = (
        select(runs).where(runs.c.state == RunState.DUE, runs.c.due_at <= now).order_by(runs.c.due_at, runs.c.number)
    )
    return [Run(**row) for row in (await connection.execute(query.limit(limit))).mappings()]


async def find_run(connection: AsyncConnection, number: int) -> Run | None:
    """Return a run, or None."""
    row = (await connection.execute(select(runs).where(runs.c.number == number))).mappings().first()
    return Run(**row) if row else None


async def find_runs(connection: AsyncConnection, announcement: int) -> list[Run]:
    """Return the runs of an announcement, oldest first."""
    query = select(runs).where(runs.c.announcement == announcement).order_by(runs.c.due_at, runs.c.number)
    return [Run(**row) for row in (await connection.execute(query)).mappings()]


async def find_runs_in(connection: AsyncConnection, states: Sequence[str]) -> list[Run]:
    """Return the runs in these states, oldest first."""
    query = select(runs).where(runs.c.state.in_(states)).order_by(runs.c.number)
    return [Run(**row) for row in (await connection.execute(query)).mappings()]


async def change_run(
    connection: AsyncConnection, number: int, *, before: Sequence[str], after: str, **values: Any
) -> bool:
    """Change a run's state by a conditional update; False where it is in none of `before` any more."""
    query = update(runs).where(runs.c.number == number, runs.c.state.in_(before)).values(state=after, **values)
    return (await connection.execute(query)).rowcount == 1


async def change_runs_of(
    connection: AsyncConnection, announcement: int, *, before: Sequence[str], after: str, reason: str = ""
) -> int:
    """Change the state of all runs of an announcement that are in one of `before`; returns how many."""
    query = update(runs).where(runs.c.announcement == announcement, runs.c.state.in_(before))
    return (await connection.execute(query.values(state=after, reason=reason))).rowcount


async def is_over(connection: AsyncConnection, announcement: int) -> bool:
    """Say whether no run of an announcement is still to go out, or going out, or waiting for a decision."""
    open_states = (RunState.DUE, RunState.MISSED, *UNFINISHED)
    left = and_(runs.c.announcement == announcement, runs.c.kind == RunKind.MAIN, runs.c.state.in_(open_states))
    return not (await connection.execute(select(exists().where(left)))).scalar_one()


async def is_going_out(connection: AsyncConnection, announcement: int) -> bool:
    """Say whether a run of an announcement itself is being sent."""
    going = and_(runs.c.announcement == announcement, runs.c.kind == RunKind.MAIN, runs.c.state.in_(UNFINISHED))
    return bool((await connection.execute(select(exists().where(going)))).scalar_one())


async def has_open_runs(connection: AsyncConnection, announcement: int) -> bool:
    """Say whether anything of an announcement is to be sent yet, reminders included."""
    states = (RunState.DUE, RunState.MISSED, *UNFINISHED)
    left = and_(runs.c.announcement == announcement, runs.c.state.in_(states))
    return bool((await connection.execute(select(exists().where(left)))).scalar_one())
