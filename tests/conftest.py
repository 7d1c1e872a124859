"""What tests share: a fixed clock, the open house over Kaohsiung's documents, databases, a running server, a browser."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import threading
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import uvicorn
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from app.city import find_city_folder, load_city, make_chat_city
from app.server import make_app
from app.settings import Settings
from app.wiring import Askbay, open_askbay
from bot.speech import ChatCity
from storage.database import Database, open_database, sqlite_address

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
POSTGRESQL = "postgresql+asyncpg://postgres@127.0.0.1:5432/postgres"


def skip_or_fail(reason: str) -> None:
    """Skip a test whose tool is missing here; in CI that is a failure."""
    if os.environ.get("ASKBAY_TEST_NO_SKIPS"):
        pytest.fail(f"{reason} (skips are not allowed here)")
    pytest.skip(reason)


@pytest.fixture
def now() -> Callable[[], datetime]:
    return lambda: NOW


@pytest.fixture
def environment() -> Callable[[Path], dict[str, str]]:
    """The environment of a command over a data folder, in English, with nothing of the developer's own settings."""

    def make(data: Path) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ASKBAY_")}
        return {**kept, "ASKBAY_DATA": str(data), "ASKBAY_LANGUAGE": "en", "COLUMNS": "200"}

    return make


@pytest.fixture(scope="session")
def chat_city() -> ChatCity:
    """Kaohsiung as a chat knows it."""
    return make_chat_city(load_city(find_city_folder("kaohsiung")))


@pytest.fixture
def empty_city(tmp_path: Path) -> Path:
    """A city folder with Kaohsiung's city.yaml and no documents."""
    folder = tmp_path / "city"
    folder.mkdir()
    shutil.copy("cities/kaohsiung/city.yaml", folder)
    return folder


@pytest.fixture
async def empty_house(tmp_path: Path, empty_city: Path, now: Callable[[], datetime]) -> AsyncIterator[Askbay]:
    settings = Settings(data=tmp_path / "var", city=str(empty_city), _env_file=None)
    async with open_askbay(settings, now) as askbay:
        yield askbay


@pytest.fixture(scope="session")
def kaohsiung_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with Kaohsiung's documents indexed, once a session."""
    folder = tmp_path_factory.mktemp("kaohsiung")

    async def build() -> None:
        async with open_askbay(Settings(data=folder, _env_file=None), lambda: NOW) as askbay:
            await askbay.bring_up_to_date()

    asyncio.run(build())
    return folder


@pytest.fixture
async def house(kaohsiung_data: Path, now: Callable[[], datetime]) -> AsyncIterator[Askbay]:
    async with open_askbay(Settings(data=kaohsiung_data, _env_file=None), now) as askbay:
        yield askbay


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database of each kind; PostgreSQL where one answers on localhost."""
    if request.param == "sqlite":
        opened = await open_database(sqlite_address(tmp_path / "test.db"))
        yield opened
        await opened.close()
        return
    with closing(socket.socket()) as probe:
        probe.settimeout(1)
        if probe.connect_ex(("127.0.0.1", 5432)):
            pytest.skip("no PostgreSQL on localhost")
    name = f"askbay_test_{uuid.uuid4().hex[:12]}"
    server = create_async_engine(POSTGRESQL, isolation_level="AUTOCOMMIT")
    async with server.connect() as connection:
        await connection.execute(text(f'CREATE DATABASE "{name}"'))
    opened = await open_database(POSTGRESQL.rsplit("/", 1)[0] + f"/{name}")
    yield opened
    await opened.close()
    async with server.connect() as connection:
        await connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    await server.dispose()


@pytest.fixture(scope="session")
def address(kaohsiung_data: Path) -> Iterator[str]:
    """The address of a running server over Kaohsiung's documents."""
    listener = socket.create_server(("127.0.0.1", 0))
    started = threading.Event()
    servers: list[uvicorn.Server] = []

    async def serve() -> None:
        async with open_askbay(Settings(data=kaohsiung_data, _env_file=None), lambda: NOW) as askbay:
            server = uvicorn.Server(uvicorn.Config(make_app(askbay), log_config=None, ws="none"))
            servers.append(server)
            started.set()
            await server.serve(sockets=[listener])

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert started.wait(30)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    servers[0].should_exit = True
    thread.join(15)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium to drive."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    skip_or_fail("no Chromium: install the system's chromium package to run the browser journeys")
    raise AssertionError
