"""Subscriptions in a chat: topics, how often, quiet hours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.speech import ChatCity, Speech
from bot.visit import Visit
from connectors.message import Button, OutgoingMessage
from storage import citizens, subscriptions
from storage.deliveries import skip_waiting

QUIET_FROM, QUIET_UNTIL = time(22), time(7)
ALL_TOPICS = "*"
UNSUBSCRIBED = "unsubscribed before it was sent"


async def show_subscriptions(connection: AsyncConnection, visit: Visit, city: ChatCity) -> list[OutgoingMessage]:
    """Show every topic to tap, what is chosen, and the settings."""
    chosen = await subscriptions.find_topics(connection, visit.subscriber.id)
    return [_make_overview(visit, city, chosen, visit.speech.say("subscribe_intro"))]


async def press_topic(
    connection: AsyncConnection, visit: Visit, city: ChatCity, topic_id: str, *, wanted: bool
) -> list[OutgoingMessage]:
    """Subscribe to a topic (or all), or stop one. Says what to do next where the topic is unknown."""
    speech, topics = visit.speech, [topic.id for topic in city.topics]
    if topic_id == ALL_TOPICS:
        await subscriptions.subscribe(connection, visit.subscriber.id, topics, visit.at)
        said = speech.say("subscribed_all", frequency=_say_frequency(visit))
    elif topic := city.find_topic(topic_id):
        name = topic.names[speech.language]
        if wanted:
            await subscriptions.subscribe(connection, visit.subscriber.id, [topic_id], visit.at)
            said = speech.say("subscribed", topic=name, frequency=_say_frequency(visit))
        else:
            await subscriptions.unsubscribe(connection, visit.subscriber.id, [topic_id])
            await skip_waiting(connection, visit.subscriber.id, [topic_id], UNSUBSCRIBED)
            said = speech.say("unsubscribed_topic", topic=name)
    else:
        return [speech.message("expired_button")]
    chosen = await subscriptions.find_topics(connection, visit.subscriber.id)
    return [_make_overview(visit, city, chosen, said)]


async def unsubscribe_all(connection: AsyncConnection, visit: Visit) -> list[OutgoingMessage]:
    """Stop everything, by one tap."""
    chosen = await subscriptions.find_topics(connection, visit.subscriber.id)
    await subscriptions.unsubscribe(connection, visit.subscriber.id)
    await skip_waiting(connection, visit.subscriber.id, None, UNSUBSCRIBED)
    name = "unsubscribed_all" if chosen else "nothing_subscribed"
    return [visit.speech.message(name, choices=[visit.speech.button("button_subscribe", "c:subscribe")])]


async def set_frequency(connection: AsyncConnection, visit: Visit, frequency: str) -> list[OutgoingMessage]:
    """Choose how often."""
    if frequency not in citizens.FREQUENCIES:
        return [visit.speech.message("expired_button")]
    await citizens.change_citizen(connection, visit.subscriber.id, frequency=frequency)
    said = visit.speech.say(f"frequency_{frequency}")
    return [visit.speech.message("frequency_set", frequency=said, choices=_make_settings(visit.speech))]


async def set_quiet_hours(connection: AsyncConnection, visit: Visit, *, quiet: bool) -> list[OutgoingMessage]:
    """Switch the quiet hours of the night on or off."""
    hours = (QUIET_FROM, QUIET_UNTIL) if quiet else (None, None)
    await citizens.change_citizen(connection, visit.subscriber.id, quiet_from=hours[0], quiet_until=hours[1])
    said = _say_hours(visit.speech, *hours)
    name = "quiet_set" if quiet else "quiet_off_set"
    return [visit.speech.message(name, quiet=said, choices=_make_settings(visit.speech))]


def say_quiet_hours(visit: Visit) -> str:
    """Return a citizen's quiet hours in words."""
    return _say_hours(visit.speech, visit.subscriber.quiet_from, visit.subscriber.quiet_until)


def _say_hours(speech: Speech, quiet_from: time | None, quiet_until: time | None) -> str:
    if quiet_from is None or quiet_until is None:
        return speech.say("quiet_none")
    return speech.say("quiet_hours", quiet_from=f"{quiet_from:%H:%M}", quiet_until=f"{quiet_until:%H:%M}")


def _say_frequency(visit: Visit) -> str:
    return visit.speech.say(f"frequency_{visit.subscriber.frequency}")


def _make_overview(visit: Visit, city: ChatCity, chosen: Iterable[str], said: str) -> OutgoingMessage:
    speech = visit.speech
    state = speech.say("subscribe_state", frequency=_say_frequency(visit), quiet=say_quiet_hours(visit))
    chosen = set(chosen)
    buttons = [_make_toggle(topic.id, topic.names[speech.language], topic.id in chosen) for topic in city.topics]
    buttons.append(speech.button("button_all_topics", f"t+{ALL_TOPICS}"))
    if chosen:
        buttons.append(speech.button("button_unsubscribe", "c:unsubscribe"))
    return OutgoingMessage(
        f"{said}\n{state}", speech.language, buttons=tuple(buttons), choices=tuple(_make_settings(speech))
    )


def _make_toggle(topic_id: str, name: str, subscribed: bool) -> Button:
    # The button says what it will do, not "toggle": a press that comes twice changes nothing more.
    return Button(f"✓ {name}", f"t-{topic_id}") if subscribed else Button(name, f"t+{topic_id}")


def _make_settings(speech: Speech) -> list[Button]:
    frequencies = [speech.button(f"frequency_{frequency}", f"n:{frequency}") for frequency in citizens.FREQUENCIES]
    return [
        *frequencies,
        speech.button("button_quiet_on", "q:on"),
        speech.button("button_quiet_off", "q:off"),
        speech.button("button_districts", "c:districts"),
        speech.button("button_unsubscribe", "c:unsubscribe"),
    ]
