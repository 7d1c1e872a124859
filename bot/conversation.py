"""Handles one message of a citizen: answers it and stores what was asked and said."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta, tzinfo
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.answer import Answer, AnswerContext, Knowledge, Status, Turn
from bot.answering import work_out_answer
from bot.explaining import explain_last_answer
from bot.model_contract import OnProgress, Written
from bot.personal_data import mask_personal_data
from bot.replies import CityWords, write_reply
from storage.database import Database
from storage.questions import AskedQuestion, Feedback, find_last_questions, save_feedback, save_question

if TYPE_CHECKING:
    # Reading claims takes a tenth of a second to import, for who has a model.
    from bot.model_writing import ModelWriter

log = logging.getLogger(__name__)

MAX_STORED_CHARACTERS = 4_000
# A follow-up leans on what was asked this recently, at most so many questions back.
MEMORY = timedelta(minutes=30)
TURNS_REMEMBERED = 4


@dataclass(frozen=True)
class Asked:
    """A message to be answered. `language` is what the citizen reads; `turns` the last ones of the conversation, oldest
    first.

    `citizen_id` and `message_id` tell who asked on a channel that knows, and by which message.
    """

    text: str
    channel: str
    question_id: str
    conversation_id: str
    language: str | None = None
    turns: tuple[Turn, ...] = ()
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
    writer: ModelWriter | None = None

    async def handle(
        self,
        text: str,
        *,
        channel: str,
        language: str | None = None,
        conversation_id: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> Reply:
        """Answer a message and store it, personal data masked. `language` is what the citizen reads.

        `on_progress` is shown what there is of an answer that takes its time.
        """
        asked = Asked(
            text=text,
            channel=channel,
            question_id=str(uuid.uuid4()),
            conversation_id=conversation_id or uuid.uuid4().hex,
            language=language,
            turns=await self._find_turns(conversation_id) if conversation_id else (),
        )
        reply, question = await self.answer(asked, on_progress)
        saving = asyncio.ensure_future(self._save(question))
        try:
            await asyncio.shield(saving)
        except asyncio.CancelledError:
            # What was asked is stored, and what it cost accounted for, though whoever asked leaves meanwhile.
            await saving
            raise
        return reply

    async def _save(self, question: AskedQuestion) -> None:
        try:
            async with self.database.begin() as connection:
                await save_question(connection, question)
        except SQLAlchemyError:
            # The citizen still gets the answer; the log has the error but never the question.
            log.exception("question %s was answered but not stored", question.id)

    async def answer(self, asked: Asked, on_progress: OnProgress | None = None) -> tuple[Reply, AskedQuestion]:
        """Return the answer to a message, and what is to be stored of it, personal data masked."""
        asked_at = self.now()
        started = time.perf_counter()
        written = await self._write(asked, asked_at, on_progress)
        if written.answer.status is Status.EXPLAINED:
            written = replace(written, answer=await self._explain(asked, written.answer, asked_at))
        answer = written.answer
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
            model_uses=tuple(written.uses),
        )
        return reply, question

    async def _write(self, asked: Asked, asked_at: datetime, on_progress: OnProgress | None) -> Written:
        """Work out the quoted answer, and have the model word it where there is one."""
        today = asked_at.astimezone(self.zone).date()

        async def work_out(text: str, asked_before: Sequence[str] = ()) -> AnswerContext:
            compute = partial(
                work_out_answer,
                text,
                knowledge=self.knowledge,
                today=today,
                language=asked.language,
                asked_before=asked_before,
            )
            return await asyncio.to_thread(compute) if self.answers_in_threads else compute()

        context = await work_out(asked.text, [turn.question for turn in asked.turns])
        if self.writer is None or context.answer is None:
            return Written(context.answer or Answer(Status.UNANSWERED_NO_SOURCE, context.language))
        city = self.cities[context.language].city
        return await self.writer.write_answer(context, asked.turns, work_out, city=city, on_progress=on_progress)

    async def _explain(self, asked: Asked, answer: Answer, asked_at: datetime) -> Answer:
        async with self.database.begin() as connection:
            turns = await find_last_questions(connection, asked.conversation_id, since=asked_at - MEMORY, limit=20)
        return explain_last_answer(turns, answer)

    async def _find_turns(self, conversation_id: str) -> tuple[Turn, ...]:
        async with self.database.begin() as connection:
            return await find_turns(connection, conversation_id, self.now())

    async def take_feedback(self, feedback: Feedback) -> bool:
        """Store what a citizen thinks of an answer; False where the answer is not known."""
        masked = Feedback(feedback.question_id, feedback.vote, feedback.reason, mask_personal_data(feedback.comment))
        async with self.database.begin() as connection:
            return await save_feedback(connection, masked, self.now())


async def find_turns(connection: AsyncConnection, conversation_id: str, now: datetime) -> tuple[Turn, ...]:
    """Return the last turns of a conversation that a follow-up may lean on, oldest first."""
    turns = await find_last_questions(connection, conversation_id, since=now - MEMORY, limit=TURNS_REMEMBERED)
    return tuple(Turn(turn.text, turn.answer) for turn in turns)


def _storable(text: str, *, landlines: bool = True) -> str:
    # PostgreSQL refuses NUL in text; half of a surrogate pair cannot be encoded.
    clean = text[:MAX_STORED_CHARACTERS].replace("\x00", "").encode("utf-8", "replace").decode()
    return mask_personal_data(clean, landlines=landlines)
