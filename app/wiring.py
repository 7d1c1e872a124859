"""Puts the parts together from the settings. The only file that knows every part."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.city import City, find_city_folder, load_city, make_chat_city, make_city_names, read_city_documents
from app.settings import Settings
from bot.answer import Knowledge
from bot.chat import Chat, ChatSettings
from bot.conversation import Assistant
from bot.inbox import Inbox
from bot.menus import make_menu_texts
from bot.rate_limit import CitizenPace
from bot.speech import ChatCity
from bot.watching import find_watched_answer
from connectors.channel import Channel
from knowledge_base.embedding import SHIPPED, load_embeddings
from knowledge_base.evidence import Judge
from knowledge_base.glossary import load_glossary
from knowledge_base.ingest import IngestReport, Progress, index_pending, ingest_documents, rebuild_if_lost
from knowledge_base.judgement import load_judgement
from knowledge_base.library import Library, open_library
from knowledge_base.readers import UnreadableFile
from knowledge_base.reranker import CrossEncoderReranker
from scheduler.announcement_document import make_documents
from scheduler.announcements import AnnouncementDesk
from scheduler.corrections import Corrector
from scheduler.delivery import Delivery
from scheduler.digests import DigestMaker
from scheduler.publishing import Publisher, find_published_contents
from scheduler.telling import Teller
from scheduler.watches import FoundAnswer, Watcher
from storage.database import Database, open_database, sqlite_address
from storage.documents import Document
from storage.watches import Watch

if TYPE_CHECKING:
    from bot.model_writing import ModelWriter

log = logging.getLogger(__name__)

CITY_ORIGIN = "city"
STAFF_ORIGIN = "staff"
ANNOUNCEMENT_ORIGIN = "announcement"


class DataFolderUnusable(Exception):
    """The folder for everything that is kept cannot be made; the message says which and why."""


def now_utc() -> datetime:
    """The one clock of the house."""
    return datetime.now(UTC)


# A language model that had less of its time than this is not to blame for having been given up.
FAIR_SHARE, MOST_FAIR_SECONDS = 0.3, 2.0


@dataclass(frozen=True)
class Askbay:
    """The house with its parts, open."""

    settings: Settings
    city: City
    city_folder: Path
    database: Database
    library: Library
    assistant: Assistant
    chat_city: ChatCity
    now: Callable[[], datetime]

    async def load_city_documents(self, on_progress: Progress = lambda done: None) -> IngestReport:
        """Bring the knowledge base in line with the city's folder; unchanged documents cost next to nothing."""
        documents = []
        for read in read_city_documents(self.city_folder):
            if isinstance(read, UnreadableFile):
                log.warning("left out: %s", read)
            else:
                documents.append(read)
        return await ingest_documents(
            self.database,
            self.library,
            documents,
            origin=CITY_ORIGIN,
            at=self.now(),
            whole_origin=True,
            on_progress=on_progress,
        )

    async def learn_announcements(self) -> None:
        """Bring the knowledge base in line with what is published; the same door as for every other document."""
        published = await find_published_contents(self.database)
        names = make_city_names(self.city)
        documents: list[Document] = []
        for announcement, content in published:
            try:
                documents += make_documents(announcement, content, names, self.city.time_zone)
            except (LookupError, OSError, ValueError):
                # The others are known all the same.
                log.exception("announcement %d cannot be made a document", announcement.number)
        await ingest_documents(
            self.database,
            self.library,
            documents,
            origin=ANNOUNCEMENT_ORIGIN,
            at=self.now(),
            whole_origin=True,
        )

    async def bring_up_to_date(self, on_progress: Progress = lambda done: None) -> IngestReport:
        """Load the city's documents and finish indexing whatever an earlier run left unfinished."""
        await rebuild_if_lost(self.database, self.library)
        report = await self.load_city_documents(on_progress)
        await index_pending(self.database, self.library, on_progress=on_progress)
        return report


@asynccontextmanager
async def open_askbay(
    settings: Settings, now: Callable[[], datetime] = now_utc, *, answers_in_threads: bool = True
) -> AsyncIterator[Askbay]:
    """Open everything the settings ask for; close it at the end.

    `answers_in_threads` leaves the event loop free while an answer is computed; a process that does nothing else is
    quicker without.

    Raises CityInvalid, DataFolderUnusable, DatabaseUnavailable, ModelUnavailable or LanguageModelUnusable.
    """
    folder = find_city_folder(settings.city)
    city = load_city(folder)
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataFolderUnusable(f"{settings.data}: {error.strerror}") from error
    address = settings.database.get_secret_value() or sqlite_address(settings.data.resolve() / "askbay.db")
    database = await open_database(address)
    writer: ModelWriter | None = None
    try:
        library = _open_library(settings, folder)
        writer = make_writer(settings, now, database)
        yield Askbay(
            settings=settings,
            city=city,
            city_folder=folder,
            database=database,
            library=library,
            assistant=_make_assistant(
                city,
                database,
                library,
                now,
                answers_in_threads or _has_slow_parts(settings),
                writer,
            ),
            chat_city=make_chat_city(city),
            now=now,
        )
    finally:
        if writer:
            await writer.model.close()
        await database.close()


