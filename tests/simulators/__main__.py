"""Both simulators and a page to chat on, until the standard input ends. A line of it is the server's address."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from aiohttp import web

from .line import LineSimulator, make_user
from .telegram import TelegramSimulator

HERE = Path(__file__).parent
TELEGRAM_USER = 7_000_000


class ChatPage:
    """A page on which anybody can be a user of either platform."""

    def __init__(self, line: LineSimulator, telegram: TelegramSimulator) -> None:
        self.line = line
        self.telegram = telegram

    def make_app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/", self.show)
        app.router.add_get("/page.js", self.show_script)
        app.router.add_get("/{platform}/{user:[0-9]+}", self.read)
        app.router.add_post("/{platform}/{user:[0-9]+}", self.act)
        return app

    async def show(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(HERE / "page.html")

    async def show_script(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(HERE / "page.js")

    async def read(self, request: web.Request) -> web.Response:
        user = int(request.match_info["user"])
        if request.match_info["platform"] == "line":
            return web.json_response({"messages": self.line.seen(make_user(user)), "notes": self.line.notes})
        return web.json_response({"messages": self.telegram.seen(TELEGRAM_USER + user), "notes": self.telegram.notes})

    async def act(self, request: web.Request) -> web.Response:
        user, action = int(request.match_info["user"]), await request.json()
        try:
            if request.match_info["platform"] == "line":
                await self._act_on_line(make_user(user), action)
            else:
                await self._act_on_telegram(TELEGRAM_USER + user, action)
        except (OSError, AssertionError) as error:
            return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=502)
        return web.json_response({})

    async def _act_on_line(self, user: str, action: dict[str, Any]) -> None:
        match action:
            case {"say": str(text)}:
                await self.line.say(user, text)
            case {"press": str(data)}:
                await self.line.press(user, data)
            case {"do": "follow"}:
                await self.line.follow(user)
            case {"do": "block"}:
                await self.line.unfollow(user)
            case {"do": "sticker"}:
                await self.line.send_content(user, "sticker", packageId="1", stickerId="1")

    async def _act_on_telegram(self, chat: int, action: dict[str, Any]) -> None:
        match action:
            case {"say": str(text)}:
                await self.telegram.say(chat, text)
            case {"press": str(data)}:
                await self.telegram.press(chat, data)
            case {"do": "follow"}:
                self.telegram.blocked.discard(chat)
                await self.telegram.say(chat, "/start")
            case {"do": "block"}:
                await self.telegram.change_membership(chat, "member", "kicked")
            case {"do": "sticker"}:
                await self.telegram.deliver(self.telegram.make_message(chat, None, sticker={"file_id": "1"}))


async def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("--line-secret", "--line-token", "--telegram-token"):
        parser.add_argument(name, required=True)
    parser.add_argument("--page-port", type=int, default=8090)
    options = parser.parse_args()
    line = LineSimulator(secret=options.line_secret, token=options.line_token)
    telegram = TelegramSimulator(token=options.telegram_token)
    await line.start()
    await telegram.start()
    runner = web.AppRunner(ChatPage(line, telegram).make_app(), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", options.page_port).start()
    page = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    sys.stdout.write(json.dumps({"line": line.address, "telegram": telegram.address, "page": page}) + "\n")
    sys.stdout.flush()
    try:
        while told := await asyncio.to_thread(sys.stdin.readline):
            line.webhook_url = f"{told.strip().rstrip('/')}/webhooks/line"
    finally:
        await runner.cleanup()
        await line.stop()
        await telegram.stop()


if __name__ == "__main__":
    asyncio.run(main())
