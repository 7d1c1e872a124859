"""Measures the LINE webhook of the real server over loopback: ack, answer, saturation. `make bench-webhook`.

Three processes: `askbay serve`, the simulated LINE, and this one, which posts signed webhooks. Posts keep their own
time (open loop): an acknowledgement that is late does not hold back the next post, and counts from when it was due.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import multiprocessing
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import uvloop
from rich.console import Console
from rich.table import Table

SECRET, TOKEN = "benchmark secret", "benchmark token"
EVENTS_A_SECOND, SECONDS = 100, 30
SLOW_EVENTS_A_SECOND, SLOW_EVENTS = 5, 150
SATURATION_CONNECTIONS, SATURATION_SECONDS = 16, 10
USERS = 2_000
BUDGET = {"ack_ms_p50": 3.0, "ack_ms_p95": 5.0, "ack_ms_p99": 25.0, "answer_ms_p95": 40.0}
QUESTIONS = Path("cities/kaohsiung/questions.jsonl")


def run_platform(pipe: Connection) -> None:
    """The simulated LINE, in a process of its own: tells when each user got a reply, on the machine's clock."""
    sys.path.insert(0, "tests")
    from simulators.line import LineSimulator

    async def serve() -> None:
        line = LineSimulator(secret=SECRET, token=TOKEN)
        line.accept_unknown_tokens = True
        await line.start()
        pipe.send(line.address)
        while True:
            request = await asyncio.to_thread(pipe.recv)
            if request == "stop":
                break
            pipe.send(
                {
                    "arrived": dict(line.arrived_at),
                    "notes": line.notes[:5],
                    "replies": len(line.arrived_at) + line.pushed,
                }
            )
        await line.stop()

    asyncio.run(serve())


@contextmanager
def running_platform() -> Iterator[tuple[str, Connection]]:
    """Yield the address of the simulated LINE and the pipe to ask it by."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=run_platform, args=(theirs,), daemon=True)
    process.start()
    yield ours.recv(), ours
    ours.send("stop")
    process.join(5)
    process.terminate()


@contextmanager
def running_server(data: Path, line_api: str) -> Iterator[tuple[str, psutil.Process]]:
    """Yield the webhook's address and the process of a server that has its documents indexed."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "ASKBAY_DATA": str(data),
        "ASKBAY_PORT": str(port),
        "ASKBAY_LINE_CHANNEL_SECRET": SECRET,
        "ASKBAY_LINE_CHANNEL_ACCESS_TOKEN": TOKEN,
        "ASKBAY_LINE_API": line_api,
    }
    log = (data / "server.log").open("w")
    server = subprocess.Popen([sys.executable, "-m", "app.cli", "serve"], env=environment, stderr=log)
    try:
        wait_until_open(port, server)
        yield f"http://127.0.0.1:{port}/webhooks/line", psutil.Process(server.pid)
    except SystemExit:
        print((data / "server.log").read_text(encoding="utf-8")[-3_000:], file=sys.stderr)
        raise
    finally:
        server.terminate()
        server.wait(30)
        log.close()


