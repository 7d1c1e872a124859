"""The JSON API behind the chat page, and for anyone else: ask, stream, feedback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, ConfigDict, Field

from app.locales import choose_language, load_locale
from bot.conversation import Assistant, Reply
from bot.model_contract import OnProgress
from storage.questions import Feedback

WEB_CHANNEL = "web"
MAX_COMMENT_CHARACTERS = 1_000

Language = Literal["zh-TW", "en"]
ConversationId = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]
Reason = Literal["", "wrong", "outdated", "not_answered", "unclear", "other"]


class AskRequest(BaseModel):
    """A question. `language` is what the citizen reads where the question's own language does not tell."""

    question: str = Field(examples=["旗津渡輪票價多少？"])
    language: Language | None = None
    conversation: ConversationId | None = Field(default=None, description="as returned by the answer before")

    model_config = ConfigDict(extra="ignore")


class CitationOut(BaseModel):
    """A source of the answer. `published_at` may be a year, a month, a day, or empty where the source tells none."""

    number: int
    title: str
    publisher: str
    published_at: str
    url: str
    trust: Literal["official", "press", "other"]
    quote: str = Field(description="the sentences quoted, with those next to them, word for word")


class RelatedOut(BaseModel):
    """An announcement that may be near an unanswered question."""

    title: str
    url: str
    published_at: str


class AnswerOut(BaseModel):
    """An answer. Only the statuses answered and answered_partly state facts, and never without a citation."""

    status: str = Field(examples=["answered", "unanswered_no_source", "declined_off_topic", "crisis"])
    language: str
    answer: str
    written_by_model: bool = Field(
        description="a language model worded it, checked against the sources; else it quotes"
    )
    as_of: str = Field(description="the day the newest of the sources was last looked at")
    citations: list[CitationOut]
    related: list[RelatedOut]
    conversation: str
    question_id: str = Field(description="for feedback")


class FeedbackRequest(BaseModel):
    """A thumb up (1) or down (-1) on an answer, with a reason."""

    question_id: str = Field(max_length=64)
    vote: Literal[1, -1]
    reason: Reason = ""
    comment: str = Field(default="", max_length=MAX_COMMENT_CHARACTERS)


class Message(BaseModel):
    """What went wrong and what to do."""

    message: str


def make_api(assistant: Assistant) -> APIRouter:
    """Return the routes under /api."""
    router = APIRouter(prefix="/api", tags=["api"])

    @router.post("/ask", responses={422: {"model": Message}})
    async def ask(asked: AskRequest) -> AnswerOut:
        """Answer a question, with sources."""
        return to_answer_out(await _handle(assistant, asked))

    @router.post("/ask/stream", response_class=EventSourceResponse, responses={422: {"model": Message}})
    async def stream(asked: AskRequest) -> AsyncIterator[ServerSentEvent]:
        """Answer by server-sent events: `text` with a piece each, then `answer` with the whole, which is what counts.

        Where a language model writes, the pieces are sentences as they come, each checked; else they are paragraphs.
        """
        pieces: asyncio.Queue[str | None] = asyncio.Queue()
        answering = asyncio.create_task(_handle(assistant, asked, pieces.put_nowait))
        answering.add_done_callback(lambda _: pieces.put_nowait(None))
        shown = ""
        try:
            while (text := await pieces.get()) is not None:
                yield ServerSentEvent(event="text", data={"text": text.removeprefix(shown).strip()})
                shown = text
            reply = await answering
        finally:
            # Who left does not hold the model's time of those who wait.
            answering.cancel()
        for paragraph in () if shown else reply.text.split("\n\n"):
            yield ServerSentEvent(event="text", data={"text": paragraph})
        yield ServerSentEvent(event="answer", data=to_answer_out(reply).model_dump())

    @router.post("/feedback", responses={404: {"model": Message}, 422: {"model": Message}})
    async def give_feedback(given: FeedbackRequest, request: Request) -> dict[str, str]:
        """Store what a citizen thinks of an answer."""
        feedback = Feedback(given.question_id, given.vote, given.reason, given.comment)
        if not await assistant.take_feedback(feedback):
            words = load_locale(choose_language(request.headers.get("accept-language", "")))
            raise HTTPException(404, words["api"]["unknown_answer"])
        return {"status": "stored"}

    return router


async def _handle(assistant: Assistant, asked: AskRequest, on_progress: OnProgress | None = None) -> Reply:
    return await assistant.handle(
        asked.question,
        channel=WEB_CHANNEL,
        language=asked.language,
        conversation_id=asked.conversation,
        on_progress=on_progress,
    )


def to_answer_out(reply: Reply) -> AnswerOut:
    """Return a reply in the form the API gives it."""
    answer = reply.answer
    return AnswerOut(
        status=answer.status,
        language=answer.language,
        answer=reply.text,
        written_by_model=answer.is_written,
        as_of=answer.as_of,
        citations=[CitationOut.model_validate(vars(citation)) for citation in answer.citations],
        related=[RelatedOut.model_validate(vars(related)) for related in answer.related],
        conversation=reply.conversation_id,
        question_id=reply.question_id,
    )
