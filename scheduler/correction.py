"""Recalls: whoever got an announcement is told that it no longer stands, and where possible their copy is changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo

from sqlalchemy.ext.asyncio import AsyncConnection

from scheduler.announcement_message import CityNames, write_recall
from scheduler.content import Content
from storage import deliveries, runs
from storage.announcements import Announcement
from storage.runs import RunKind


async def begin_correction(
    connection: AsyncConnection,
    announcement: Announcement,
    correction: Mapping[str, str],
    names: CityNames,
    zone: tzinfo,
    at: datetime,
    batch_sizes: Mapping[str, int],
) -> int:
    """Make the run that tells everybody who has (or may have) an announcement; returns how many they are.

    It goes out at once, in quiet hours too: what somebody wrongly believes may lead them out of the house.
    """
    content = Content.model_validate(announcement.content)
    messages = {
        language: write_recall(content, correction, language, names).to_payload() for language in names.languages
    }
    number = await runs.save_begun_run(
        connection,
        announcement=announcement.number,
        kind=RunKind.CORRECTION,
        name="recall",
        messages=messages,
        at=at,
    )
    return await deliveries.copy_recipients(
        connection, number, announcement.number, batch_sizes=batch_sizes, default_language=names.languages[0]
    )
