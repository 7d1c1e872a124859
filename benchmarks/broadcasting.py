"""What the benchmarks of broadcasts share: platforms that count, a house full of subscribers, its processes."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.city import load_city, make_city_names
from scheduler.announcements import AnnouncementDesk
from storage import deliveries, runs
from storage.database import Database, open_database, sqlite_address

sys.path.insert(0, "tests")

LINE_SECRET, LINE_TOKEN, TELEGRAM_TOKEN = "benchmark secret", "benchmark token", "1:benchmark"
CITY = Path("cities/kaohsiung")


def run_platforms(
    pipe: Connection, seed: int, line_faults: Mapping[str, float], telegram_faults: Mapping[str, float]
) -> None:
    """The simulated platforms, in a process of their own, which fail by chance where they are told to."""
    import uvloop
    from simulators.faults import Fault, FaultKind
    from simulators.line import LineSimulator
    from simulators.telegram import TelegramSimulator

    chance = random.Random(seed)  # noqa: S311  which requests fail

    def by_chance(faults: Mapping[str, float], methods: tuple[str, ...]) -> Any:
        def take(method: str) -> Fault | None:
            drawn = chance.random()
            for kind, share in faults.items():
                if method in methods and (drawn := drawn - share) < 0:
                    return Fault(FaultKind(kind), 1, method, 1)
            return None

        return take

    async def serve() -> None:
        line = LineSimulator(secret=LINE_SECRET, token=LINE_TOKEN)
        telegram = TelegramSimulator(token=TELEGRAM_TOKEN)
        line.keeps_messages = telegram.keeps_messages = False
        line.faults.take = by_chance(line_faults, ("multicast", "push"))  # type: ignore[method-assign]
        telegram.faults.take = by_chance(telegram_faults, ("sendMessage",))  # type: ignore[method-assign]
        await line.start()
        await telegram.start()
        pipe.send((line.address, telegram.address))
        while (request := await asyncio.to_thread(pipe.recv)) != "stop":
            if isinstance(request, tuple):
                telegram.blocked |= set(request[1])
            pipe.send(
                {
                    "line": len(line.delivered),
                    "line_double": sum(1 for count in line.delivered.values() if count > 1),
                    "line_messages": sum(line.delivered.values()),
                    "line_last_at": line.last_accepted_at,
                    "telegram": len(telegram.delivered),
                    "telegram_double": sum(1 for count in telegram.delivered.values() if count > 1),
                    "telegram_messages": sum(telegram.delivered.values()),
                    "telegram_times": (telegram.accepted_at[:1] + telegram.accepted_at[-1:]),
                    "telegram_chats": set(telegram.delivered) if request == "chats" else set(),
                    "line_chats": set(line.delivered) if request == "chats" else set(),
                    "telegram_refused_for_rate": telegram.refused_for_rate,
                    "notes": [note for note in line.notes + telegram.notes if "blocked" not in note][:5],
                }
            )
            if request == "forget":
                line.delivered.clear()
                telegram.delivered.clear()
                telegram.accepted_at.clear()
        await line.stop()
        await telegram.stop()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve())


class Platforms:
    """The simulated platforms, asked over a pipe."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.line_api, self.telegram_api = pipe.recv()

    def report(self, request: object = "report") -> dict[str, Any]:
        """Return what arrived; "forget" counts anew afterwards, ("block", chats) blocks."""
        self._pipe.send(request)
        answer: dict[str, Any] = self._pipe.recv()
        return answer


@contextmanager
def running_platforms(
    seed: int = 1, line_faults: Mapping[str, float] | None = None, telegram_faults: Mapping[str, float] | None = None
) -> Iterator[Platforms]:
    """Run the platforms for as long as the block."""
    ours, theirs = multiprocessing.Pipe()
    arguments = (theirs, seed, line_faults or {}, telegram_faults or {})
    process = multiprocessing.get_context("spawn").Process(target=run_platforms, args=arguments, daemon=True)
    process.start()
    try:
        yield Platforms(ours)
        ours.send("stop")
    finally:
        process.join(5)
        process.terminate()


