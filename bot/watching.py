"""Watches in a chat: "tell me when it is announced", and not any more."""

from __future__ import annotations

import uuid

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.answer import STATES_FACTS
from bot.answer_message import make_answer_message
from bot.conversation import Asked, Assistant
from bot.speech import ChatCity
from bot.visit import Visit
from connectors.message import OutgoingMessage
from connectors.text_length import shorten
from storage.questions import AskedQuestion, find_question
from storage.watches import Watch, delete_watch, save_watch

_SHOWN_CHARACTERS = 80
WATCHED = "watch"


async def press_watch(connection: AsyncConnection, visit: Visit, question_id: str) -> list[OutgoingMessage]:
    """Keep an unanswered question of this citizen as a watch."""
    question = await find_question(connection, question_id)
    if question is None or question.citizen_id != visit.citizen.id:
        return [visit.speech.message("watch_gone")]
    watch = Watch(
        id=visit.key.replace("-", ""),
        citizen_id=visit.citizen.id,
        question_id=question.id,
        question=question.text,
        language=question.language,
        message_id=question.message_id,
        created_at=visit.at,
    )
    await save_watch(connection, watch)
    shown = shorten(question.text, _SHOWN_CHARACTERS)
    return [visit.speech.message("watch_set", question=shown)]


async def find_watched_answer(
    assistant: Assistant, city: ChatCity, watch: Watch
) -> tuple[OutgoingMessage, set[str], AskedQuestion] | None:
    """Return the answer to a watched question: its message, what it cites, the question to be kept; None where there is
    still none.
    """
    asked = Asked(
        text=watch.question,
        channel=WATCHED,
        question_id=str(uuid.uuid4()),
        conversation_id=watch.citizen_id,
        language=watch.language,
        citizen_id=watch.citizen_id,
    )
    reply, question = await assistant.answer(asked)
    answer = reply.answer
    if answer.status not in STATES_FACTS:
        return None
    keys = {f"{citation.document_id}@{citation.language}" for citation in answer.citations}
    return make_answer_message(reply, city.speak(answer.language)), keys, question


async def press_unwatch(connection: AsyncConnection, visit: Visit, watch_id: str) -> list[OutgoingMessage]:
    """Stop waiting for an answer to a question."""
    await delete_watch(connection, visit.citizen.id, watch_id)
    return [visit.speech.message("watch_removed")]
