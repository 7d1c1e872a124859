"""Watches in a chat: "tell me when it is announced", and not any more."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.visit import Visit
from connectors.message import OutgoingMessage
from connectors.text_length import shorten
from storage.questions import find_question
from storage.watches import Watch, delete_watch, save_watch

_SHOWN_CHARACTERS = 80


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


async def press_unwatch(connection: AsyncConnection, visit: Visit, watch_id: str) -> list[OutgoingMessage]:
    """Stop waiting for an answer to a question."""
    await delete_watch(connection, visit.citizen.id, watch_id)
    return [visit.speech.message("watch_removed")]
