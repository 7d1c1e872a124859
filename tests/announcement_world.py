"""Announcements on a clock of their own: the real desk, tables and sending over channels that do as they are told."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from announcements import APPROVER, AUTHOR, make_content

from app.city import load_city, make_city_names
from connectors.channel import Outcome, Quota, SendResult
from scheduler.announcements import AnnouncementDesk
from scheduler.delivery import Delivery
from scheduler.digests import DigestMaker
from scheduler.publishing import Publisher
from storage.citizens import Citizen, save_citizen
from storage.subscriptions import subscribe

TAIPEI = ZoneInfo("Asia/Taipei")


def at(*moment):
    return datetime(*moment, tzinfo=TAIPEI)


class Phones:
    """A channel: keeps what each chat got; `outcomes` are those of the next calls, then everything is sent."""

    calls_at_once, reply_seconds = 2, 0

    def __init__(self, name, *, batch_size=500, repeats_are_safe=True):
        self.name, self.batch_size, self.repeats_are_safe = name, batch_size, repeats_are_safe
        self.got, self.outcomes, self.keys, self.quota = [], [], set(), None
        self.during = None

    def broadcast_turn(self):
        return nullcontext()

    async def broadcast(self, broadcast):
        outcome, reason = self.outcomes.pop(0) if self.outcomes else (Outcome.SENT, "")
        if self.during:
            during, self.during = self.during, None
            await during()
        if self.quota is not None and len(broadcast.chats) > self.quota:
            return SendResult(Outcome.QUOTA, "used up")
        if outcome in (Outcome.SENT, Outcome.UNKNOWN) and broadcast.id not in self.keys:
            self.keys.add(broadcast.id)
            (message,) = broadcast.messages
            titles = tuple(card.title for card in message.cards) or (message.heading,)
            self.got += [(chat, titles) for chat in broadcast.chats]
            if self.quota is not None:
                self.quota -= len(broadcast.chats)
        return SendResult(outcome, reason)

    async def find_quota(self):
        return None if self.quota is None else Quota(self.quota, 0)


class World:
    """The house at a moment that only moves when it is told."""

    def __init__(self, database, start):
        self.database, self.now = database, start.astimezone(UTC)
        self.line, self.telegram = Phones("line"), Phones("telegram", batch_size=1, repeats_are_safe=False)
        names, channels = (
            make_city_names(load_city(Path("cities/kaohsiung"))),
            {"line": self.line, "telegram": self.telegram},
        )

        async def learn():
            pass

        def now():
            return self.now

        self.desk = AnnouncementDesk(database, names, TAIPEI, channels, now)
        self.publisher = Publisher(database, names, TAIPEI, channels, now, learn)
        self.digests = DigestMaker(database, names, TAIPEI, channels, now)
        self.delivery = Delivery(database, channels, now, self.publisher.finish_done, TAIPEI, max_rest_seconds=0.0)

    async def add(self, chat, channel="line", topics=("events",), **more):
        citizen = Citizen(f"{channel}-{chat}", channel, chat, self.now, **{"language": "zh-TW", **more})
        async with self.database.begin() as connection:
            await save_citizen(connection, citizen)
            await subscribe(connection, citizen.id, topics, self.now)
        return citizen

    async def schedule(self, **content):
        number = await self.desk.write(make_content(**content), AUTHOR)
        await self.desk.submit(number, AUTHOR)
        await self.desk.approve(number, APPROVER)
        await self.desk.schedule(number, APPROVER)
        return number

    async def work(self, moment=None):
        """Do everything that is due, at a moment."""
        if moment:
            self.now = moment.astimezone(UTC)
        await self.publisher.publish_due()
        await self.digests.make_due()
        await self.delivery.send_due()

    async def wait(self, **span):
        await self.work(self.now + timedelta(**span))

    async def ledger(self, number, run=0):
        return (await self.desk.report(number)).runs[run].counts

    async def state(self, number):
        return (await self.desk.report(number)).announcement.state
