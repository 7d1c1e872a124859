"""The steps of an announcement: which leads from where to where. Each is audited, and taken by one at a time.

Nothing reaches `scheduled` but by `approved`, and nothing is sent but from `publishing`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from storage import announcements as store
from storage.announcements import Announcement, AnnouncementState

S = AnnouncementState


class Step(StrEnum):
    """What somebody does to an announcement."""

    WRITE = "write"
    EDIT = "edit"
    SUBMIT = "submit"
    APPROVE = "approve"
    SEND_BACK = "send_back"
    SCHEDULE = "schedule"
    BEGIN = "begin"
    FINISH = "finish"
    EXPECT_NEXT = "expect_next"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    RECALL = "recall"


@dataclass(frozen=True)
class Way:
    """From which states a step leads, and where to."""

    before: tuple[AnnouncementState, ...]
    after: AnnouncementState


WAYS: Mapping[Step, Way] = {
    Step.EDIT: Way((S.DRAFT, S.SUBMITTED, S.APPROVED), S.DRAFT),
    Step.SUBMIT: Way((S.DRAFT,), S.SUBMITTED),
    Step.APPROVE: Way((S.SUBMITTED,), S.APPROVED),
    Step.SEND_BACK: Way((S.SUBMITTED, S.APPROVED), S.DRAFT),
    Step.SCHEDULE: Way((S.APPROVED,), S.SCHEDULED),
    Step.BEGIN: Way((S.SCHEDULED,), S.PUBLISHING),
    Step.FINISH: Way((S.PUBLISHING, S.SCHEDULED), S.PUBLISHED),
    Step.EXPECT_NEXT: Way((S.PUBLISHING,), S.SCHEDULED),
    Step.PAUSE: Way((S.PUBLISHING, S.SCHEDULED, S.PUBLISHED), S.PAUSED),
    # Back to where it was paused (scheduler.announcements).
    Step.RESUME: Way((S.PAUSED,), S.PUBLISHING),
    # What is published may have reminders to come; without any there is nothing to cancel (scheduler.announcements).
    Step.CANCEL: Way((S.DRAFT, S.SUBMITTED, S.APPROVED, S.SCHEDULED, S.PUBLISHING, S.PAUSED, S.PUBLISHED), S.CANCELLED),
    Step.RECALL: Way((S.PUBLISHING, S.PAUSED, S.PUBLISHED, S.SCHEDULED, S.CANCELLED), S.RECALLED),
}


class AnnouncementUnknown(Exception):
    """There is no announcement of this number."""


class StepRefused(Exception):
    """A step does not lead anywhere from where the announcement stands, or not for this member of staff.

    `reason` names a text of the locales.
    """

    def __init__(self, number: int, step: str, state: str, reason: str = "step_refused") -> None:
        super().__init__(f"{step} of announcement {number}, which is {state}: {reason}")
        self.number = number
        self.step = step
        self.state = state
        self.reason = reason


async def get_announcement(connection: AsyncConnection, number: int) -> Announcement:
    """Return an announcement, for one to take a step at a time: before its runs and batches are touched.

    Raises AnnouncementUnknown.
    """
    found = await store.find_announcement(connection, number, locked=True)
    if found is None:
        raise AnnouncementUnknown(str(number))
    return found


async def take_step(
    connection: AsyncConnection,
    announcement: Announcement,
    step: Step,
    staff: str,
    at: datetime,
    *,
    note: str = "",
    after: str = "",
    **values: Any,
) -> None:
    """Take a step: change the state if it still is what was read, and write the audit row.

    `after` is where to, if not where the step usually leads. Raises StepRefused.
    """
    way = WAYS[step]
    if announcement.state not in way.before:
        raise StepRefused(announcement.number, step, announcement.state)
    is_first = await store.change_state(
        connection,
        announcement.number,
        before=announcement.state,
        after=after or way.after,
        known_fingerprint=announcement.fingerprint,
        **values,
    )
    if not is_first:
        raise StepRefused(announcement.number, step, announcement.state, "changed_meanwhile")
    await store.save_step(
        connection,
        store.Step(announcement.number, step, announcement.state, after or way.after, staff, note[:2_000], at),
    )
