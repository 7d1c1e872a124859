"""Whatever staff do in whatever order: nothing unapproved goes out, nothing early, nothing after a cancel."""

import asyncio
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from announcements import make_content
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select

from app.city import load_city, make_city_names
from connectors.channel import Outcome, SendResult
from scheduler.announcements import AnnouncementDesk
from scheduler.delivery import Delivery
from scheduler.publishing import Publisher
from scheduler.steps import StepRefused
from storage.batches import batches
from storage.citizens import Citizen, save_citizen
from storage.database import open_database, sqlite_address
from storage.subscriptions import subscribe

ZONE = ZoneInfo("Asia/Taipei")
STAFF = ("陳小姐", "王科長", "林專員")
START = datetime(2027, 1, 4, 1, tzinfo=UTC)
TEXTS = ("第一版", "第二版", "第三版")


class Recorder:
    """A channel that writes down what it is asked to send, and may fail."""

    name, batch_size, calls_at_once, repeats_are_safe, reply_seconds = "line", 2, 1, True, 50

    def __init__(self, world):
        self.world = world
        self.keys = set()

    def broadcast_turn(self):
        from contextlib import nullcontext

        return nullcontext()

    async def broadcast(self, broadcast):
        outcome = self.world.next_outcome
        if outcome in (Outcome.SENT, Outcome.UNKNOWN) and broadcast.id not in self.keys:
            self.keys.add(broadcast.id)
            self.world.note_sent(broadcast)
        return SendResult(outcome, "on purpose")

    async def find_quota(self):
        return None


class AnnouncementWorld(RuleBasedStateMachine):
    """One announcement, a clock, three members of staff, four subscribers."""

    @initialize(
        hours=st.integers(1, 48),
        repeat=st.sampled_from(["", "FREQ=DAILY;COUNT=3"]),
        missed=st.sampled_from(["late", "skip", "ask"]),
    )
    def open(self, hours, repeat, missed):
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.now = START
        self.next_outcome = Outcome.SENT
        self.sent = []
        self.approved, self.cancelled_at, self.recalled = set(), None, False
        self.when = {
            "at": (START + timedelta(hours=hours)).astimezone(ZONE).strftime("%Y-%m-%dT%H:%M"),
            "repeat": repeat,
            "missed": missed,
        }
        self.due_at = START + timedelta(hours=hours)
        self.run(self._open())

    async def _open(self):
        self.database = await open_database(sqlite_address(Path(self.folder.name) / "a.db"))
        city = load_city(Path("cities/kaohsiung"))
        names, channels = make_city_names(city), {"line": Recorder(self)}

        async def learn():
            pass

        self.desk = AnnouncementDesk(self.database, names, ZONE, channels, lambda: self.now)
        self.publisher = Publisher(self.database, names, ZONE, channels, lambda: self.now, learn)
        self.delivery = Delivery(
            self.database, channels, lambda: self.now, self.publisher.finish_done, ZONE, max_rest_seconds=0.0
        )
        async with self.database.begin() as connection:
            for number in range(4):
                citizen = Citizen(f"c{number}", "line", f"U{number}", self.now, language="zh-TW")
                await save_citizen(connection, citizen)
                await subscribe(connection, citizen.id, ["events"], self.now)
        content = make_content(text={"zh-TW": TEXTS[0]}, title={"zh-TW": "公告"}, when=self.when)
        self.number = await self.desk.write(content, STAFF[0])
        self.text, self.writers = TEXTS[0], {STAFF[0]}

    def run(self, work):
        return self.loop.run_until_complete(work)

    def attempt(self, work):
        """Take a step; says whether the desk let it."""
        try:
            self.run(work)
        except StepRefused:
            return False
        return True

    def note_sent(self, broadcast):
        (message,) = broadcast.messages
        if message.heading.startswith("【更正】"):
            assert self.recalled
            return
        self.sent.append((self.now, message.text, broadcast.chats))

    @rule(staff=st.sampled_from(STAFF), text=st.sampled_from(TEXTS))
    def edit(self, staff, text):
        content = make_content(text={"zh-TW": text}, title={"zh-TW": "公告"}, when=self.when)
        if self.attempt(self.desk.edit(self.number, content, staff)):
            self.text = text
            self.writers.add(staff)

    @rule()
    def proceed(self):
        """The usual way, so that many walks get to sending."""
        self.submit(STAFF[0])
        for staff in STAFF[1:]:
            self.approve(staff)
        self.schedule(STAFF[1])

    @rule(staff=st.sampled_from(STAFF))
    def submit(self, staff):
        if self.attempt(self.desk.submit(self.number, staff)):
            self.writers.add(staff)

    @rule(staff=st.sampled_from(STAFF))
    def approve(self, staff):
        if self.attempt(self.desk.approve(self.number, staff)):
            assert staff not in self.writers, "somebody approved what they wrote"
            self.approved.add(self.text)

    @rule(staff=st.sampled_from(STAFF))
    def schedule(self, staff):
        self.attempt(self.desk.schedule(self.number, staff))

    @rule(staff=st.sampled_from(STAFF), what=st.sampled_from(["pause", "resume", "send_back"]))
    def step(self, staff, what):
        self.attempt(getattr(self.desk, what)(self.number, staff))

    @rule(staff=st.sampled_from(STAFF))
    def cancel(self, staff):
        if self.attempt(self.desk.cancel(self.number, staff)):
            self.cancelled_at = len(self.sent)

    @rule(staff=st.sampled_from(STAFF))
    def recall(self, staff):
        if self.attempt(self.desk.recall(self.number, staff, {"zh-TW": "取消"})):
            self.recalled = True
            self.cancelled_at = len(self.sent)

    @rule(staff=st.sampled_from(STAFF), send=st.booleans())
    def decide(self, staff, send):
        for item in self.run(self.desk.report(self.number)).runs:
            if item.run.state == "missed":
                self.attempt(self.desk.decide_missed(item.run.number, staff, send=send))

    @rule(outcome=st.sampled_from([Outcome.SENT, Outcome.UNKNOWN, Outcome.LATER, Outcome.QUOTA]))
    def change_platform(self, outcome):
        self.next_outcome = outcome

    @rule(minutes=st.integers(-600, 3000))
    def let_time_pass(self, minutes):
        self.now += timedelta(minutes=minutes)

    @rule()
    def work(self):
        self.run(self.publisher.publish_due())
        self.run(self.delivery.send_due())

    @invariant()
    def only_approved_words_go_out(self):
        for _, text, _ in getattr(self, "sent", ()):
            assert any(text.startswith(approved) for approved in self.approved), (text, self.approved)

    @invariant()
    def nothing_goes_out_before_its_time(self):
        for at, _, _ in getattr(self, "sent", ()):
            assert at >= self.due_at

    @invariant()
    def nothing_goes_out_after_a_cancel(self):
        if getattr(self, "cancelled_at", None) is not None:
            assert len(self.sent) == self.cancelled_at

    def teardown(self):
        if hasattr(self, "database"):
            self.run(self._check_ledger())
            self.run(self.database.close())
            self.loop.close()
            self.folder.cleanup()

    async def _check_ledger(self):
        async with self.database.begin() as connection:
            rows = (await connection.execute(select(batches.c.state))).scalars().all()
        assert "leased" not in rows


AnnouncementWorld.TestCase.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAnnouncementWorld = AnnouncementWorld.TestCase
