"""The button "why?" under an answer in a chat: shows the passages behind it."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.answer import Answer, Status
from bot.answer_message import make_sources
from bot.explaining import explain_last_answer
from bot.replies import write_reply
from bot.speech import ChatCity
from bot.visit import Visit
from connectors.message import OutgoingMessage
from storage.questions import find_question


async def press_why(
    connection: AsyncConnection, visit: Visit, city: ChatCity, question_id: str
) -> list[OutgoingMessage]:
    """Show the passages behind the answer whose button was pressed."""
    question = await find_question(connection, question_id)
    if question is None or question.citizen_id != visit.citizen.id:
        return [visit.speech.message("expired_button")]
    answer = explain_last_answer([question], Answer(Status.EXPLAINED, question.language))
    speech = city.speak(question.language)
    return [
        OutgoingMessage(
            write_reply(answer, city.words),
            question.language,
            caption=speech.say("sources") if answer.citations else "",
            sources=make_sources(answer, speech),
        )
    ]
