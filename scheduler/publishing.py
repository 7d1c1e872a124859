"""What is due goes out: its run begins, its audience is frozen, its text enters the knowledge base.

A run begins in one transaction or not at all. The tables tell what is due and what is unfinished, so it does not matter
when the process ended, nor whether the clock jumped: a run that has begun is never begun again.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.channel import Channel
from scheduler.announcement_message import CityNames, write_messages, write_recall_messages
from scheduler.audience import make_audience
from scheduler.content import Content, fingerprint
from scheduler.occurrences import find_end, find_next, find_release, to_moment
from scheduler.steps import Step, get_announcement, take_step
from storage import announcements as store
from storage import audience, notices, run_batches, runs
from storage.announcements import Announcement, AnnouncementState
from storage.audience import Freezing
from storage.database import Database
from storage.runs import Run, RunKind, RunState

log = logging.getLogger(__name__)

CLOCK = "the clock"
LEARNED = "learned steps"
# A run this late is as good as on time: the look for what is due, a restart.
ON_TIME = timedelta(minutes=15)
# From which states a run of a kind may begin; a reminder goes with what is out already.
_READY: Mapping[str, tuple[str, ...]] = {
    RunKind.MAIN: (AnnouncementState.SCHEDULED, AnnouncementState.PUBLISHING),
    RunKind.REMINDER: (AnnouncementState.SCHEDULED, AnnouncementState.PUBLISHING, AnnouncementState.PUBLISHED),
    RunKind.CORRECTION: (AnnouncementState.RECALLED,),
    RunKind.DEADLINE: (AnnouncementState.SCHEDULED, AnnouncementState.PUBLISHING, AnnouncementState.PUBLISHED),
}


@dataclass(frozen=True)
class Publisher:
    """Begins and ends runs. `learn` brings the knowledge base in line with what is published."""

    database: Database
    names: CityNames
    zone: tzinfo
    channels: Mapping[str, Channel]
    now: Callable[[], datetime]
    learn: Callable[[], Awaitable[None]]

    async def publish_due(self) -> int:
        """Begin every run whose time has come, end those that are done; returns how many began."""
        begun = 0
        async with self.database.begin() as connection:
            due = await runs.find_due(connection, self.now())
        for run in due:
            async with self.database.begin() as connection:
                begun += await self._begin(connection, run)
        await self.finish_done()
        await self._learn_changes()
        return begun

    async def _learn_changes(self) -> None:
        """Let the knowledge base follow every step that was taken, here or by another process."""
        async with self.database.begin() as connection:
            newest = str(await store.find_newest_step(connection))
            if newest == await notices.find_mark(connection, LEARNED):
                return
        await self.learn()
        async with self.database.begin() as connection:
            await notices.set_mark(connection, LEARNED, newest)

    async def finish_done(self) -> None:
        """End the runs that have nothing left to send, and the announcements that do not go out again."""
        async with self.database.begin() as connection:
            done = await run_batches.find_done_runs(connection)
        for run, number in done:
            async with self.database.begin() as connection:
                announcement = await get_announcement(connection, number) if number is not None else None
                if await run_batches.finish_run(connection, run, self.now()) and announcement:
                    await self._finish(connection, announcement)

    async def _begin(self, connection: AsyncConnection, run: Run) -> bool:
        """Begin a run that is due, unless it must not go out (any more); says whether it began."""
        announcement = await get_announcement(connection, run.announcement or 0)
        content = Content.model_validate(announcement.content)
        now = self.now()
        if announcement.state == AnnouncementState.PAUSED:
            return False
        if announcement.state not in _READY[run.kind]:
            return await _end(connection, run, RunState.CANCELLED, f"the announcement is {announcement.state}")
        if not fingerprint(announcement.content) == announcement.fingerprint == announcement.approved_fingerprint:
            log.error("announcement %d is not the text that was approved; it is not sent", announcement.number)
            return await _end(connection, run, RunState.CANCELLED, "not the text that was approved")
        if verdict := self._judge_lateness(content, run, now):
            state, reason = verdict
            await _end(connection, run, state, reason)
            await self._expect_next(connection, announcement, content, run)
            return False
        is_correction = run.kind == RunKind.CORRECTION
        if is_correction and await run_batches.is_sending(connection, announcement.number):
            # Whoever is being told at this moment is to be told this, too.
            return False
        messages = (
            write_recall_messages(content, announcement.correction or {}, self.names)
            if is_correction
            else write_messages(content, self.names, RunKind(run.kind))
        )
        begins = partial(runs.change_run, connection, run.number, before=[RunState.DUE], after=RunState.PUBLISHING)
        if not await begins(messages=messages, begun_at=now):
            return False
        if announcement.state == AnnouncementState.SCHEDULED and run.kind == RunKind.MAIN:
            first = announcement.published_at or now
            note = f"run {run.number}"
            await take_step(connection, announcement, Step.BEGIN, CLOCK, now, note=note, published_at=first)
        if is_correction:
            await self._tell_recipients(connection, run, announcement.number, now)
        else:
            await self._freeze(connection, run, content, now)
        await self._expect_next(connection, announcement, content, run)
        return True

    async def _freeze(self, connection: AsyncConnection, run: Run, content: Content, now: datetime) -> None:
        freezing = self._make_freezing(run, now, at_once=content.emergency, not_after=self._find_end(content, run))
        count = await audience.freeze_audience(connection, freezing, make_audience(content, self.channels))
        log.info("run %d begins: %d deliveries", run.number, count)

    async def _tell_recipients(self, connection: AsyncConnection, run: Run, number: int, now: datetime) -> None:
        """Tell whoever got it, in quiet hours too: what somebody wrongly believes may lead them out of the house."""
        count = await audience.freeze_recipients(
            connection, self._make_freezing(run, now, at_once=True, not_after=None), number
        )
        log.info("run %d begins: %d who got announcement %d are told", run.number, count, number)

    def _make_freezing(self, run: Run, now: datetime, *, at_once: bool, not_after: datetime | None) -> Freezing:
        return Freezing(
            run=run.number,
            at_once=at_once,
            release=partial(find_release, now=now, zone=self.zone),
            batch_sizes={name: channel.batch_size for name, channel in self.channels.items()},
            default_language=self.names.languages[0],
            not_after=not_after,
        )

    def _find_end(self, content: Content, run: Run) -> datetime | None:
        """Return from when a run is of no use: the announcement is over, or what it reminds of has come."""
        ends = [find_end(content, self.zone)]
        if run.kind == RunKind.REMINDER and content.event_starts:
            ends.append(to_moment(content.event_starts, self.zone))
        if run.kind == RunKind.DEADLINE and content.deadline:
            ends.append(to_moment(content.deadline, self.zone))
        return min((end for end in ends if end), default=None)

    def _judge_lateness(self, content: Content, run: Run, now: datetime) -> tuple[RunState, str] | None:
        """Say why a run does not go out now, or None where it does."""
        late = now - run.due_at
        if run.kind == RunKind.CORRECTION:
            return None
        if (ends := self._find_end(content, run)) and now >= ends:
            return RunState.SKIPPED, "over before its time came"
        if late <= ON_TIME:
            return None
        following = find_next(content.when, run.due_at, self.zone) if run.kind == RunKind.MAIN else None
        if following and following <= now:
            return RunState.SKIPPED, "its time was missed, and the next one has come"
        match content.when.missed:
            case "ask":
                return RunState.MISSED, "its time was missed; staff decide"
            case "late" if late <= timedelta(hours=content.when.late_hours):
                return None
        return RunState.SKIPPED, "its time was missed"

    async def _expect_next(
        self, connection: AsyncConnection, announcement: Announcement, content: Content, run: Run
    ) -> None:
        """Note when a repeated announcement is due again; where it never is, it may be done."""
        if run.kind != RunKind.MAIN:
            return
        following = find_next(content.when, run.due_at, self.zone)
        if following:
            await runs.save_runs(
                connection, announcement.number, RunKind.MAIN, [following], is_emergency=content.emergency
            )
        else:
            await self._finish(connection, await get_announcement(connection, announcement.number))

    async def _finish(self, connection: AsyncConnection, announcement: Announcement) -> None:
        """Say that an announcement is out, or waits for its next time; one that never went out is cancelled."""
        number, state = announcement.number, announcement.state
        if state not in (AnnouncementState.PUBLISHING, AnnouncementState.SCHEDULED):
            return
        is_over = await runs.is_over(connection, number)
        if is_over and announcement.published_at is None:
            await take_step(connection, announcement, Step.CANCEL, CLOCK, self.now(), note="its time passed")
        elif is_over:
            await take_step(connection, announcement, Step.FINISH, CLOCK, self.now())
        elif state == AnnouncementState.PUBLISHING and not await runs.is_going_out(connection, number):
            await take_step(connection, announcement, Step.EXPECT_NEXT, CLOCK, self.now())


async def _end(connection: AsyncConnection, run: Run, state: RunState, reason: str) -> bool:
    await runs.change_run(connection, run.number, before=[RunState.DUE], after=state, reason=reason)
    log.warning("run %d of announcement %s does not go out: %s", run.number, run.announcement, reason)
    return False


async def find_published_contents(database: Database, *, limit: int = 5_000) -> Sequence[tuple[Announcement, Content]]:
    """Return what is published and not recalled, newest first."""
    async with database.begin() as connection:
        found = await store.find_published(connection, limit=limit)
    return [(announcement, Content.model_validate(announcement.content)) for announcement in found]