def wait_until_open(port: int, server: subprocess.Popen[bytes], seconds: float = 180) -> None:
    """Wait until the server takes connections."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit("the server did not start")


class Connections:
    """Keep-alive connections to the webhook, as many as are needed at once: a client that costs next to nothing."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._host, self._port, self._path = address.hostname or "", address.port or 80, address.path
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def post(self, body: bytes, signature: str) -> int:
        """Post a signed body; returns the status."""
        connection = await self._take()
        reader, writer = connection
        head = (
            f"POST {self._path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
            f"X-Line-Signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        self._idle.append(connection)
        return int(answer.split(maxsplit=2)[1])

    async def _take(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof():
                return reader, writer
            # The server closes what is idle for some seconds.
            writer.close()
        return await asyncio.open_connection(self._host, self._port)

    def close(self) -> None:
        """Close every connection."""
        for _, writer in self._idle:
            writer.close()


class Poster:
    """Posts signed webhooks of one event each, and remembers when it posted for whom."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._questions = [json.loads(line)["question"] for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
        self._number = 0
        self.posted_at: dict[str, float] = {}
        self.ack_ms: list[float] = []

    async def post(self, due_at: float) -> None:
        """Post one text message; the acknowledgement counts from `due_at`."""
        self._number += 1
        token = uuid.uuid4().hex
        body = self._make_body(token)
        signature = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
        self.posted_at[token] = due_at
        status = await self._connections.post(body, signature)
        if status != 200:
            raise SystemExit(f"the server answered {status}")
        self.ack_ms.append((time.monotonic() - due_at) * 1000)

    def _make_body(self, token: str) -> bytes:
        event = {
            "type": "message",
            "mode": "active",
            "timestamp": int(time.time() * 1000),
            "source": {"type": "user", "userId": f"U{self._number % USERS:032x}"},
            "webhookEventId": uuid.uuid4().hex[:26].upper(),
            "deliveryContext": {"isRedelivery": False},
            "replyToken": token,
            "message": {
                "id": str(self._number),
                "type": "text",
                "text": self._questions[self._number % len(self._questions)],
                "quoteToken": "q",
            },
        }
        return json.dumps({"destination": "U" + "0" * 32, "events": [event]}, ensure_ascii=False).encode()


async def post_steadily(poster: Poster, events_a_second: float, count: int) -> None:
    """Post at a steady rate, whatever the acknowledgements do."""
    started, tasks = time.monotonic(), []
    for number in range(count):
        due_at = started + number / events_a_second
        if (wait := due_at - time.monotonic()) > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.create_task(poster.post(time.monotonic())))
    await asyncio.gather(*tasks)


async def post_flat_out(poster: Poster) -> float:
    """Post as fast as acknowledgements come; returns how many a second."""
    until = time.monotonic() + SATURATION_SECONDS

    async def post_on() -> None:
        while time.monotonic() < until:
            await poster.post(time.monotonic())

    before = len(poster.ack_ms)
    await asyncio.gather(*(post_on() for _ in range(SATURATION_CONNECTIONS)))
    return (len(poster.ack_ms) - before) / SATURATION_SECONDS


def percentile(values: list[float], percent: int) -> float:
    """Return a percentile of some values."""
    return statistics.quantiles(values, n=100)[percent - 1]


def ask(pipe: Connection) -> dict[str, object]:
    """Ask the simulated LINE what arrived."""
    pipe.send("report")
    answer: dict[str, object] = pipe.recv()
    return answer


async def wait_for_answers(pipe: Connection, count: int, seconds: float = 120) -> float:
    """Wait until so many replies arrived; returns the seconds it took."""
    started = time.monotonic()
    for _ in range(int(seconds * 4)):
        if int(str(ask(pipe)["replies"])) >= count:
            break
        await asyncio.sleep(0.25)
    return time.monotonic() - started


async def measure(url: str, server: psutil.Process, pipe: Connection) -> dict[str, float]:
    """Measure in this order: answers at a slow rate, acknowledgements at 100 a second, saturation."""
    connections = Connections(url)
    warm = Poster(connections)
    await post_steadily(warm, 20, 60)
    await wait_for_answers(pipe, 60)

    slow = Poster(connections)
    await post_steadily(slow, SLOW_EVENTS_A_SECOND, SLOW_EVENTS)
    await wait_for_answers(pipe, 60 + SLOW_EVENTS)
    arrived = ask(pipe)["arrived"]
    assert isinstance(arrived, dict)
    answer_ms = [(arrived[token] - at) * 1000 for token, at in slow.posted_at.items() if token in arrived]
    assert len(answer_ms) == SLOW_EVENTS, f"{len(answer_ms)} of {SLOW_EVENTS} answered"

    fast = Poster(connections)
    await post_steadily(fast, EVENTS_A_SECOND, EVENTS_A_SECOND * SECONDS)
    behind_seconds = await wait_for_answers(pipe, 60 + SLOW_EVENTS + EVENTS_A_SECOND * SECONDS)
    memory = sum(member.memory_info().rss for member in [server, *server.children(recursive=True)]) / 1e6
    answered = int(str(ask(pipe)["replies"]))
    assert answered == 60 + SLOW_EVENTS + EVENTS_A_SECOND * SECONDS, f"{answered} answered"

    saturated = await post_flat_out(Poster(connections))
    connections.close()
    notes = ask(pipe)["notes"]
    assert notes == [], notes
    return {
        "ack_ms_p50": round(statistics.median(fast.ack_ms), 2),
        "ack_ms_p95": round(percentile(fast.ack_ms, 95), 2),
        "ack_ms_p99": round(percentile(fast.ack_ms, 99), 2),
        "answer_ms_p50": round(statistics.median(answer_ms), 2),
        "answer_ms_p95": round(percentile(answer_ms, 95), 2),
        "all_answered_after_seconds": round(behind_seconds, 1),
        "events_per_second_saturated": round(saturated, 1),
        "memory_mb": round(memory, 1),
    }


def main() -> None:
    """Run, print the table and the JSON line; exit 1 where a budget is missed."""
    with (
        tempfile.TemporaryDirectory(prefix="askbay") as folder,
        running_platform() as (line_api, pipe),
        running_server(Path(folder), line_api) as (url, server),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        figures = runner.run(measure(url, server, pipe))
    table = Table("figure", "measured", "budget", title=f"LINE webhook: {EVENTS_A_SECOND} events/s for {SECONDS} s")
    for name, value in figures.items():
        table.add_row(name, str(value), str(BUDGET.get(name, "")))
    Console().print(table)
    print(json.dumps(figures))
    if any(figures[name] > limit for name, limit in BUDGET.items()):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
