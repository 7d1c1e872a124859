"""What is kept about a citizen: shown when they ask, deleted when they say so."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.speech import ChatCity
from bot.subscribing import say_quiet_hours
from bot.visit import Visit
from connectors.message import Button, OutgoingMessage
from connectors.text_length import shorten
from storage import citizens, deliveries, districts, inbox, notices, outbox, questions, subscriptions, tickets, watches

CHANNEL_NAMES = {"line": "LINE", "telegram": "Telegram"}
_WATCH_LABEL = 30
_LATEST = 10
AWAITING_CONFIRMATION = "forget"


async def show_citizen_data(
    connection: AsyncConnection, visit: Visit, city: ChatCity, retention_days: int
) -> list[OutgoingMessage]:
    """Say everything that is kept about a citizen, with the buttons to change it."""
    speech, citizen = visit.speech, visit.citizen
    chosen = await subscriptions.find_topics(connection, visit.subscriber.id)
    names = [topic.names[speech.language] for topic in city.topics if topic.id in chosen]
    lives = await districts.find_districts(connection, visit.subscriber.id)
    waiting = await watches.find_watches(connection, citizen.id)
    handed_over = await tickets.find_tickets_of(connection, citizen.id)
    text = speech.say(
        "about_me",
        channel=CHANNEL_NAMES.get(citizen.channel, citizen.channel),
        language=speech.say(f"language_{speech.language}"),
        topics=_join(names, visit),
        districts=_join([known.names[speech.language] for known in city.districts if known.id in lives], visit),
        linked=speech.say(await _find_link_text(connection, citizen)),
        frequency=speech.say(f"frequency_{visit.subscriber.frequency}"),
        quiet=say_quiet_hours(visit),
        watches=_join([watch.question for watch in waiting], visit),
        tickets=_join([str(ticket.number) for ticket in handed_over], visit),
        questions=await questions.count_questions_of(connection, citizen.id),
        announcements=await deliveries.count_of_citizen(connection, citizen.id),
        latest=await _say_latest(connection, visit),
        chat=citizen.chat,
        retention_days=retention_days,
    )
    remove = [
        Button(f"{speech.say('button_watch_remove')}: {shorten(watch.question, _WATCH_LABEL)}", f"x:{watch.id}")
        for watch in waiting[:8]
    ]
    buttons = (
        *remove,
        speech.button("button_subscribe", "c:subscribe"),
        speech.button("button_forget_me", "c:forget_me"),
    )
    return [OutgoingMessage(text, speech.language, buttons=buttons)]


async def ask_before_forgetting(connection: AsyncConnection, visit: Visit) -> list[OutgoingMessage]:
    """Ask once more: it cannot be undone."""
    await citizens.change_citizen(connection, visit.citizen.id, awaiting=AWAITING_CONFIRMATION, awaiting_since=visit.at)
    speech = visit.speech
    sure = [speech.button("button_forget_yes", "z:"), speech.button("button_cancel", "k:")]
    return [speech.message("forget_ask_group" if visit.event.is_group else "forget_ask", buttons=sure)]


async def forget_citizen(connection: AsyncConnection, visit: Visit) -> list[OutgoingMessage]:
    """Delete everything about a citizen or a group, and say so. This event is wiped when it is finished."""
    citizen = visit.citizen
    await questions.delete_questions_of(connection, citizen.id)
    await outbox.forget_chat(connection, citizen.channel, citizen.chat)
    await deliveries.forget_deliveries(connection, citizen.id)
    await notices.delete_link_codes(connection, citizen.id)
    await inbox.forget_chat(connection, citizen.channel, citizen.chat, but=visit.inbox_row_id)
    await citizens.delete_citizen(connection, citizen.id)
    return [visit.speech.message("forgotten_group" if visit.event.is_group else "forgotten")]


async def take_back(connection: AsyncConnection, visit: Visit) -> None:
    """Delete what came from a message the citizen took back: question, answer, watch, line of a ticket."""
    event, citizen_id = visit.event, visit.citizen.id
    await questions.delete_questions_of(connection, citizen_id, event.message_id)
    await watches.delete_watches_of_message(connection, citizen_id, event.message_id)
    await tickets.delete_lines_of_message(connection, citizen_id, event.message_id)
    await inbox.delete_message(connection, event.channel, event.chat, event.message_id)
    await outbox.cancel_answer(connection, event.channel, event.chat, event.message_id)


async def _find_link_text(connection: AsyncConnection, citizen: citizens.Citizen) -> str:
    if citizen.linked_to:
        return "linked_yes"
    return "linked_here" if await citizens.has_linked(connection, citizen.id) else "none"


async def _say_latest(connection: AsyncConnection, visit: Visit) -> str:
    latest = await questions.find_last_questions(
        connection, visit.citizen.id, since=visit.at - timedelta(days=3650), limit=_LATEST
    )
    texts = [shorten(question.text, _WATCH_LABEL) for question in reversed(latest)]
    return visit.speech.say("latest_questions", questions=_join(texts, visit)) if texts else ""


def _join(names: list[str], visit: Visit) -> str:
    joint = "、" if visit.speech.language.startswith("zh") else ", "
    return joint.join(names) or visit.speech.say("none")
