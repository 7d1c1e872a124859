"""Notices on their way: into a citizen's outbox, so many a day and not in their quiet hours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from scheduler.occurrences import find_release
from storage import citizens, notices, outbox
from storage.database import Database
from storage.notices import Notice

NOTICES_A_DAY = 3
DAY, LOOK_AGAIN = timedelta(hours=24), timedelta(hours=1)


@dataclass(frozen=True)
class Teller:
    """Hands notices to the outbox; what may not go out yet waits."""

    database: Database
    zone: tzinfo
    now: Callable[[], datetime]

    async def tell(self) -> int:
        """Hand over what may go out now; returns how many."""
        async with self.database.begin() as connection:
            waiting = await notices.find_untold(connection, self.now())
        return sum([await self._tell(notice) for notice in waiting])

    async def _tell(self, notice: Notice) -> bool:
        now = self.now()
        async with self.database.begin() as connection:
            citizen = await citizens.get_citizen(connection, notice.citizen_id or "")
            if citizen is None or not citizen.reachable:
                return False
            later = find_release(citizen.quiet_from, citizen.quiet_until, now, self.zone)
            if await notices.count_told_since(connection, citizen.id, now - DAY) >= NOTICES_A_DAY:
                later = later or now + LOOK_AGAIN
            if later:
                await notices.put_off_notice(connection, notice.id, later)
                return False
            parcel = outbox.Parcel(
                id=notice.id,
                channel=citizen.channel,
                chat=citizen.chat,
                purpose=notice.kind,
                messages=[notice.message],
                created_at=now,
            )
            await outbox.save_parcel(connection, parcel)
            await notices.mark_told(connection, notice.id, now)
        return True
