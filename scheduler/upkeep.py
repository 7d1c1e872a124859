"""Deletes what is no longer to be kept."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from storage.database import Database
from storage.questions import delete_questions_before

log = logging.getLogger(__name__)


async def delete_old_questions(database: Database, *, now: datetime, retention_days: int) -> int:
    """Delete questions older than the promised number of days; returns how many."""
    async with database.begin() as connection:
        count = await delete_questions_before(connection, now - timedelta(days=retention_days))
    if count:
        log.info("deleted %d questions older than %d days", count, retention_days)
    return count
