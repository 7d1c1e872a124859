"""Feedback in a chat: a thumb under each answer, then why."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.visit import Visit
from connectors.message import OutgoingMessage
from storage.questions import AskedQuestion, Feedback, find_question, save_feedback

REASONS = ("wrong", "outdated", "not_answered", "unclear", "other")


async def press_vote(connection: AsyncConnection, visit: Visit, value: str) -> list[OutgoingMessage]:
    """Store a thumb; after a thumb down, ask what was wrong. `value` is the question's id and u or d."""
    question_id, _, vote = value.partition(":")
    question = await _find_own(connection, visit, question_id)
    if question is None or vote not in ("u", "d"):
        return [visit.speech.message("vote_unknown")]
    await save_feedback(connection, Feedback(question_id, 1 if vote == "u" else -1, "", ""), visit.at)
    if vote == "u":
        return [visit.speech.message("vote_thanks")]
    reasons = [visit.speech.button(f"reason_{reason}", f"r:{question_id}:{reason}") for reason in REASONS]
    return [visit.speech.message("vote_why", choices=reasons)]


async def press_reason(connection: AsyncConnection, visit: Visit, value: str) -> list[OutgoingMessage]:
    """Store why an answer was no good. `value` is the question's id and the reason."""
    question_id, _, reason = value.partition(":")
    question = await _find_own(connection, visit, question_id)
    if question is None or reason not in REASONS:
        return [visit.speech.message("vote_unknown")]
    await save_feedback(connection, Feedback(question_id, -1, reason, ""), visit.at)
    return [visit.speech.message("reason_thanks", choices=[visit.speech.button("button_person", "p:")])]


async def _find_own(connection: AsyncConnection, visit: Visit, question_id: str) -> AskedQuestion | None:
    question = await find_question(connection, question_id)
    return question if question and question.citizen_id == visit.citizen.id else None