@asynccontextmanager
async def open_channels(askbay: Askbay) -> AsyncIterator[Mapping[str, Channel]]:
    """Open the channels the settings ask for, by name; close them at the end."""
    channels = {channel.name: channel for channel in _make_channels(askbay)}
    try:
        yield channels
    finally:
        for channel in channels.values():
            await channel.close()


def make_inbox(askbay: Askbay, channels: Mapping[str, Channel]) -> Inbox:
    """Return the inbox that answers on these channels."""
    chat = Chat(
        assistant=askbay.assistant,
        database=askbay.database,
        city=askbay.chat_city,
        settings=ChatSettings(retention_days=askbay.settings.retention_days),
        pace=CitizenPace(),
        now=askbay.now,
    )
    return Inbox(askbay.database, chat, channels, askbay.now)


def make_delivery(askbay: Askbay, channels: Mapping[str, Channel]) -> Delivery:
    """Return what sends announcements on these channels."""
    publisher = make_publisher(askbay, channels)
    return Delivery(askbay.database, channels, askbay.now, publisher.finish_done, askbay.city.time_zone)


def make_publisher(askbay: Askbay, channels: Mapping[str, Channel]) -> Publisher:
    """Return what begins and ends the sending of announcements."""
    return Publisher(
        database=askbay.database,
        names=make_city_names(askbay.city),
        zone=askbay.city.time_zone,
        channels=channels,
        now=askbay.now,
        learn=askbay.learn_announcements,
    )


def make_digest_maker(askbay: Askbay, channels: Mapping[str, Channel]) -> DigestMaker:
    """Return what makes digests."""
    return DigestMaker(askbay.database, make_city_names(askbay.city), askbay.city.time_zone, channels, askbay.now)


def make_notifiers(askbay: Askbay) -> tuple[Watcher, Corrector, Teller]:
    """Return what tells citizens of answers they wait for, and of those that no longer stand."""
    zone = askbay.city.time_zone
    answer = partial(find_watched_answer, askbay.assistant, askbay.chat_city)

    async def find(watch: Watch) -> FoundAnswer | None:
        found = await answer(watch)
        return FoundAnswer(*found) if found else None

    return (
        Watcher(askbay.database, zone, askbay.now, find),
        Corrector(askbay.database, zone, askbay.now),
        Teller(askbay.database, zone, askbay.now),
    )


def make_desk(askbay: Askbay, channels: Mapping[str, Channel]) -> AnnouncementDesk:
    """Return where staff work on announcements."""
    return AnnouncementDesk(askbay.database, make_city_names(askbay.city), askbay.city.time_zone, channels, askbay.now)


def _make_channels(askbay: Askbay) -> Iterator[Channel]:
    # The platforms' libraries take a second to import, so only what is configured is.
    settings = askbay.settings
    if settings.has_line:
        from connectors.line.channel import LineChannel

        yield LineChannel(
            secret=settings.line_channel_secret.get_secret_value(),
            token=settings.line_channel_access_token.get_secret_value(),
            api=settings.line_api,
            webhook=settings.webhook_address("line"),
            menu_texts=make_menu_texts(askbay.chat_city),
            now=askbay.now,
        )
    if settings.has_telegram:
        from connectors.telegram.channel import TelegramChannel

        yield TelegramChannel(
            token=settings.telegram_token.get_secret_value(),
            api=settings.telegram_api,
            webhook=settings.webhook_address("telegram"),
            menu_texts=make_menu_texts(askbay.chat_city),
            redis=settings.redis,
        )


def _has_slow_parts(settings: Settings) -> bool:
    """Say whether computing an answer may take seconds, for which no other chat is to wait."""
    return bool(settings.reranker) or settings.embedding_model not in ("", SHIPPED)


def _open_library(settings: Settings, city_folder: Path) -> Library:
    return open_library(
        settings.data / "index",
        load_glossary(city_folder / "glossary.yaml"),
        embeddings=load_embeddings(settings.embedding_model),
        reranker=CrossEncoderReranker(settings.reranker) if settings.reranker else None,
    )


def make_writer(settings: Settings, now: Callable[[], datetime], database: Database) -> ModelWriter | None:
    """Return what has the configured language model word answers; None where there is none.

    Raises LanguageModelUnusable.
    """
    if not settings.language_model:
        return None
    # LangChain takes a second to import.
    from bot.language_model import ModelSettings, open_language_model
    from bot.model_writing import ModelWriter

    input_price, output_price = settings.language_model_prices
    model = open_language_model(
        ModelSettings(
            name=settings.language_model,
            address=settings.language_model_url,
            key=settings.language_model_key.get_secret_value(),
            calls_at_once=settings.language_model_calls,
            input_price=input_price,
            output_price=output_price,
            fair_seconds=min(MOST_FAIR_SECONDS, settings.language_model_seconds * FAIR_SHARE),
        )
    )
    return ModelWriter(model, settings.language_model_seconds, now, database)


def _make_assistant(
    city: City,
    database: Database,
    library: Library,
    now: Callable[[], datetime],
    answers_in_threads: bool,
    writer: ModelWriter | None,
) -> Assistant:
    return Assistant(
        knowledge=Knowledge(library, Judge(library, tuple(city.name_forms), load_judgement())),
        database=database,
        cities={language: city.words(language) for language in city.languages},
        zone=city.time_zone,
        now=now,
        answers_in_threads=answers_in_threads,
        writer=writer,
    )
