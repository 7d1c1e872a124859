"""A citizen sees an answer grow on the page while a language model writes it, and asks why."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
import uvicorn
from channels_house import copy_of
from model_house import honest_writer
from playwright.sync_api import Page, expect
from simulators.openai import KEY, OpenAiSimulator

from app.server import make_app
from app.settings import Settings
from app.wiring import open_askbay

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
FERRY = "旗津渡輪大人票價多少？"


@pytest.fixture
def written_address(kaohsiung_data, tmp_path) -> Iterator[str]:
    """The address of a running server whose answers a simulated model words."""
    listener = socket.create_server(("127.0.0.1", 0))
    started = threading.Event()
    servers: list[uvicorn.Server] = []

    async def serve() -> None:
        model = OpenAiSimulator(honest_writer(), seconds_a_piece=0.02)
        await model.start()
        settings = Settings(
            data=copy_of(kaohsiung_data, tmp_path), language_model="openai:simulated",
            language_model_url=model.address, language_model_key=KEY, _env_file=None,
        )  # fmt: skip
        async with open_askbay(settings, lambda: NOW) as askbay:
            server = uvicorn.Server(uvicorn.Config(make_app(askbay), log_config=None, ws="none"))
            servers.append(server)
            started.set()
            await server.serve(sockets=[listener])
        await model.stop()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert started.wait(60)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    servers[0].should_exit = True
    thread.join(15)


def test_a_citizen_reads_an_answer_a_model_worded_and_asks_why(page: Page, written_address: str):
    page.goto(written_address)
    expect(page.locator(".automatic")).to_contain_text("語言模型")
    page.get_by_role("textbox").fill(FERRY)
    page.keyboard.press("Enter")
    answer = page.locator(".assistant").last
    expect(answer).to_have_attribute("data-status", "answered")
    expect(answer.locator(".text")).to_contain_text("每一句都與來源核對過")
    expect(answer.locator("details").first).to_contain_text("渡輪")
    page.get_by_role("textbox").fill("為什麼這樣說？")
    page.keyboard.press("Enter")
    why = page.locator(".assistant").last
    expect(why).to_have_attribute("data-status", "explained")
    expect(why.locator(".text")).to_contain_text("40元")


def test_sentences_come_as_events_before_the_whole(written_address: str):
    events = []
    with httpx.stream("POST", f"{written_address}/api/ask/stream", json={"question": FERRY}, timeout=30) as response:
        name = ""
        for line in response.iter_lines():
            if line.startswith("event:"):
                name = line[6:].strip()
            elif line.startswith("data:"):
                events.append((name, json.loads(line[5:])))
    texts = [content["text"] for kind, content in events if kind == "text"]
    kind, answer = events[-1]
    assert kind == "answer"
    assert answer["written_by_model"]
    assert texts
    assert all(text in answer["answer"] for text in texts)
