"""Deletes what is no longer to be kept."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from storage import deliveries, inbox, notices, outbox, tickets, watches
from storage.database import Database
from storage.questions import delete_questions_before

log = logging.getLogger(__name__)

# The ids of events tell a repeat; platforms send again for hours, not days.
EVENT_DAYS = 14
# Nobody waits longer than a year for an announcement.
WATCH_DAYS = 365


async def delete_old_questions(database: Database, *, now: datetime, retention_days: int) -> int:
    """Delete questions older than the promised number of days, and what belongs to them; returns how many."""
    oldest = now - timedelta(days=retention_days)
    async with database.begin() as connection:
        count = await delete_questions_before(connection, oldest)
        await tickets.delete_closed_before(connection, oldest)
        await outbox.delete_closed_before(connection, oldest)
        await notices.delete_notices_before(connection, oldest)
        await notices.delete_link_codes(connection)
        await deliveries.unname_before(connection, oldest)
        await watches.delete_watches_before(connection, now - timedelta(days=WATCH_DAYS))
        await inbox.delete_events_before(connection, now - timedelta(days=min(EVENT_DAYS, retention_days)))
    if count:
        log.info("deleted %d questions older than %d days", count, retention_days)
    return count
