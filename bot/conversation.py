"""Handles one message of a citizen: answers it and stores what was asked and said."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, tzinfo

from sqlalchemy.exc import SQLAlchemyError

from bot.answer import Answer, Knowledge
from bot.answering import answer_question
from bot.personal_data import mask_personal_data
from bot.replies import CityWords, write_reply
from storage.database import Database
from storage.questions import AskedQuestion, Feedback, find_last_questions, save_feedback, save_question

log = logging.getLogger(__name__)

MAX_STORED_CHARACTERS = 4_000
# A follow-up leans on what was asked this recently, at most so many questions back.
MEMORY = timedelta(minutes=30)
TURNS_REMEMBERED = 4


@dataclass(frozen=True)
class AskedBy:
    """Who asks, on a channel that knows: the id the question gets (the same when handled again), citizen, message."""

    question_id: str
    citizen_id: str
    message_id: str


@dataclass(frozen=True)
class Reply:
    """What goes back to the citizen. `question_id` is what feedback refers to."""

    question_id: str
    conversation_id: str
    answer: Answer
    text: str


@dataclass(frozen=True)
class Assistant:
    """Everything it takes to answer: knowledge, the database, the city's words and a clock."""

    knowledge: Knowledge
    database: Database
    cities: Mapping[str, CityWords]
    zone: tzinfo
    now: Callable[[], datetime]

    async def handle(
        self,
        text: str,
        *,
        channel: str,
        language: str | None = None,
        conversation_id: str | None = None,
        asked_by: AskedBy | None = None,
    ) -> Reply:
        """Answer a message and store it, personal data masked. `language` is what the citizen reads."""
        asked_at = self.now()
        started = time.perf_counter()
        asked_before = await self._find_asked_before(conversation_id, asked_at) if conversation_id else ()
        answer = await asyncio.to_thread(
            answer_question,
            text,
            knowledge=self.knowledge,
            today=asked_at.astimezone(self.zone).date(),
            language=language,
            asked_before=asked_before,
        )
        reply = Reply(
            question_id=asked_by.question_id if asked_by else str(uuid.uuid4()),
            conversation_id=conversation_id or uuid.uuid4().hex,
            answer=answer,
            text=write_reply(answer, self.cities),
        )
        await self._store(text, reply, channel, asked_at, (time.perf_counter() - started) * 1000, asked_by)
        return reply

    async def _find_asked_before(self, conversation_id: str, now: datetime) -> tuple[str, ...]:
        async with self.database.begin() as connection:
            turns = await find_last_questions(connection, conversation_id, since=now - MEMORY, limit=TURNS_REMEMBERED)
        return tuple(turn.text for turn in turns)

    async def take_feedback(self, feedback: Feedback) -> bool:
        """Store what a citizen thinks of an answer; False where the answer is not known."""
        masked = Feedback(feedback.question_id, feedback.vote, feedback.reason, mask_personal_data(feedback.comment))
        async with self.database.begin() as connection:
            return await save_feedback(connection, masked, self.now())

    async def _store(
        self,
        text: str,
        reply: Reply,
        channel: str,
        asked_at: datetime,
        answer_ms: float,
        asked_by: AskedBy | None,
    ) -> None:
        question = AskedQuestion(
            id=reply.question_id,
            conversation_id=reply.conversation_id,
            channel=channel,
            language=reply.answer.language,
            text=_storable(text),
            asked_at=asked_at,
            status=reply.answer.status,
            answer=_storable(reply.text),
            citations=[asdict(citation) for citation in reply.answer.citations],
            answer_ms=answer_ms,
            citizen_id=asked_by.citizen_id if asked_by else None,
            message_id=asked_by.message_id if asked_by else "",
        )
        try:
            async with self.database.begin() as connection:
                await save_question(connection, question)
        except SQLAlchemyError:
            # The citizen still gets the answer; the log has the error but never the question.
            log.exception("question %s was answered but not stored", reply.question_id)


def _storable(text: str) -> str:
    # PostgreSQL refuses NUL in text; half of a surrogate pair cannot be encoded.
    clean = text[:MAX_STORED_CHARACTERS].replace("\x00", "").encode("utf-8", "replace").decode()
    return mask_personal_data(clean)
