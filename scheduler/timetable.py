"""The one list of all jobs that run by the clock, each with its reason."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

PUBLISH_SECONDS, DIGEST_SECONDS, NOTIFY_SECONDS = 2, 20, 20
REFRESH_MINUTES = 10
UPKEEP_HOUR = 4
MISSED_GRACE_SECONDS = 3600


@dataclass(frozen=True)
class Job:
    """Something that runs by the clock, and why it does."""

    name: str
    reason: str
    trigger: BaseTrigger
    run: Callable[[], Awaitable[None]]


def list_jobs(
    *,
    publish: Callable[[], Awaitable[None]],
    digest: Callable[[], Awaitable[None]],
    notify: Callable[[], Awaitable[None]],
    refresh: Callable[[], Awaitable[None]],
    upkeep: Callable[[], Awaitable[None]],
    zone: tzinfo,
) -> Sequence[Job]:
    """Return every job. Times of day are the city's."""
    return (
        Job(
            name="publish",
            reason="announcements go out at their time, to the minute; their due times are in the table of runs",
            trigger=IntervalTrigger(seconds=PUBLISH_SECONDS),
            run=publish,
        ),
        Job(
            name="digest",
            reason="who wants to hear once a day or a week does so at eight; one that was missed is made up for",
            trigger=IntervalTrigger(seconds=DIGEST_SECONDS),
            run=digest,
        ),
        Job(
            name="notify",
            reason="documents come in and change: whose answer is there now, or no longer stands, is told",
            trigger=IntervalTrigger(seconds=NOTIFY_SECONDS),
            run=notify,
        ),
        Job(
            name="refresh",
            reason="staff edit the city's folder, and other processes ingest files, while the server runs",
            trigger=IntervalTrigger(minutes=REFRESH_MINUTES),
            run=refresh,
        ),
        Job(
            name="upkeep",
            reason="questions are kept no longer than promised; at night few citizens ask",
            trigger=CronTrigger(hour=UPKEEP_HOUR, timezone=zone),
            run=upkeep,
        ),
    )


def start_timetable(jobs: Sequence[Job], zone: tzinfo) -> AsyncIOScheduler:
    """Start the jobs on the running event loop; shut the returned scheduler down at the end.

    A job never overlaps itself, and runs once however many times it was missed.
    """
    scheduler = AsyncIOScheduler(timezone=zone)
    for job in jobs:
        scheduler.add_job(
            job.run,
            trigger=job.trigger,
            id=job.name,
            name=job.reason,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=MISSED_GRACE_SECONDS,
        )
    scheduler.start()
    return scheduler
