"""The first words to somebody who follows, comes back, or lets the assistant into a group."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.commands import make_choices
from bot.speech import ChatCity
from bot.visit import Visit
from connectors.message import OutgoingMessage
from storage import citizens


async def welcome(connection: AsyncConnection, visit: Visit, city: ChatCity) -> list[OutgoingMessage]:
    """Greet: what the assistant can do, that it is automatic, and that other languages are fine."""
    is_back = not visit.citizen.reachable
    await citizens.set_reachable(connection, visit.event.channel, visit.event.chat, True)
    if visit.event.is_group:
        return [visit.speech.message("group_greeting")]
    if is_back:
        return [visit.speech.message("welcome_back", choices=make_choices(visit.speech))]
    greeting = visit.speech.message("greeting", choices=make_choices(visit.speech))
    if visit.citizen.language or visit.event.language:
        return [greeting]
    # The platform does not tell which language the citizen reads.
    other = next((known for known in city.languages if known != visit.speech.language), "")
    if not other:
        return [greeting]
    switch = city.speak(other).button(f"language_{other}", f"l:{other}")
    second = visit.speech.say("greeting_other_language")
    return [OutgoingMessage(f"{greeting.text}\n{second}", greeting.language, choices=(switch, *greeting.choices))]