class House:
    """A house with subscribers: its data folder, its tables, and the processes that serve it."""

    def __init__(self, folder: Path, platforms: Platforms, database: Database) -> None:
        self.database = database
        self.desk = AnnouncementDesk(
            database, make_city_names(load_city(CITY)), load_city(CITY).time_zone, {}, lambda: datetime.now(UTC)
        )
        self._folder = folder
        self._environment = {
            **os.environ,
            "ASKBAY_DATA": str(folder),
            "ASKBAY_CITY": str(folder / "city"),
            "ASKBAY_PORT": "0",
            "ASKBAY_LINE_CHANNEL_SECRET": LINE_SECRET,
            "ASKBAY_LINE_CHANNEL_ACCESS_TOKEN": LINE_TOKEN,
            "ASKBAY_LINE_API": platforms.line_api,
            "ASKBAY_TELEGRAM_TOKEN": TELEGRAM_TOKEN,
            "ASKBAY_TELEGRAM_API": platforms.telegram_api,
        }

    def start(self, command: str = "serve") -> subprocess.Popen[bytes]:
        """Start `askbay serve` (or `work`)."""
        log = (self._folder / "server.log").open("a")
        return subprocess.Popen(
            [sys.executable, "-m", "app.cli", command], env=self._environment, stderr=log, stdout=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip

    async def fill(self, line: int, telegram: int) -> None:
        """Add subscribers."""
        from announcements import add_many

        await add_many(self.database, "line", line, datetime.now(UTC))
        await add_many(self.database, "telegram", telegram, datetime.now(UTC), first=1_000_000_000)

    async def announce(self, **content: Any) -> int:
        """Write, approve and schedule an announcement, for now; returns its number."""
        from announcements import make_content

        number = await self.desk.write(make_content(**content), "a")
        await self.desk.submit(number, "a")
        await self.desk.approve(number, "b")
        await self.desk.schedule(number, "b")
        return number

    async def wait_until_published(self, number: int, seconds: float) -> None:
        """Wait until nothing of an announcement is left to send."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            report = await self.desk.list(["published"])
            if any(found.number == number for found in report):
                return
            await asyncio.sleep(0.25)
        print((self._folder / "server.log").read_text(encoding="utf-8")[-3_000:], file=sys.stderr)
        raise SystemExit(f"announcement {number} was not out after {seconds} s")

    async def find_due_at(self, number: int) -> float:
        """Return when an announcement was due, in seconds since 1970."""
        async with self.database.begin() as connection:
            (run,) = await runs.find_runs(connection, number)
        return run.due_at.timestamp()

    async def count(self, number: int) -> dict[tuple[str, str], int]:
        """Return the ledger's totals of an announcement."""
        async with self.database.begin() as connection:
            (run,) = await runs.find_runs(connection, number)
            return await deliveries.count_deliveries(connection, run.number)

    async def find_chats(self, number: int) -> dict[tuple[str, str], set[str]]:
        """Return the recipients of an announcement by channel and state, as the ledger has them."""
        async with self.database.begin() as connection:
            (run,) = await runs.find_runs(connection, number)
            columns = (deliveries.deliveries.c.channel, deliveries.deliveries.c.state, deliveries.deliveries.c.chat)
            rows = await connection.execute(select(*columns).where(deliveries.deliveries.c.run == run.number))
            found: dict[tuple[str, str], set[str]] = {}
            for channel, state, chat in rows:
                found.setdefault((channel, state), set()).add(chat)
        return found


@asynccontextmanager
async def open_house(folder: Path, platforms: Platforms) -> AsyncIterator[House]:
    """Open a house without documents, so that it starts in a second."""
    (folder / "city").mkdir(parents=True)
    shutil.copy(CITY / "city.yaml", folder / "city")
    database = await open_database(sqlite_address(folder / "askbay.db"))
    try:
        yield House(folder, platforms, database)
    finally:
        await database.close()
