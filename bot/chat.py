"""Handles one event of a chat: what the citizen wrote, tapped or did becomes what is said back."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import citizen_data, hand_off, subscribing
from bot.answer import Status
from bot.answer_message import make_answer_message
from bot.awaiting import read_awaited, stop_waiting
from bot.browsing import show_programmes, show_topic, show_topics, show_whole
from bot.commands import ONLY_ASKED, PRIVATE, Command, make_choices, read_command
from bot.conversation import MEMORY, TURNS_REMEMBERED, Asked, Assistant, find_turns
from bot.districts import press_district, show_districts
from bot.feedback import press_reason, press_vote
from bot.linking import link, unlink
from bot.model_contract import OnProgress
from bot.outbox import move_chat
from bot.rate_limit import CitizenPace
from bot.speech import ChatCity
from bot.visit import Visit, make_key
from bot.watching import press_unwatch, press_watch
from bot.welcome import welcome
from bot.why import press_why
from connectors.channel import EventKind, IncomingEvent
from connectors.message import Button, OutgoingMessage
from knowledge_base.language import CHINESE, ENGLISH, detect_language
from storage import citizens, outbox, tickets
from storage.citizens import Citizen
from storage.database import Database
from storage.documents import find_documents
from storage.questions import AskedQuestion, find_last_questions
from storage.tickets import TicketState

_LANGUAGE_OF_COMMAND = {Command.CHINESE: CHINESE, Command.ENGLISH: ENGLISH}
# Whoever writes or taps can be written to again; `follow` greets them besides.
_COMES_BACK = frozenset({EventKind.TEXT, EventKind.PRESS, EventKind.CONTENT})
# Buttons that are about one citizen alone.
_PRIVATE_CODES = frozenset({"t+", "t-", "g+", "g-", "n:", "q:", "w:", "x:", "h:", "p:"})
_CONTENT_TEXTS = {
    "sticker": "sticker", "image": "image", "photo": "image", "location": "location", "venue": "location",
    "audio": "voice", "voice": "voice", "video_note": "voice",
}  # fmt: skip

Messages = list[OutgoingMessage]


@dataclass(frozen=True)
class Response:
    """What is said to an event, the question to be stored, and the language the menu is to change to, if any."""

    messages: Messages
    question: AskedQuestion | None = None
    menu_language: str = ""


def _is_limited(event: IncomingEvent) -> bool:
    """Say whether an event counts against the pace: what costs an answer; commands and settings always get through."""
    match event.kind:
        case EventKind.TEXT:
            return read_command(event.text) is None
        case EventKind.PRESS:
            return event.data.startswith("d:")
        case EventKind.CONTENT:
            return True
    return False


def _read_language(event: IncomingEvent) -> str:
    """Return the language somebody writes in, or "" where the event does not tell (a group speaks several)."""
    tells = event.kind is EventKind.TEXT and not event.is_group and not event.text.startswith("/")
    return detect_language(event.text, default="") if tells else ""


@dataclass(frozen=True)
class ChatSettings:
    """What the texts promise."""

    retention_days: int


@dataclass(frozen=True)
class Chat:
    """Everything it takes to talk in a chat."""

    assistant: Assistant
    database: Database
    city: ChatCity
    settings: ChatSettings
    pace: CitizenPace
    now: Callable[[], datetime]

    async def handle(self, event: IncomingEvent, inbox_row_id: int, on_progress: OnProgress | None = None) -> Response:
        """Return what to say to an event; nothing where nothing is to be said. `on_progress` sees an answer grow.

        May be called again for the same event after a crash: what it stores, it stores once.
        """
        async with self.database.begin() as connection:
            visit = await self._receive(connection, event, inbox_row_id)
            if _is_limited(event) and not await self.pace.allows(event):
                return Response([visit.speech.message("rate_limited")] if await self.pace.warns(event) else [])
            settled = await self._settle(connection, visit)
        if isinstance(settled, Asked):
            # A question is answered outside of the transaction: it may take a while.
            return await self._answer(settled, on_progress)
        return Response(settled, menu_language=self._read_language_choice(event))

    def apologise(self, event: IncomingEvent) -> Messages:
        """Return what to say where handling an event failed for good."""
        if event.kind not in (EventKind.TEXT, EventKind.PRESS):
            return []
        return [self.city.speak(self._guess_language(event)).message("failed")]

    async def _receive(self, connection: AsyncConnection, event: IncomingEvent, inbox_row_id: int) -> Visit:
        citizen = await citizens.find_citizen(connection, event.channel, event.chat)
        if citizen is None:
            language = _read_language(event)
            citizen = Citizen(uuid.uuid4().hex, event.channel, event.chat, self.now(), event.is_group, language)
            if event.kind not in (EventKind.UNFOLLOW, EventKind.UNSEND, EventKind.MOVE):
                await citizens.save_citizen(connection, citizen)
        if not citizen.reachable and event.kind in _COMES_BACK:
            await citizens.set_reachable(connection, event.channel, event.chat, True)
        speech = self.city.speak(citizen.language or self._guess_language(event))
        linked = await citizens.get_citizen(connection, citizen.linked_to) if citizen.linked_to else None
        return Visit(event, citizen, speech, make_key(event), self.now(), inbox_row_id, linked or citizen)

    def _guess_language(self, event: IncomingEvent) -> str:
        told = event.language.lower()
        if not told:
            return self.city.languages[0]
        return next((known for known in self.city.languages if known[:2].lower() == told[:2]), "en")

    async def _settle(self, connection: AsyncConnection, visit: Visit) -> Messages | Asked:
        """Handle everything but a question; what is to be answered is returned."""
        event = visit.event
        match event.kind:
            case EventKind.TEXT:
                return await self._read_text(connection, visit)
            case EventKind.PRESS:
                return await self._press(connection, visit)
            case EventKind.CONTENT:
                name = _CONTENT_TEXTS.get(event.content, "other")
                return [] if event.is_group else [visit.speech.message(f"content_{name}")]
            case EventKind.FOLLOW:
                return await welcome(connection, visit, self.city)
            case EventKind.UNFOLLOW:
                await citizens.set_reachable(connection, event.channel, event.chat, False)
                await outbox.block_chat(connection, event.channel, event.chat, "the citizen blocked the channel")
            case EventKind.UNSEND:
                await citizen_data.take_back(connection, visit)
            case EventKind.MOVE:
                await move_chat(connection, event.channel, event.chat, event.new_chat)
        return []

    async def _read_text(self, connection: AsyncConnection, visit: Visit) -> Messages | Asked:
        if done := await hand_off.find_handed_over(connection, visit):
            return done
        visit = await self._learn_language(connection, visit)
        if said := await read_awaited(connection, visit):
            return said
        command = read_command(visit.event.text)
        if command and command not in ONLY_ASKED:
            return await self._command(connection, self._speak_as_written(visit), command)
        if visit.event.text.startswith(("/", "／")):
            # In a group it may be another bot's.
            return (
                []
                if visit.event.is_group
                else [visit.speech.message("unknown_command", choices=make_choices(visit.speech))]
            )
        return await self._ask(connection, visit, visit.event.text)

    def _speak_as_written(self, visit: Visit) -> Visit:
        """Answer a command in the language it is written in; a slash command is in none."""
        language = _read_language(visit.event)
        return replace(visit, speech=self.city.speak(language)) if language else visit

    async def _learn_language(self, connection: AsyncConnection, visit: Visit) -> Visit:
        """Until a language is chosen, speak the one the citizen first wrote in."""
        language = "" if visit.citizen.language else _read_language(visit.event)
        if not language:
            return visit
        await citizens.change_citizen(connection, visit.citizen.id, language=language)
        return replace(visit, speech=self.city.speak(language))

    async def _command(self, connection: AsyncConnection, visit: Visit, command: Command) -> Messages:
        speech = visit.speech
        if visit.event.is_group and command in PRIVATE:
            return [speech.message("private_only")]
        match command:
            case Command.HELP if visit.event.is_group:
                return [speech.message("group_greeting")]
            case Command.HELP:
                return [speech.message("help", choices=make_choices(speech))]
            case Command.LANGUAGE:
                return [speech.message("choose_language", choices=self._language_buttons())]
            case Command.CHINESE | Command.ENGLISH:
                return await self._set_language(connection, visit, _LANGUAGE_OF_COMMAND[command])
            case Command.TOPICS:
                return show_topics(visit, self.city)
            case Command.PROGRAMMES:
                return await show_programmes(connection, visit)
            case Command.SUBSCRIBE:
                return await subscribing.show_subscriptions(connection, visit, self.city)
            case Command.DISTRICTS:
                return await show_districts(connection, visit, self.city)
            case Command.LINK:
                return await link(connection, visit)
            case Command.UNLINK:
                return await unlink(connection, visit)
            case Command.UNSUBSCRIBE:
                return await subscribing.unsubscribe_all(connection, visit)
            case Command.PERSON:
                return await self._ask_person(connection, visit)
            case Command.ABOUT_ME:
                days = self.settings.retention_days
                return await citizen_data.show_citizen_data(connection, visit, self.city, days)
            case Command.FORGET_ME:
                return await citizen_data.ask_before_forgetting(connection, visit)
        return [speech.message("cancelled")]

    async def _press(self, connection: AsyncConnection, visit: Visit) -> Messages | Asked:
        code, value = visit.event.data[:2], visit.event.data[2:]
        if visit.event.is_group and code in _PRIVATE_CODES:
            return [visit.speech.message("private_only")]
        await stop_waiting(connection, visit)
        match code:
            case "c:" if value in set(Command):
                return await self._command(connection, visit, Command(value))
            case "l:" if value in self.city.languages:
                return await self._set_language(connection, visit, value)
            case "t+" | "t-":
                return await subscribing.press_topic(connection, visit, self.city, value, wanted=code == "t+")
            case "g+" | "g-":
                return await press_district(connection, visit, self.city, value, wanted=code == "g+")
            case "a:" if value.isdecimal():
                return await show_whole(connection, visit, value)
            case "n:":
                return await subscribing.set_frequency(connection, visit, value)
            case "q:":
                return await subscribing.set_quiet_hours(connection, visit, quiet=value == "on")
            case "o:":
                return await show_topic(connection, visit, self.city, value)
            case "v:":
                return await press_vote(connection, visit, value)
            case "r:":
                return await press_reason(connection, visit, value)
            case "y:":
                return await press_why(connection, visit, self.city, value)
            case "w:":
                return await press_watch(connection, visit, value)
            case "x:":
                return await press_unwatch(connection, visit, value)
            case "h:" if value.isdecimal():
                return await hand_off.ask_for_addition(connection, visit, int(value))
            case "p:":
                return await self._ask_person(connection, visit)
            case "d:":
                return await self._ask_about(connection, visit, value)
            case "k:":
                return [visit.speech.message("cancelled" if visit.citizen.awaiting else "nothing_to_cancel")]
            case "z:":
                return await citizen_data.forget_citizen(connection, visit)
        return [visit.speech.message("expired_button")]

    def _read_language_choice(self, event: IncomingEvent) -> str:
        if event.kind is EventKind.PRESS and event.data.startswith("l:"):
            return event.data[2:] if event.data[2:] in self.city.languages else ""
        command = read_command(event.text) if event.kind is EventKind.TEXT else None
        return _LANGUAGE_OF_COMMAND.get(command, "") if command else ""

    async def _set_language(self, connection: AsyncConnection, visit: Visit, language: str) -> Messages:
        await citizens.change_citizen(connection, visit.citizen.id, language=language)
        speech = self.city.speak(language)
        return [speech.message("language_set", choices=make_choices(speech))]

    def _language_buttons(self) -> list[Button]:
        return [
            self.city.speak(language).button(f"language_{language}", f"l:{language}")
            for language in self.city.languages
        ]

    async def _ask_person(self, connection: AsyncConnection, visit: Visit) -> Messages:
        if done := await hand_off.find_handed_over(connection, visit):
            return done
        turns = await find_last_questions(connection, visit.citizen.id, since=visit.at - MEMORY, limit=TURNS_REMEMBERED)
        if not turns:
            return await hand_off.ask_for_question(connection, visit)
        mine = await tickets.find_tickets_of(connection, visit.citizen.id)
        if mine and mine[-1].state == TicketState.OPEN and mine[-1].opened_at >= turns[-1].asked_at:
            # All of it is with staff already: what is missing is what the citizen wants to add.
            return await hand_off.ask_for_addition(connection, visit, mine[-1].number)
        return await hand_off.hand_over(connection, visit, turns)

    async def _ask_about(self, connection: AsyncConnection, visit: Visit, document_id: str) -> Messages | Asked:
        """Return the question a tapped document stands for: its title, with what was asked where that was unclear."""
        found = await find_documents(connection, document_id)
        if not found:
            return [visit.speech.message("expired_button")]
        title = next((item for item in found if item.language == visit.speech.language), found[0]).title
        turns = await find_last_questions(connection, visit.citizen.id, since=visit.at - MEMORY, limit=1)
        unclear = turns[-1].text if turns and turns[-1].status == Status.CLARIFY else ""
        # Taking back the message that was unclear takes back this one, which repeats it.
        message_id = turns[-1].message_id if unclear else ""
        return await self._ask(connection, visit, f"{title} {unclear}".strip(), message_id)

    async def _ask(self, connection: AsyncConnection, visit: Visit, text: str, message_id: str = "") -> Asked:
        return Asked(
            text=text,
            channel=visit.event.channel,
            question_id=visit.key,
            conversation_id=visit.citizen.id,
            language=visit.speech.language,
            turns=await find_turns(connection, visit.citizen.id, visit.at),
            citizen_id=visit.citizen.id,
            message_id=message_id or visit.event.message_id,
        )

    async def _answer(self, asked: Asked, on_progress: OnProgress | None) -> Response:
        reply, question = await self.assistant.answer(asked, on_progress)
        return Response([make_answer_message(reply, self.city.speak(reply.answer.language))], question=question)
