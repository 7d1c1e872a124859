"""Watches: when documents come in or change, whoever waits for an answer that they hold is told."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime, tzinfo

from connectors.message import OutgoingMessage
from prompts import load_wording
from storage import documents, notices, watches
from storage.database import Database
from storage.notices import Notice
from storage.questions import AskedQuestion, save_question
from storage.watches import Watch

log = logging.getLogger(__name__)

WATCH = "watch"
WATCHES_A_LOOK = 200
SHOWN_CHARACTERS = 80
_NAMESPACE = uuid.UUID("a9a8f6c1-0d9e-4d52-8e35-0a4b9c0b1d11")


@dataclass(frozen=True)
class FoundAnswer:
    """An answer to what somebody waits for: its message, the keys of what it cites, the question to be kept with it."""

    message: OutgoingMessage
    document_keys: Collection[str]
    question: AskedQuestion


@dataclass(frozen=True)
class Watcher:
    """Holds watches against the documents. `answer` is the way every question is answered."""

    database: Database
    zone: tzinfo
    now: Callable[[], datetime]
    answer: Callable[[Watch], Awaitable[FoundAnswer | None]]

    async def look(self) -> int:
        """Look at the watches that the newest documents may answer; returns how many were answered."""
        async with self.database.begin() as connection:
            newest = await documents.find_newest_save(connection)
            # A document that is not indexed yet cannot be found: the next look is soon enough.
            if newest is None or await documents.find_unindexed(connection, limit=1):
                return 0
            found = await watches.find_outdated(connection, newest, limit=WATCHES_A_LOOK)
        count = 0
        for watch in found:
            try:
                count += await self._look_at(watch, newest)
            except Exception:
                # One that cannot be answered keeps nobody else waiting; it is looked at again with the next document.
                log.exception("a watch could not be looked at")
                async with self.database.begin() as connection:
                    await watches.mark_looked(connection, watch.id, newest)
        return count

    async def _look_at(self, watch: Watch, newest: datetime) -> bool:
        answer = await self.answer(watch)
        async with self.database.begin() as connection:
            # What could be quoted when the citizen asked did not answer it then, so it does not now.
            fresh = (
                await documents.find_saved_after(connection, answer.document_keys, watch.created_at) if answer else ()
            )
            if answer is None or not fresh:
                await watches.mark_looked(connection, watch.id, newest)
                return False
            message = _introduce(watch, answer.message, self.zone)
            await save_question(connection, answer.question)
            notice = Notice(
                id=str(uuid.uuid5(_NAMESPACE, watch.id)),
                citizen_id=watch.citizen_id,
                conversation_id=watch.citizen_id,
                kind=WATCH,
                message=message.to_payload(),
                made_at=self.now(),
            )
            await notices.save_notice(connection, notice)
            await watches.delete_watch(connection, watch.citizen_id, watch.id)
        log.info("a watch of %s was answered", watch.created_at.date())
        return True


def _introduce(watch: Watch, message: OutgoingMessage, zone: tzinfo) -> OutgoingMessage:
    asked = watch.created_at.astimezone(zone)
    said = load_wording(message.language).say(
        "watch_told", date=f"{asked:%Y-%m-%d}", question=watch.question[:SHOWN_CHARACTERS]
    )
    return OutgoingMessage(**{**vars(message), "text": f"{said}\n\n{message.text}"})
