"""Digests: who wants to hear once a day or a week gets what came meanwhile as one message."""

from __future__ import annotations

import hashlib
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.channel import Channel
from scheduler.announcement_message import CityNames, write_digest
from scheduler.content import Content
from scheduler.occurrences import find_end, find_release, to_moment
from storage import announcements as store
from storage import deliveries, notices, runs
from storage.audience import Freezing, freeze_digest
from storage.citizens import DAILY, WEEKLY
from storage.database import Database
from storage.runs import RunKind

log = logging.getLogger(__name__)

DIGEST_TIME = time(8)
MONDAY = 0


def find_latest(frequency: str, now: datetime, zone: tzinfo) -> datetime:
    """Return the last moment a digest was due: every day at eight, or every Monday."""
    local = now.astimezone(zone).replace(tzinfo=None)
    latest = datetime.combine(local.date(), DIGEST_TIME)
    if latest > local:
        latest -= timedelta(days=1)
    if frequency == WEEKLY:
        latest -= timedelta(days=(latest.weekday() - MONDAY) % 7)
    return to_moment(latest, zone)


@dataclass(frozen=True)
class DigestMaker:
    """Makes the digests that are due."""

    database: Database
    names: CityNames
    zone: tzinfo
    channels: Mapping[str, Channel]
    now: Callable[[], datetime]

    async def make_due(self) -> None:
        """Make every digest whose time has come and was not made yet; one that was missed is made up for."""
        for frequency in (DAILY, WEEKLY):
            due_at = find_latest(frequency, self.now(), self.zone)
            mark = f"digest {frequency}"
            async with self.database.begin() as connection:
                if await notices.find_mark(connection, mark) == due_at.isoformat():
                    continue
                await self._make(connection, frequency, due_at)
                await notices.set_mark(connection, mark, due_at.isoformat())

    async def _make(self, connection: AsyncConnection, frequency: str, due_at: datetime) -> None:
        """Make one digest for each set of items that somebody waits for."""
        readers: dict[tuple[int, ...], list[str]] = defaultdict(list)
        for citizen_id, items in await deliveries.find_digest_items(connection, frequency, due_at):
            readers[items].append(citizen_id)
        for items, citizen_ids in readers.items():
            told = await self._read_items(connection, items)
            over = [item for item in items if item not in told]
            if over:
                await deliveries.skip_items(connection, over, citizen_ids, "no longer valid when the digest was made")
            if not told:
                continue
            contents = list(dict(told.values()).items())
            messages = {
                language: write_digest(contents, language, self.names).to_payload() for language in self.names.languages
            }
            name = f"{frequency} {hashlib.sha256(repr(items).encode()).hexdigest()[:32]}"
            kind = RunKind.DIGEST
            number = await runs.save_begun_run(
                connection, announcement=None, kind=kind, name=name, messages=messages, at=self.now()
            )
            await deliveries.give_items(connection, number, list(told), citizen_ids)
            count = await freeze_digest(connection, self._make_freezing(number))
            log.info("a %s digest of %d announcements: %d deliveries", frequency, len(items), count)

    async def _read_items(self, connection: AsyncConnection, items: Sequence[int]) -> dict[int, tuple[int, Content]]:
        """Return the runs that are still good to be told, oldest first, each with its announcement and content."""
        found: dict[int, tuple[int, Content]] = {}
        known = [run for item in items if (run := await runs.find_run(connection, item))]
        for run in sorted(known, key=lambda run: (run.begun_at or run.due_at, run.number)):
            announcement = await store.find_announcement(connection, run.announcement or 0)
            if announcement is None or announcement.state in ("recalled", "cancelled"):
                continue
            content = Content.model_validate(announcement.content)
            ends = [find_end(content, self.zone)]
            if run.kind == RunKind.REMINDER and content.event_starts:
                ends.append(to_moment(content.event_starts, self.zone))
            if run.kind == RunKind.DEADLINE and content.deadline:
                ends.append(to_moment(content.deadline, self.zone))
            if all(end is None or end > self.now() for end in ends):
                found[run.number] = (announcement.number, content)
        return found

    def _make_freezing(self, run: int) -> Freezing:
        return Freezing(
            run=run,
            at_once=False,
            release=partial(find_release, now=self.now(), zone=self.zone),
            batch_sizes={name: channel.batch_size for name, channel in self.channels.items()},
            default_language=self.names.languages[0],
        )
