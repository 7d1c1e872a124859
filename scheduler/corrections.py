"""Corrections: whoever was given an answer from a document that changed in substance, or was taken back, is told.

A change is one in substance for an answer when a sentence it quoted is not in the document any more.
"""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.message import Button, OutgoingMessage
from prompts import load_wording
from storage import announcements, documents, notices, questions
from storage.database import Database
from storage.documents import Change
from storage.notices import Notice
from storage.questions import AskedQuestion

log = logging.getLogger(__name__)

CORRECTION = "correction"
MARK = "corrections"
# An answer older than this is nobody's ground to act on any more.
LOOK_BACK = timedelta(hours=1)
REMEMBERED = timedelta(days=60)
# What stands between the excerpts of a quote (bot.steps.compose_answer).
EXCERPT_JOINT = " … "
SHOWN_CHARACTERS, QUOTED_CHARACTERS = 80, 300
_NAMESPACE = uuid.UUID("5d9f2c1e-9a6b-4c1e-8a53-2c0d2f7c9e10")
_SENTENCE_END = re.compile(r"(?<=[。！？!?\n])|(?<=\. )")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class Corrector:
    """Looks for documents that changed, and for the answers that cited them."""

    database: Database
    zone: tzinfo
    now: Callable[[], datetime]

    async def look(self) -> int:
        """Make a notice for each answer that no longer stands; returns how many."""
        now = self.now()
        async with self.database.begin() as connection:
            known = await notices.find_mark(connection, MARK)
            if not known:
                await notices.set_mark(connection, MARK, now.isoformat())
                return 0
            # What was saved just before the last look may have been committed after it; notices are made once anyway.
            changes = await documents.find_changes(connection, datetime.fromisoformat(known) - LOOK_BACK)
            count = 0
            for change in changes:
                document = change.document
                told = await _find_correction(connection, document.id) if change.removed else {}
                citing = await questions.find_citing(connection, document.id, document.language, now - REMEMBERED)
                for question in citing:
                    if notice := self._make_notice(change, question, told, now):
                        await notices.save_notice(connection, notice)
                        count += 1
            if changes:
                await notices.set_mark(connection, MARK, now.isoformat())
        if count:
            log.info("%d answers no longer stand; who got them is told", count)
        return count

    def _make_notice(
        self, change: Change, question: AskedQuestion, told: Mapping[str, str], now: datetime
    ) -> Notice | None:
        document = change.document
        cited = next(item for item in question.citations if item["document_id"] == document.id)
        lost = "" if change.removed else find_lost(cited["quote"], document.text)
        if not change.removed and not lost:
            return None
        return Notice(
            id=str(uuid.uuid5(_NAMESPACE, f"{question.id} {document.key} {change.version}")),
            citizen_id=question.citizen_id,
            conversation_id=question.conversation_id,
            kind=CORRECTION,
            message=self._write(question, cited, lost, told).to_payload(),
            made_at=now,
        )

    def _write(
        self, question: AskedQuestion, cited: Mapping[str, Any], lost: str, told: Mapping[str, str]
    ) -> OutgoingMessage:
        wording = load_wording(question.language)
        values = {
            "date": f"{question.asked_at.astimezone(self.zone):%Y-%m-%d}",
            "question": question.text[:SHOWN_CHARACTERS],
            "title": cited["title"],
        }
        text = (
            wording.say("correction_changed", **values, quote=lost[:QUOTED_CHARACTERS])
            if lost
            else wording.say("correction_recalled", **values)
        )
        if correction := told.get(question.language) or next(iter(told.values()), ""):
            text += "\n" + wording.say("recall_because", correction=correction)
        links = [Button(wording.say("details"), url=cited["url"])] if cited["url"] and lost else []
        heading = wording.say("announced_correction", title=cited["title"])
        return OutgoingMessage(text, question.language, heading=heading, buttons=tuple(links))


async def _find_correction(connection: AsyncConnection, document_id: str) -> Mapping[str, str]:
    """Return what staff said when they recalled an announcement, by language."""
    number = document_id.removeprefix("announcement-")
    if number == document_id or not number.isdecimal():
        return {}
    found = await announcements.find_announcement(connection, int(number))
    return (found.correction if found else None) or {}


def find_lost(quote: str, text: str) -> str:
    """Return the sentences of a quote that are not in a text any more, or ""."""
    there = _SPACE.sub("", text)
    excerpts = quote.split(EXCERPT_JOINT)
    sentences = (sentence.strip() for excerpt in excerpts for sentence in _SENTENCE_END.split(excerpt))
    return " ".join(sentence for sentence in sentences if sentence and _SPACE.sub("", sentence) not in there)
