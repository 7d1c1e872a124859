"""Three months on the city's clock: what goes out, to whom, when, with the computer off for a day in between."""

from contextlib import nullcontext
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import time_machine
from announcements import APPROVER, AUTHOR, make_content

from app.city import load_city, make_city_names
from connectors.channel import Outcome, SendResult
from scheduler.announcements import AnnouncementDesk
from scheduler.delivery import Delivery
from scheduler.digests import DigestMaker
from scheduler.publishing import Publisher
from storage import runs
from storage.citizens import Citizen, save_citizen
from storage.runs import RunState
from storage.subscriptions import subscribe

TAIPEI = ZoneInfo("Asia/Taipei")
FIRST, LAST = date(2027, 1, 1), date(2027, 3, 31)
OFF_FROM, OFF_UNTIL = datetime(2027, 3, 2, 18, tzinfo=TAIPEI), datetime(2027, 3, 3, 18, tzinfo=TAIPEI)
READERS = {
    "instant": {},
    "quiet": {"quiet_from": time(22), "quiet_until": time(7)},
    "daily": {"frequency": "daily"},
    "weekly": {"frequency": "weekly"},
}


def at(*moment):
    return datetime(*moment, tzinfo=TAIPEI)


ANNOUNCEMENTS = {
    "週會": {"when": {"at": "2027-01-04T09:00", "repeat": "FREQ=WEEKLY;BYDAY=MO", "missed": "late", "late_hours": 6}},
    "夜市": {"when": {"at": "2027-01-29T23:00", "repeat": "FREQ=MONTHLY;BYDAY=-1FR"}},
    "健走": {
        "event_starts": "2027-02-20T10:00",
        "when": {"at": "2027-02-01T12:00", "remind_before": ["1d"]},
    },
    "地震": {"emergency": True, "when": {"at": "2027-02-10T03:00"}},
    "早報": {"when": {"at": "2027-03-01T08:00", "repeat": "FREQ=DAILY;COUNT=5", "missed": "skip"}},
    "說明會": {"when": {"at": "2027-03-03T09:00", "missed": "ask"}},
    "停水": {"when": {"at": "2027-03-03T12:00", "missed": "late", "late_hours": 12}},
}
DECIDED_AT = at(2027, 3, 3, 20)


def expect_begun():
    """When each announcement goes out: (moment, title), emergencies apart."""
    mondays = [at(2027, 1, 4, 9) + timedelta(weeks=week) for week in range(13)]
    begun = [(monday, "週會") for monday in mondays if monday.date() <= LAST]
    begun += [(at(2027, 1, 29, 23), "夜市"), (at(2027, 2, 26, 23), "夜市"), (at(2027, 3, 26, 23), "夜市")]
    begun += [(at(2027, 2, 1, 12), "健走"), (at(2027, 2, 19, 10), "健走")]
    begun += [(at(2027, 3, day, 8), "早報") for day in (1, 2, 4, 5)]
    begun += [(OFF_UNTIL, "停水"), (DECIDED_AT, "說明會")]
    return sorted(begun)


def expect_sent():
    """Who gets what, when: (moment, reader, titles)."""
    begun, sent = expect_begun(), [(at(2027, 2, 10, 3), reader, ("地震",)) for reader in READERS]
    for moment, title in begun:
        sent.append((moment, "instant", (title,)))
        sent.append((end_of_quiet(moment), "quiet", (title,)))
    for reader, days in (("daily", range(7)), ("weekly", [0])):
        known = at(2026, 12, 1, 8)
        for day in range((LAST - FIRST).days + 1):
            due = datetime.combine(FIRST + timedelta(days=day), time(8), TAIPEI)
            if due.weekday() not in days:
                continue
            told = [title for moment, title in begun if known < moment <= due and not is_over(moment, title, due)]
            titles = tuple(dict.fromkeys(told))
            known = due
            if titles:
                sent.append((OFF_UNTIL if OFF_FROM < due < OFF_UNTIL else due, reader, titles))
    return sorted(sent)


def is_over(moment, title, due):
    """A reminder of an event that has begun is of no use."""
    return title == "健走" and moment.day == 19 and due >= at(2027, 2, 20, 10)


def end_of_quiet(moment):
    return moment + timedelta(hours=8) if moment.hour == 23 else moment


class Phone:
    """The one channel: writes down what each reader gets."""

    name, batch_size, calls_at_once, repeats_are_safe = "line", 500, 2, True

    def __init__(self):
        self.got = []

    def broadcast_turn(self):
        return nullcontext()

    async def broadcast(self, broadcast):
        (message,) = broadcast.messages
        titles = [card.title for card in message.cards] or [message.heading.rpartition("】")[2]]
        self.got += [(datetime.now(TAIPEI), reader, tuple(titles)) for reader in broadcast.chats]
        return SendResult(Outcome.SENT)

    async def find_quota(self):
        return None


async def open_desk(database, phone):
    names, channels = make_city_names(load_city(Path("cities/kaohsiung"))), {"line": phone}

    def now():
        return datetime.now(UTC)

    async def learn():
        pass

    desk = AnnouncementDesk(database, names, TAIPEI, channels, now)
    publisher = Publisher(database, names, TAIPEI, channels, now, learn)
    delivery = Delivery(database, channels, now, publisher.finish_done, TAIPEI)
    return desk, publisher, DigestMaker(database, names, TAIPEI, channels, now), delivery


async def test_three_months_of_announcements_go_out_exactly_when_they_should(database):
    phone = Phone()
    with time_machine.travel(at(2027, 1, 1, 0), tick=False) as clock:
        desk, publisher, digests, delivery = await open_desk(database, phone)
        await subscribe_readers(database)
        for title, more in ANNOUNCEMENTS.items():
            number = await desk.write(
                make_content(title={"zh-TW": title}, text={"zh-TW": f"{title}內文"}, **more), AUTHOR
            )
            await desk.submit(number, AUTHOR)
            await desk.approve(number, APPROVER)
            await desk.schedule(number, APPROVER)
        moment = at(2027, 1, 1, 0)
        while moment.date() <= LAST:
            clock.move_to(moment)
            if not OFF_FROM < moment < OFF_UNTIL:
                await publisher.publish_due()
                await digests.make_due()
                if moment == DECIDED_AT:
                    await decide(database, desk)
                    await publisher.publish_due()
                await delivery.send_due()
            moment += timedelta(hours=1)
    assert sorted(phone.got) == expect_sent()
    assert [got[0] for got in phone.got] == sorted(got[0] for got in phone.got)


async def subscribe_readers(database):
    async with database.begin() as connection:
        for reader, choices in READERS.items():
            citizen = Citizen(reader, "line", reader, datetime.now(UTC), language="zh-TW", **choices)
            await save_citizen(connection, citizen)
            await subscribe(connection, reader, ["events"], datetime.now(UTC))


async def decide(database, desk):
    async with database.begin() as connection:
        (missed,) = await runs.find_runs_in(connection, [RunState.MISSED])
    await desk.decide_missed(missed.number, APPROVER, send=True)
