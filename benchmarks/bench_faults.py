"""A broadcast that is killed (kill -9) fifty times, over platforms that fail: who got it, and what the ledger says.

LINE tells a repeat by its retry key: nobody may be left out, nobody may get it twice. Telegram cannot: nobody may get
it twice, and each whose outcome nobody knows is uncertain in the ledger. `make bench-faults`.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.broadcasting import House, Platforms, open_house, running_platforms

LINE, TELEGRAM, BLOCKED, KILLS = 100_000, 3_000, 60, 50
LINE_FAULTS = {"server": 0.05, "accepted_timeout": 0.02, "reset": 0.02, "accepted_reset": 0.02, "rate": 0.02}
TELEGRAM_FAULTS = {"server": 0.05, "accepted_timeout": 0.02, "reset": 0.01, "rate": 0.005}
SEED = 20_261_124


async def wait_for_progress(platforms: Platforms, seconds: float = 60) -> bool:
    """Wait until something more arrives; False where nothing does."""
    before = platforms.report()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        now = platforms.report()
        if (now["line_messages"], now["telegram_messages"]) != (before["line_messages"], before["telegram_messages"]):
            return True
        await asyncio.sleep(0.02)
    return False


async def kill_over_and_over(house: House, platforms: Platforms, chance: random.Random) -> int:
    """Start the house and kill it at a random moment, fifty times; returns how many kills it was."""
    kills = 0
    for number in range(KILLS):
        server = house.start()
        # Every third dies at any moment, while starting too; early ones meet LINE's batches, later ones Telegram's.
        if number % 3 == 2:
            await asyncio.sleep(chance.uniform(0.5, 5.0))
        elif not await wait_for_progress(platforms):
            print("nothing was sent any more", file=sys.stderr)
        await asyncio.sleep(chance.uniform(0.0, 0.15 if number < 2 * KILLS / 3 else 2.0))
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
        kills += 1
    return kills


async def measure(folder: Path) -> dict[str, int]:
    """Run the broadcast to its end through all of that."""
    chance = random.Random(SEED)  # noqa: S311  when to kill
    blocked = [1_000_000_000 + number for number in chance.sample(range(TELEGRAM), BLOCKED)]
    with running_platforms(SEED, LINE_FAULTS, TELEGRAM_FAULTS) as platforms:
        async with open_house(folder, platforms) as house:
            await house.fill(LINE, TELEGRAM)
            platforms.report(("block", blocked))
            number = await house.announce()
            kills = await kill_over_and_over(house, platforms, chance)
            server = house.start()
            try:
                await house.wait_until_published(number, 600)
            finally:
                os.killpg(server.pid, signal.SIGTERM)
                server.wait(30)
            ledger = await house.find_chats(number)
            report = platforms.report("chats")
    assert report["notes"] == [], report["notes"]
    show(ledger, report)
    line_sent = ledger.get(("line", "sent"), set())
    sent, uncertain = ledger.get(("telegram", "sent"), set()), ledger.get(("telegram", "uncertain"), set())
    arrived = {str(chat) for chat in report["telegram_chats"]}
    known_blocked = ledger.get(("telegram", "blocked"), set())
    return {
        "kills": kills,
        "line_lost": LINE - len(report["line_chats"] & line_sent),
        "line_double": report["line_double"],
        "telegram_lost": len(sent - arrived) + TELEGRAM - len(sent | uncertain | known_blocked),
        "telegram_double": report["telegram_double"],
        "telegram_uncertain": len(uncertain),
        "telegram_uncertain_arrived": len(uncertain & arrived),
        "telegram_blocked": len(known_blocked),
        "unaccounted": len(arrived - sent - uncertain) + len(report["line_chats"] - line_sent),
    }


def show(ledger: dict[tuple[str, str], set[str]], report: dict[str, object]) -> None:
    """Print the ledger's totals beside the platforms' inboxes."""
    table = Table("channel", "ledger", "deliveries", "of them in the inboxes", title="The ledger beside the inboxes")
    for (channel, state), chats in sorted(ledger.items()):
        inboxes = report[f"{channel}_chats"]
        assert isinstance(inboxes, set)
        arrived = {str(chat) for chat in inboxes}
        table.add_row(channel, state, str(len(chats)), str(len(chats & arrived)))
    Console().print(table)


def main() -> None:
    """Run, print the tables and the JSON line; exit 1 where anybody was left out or got it twice."""
    with tempfile.TemporaryDirectory(prefix="askbay") as folder:
        figures = asyncio.run(measure(Path(folder) / "house"))
    table = Table("figure", "measured", title=f"A broadcast through {KILLS} kills and failing platforms")
    for name, value in figures.items():
        table.add_row(name, str(value))
    Console().print(table)
    print(json.dumps(figures))
    wrong = ("line_lost", "line_double", "telegram_lost", "telegram_double", "unaccounted")
    if any(figures[name] for name in wrong) or figures["kills"] < KILLS:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
