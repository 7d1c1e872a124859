"""What staff do with announcements: write, submit, approve, schedule, pause, cancel, recall; see whom they reach.

This is the Python API; the command line, the HTTP API and the console use it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.channel import Channel
from connectors.message import OutgoingMessage
from scheduler.announcement_message import CityNames, write_announcement
from scheduler.audience import Forecast, forecast
from scheduler.content import Content, ContentInvalid, fingerprint, read_content
from scheduler.delivery import quota_mark
from scheduler.occurrences import find_deadline_reminders, find_first, find_reminders
from scheduler.steps import AnnouncementUnknown, Step, StepRefused, get_announcement, take_step
from storage import announcements as store
from storage import audience, deliveries, notices, run_batches, runs
from storage.announcements import Announcement
from storage.database import Database
from storage.runs import Run, RunKind, RunState

MAX_STAFF_NAME = 80
MAX_CORRECTION = 1_000


@dataclass(frozen=True)
class RunReport:
    """A run with its ledger: deliveries by (channel, state), and why some did not arrive."""

    run: Run
    counts: Mapping[tuple[str, str], int]
    reasons: Mapping[tuple[str, str, str], int]


@dataclass(frozen=True)
class Report:
    """An announcement with everything that was done to it and became of it."""

    announcement: Announcement
    content: Content
    steps: Sequence[store.Step]
    runs: Sequence[RunReport]


@dataclass(frozen=True)
class Preview:
    """An announcement as it would go out now: what is said by language, and whom it reaches."""

    messages: Mapping[str, OutgoingMessage]
    forecast: Forecast


@dataclass(frozen=True)
class AnnouncementDesk:
    """Where staff work on announcements. Each method that names `staff` is audited under that name."""

    database: Database
    names: CityNames
    zone: tzinfo
    channels: Mapping[str, Channel]
    now: Callable[[], datetime]

    async def write(self, values: Mapping[str, Any], staff: str, *, external_id: str | None = None) -> int:
        """Store a draft; returns its number. The same `external_id` again gives the same number and changes nothing.

        Raises ContentInvalid, and StepRefused where another content is known under that id.
        """
        content = self._read(values).model_dump(mode="json")
        async with self.database.begin() as connection:
            if external_id and (known := await store.find_by_external_id(connection, external_id)):
                if known.fingerprint != fingerprint(content):
                    raise StepRefused(known.number, Step.WRITE, known.state, "external_id_taken")
                return known.number
            number = await store.save_announcement(
                connection,
                author=_clean_name(staff),
                content=content,
                fingerprint=fingerprint(content),
                external_id=external_id,
                at=self.now(),
            )
            await store.save_step(
                connection, store.Step(number, Step.WRITE, "", "draft", _clean_name(staff), "", self.now())
            )
        return number

    async def edit(self, number: int, values: Mapping[str, Any], staff: str) -> None:
        """Replace the content; what was submitted or approved is a draft again.

        Raises ContentInvalid, AnnouncementUnknown, StepRefused.
        """
        content = self._read(values).model_dump(mode="json")
        changed: dict[str, Any] = {
            "content": content,
            "fingerprint": fingerprint(content),
            "approved_fingerprint": "",
        }
        async with self.database.begin() as connection:
            found = await get_announcement(connection, number)
            await take_step(connection, found, Step.EDIT, _clean_name(staff), self.now(), **changed)

    async def submit(self, number: int, staff: str) -> None:
        """Ask for approval. Raises AnnouncementUnknown, StepRefused."""
        await self._take(number, Step.SUBMIT, staff)

    async def approve(self, number: int, staff: str, note: str = "") -> None:
        """Approve what somebody else wrote. Raises AnnouncementUnknown, StepRefused."""
        async with self.database.begin() as connection:
            found = await get_announcement(connection, number)
            steps = await store.find_steps(connection, number)
            writers = {_fold(step.staff) for step in steps if step.step in (Step.WRITE, Step.EDIT, Step.SUBMIT)}
            if not _fold(staff) or _fold(staff) in writers:
                raise StepRefused(number, Step.APPROVE, found.state, "approved_by_author")
            approved = {"approved_fingerprint": found.fingerprint}
            await take_step(connection, found, Step.APPROVE, _clean_name(staff), self.now(), note=note, **approved)

    async def send_back(self, number: int, staff: str, note: str = "") -> None:
        """Return it to its author, who may edit it. Raises AnnouncementUnknown, StepRefused."""
        await self._take(number, Step.SEND_BACK, staff, note=note, approved_fingerprint="")

    async def schedule(self, number: int, staff: str) -> datetime:
        """Let an approved announcement go out at its time; returns when first.

        Raises AnnouncementUnknown, StepRefused (also where its time has passed).
        """
        async with self.database.begin() as connection:
            found = await get_announcement(connection, number)
            content, now = Content.model_validate(found.content), self.now()
            due_at = find_first(content.when, now, self.zone)
            if due_at is None:
                raise StepRefused(number, Step.SCHEDULE, found.state, "time_passed")
            await take_step(connection, found, Step.SCHEDULE, _clean_name(staff), now)
            urgent = content.emergency
            await runs.save_runs(connection, number, RunKind.MAIN, [due_at], is_emergency=urgent)
            for kind, moments in (
                (RunKind.REMINDER, find_reminders(content, self.zone)),
                (RunKind.DEADLINE, find_deadline_reminders(content, self.zone)),
            ):
                later = [moment for moment in moments if moment > due_at]
                await runs.save_runs(connection, number, kind, later, is_emergency=urgent)
        return due_at

    async def pause(self, number: int, staff: str) -> None:
        """Send no more until it is resumed. Raises AnnouncementUnknown, StepRefused."""
        async with self.database.begin() as connection:
            found = await get_announcement(connection, number)
            await take_step(connection, found, Step.PAUSE, _clean_name(staff), self.now())
            await runs.change_runs_of(connection, number, before=[RunState.PUBLISHING], after=RunState.PAUSED)

    async def resume(self, number: int, staff: str) -> None:
        """Go on sending. Raises AnnouncementUnknown, StepRefused."""
        async with self.database.begin() as connection:
            found = await get_announcement(connection, number)
            steps = await store.find_steps(connection, number)
            before = next((step.before for step in reversed(steps) if step.step == Step.PAUSE), "")
            await take_step(connection, found, Step.RESUME, _clean_name(staff), self.now(), after=before)
            await runs.change_runs_of(connection, number, before=[RunState.PAUSED], after=RunState.PUBLISHING)

    async def cancel(self, number: int, staff: str, note: str = "") -> int:
        """Send nothing of it any more; returns how many deliveries were still to be sent.

        Raises AnnouncementUnknown, StepRefused.
        """
        async with self.database.begin() as connection:
            found = await get_announcement(connection, number)
            if found.state == "published" and not await runs.has_open_runs(connection, number):
                raise StepRefused(number, Step.CANCEL, found.state)
            await take_step(connection, found, Step.CANCEL, _clean_name(staff), self.now(), note=note)
            return await _stop_runs(connection, number)

    async def recall(self, number: int, staff: str, correction: Mapping[str, str]) -> int:
        """Take it back: what was not sent is not; whoever got it is told so, with the `correction` by language.

        Returns how many are to be told. The server begins that at its next look (scheduler.publishing), and the
        knowledge base forgets the announcement.
        Raises AnnouncementUnknown, StepRefused.
        """
        async with self.database.begin() as connection:
            found = await get_announcement(connection, number)
            if found.published_at is None:
                raise StepRefused(number, Step.RECALL, found.state)
            if any(len(text) > MAX_CORRECTION for text in correction.values()):
                raise ContentInvalid([("correction", "string_too_long")])
            told = {language: text.strip() for language, text in correction.items() if text.strip()}
            note = next(iter(told.values()), "")
            await take_step(connection, found, Step.RECALL, _clean_name(staff), self.now(), note=note, correction=told)
            await _stop_runs(connection, number)
            now = self.now()
            await runs.save_runs(connection, number, RunKind.CORRECTION, [now], is_emergency=True)
            return await audience.count_recipients(connection, number)

    async def decide_missed(self, run_number: int, staff: str, *, send: bool) -> None:
        """Say what to do about a run whose time was missed. Raises AnnouncementUnknown, StepRefused."""
        after = RunState.DUE if send else RunState.SKIPPED
        async with self.database.begin() as connection:
            run = await runs.find_run(connection, run_number)
            if run is None or run.announcement is None:
                raise AnnouncementUnknown(str(run_number))
            # A run that staff want sent is due from now on.
            values = {"due_at": self.now(), "reason": ""} if send else {"reason": "skipped by staff"}
            found = await get_announcement(connection, run.announcement)
            if not await runs.change_run(connection, run_number, before=[RunState.MISSED], after=after, **values):
                raise StepRefused(run.announcement, "decide", run.state)
            note = f"missed run {run_number}: {'send' if send else 'skip'}"
            await store.save_step(
                connection,
                store.Step(found.number, "decide", found.state, found.state, _clean_name(staff), note, self.now()),
            )
            if not send and found.state == "scheduled" and await runs.is_over(connection, found.number):
                done = Step.FINISH if found.published_at else Step.CANCEL
                await take_step(connection, found, done, _clean_name(staff), self.now(), note=note)

    async def retry_failed(self, run_number: int, staff: str) -> int:
        """Send again to those it failed for, and only to them; returns how many. Raises as decide_missed."""
        async with self.database.begin() as connection:
            run = await runs.find_run(connection, run_number)
            if run is None or run.announcement is None:
                raise AnnouncementUnknown(str(run_number))
            found = await get_announcement(connection, run.announcement)
            if found.state in ("cancelled", "recalled"):
                raise StepRefused(found.number, "retry", found.state)
            count = await run_batches.retry_failed(connection, run_number)
            note = f"run {run_number}: {count} deliveries again"
            await store.save_step(
                connection,
                store.Step(found.number, "retry", found.state, found.state, _clean_name(staff), note, self.now()),
            )
        return count

    async def preview(self, number: int) -> Preview:
        """Return how it would read and whom it would reach now. Raises AnnouncementUnknown."""
        async with self.database.begin() as connection:
            content = Content.model_validate((await get_announcement(connection, number)).content)
        messages = {language: write_announcement(content, language, self.names) for language in self.names.languages}
        return Preview(messages, await forecast(self.database, content, self.channels, self.names.languages[0]))

    async def report(self, number: int) -> Report:
        """Return everything about an announcement. Raises AnnouncementUnknown."""
        async with self.database.begin() as connection:
            found = await get_announcement(connection, number)
            reports = [
                RunReport(
                    run,
                    await deliveries.count_deliveries(connection, run.number),
                    await deliveries.find_reasons(connection, run.number),
                )
                for run in await runs.find_runs(connection, number)
            ]
            steps = await store.find_steps(connection, number)
        return Report(found, Content.model_validate(found.content), steps, reports)

    async def find_used_up(self) -> dict[str, str]:
        """Return the channels whose quota is used up, and since when."""
        async with self.database.begin() as connection:
            marks = {name: await notices.find_mark(connection, quota_mark(name)) for name in self.channels}
        return {name: since for name, since in marks.items() if since}

    async def list(self, states: Sequence[str] = ()) -> list[Announcement]:
        """Return announcements, newest first."""
        async with self.database.begin() as connection:
            return await store.find_announcements(connection, states)

    def _read(self, values: Mapping[str, Any]) -> Content:
        return read_content(
            values,
            topics=list(self.names.topics),
            districts=list(self.names.districts),
            languages=self.names.languages,
        )

    async def _take(self, number: int, step: Step, staff: str, *, note: str = "", **values: Any) -> None:
        async with self.database.begin() as connection:
            found = await get_announcement(connection, number)
            await take_step(connection, found, step, _clean_name(staff), self.now(), note=note, **values)


async def _stop_runs(connection: AsyncConnection, number: int) -> int:
    """Let no run of an announcement send anything more; returns how many deliveries it had left."""
    mine = [run.number for run in await runs.find_runs(connection, number)]
    for frequency in await run_batches.take_back_digests(connection, mine) if mine else ():
        # The other items of the digest are still wanted: it is made anew at the next look.
        await notices.set_mark(connection, f"digest {frequency}", "")
    count = await run_batches.cancel_open(connection, mine, "cancelled by staff") if mine else 0
    stopped = [RunState.DUE, RunState.MISSED, RunState.PUBLISHING, RunState.PAUSED]
    await runs.change_runs_of(connection, number, before=stopped, after=RunState.CANCELLED, reason="cancelled by staff")
    return count


def _clean_name(staff: str) -> str:
    return staff.strip()[:MAX_STAFF_NAME] or "staff"


def _fold(staff: str) -> str:
    return unicodedata.normalize("NFKC", _clean_name(staff) if staff.strip() else "").casefold()
