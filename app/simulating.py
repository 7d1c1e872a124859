"""Starts the simulated platforms beside the server, for trying the channels without an account.

The simulators are the tests' own (tests/simulators), in a process of their own: the product imports nothing of them.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import SecretStr

from app.settings import Settings
from app.wiring import Askbay

ROOT = Path(__file__).parent.parent
START_SECONDS = 30.0
STOP_SECONDS = 5.0
# They guard nothing: what they open runs on this machine and ends with this command.
LINE_SECRET, LINE_TOKEN, TELEGRAM_TOKEN = "simulated secret", "simulated token", "1:simulated"


class SimulatorMissing(Exception):
    """The simulators are not there or did not start; the message says which."""


@dataclass(frozen=True)
class Simulated:
    """The running simulators: the page to chat on, and the settings that lead to them."""

    process: asyncio.subprocess.Process
    page: str
    line_api: str
    telegram_api: str

    @property
    def environment(self) -> Mapping[str, str]:
        """The settings for another process, as environment variables."""
        return {
            "ASKBAY_LINE_CHANNEL_SECRET": LINE_SECRET,
            "ASKBAY_LINE_CHANNEL_ACCESS_TOKEN": LINE_TOKEN,
            "ASKBAY_LINE_API": self.line_api,
            "ASKBAY_TELEGRAM_TOKEN": TELEGRAM_TOKEN,
            "ASKBAY_TELEGRAM_API": self.telegram_api,
            "ASKBAY_PUBLIC_URL": "",
        }

    def replace_settings(self, askbay: Askbay) -> Askbay:
        """Return the house with settings that lead to the simulators."""
        changed = {
            "line_channel_secret": SecretStr(LINE_SECRET),
            "line_channel_access_token": SecretStr(LINE_TOKEN),
            "line_api": self.line_api,
            "telegram_token": SecretStr(TELEGRAM_TOKEN),
            "telegram_api": self.telegram_api,
            "public_url": "",
        }
        return replace(askbay, settings=askbay.settings.model_copy(update=changed))

    def tell_address(self, address: str) -> None:
        """Tell the simulated LINE where the server's webhook is."""
        if self.process.stdin:
            self.process.stdin.write(address.encode() + b"\n")


def keep_apart(settings: Settings) -> Settings:
    """Return the settings with data of their own: what waits for real citizens must not go to a simulator."""
    return settings.model_copy(update={"data": settings.data / "simulated", "database": SecretStr("")})


@asynccontextmanager
async def running_simulators(page_port: int) -> AsyncIterator[Simulated]:
    """Run the simulators until the end. Raises SimulatorMissing."""
    if not (ROOT / "tests" / "simulators").is_dir():
        raise SimulatorMissing("tests/simulators")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.simulators", "--page-port", str(page_port)),
        *("--line-secret", LINE_SECRET, "--line-token", LINE_TOKEN, "--telegram-token", TELEGRAM_TOKEN),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield await _read_addresses(process)
    finally:
        await _stop(process)


async def _read_addresses(process: asyncio.subprocess.Process) -> Simulated:
    line = b""
    if process.stdout:
        try:
            line = await asyncio.wait_for(process.stdout.readline(), START_SECONDS)
        except TimeoutError as error:
            raise SimulatorMissing(f"they did not start within {START_SECONDS:.0f} s") from error
    if not line:
        raise SimulatorMissing("they did not start; is the page's port taken? Choose another with --port")
    addresses = json.loads(line)
    return Simulated(process, addresses["page"], addresses["line"], addresses["telegram"])


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.stdin:
        process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        process.kill()
