"""Measures a broadcast by the real server to simulated LINE and Telegram subscribers. `make bench-broadcast`.

LINE counts from when the announcement is due to when the platform accepted the last batch, the look for what is due
and the freezing of the audience included.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.broadcasting import House, open_house, running_platforms

LINE, TELEGRAM, MANY = 100_000, 3_000, 1_000_000
TELEGRAM_A_SECOND = 30
AT_MOST = {"line_seconds_100k": 15.0, "line_seconds_1m": 200.0, "memory_growth_mb": 30.0, "telegram_lost": 0.0}
AT_LEAST = {"telegram_rate_share": 0.95}


class MemoryWatch:
    """The most memory that the server and its worker took together, in MB."""

    def __init__(self, server: subprocess.Popen[bytes]) -> None:
        self.peak_mb = 0.0
        self._server = psutil.Process(server.pid)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._done.wait(0.1):
            members = [self._server, *self._server.children(recursive=True)]
            self.peak_mb = max(self.peak_mb, sum(member.memory_info().rss for member in members) / 1e6)

    def stop(self) -> float:
        """Stop watching; returns the peak."""
        self._done.set()
        self._thread.join()
        return self.peak_mb


def stop(server: subprocess.Popen[bytes]) -> None:
    """Stop a server and its worker."""
    os.killpg(server.pid, signal.SIGTERM)
    server.wait(30)


async def warm_up(house: House) -> None:
    """Let the processes start and find nothing to do."""
    await asyncio.sleep(8)


async def measure_main(folder: Path) -> dict[str, float]:
    """Measure 10,000 and 100,000 on LINE, and 3,000 on Telegram."""
    with running_platforms() as platforms:
        async with open_house(folder, platforms) as house:
            await house.fill(LINE, TELEGRAM)
            server = house.start()
            try:
                await warm_up(house)
                watch = MemoryWatch(server)
                few = await house.announce(languages=["en"], channels=["line"])
                await house.wait_until_published(few, 60)
                few_mb = watch.stop()
                platforms.report("forget")
                watch = MemoryWatch(server)
                number = await house.announce()
                await house.wait_until_published(number, 400)
                many_mb = watch.stop()
                due_at, counts = await house.find_due_at(number), await house.count(number)
            finally:
                stop(server)
        report = platforms.report()
    first, last = report["telegram_times"]
    assert counts == {("line", "sent"): LINE, ("telegram", "sent"): TELEGRAM}, counts
    assert (report["line"], report["line_double"]) == (LINE, 0), report
    assert report["notes"] == [], report["notes"]
    return {
        "line_seconds_100k": round(report["line_last_at"] - due_at, 2),
        "memory_growth_mb": round(many_mb - few_mb, 1),
        "memory_mb": round(many_mb, 1),
        "telegram_rate_share": round((TELEGRAM - 1) / (last - first) / TELEGRAM_A_SECOND, 3),
        "telegram_lost": TELEGRAM - report["telegram"],
        "telegram_double": report["telegram_double"],
        "telegram_asked_to_wait": report["telegram_refused_for_rate"],
    }


async def measure_many(folder: Path) -> dict[str, float]:
    """Measure a million on LINE."""
    with running_platforms() as platforms:
        async with open_house(folder, platforms) as house:
            await house.fill(MANY, 0)
            server = house.start()
            try:
                await warm_up(house)
                number = await house.announce()
                await house.wait_until_published(number, 600)
                due_at = await house.find_due_at(number)
            finally:
                stop(server)
        report = platforms.report()
    assert (report["line"], report["line_double"]) == (MANY, 0), report
    return {"line_seconds_1m": round(report["line_last_at"] - due_at, 2)}


def main() -> None:
    """Run, print the table and the JSON line; exit 1 where a budget is missed."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="askbay") as folder:
        figures = asyncio.run(measure_main(Path(folder) / "main"))
        figures |= asyncio.run(measure_many(Path(folder) / "many"))
    table = Table("figure", "measured", "budget", title="A broadcast to LINE and Telegram subscribers")
    for name, value in figures.items():
        budget = f"≤ {AT_MOST[name]}" if name in AT_MOST else f"≥ {AT_LEAST[name]}" if name in AT_LEAST else ""
        table.add_row(name, str(value), budget)
    Console().print(table)
    print(f"({time.monotonic() - started:.0f} s)")
    print(json.dumps(figures))
    missed = [name for name, most in AT_MOST.items() if figures[name] > most]
    missed += [name for name, least in AT_LEAST.items() if figures[name] < least]
    if missed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
