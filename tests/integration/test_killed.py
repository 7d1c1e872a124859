"""The real server and its worker, killed without warning: every message is answered once all the same."""

import asyncio
import contextlib
import random
import signal
import socket
import sys

import psutil
import pytest
from channels_house import LINE_SECRET, LINE_TOKEN, copy_of, open_platforms
from simulators.line import make_user

SEED = 20261124


@pytest.fixture
async def line():
    async with open_platforms() as (opened, _):
        yield opened


class Server:
    """`askbay serve` in a process of its own, over one data folder."""

    def __init__(self, line, environment):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.line = line
        self.line.webhook_url = f"http://127.0.0.1:{self.port}/webhooks/line"
        self.environment = environment | {
            "ASKBAY_PORT": str(self.port),
            "ASKBAY_LINE_CHANNEL_SECRET": LINE_SECRET,
            "ASKBAY_LINE_CHANNEL_ACCESS_TOKEN": LINE_TOKEN,
            "ASKBAY_LINE_API": line.address,
        }
        self.process = None

    async def start(self):
        command = [sys.executable, "-m", "app.cli", "serve"]
        self.process = await asyncio.create_subprocess_exec(
            *command, env=self.environment, stderr=asyncio.subprocess.DEVNULL
        )
        for _ in range(600):
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.close()
                return
            await asyncio.sleep(0.05)
        raise AssertionError("the server did not start")

    def kill(self, *, worker_only=False):
        process = psutil.Process(self.process.pid)
        victims = process.children(recursive=True) + ([] if worker_only else [process])
        for victim in victims:
            with contextlib.suppress(psutil.NoSuchProcess):
                victim.send_signal(signal.SIGKILL)

    async def stop(self):
        if self.process.returncode is None:
            self.process.terminate()
            await self.process.wait()


@pytest.fixture
async def server(line, kaohsiung_data, tmp_path, environment):
    opened = Server(line, environment(copy_of(kaohsiung_data, tmp_path)))
    yield opened
    await opened.stop()


async def test_killed_between_acknowledging_and_answering_it_answers_once_after_the_restart(line, server):
    await server.start()
    events = [await line.say(make_user(number), "你好") for number in range(3)]
    server.kill()
    await server.process.wait()
    await server.start()
    for number in range(3):
        await line.wait_for(make_user(number), 1, seconds=120)
    for event in events:
        assert await line.redeliver(event) == 200
    await line.say(make_user(99), "你好")
    await line.wait_for(make_user(99), 1, seconds=120)
    assert [len(line.seen(make_user(number))) for number in range(3)] == [1, 1, 1]
    assert line.notes == []


async def test_a_worker_killed_at_any_moment_loses_nothing_and_says_nothing_twice(line, server):
    randomly = random.Random(SEED)
    await server.start()
    users = [make_user(number) for number in range(24)]
    for place, user in enumerate(users):
        await line.say(user, "旗津渡輪票價多少？" if place % 2 else "你好")
        if place % 8 == 7:
            await asyncio.sleep(randomly.uniform(0.0, 0.4))
            server.kill(worker_only=True)
    for place, user in enumerate(users):
        await line.wait_for(user, 2 if place % 2 else 1, seconds=60)
    await asyncio.sleep(1.5)
    assert [len(line.seen(user)) for user in users] == [2 if place % 2 else 1 for place in range(24)]
    assert line.notes == []
