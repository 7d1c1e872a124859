"""Measures what a citizen and an operator feel: answer time, second start, memory. `make bench`.

A fresh process each for the start (to the first answer over HTTP) and for the answers; the figures of interest are
printed as a table and as one JSON line at the end.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import psutil
from rich.console import Console
from rich.table import Table

QUESTIONS = Path("cities/kaohsiung/questions.jsonl")
ROUNDS = 3
STARTS = 5
BUDGET = {"answer_ms_p95": 20.0, "start_seconds": 3.0, "memory_mb": 200.0}


def measure_answers(data: Path) -> tuple[list[float], bool]:
    """Return the milliseconds of every answer, and whether torch was imported."""
    from app.settings import Settings
    from app.wiring import open_askbay

    questions = [json.loads(line)["question"] for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]

    async def run() -> list[float]:
        async with open_askbay(Settings(data=data)) as askbay:
            await askbay.bring_up_to_date()
            for question in questions[:20]:
                await askbay.assistant.handle(question, channel="benchmark")
            times = []
            for _ in range(ROUNDS):
                for question in questions:
                    started = time.perf_counter()
                    await askbay.assistant.handle(question, channel="benchmark")
                    times.append((time.perf_counter() - started) * 1000)
            return times

    return asyncio.run(run()), "torch" in sys.modules


def measure_start(data: Path) -> tuple[float, float]:
    """Return the seconds from starting the server to its first answer, and its memory (MB) after answering."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = {**os.environ, "ASKBAY_DATA": str(data), "ASKBAY_PORT": str(port)}
    started = time.perf_counter()
    server = subprocess.Popen([sys.executable, "-m", "app.cli", "serve"], env=environment, stderr=subprocess.DEVNULL)
    try:
        answer_url = f"http://127.0.0.1:{port}/api/ask"
        while True:
            try:
                answer = httpx.post(answer_url, json={"question": "旗津渡輪票價多少？"}, timeout=30).json()
                break
            except httpx.TransportError:
                if time.perf_counter() - started > 60:
                    raise
                time.sleep(0.01)
        seconds = time.perf_counter() - started
        assert answer["status"] == "answered", answer
        questions = QUESTIONS.read_text(encoding="utf-8").splitlines()
        with httpx.Client() as client:
            for line in questions:
                client.post(answer_url, json={"question": json.loads(line)["question"]}, timeout=30)
        process = psutil.Process(server.pid)
        tree = [process, *process.children(recursive=True)]
        return seconds, sum(member.memory_info().rss for member in tree) / 1e6
    finally:
        server.terminate()
        server.wait(20)


def main() -> None:
    """Run, print the table and the JSON line; exit 1 where a budget is missed."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        times, torch_imported = measure_answers(data)
        starts = [measure_start(data) for _ in range(STARTS)]
    quantiles = statistics.quantiles(times, n=100)
    figures = {
        "answer_ms_p50": round(statistics.median(times), 2),
        "answer_ms_p95": round(quantiles[94], 2),
        "answer_ms_p99": round(quantiles[98], 2),
        "start_seconds": round(statistics.median(seconds for seconds, _ in starts), 2),
        "memory_mb": round(max(memory for _, memory in starts), 1),
        "torch_imported": torch_imported,
    }
    table = Table("figure", "measured", "budget", title=f"Answering: {len(times)} answers, {STARTS} starts")
    for name, value in figures.items():
        table.add_row(name, str(value), str(BUDGET.get(name, "")))
    Console().print(table)
    print(json.dumps(figures))
    if torch_imported or any(figures[name] > limit for name, limit in BUDGET.items()):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
