"""A house with both channels, in this process: the real server on loopback, the simulated platforms beside it."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import uvicorn
from simulators.line import LineSimulator
from simulators.published import judge_line, judge_telegram
from simulators.telegram import TelegramSimulator

from app.messaging import make_messaging, run_messaging
from app.server import make_app
from app.settings import Settings
from app.webhooks import Webhooks
from app.wiring import Askbay, open_askbay, open_channels
from bot.door import Door
from bot.inbox import Inbox
from connectors.channel import Channel

LINE_SECRET, LINE_TOKEN = "a channel secret", "a channel access token"
TELEGRAM_TOKEN = "123456:a-bot-token"
STAFF_TOKEN = "a staff token"


@dataclass
class ChannelsHouse:
    """The house, its platforms, and its address."""

    askbay: Askbay
    channels: Mapping[str, Channel]
    inbox: Inbox
    door: Door
    line: LineSimulator
    telegram: TelegramSimulator
    address: str

    def assert_no_misuse(self) -> None:
        assert self.line.notes == []
        assert judge_line(self.line.calls) == []
        assert judge_telegram(self.telegram.calls) == []
        assert self.telegram.notes == []
        assert self.telegram.refused_for_rate == 0
        assert not self.telegram.open_callbacks


def copy_of(data: Path, tmp_path: Path) -> Path:
    """Return a copy of a data folder whose documents are indexed: indexing takes seconds."""
    return Path(shutil.copytree(data, tmp_path / "var"))


@asynccontextmanager
async def open_platforms() -> AsyncIterator[tuple[LineSimulator, TelegramSimulator]]:
    line = LineSimulator(secret=LINE_SECRET, token=LINE_TOKEN)
    telegram = TelegramSimulator(token=TELEGRAM_TOKEN)
    await line.start()
    await telegram.start()
    try:
        yield line, telegram
    finally:
        await line.stop()
        await telegram.stop()


@asynccontextmanager
async def open_house(
    data: Path,
    line: LineSimulator,
    telegram: TelegramSimulator,
    now: Callable[[], datetime],
    *,
    working: bool = True,
    **more: object,
) -> AsyncIterator[ChannelsHouse]:
    """Open a house over a data folder; without `working`, events are stored and nothing is done about them."""
    listener = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    settings = Settings(
        data=data,
        line_channel_secret=LINE_SECRET,
        line_channel_access_token=LINE_TOKEN,
        line_api=line.address,
        telegram_token=TELEGRAM_TOKEN,
        telegram_api=telegram.address,
        staff_token=STAFF_TOKEN,
        _env_file=None,
        **more,
    )
    line.webhook_url = f"{address}/webhooks/line"
    async with open_askbay(settings, now) as askbay, open_channels(askbay) as channels:
        messaging = make_messaging(askbay, channels)
        inbox, door = messaging.inbox, messaging.door
        app = Webhooks(make_app(askbay, channels), channels.values(), door)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none", lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        task = asyncio.create_task(run_messaging(messaging) if working else wait())
        try:
            yield ChannelsHouse(askbay, channels, inbox, door, line, telegram, address)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            server.should_exit = True
            await serving


async def wait() -> None:
    """Do nothing until cancelled."""
    await asyncio.Event().wait()
