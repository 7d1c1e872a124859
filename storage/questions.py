"""Questions and their answers: what was asked, what was said, from where, and what the citizen thought of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Float,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    bindparam,
    cast,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import UtcDateTime, metadata
from storage.model_uses import ModelUse, forget_questions_in_uses, save_model_uses

questions = Table(
    "questions",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("conversation_id", String(64), nullable=False, index=True),
    Column("channel", String(16), nullable=False),
    Column("language", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False, index=True),
    Column("status", String(40), nullable=False),
    Column("answer", Text, nullable=False),
    Column("citations", JSON, nullable=False),
    Column("answer_ms", Float, nullable=False),
    Column("citizen_id", String(32), index=True),
    Column("message_id", String(64), nullable=False, server_default=""),
)

feedback = Table(
    "feedback",
    metadata,
    Column("question_id", String(36), ForeignKey("questions.id", ondelete="CASCADE"), primary_key=True),
    Column("vote", Integer, nullable=False),
    Column("reason", String(40), nullable=False),
    Column("comment", Text, nullable=False),
    Column("given_at", UtcDateTime, nullable=False),
)


@dataclass(frozen=True)
class AskedQuestion:
    """A question with the answer it got. `answer_ms` is the time the pipeline took, in milliseconds.

    `citizen_id` and `message_id` tell who asked on a channel that knows, and by which message.
    """

    id: str
    conversation_id: str
    channel: str
    language: str
    text: str
    asked_at: datetime
    status: str
    answer: str
    citations: list[dict[str, Any]]
    answer_ms: float
    citizen_id: str | None = None
    message_id: str = ""
    model_uses: tuple[ModelUse, ...] = ()


@dataclass(frozen=True)
class Feedback:
    """A citizen's thumb (+1 or -1) on an answer, with a reason from the list and words of their own."""

    question_id: str
    vote: int
    reason: str
    comment: str


_INSERT = insert(questions)
_LAST = (
    select(questions)
    .where(questions.c.conversation_id == bindparam("conversation"), questions.c.asked_at >= bindparam("since"))
    .order_by(questions.c.asked_at.desc())
    .limit(bindparam("most"))
)


async def save_question(connection: AsyncConnection, question: AskedQuestion) -> None:
    """Store a question together with its answer and the uses of the language model for it."""
    row = {**vars(question)}
    del row["model_uses"]
    await connection.execute(_INSERT, row)
    await save_model_uses(connection, question.id, question.model_uses)


async def find_question(connection: AsyncConnection, question_id: str) -> AskedQuestion | None:
    """Return a stored question, or None."""
    row = (await connection.execute(select(questions).where(questions.c.id == question_id))).mappings().first()
    return AskedQuestion(**row) if row else None


async def find_last_questions(
    connection: AsyncConnection, conversation_id: str, *, since: datetime, limit: int
) -> list[AskedQuestion]:
    """Return the newest questions of a conversation asked since a moment, oldest first."""
    values = {"conversation": conversation_id, "since": since, "most": limit}
    return [AskedQuestion(**row) for row in (await connection.execute(_LAST, values)).mappings()][::-1]


async def count_questions_of(connection: AsyncConnection, citizen_id: str) -> int:
    """Count the questions kept of a citizen."""
    query = select(func.count()).select_from(questions).where(questions.c.citizen_id == citizen_id)
    return int((await connection.execute(query)).scalar_one())


async def delete_questions_of(connection: AsyncConnection, citizen_id: str, message_id: str | None = None) -> int:
    """Delete a citizen's questions with the feedback on them: all, or those of one message. Returns how many."""
    own = questions.c.citizen_id == citizen_id
    if message_id is not None:
        own = own & (questions.c.message_id == message_id)
    ids = select(questions.c.id).where(own)
    await connection.execute(delete(feedback).where(feedback.c.question_id.in_(ids)))
    await forget_questions_in_uses(connection, ids)
    return (await connection.execute(delete(questions).where(own))).rowcount


async def save_feedback(connection: AsyncConnection, given: Feedback, at: datetime) -> bool:
    """Store feedback; a second one on the same answer replaces the first. False if the question is unknown."""
    if await find_question(connection, given.question_id) is None:
        return False
    await connection.execute(delete(feedback).where(feedback.c.question_id == given.question_id))
    await connection.execute(insert(feedback).values(**vars(given), given_at=at))
    return True


async def find_feedback(connection: AsyncConnection, question_id: str) -> Feedback | None:
    """Return the feedback on an answer, or None."""
    query = select(feedback.c.question_id, feedback.c.vote, feedback.c.reason, feedback.c.comment).where(
        feedback.c.question_id == question_id
    )
    row = (await connection.execute(query)).mappings().first()
    return Feedback(**row) if row else None


async def delete_questions_before(connection: AsyncConnection, moment: datetime) -> int:
    """Delete questions (and the feedback on them) asked before a moment; returns how many."""
    old = select(questions.c.id).where(questions.c.asked_at < moment)
    await connection.execute(delete(feedback).where(feedback.c.question_id.in_(old)))
    await forget_questions_in_uses(connection, old)
    return (await connection.execute(delete(questions).where(questions.c.asked_at < moment))).rowcount


async def find_citing(
    connection: AsyncConnection, document_id: str, language: str, since: datetime
) -> list[AskedQuestion]:
    """Return the questions asked since a moment whose answers cite a document."""
    named = cast(questions.c.citations, Text).contains(f'"document_id": {json.dumps(document_id)}', autoescape=True)
    rows = (await connection.execute(select(questions).where(questions.c.asked_at >= since, named))).mappings()
    found = [AskedQuestion(**row) for row in rows]
    return [question for question in found if _cites(question, document_id, language)]


def _cites(question: AskedQuestion, document_id: str, language: str) -> bool:
    return any((cited["document_id"], cited["language"]) == (document_id, language) for cited in question.citations)
