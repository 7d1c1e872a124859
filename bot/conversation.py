"""Handles one message of a citizen: answers it and stores what was asked and said."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, tzinfo
from functools import partial

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

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
class Asked:
    """A message to be answered. `language` is what the citizen reads; `asked_before` the last questions, oldest first.

    `citizen_id` and `message_id` tell who asked on a channel that knows, and by which message.
    """

    text: str
    channel: str
    question_id: str
    conversation_id: str
    language: str | None = None
    asked_before: tuple[str, ...] = ()
    citizen_id: str | None = None
    message_id: str = ""


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
    answers_in_threads: bool = True

    async def handle(
        self, text: str, *, channel: str, language: str | None = None, conversation_id: str | None = None
    ) -> Reply:
        """Answer a message and store it, personal data masked. `language` is what the citizen reads."""
        asked = Asked(
            text=text,
            channel=channel,
            question_id=str(uuid.uuid4()),
            conversation_id=conversation_id or uuid.uuid4().hex,
            language=language,
            asked_before=await self._find_asked_before(conversation_id) if conversation_id else (),
        )
        reply, question = await self.answer(asked)
        try:
            async with self.database.begin() as connection:
                await save_question(connection, question)
        except SQLAlchemyError:
            # The citizen still gets the answer; the log has the error but never the question.
            log.exception("question %s was answered but not stored", reply.question_id)
        return reply

    async def answer(self, asked: Asked) -> tuple[Reply, AskedQuestion]:
        """Return the answer to a message, and what is to be stored of it, personal data masked."""
        asked_at = self.now()
        started = time.perf_counter()
        answer = await self._compute(asked, asked_at)
        reply = Reply(asked.question_id, asked.conversation_id, answer, write_reply(answer, self.cities))
        question = AskedQuestion(
            id=asked.question_id,
            conversation_id=asked.conversation_id,
            channel=asked.channel,
            language=answer.language,
            text=_storable(asked.text),
            asked_at=asked_at,
            status=answer.status,
            answer=_storable(reply.text, landlines=False),
            citations=[asdict(citation) for citation in answer.citations],
            answer_ms=(time.perf_counter() - started) * 1000,
            citizen_id=asked.citizen_id,
            message_id=asked.message_id,
        )
        return reply, question

    async def _compute(self, asked: Asked, asked_at: datetime) -> Answer:
        compute = partial(
            answer_question,
            asked.text,
            knowledge=self.knowledge,
            today=asked_at.astimezone(self.zone).date(),
            language=asked.language,
            asked_before=asked.asked_before,
        )
        return await asyncio.to_thread(compute) if self.answers_in_threads else compute()

    async def _find_asked_before(self, conversation_id: str) -> tuple[str, ...]:
        async with self.database.begin() as connection:
            return await find_asked_before(connection, conversation_id, self.now())

    async def take_feedback(self, feedback: Feedback) -> bool:
        """Store what a citizen thinks of an answer; False where the answer is not known."""
        masked = Feedback(feedback.question_id, feedback.vote, feedback.reason, mask_personal_data(feedback.comment))
        async with self.database.begin() as connection:
            return await save_feedback(connection, masked, self.now())


async def find_asked_before(connection: AsyncConnection, conversation_id: str, now: datetime) -> tuple[str, ...]:
    """Return the last questions of a conversation that a follow-up may lean on, oldest first."""
    turns = await find_last_questions(connection, conversation_id, since=now - MEMORY, limit=TURNS_REMEMBERED)
    return tuple(turn.text for turn in turns)


def _storable(text: str, *, landlines: bool = True) -> str:
    # PostgreSQL refuses NUL in text; half of a surrogate pair cannot be encoded.
    clean = text[:MAX_STORED_CHARACTERS].replace("\x00", "").encode("utf-8", "replace").decode()
    return mask_personal_data(clean, landlines=landlines)
