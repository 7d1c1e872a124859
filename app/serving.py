"""Runs the web server and the timetable beside it, until told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext

import uvicorn

from app.process import settle_memory, start_logging
from app.server import make_app
from app.terminal import Terminal
from app.webhooks import Webhooks
from app.wiring import Askbay, make_digest_maker, make_notifiers, make_publisher, open_channels
from app.worker_process import WorkerProcess
from bot.door import ChatAddress, Door
from connectors.channel import Channel
from scheduler.refresh import refresh_documents
from scheduler.timetable import Job, list_jobs, start_timetable
from scheduler.upkeep import delete_old_questions
from storage.database import Database
from storage.documents import count_documents

log = logging.getLogger(__name__)

Work = Callable[[], Awaitable[None]]

SHUTDOWN_SECONDS = 10
SWITCH_SECONDS = 0.001


class PortTaken(Exception):
    """The address cannot be listened on."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"{address}: {reason}")
        self.address = address
        self.reason = reason


class _Server(uvicorn.Server):
    """Stops on SIGINT and SIGTERM without raising them again: what is open is closed by those who opened it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle the signals on the event loop for as long as the server runs."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)


async def serve_forever(
    askbay: Askbay,
    terminal: Terminal,
    host: str,
    port: int,
    *,
    worker_environment: Mapping[str, str] | None = None,
    on_ready: Callable[[str], None] = lambda address: None,
) -> None:
    """Listen, print the address (and tell it to `on_ready`), answer until stopped. Raises PortTaken.

    `worker_environment` are settings the worker gets besides the environment's own.
    """
    # Answers are computed in threads; Python's default lets one keep the interpreter for 5 ms while a webhook waits.
    sys.setswitchinterval(SWITCH_SECONDS)
    start_logging()
    listener = _listen(host, port)
    async with askbay.database.begin() as connection:
        documents = await count_documents(connection)
    terminal.say("knowledge", documents=documents, passages=askbay.library.lexical.passage_count)
    async with open_channels(askbay) as channels, _running(askbay, channels, worker_environment) as wake:
        door = Door(askbay.database, askbay.now, wake)
        config = uvicorn.Config(
            Webhooks(make_app(askbay, channels), channels.values(), door),
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
        for name in channels:
            terminal.say(f"channel_{name}")
        address = f"http://{_shown(host)}:{listener.getsockname()[1]}/"
        terminal.say("ready", address=address)
        on_ready(address)
        settle_memory()
        preparing = [asyncio.create_task(channel.prepare()) for channel in channels.values()]
        try:
            await _Server(config).serve(sockets=[listener])
        finally:
            for task in preparing:
                task.cancel()
            await asyncio.gather(*preparing, return_exceptions=True)


@asynccontextmanager
async def _running(
    askbay: Askbay, channels: Mapping[str, Channel], worker_environment: Mapping[str, str] | None
) -> AsyncIterator[Callable[[ChatAddress], None]]:
    """Run the timetable, and the worker if there are channels; yields what wakes it."""
    timetable = start_timetable(make_jobs(askbay, channels), askbay.city.time_zone)
    worker = WorkerProcess(worker_environment or {})
    try:
        async with worker.running() if channels else nullcontext():
            yield worker.wake
    finally:
        timetable.shutdown(wait=False)


def make_jobs(askbay: Askbay, channels: Mapping[str, Channel]) -> Sequence[Job]:
    """Return the jobs of the timetable with what they do."""
    publisher = make_publisher(askbay, channels)

    digests = make_digest_maker(askbay, channels)
    watcher, corrector, teller = make_notifiers(askbay)

    async def publish() -> None:
        await publisher.publish_due()

    async def digest() -> None:
        await digests.make_due()

    async def notify() -> None:
        for step in (watcher.look, corrector.look, teller.tell):
            try:
                await step()
            except Exception:
                # The others have their own work to do.
                log.exception("%s failed; next try in a moment", step.__qualname__)

    async def refresh() -> None:
        await refresh_documents(askbay.load_city_documents, askbay.library.lexical)

    async def upkeep() -> None:
        await delete_old_questions(askbay.database, now=askbay.now(), retention_days=askbay.settings.retention_days)

    return list_jobs(
        publish=_alone(askbay.database, "publish", publish),
        digest=_alone(askbay.database, "digest", digest),
        notify=_alone(askbay.database, "notify", notify),
        refresh=refresh,
        upkeep=upkeep,
        zone=askbay.city.time_zone,
    )


def _alone(database: Database, name: str, run: Work) -> Work:
    """Let one server at a time do a job, where several run over one database; the others leave it out."""

    async def run_alone() -> None:
        async with database.try_holding(name) as hold:
            if hold:
                await run()

    return run_alone


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise PortTaken(f"{host}:{port}", error.strerror or str(error)) from error
    return listener


def _shown(host: str) -> str:
    if host in ("0.0.0.0", "::", ""):  # noqa: S104  every interface; a browser needs one it can open
        return "localhost"
    return f"[{host}]" if ":" in host else host
