"""Hand-off: a question goes to a person with its conversation, and the person's answer comes back to the same chat."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.personal_data import mask_personal_data
from bot.speech import ChatCity
from bot.visit import Visit
from connectors.message import OutgoingMessage
from storage import citizens, outbox, tickets
from storage.questions import AskedQuestion
from storage.tickets import Author, Line, Ticket, TicketState

AWAITING_QUESTION = "ticket"
AWAITING_ADDITION = "ticket:"
STAFF_ANSWER = "staff_answer"
MAX_STAFF_CHARACTERS = 4_000
MAX_NAME_CHARACTERS = 80


class TicketUnknown(Exception):
    """There is no ticket of this number."""


class CitizenUnreachable(Exception):
    """The citizen blocked the channel: nothing can be sent to them, and nothing is."""


class StaffAnswerInvalid(Exception):
    """An answer of staff is empty or too long; the message says which."""


async def ask_for_question(connection: AsyncConnection, visit: Visit) -> list[OutgoingMessage]:
    """Ask what the citizen wants to know of staff; their next message will be the ticket."""
    await citizens.change_citizen(connection, visit.citizen.id, awaiting=AWAITING_QUESTION, awaiting_since=visit.at)
    cancel = visit.speech.button("button_cancel", "k:")
    return [visit.speech.message("ask_what", choices=[cancel])]


async def hand_over(
    connection: AsyncConnection, visit: Visit, turns: Sequence[AskedQuestion], text: str = ""
) -> list[OutgoingMessage]:
    """Open a ticket with the last turns of the conversation and what the citizen adds."""
    lines = [line for turn in turns for line in _make_lines(turn)]
    if text:
        own = Line(f"{visit.key}:text", Author.CITIZEN, text, visit.at, message_id=visit.event.message_id)
        lines.append(own)
    ticket = await tickets.open_ticket(connection, visit.key, visit.citizen.id, visit.speech.language, lines, visit.at)
    await citizens.change_citizen(connection, visit.citizen.id, awaiting="", awaiting_since=None)
    return _confirm(visit, ticket)


async def find_handed_over(connection: AsyncConnection, visit: Visit) -> list[OutgoingMessage] | None:
    """Return the confirmation again where this very event was handed over already, before a crash; else None."""
    if ticket := await tickets.find_by_id(connection, visit.key):
        return _confirm(visit, ticket)
    number = await tickets.find_ticket_of_line(connection, visit.citizen.id, visit.key)
    return None if number is None else [visit.speech.message("ticket_added", number=number)]


def _confirm(visit: Visit, ticket: Ticket) -> list[OutgoingMessage]:
    add = visit.speech.button("button_add_to_ticket", f"h:{ticket.number}")
    return [visit.speech.message("ticket_opened", number=ticket.number, choices=[add])]


async def ask_for_addition(connection: AsyncConnection, visit: Visit, number: int) -> list[OutgoingMessage]:
    """Ask what the citizen wants to add to a ticket of theirs."""
    ticket = await tickets.find_ticket(connection, number)
    if ticket is None or ticket.citizen_id != visit.citizen.id:
        return [visit.speech.message("ticket_gone")]
    awaiting = f"{AWAITING_ADDITION}{number}"
    await citizens.change_citizen(connection, visit.citizen.id, awaiting=awaiting, awaiting_since=visit.at)
    cancel = visit.speech.button("button_cancel", "k:")
    return [visit.speech.message("reply_staff_what", number=number, choices=[cancel])]


async def add_to_ticket(connection: AsyncConnection, visit: Visit, number: int) -> list[OutgoingMessage]:
    """Add a citizen's message to their ticket, which is open again."""
    await citizens.change_citizen(connection, visit.citizen.id, awaiting="", awaiting_since=None)
    ticket = await tickets.find_ticket(connection, number)
    if ticket is None or ticket.citizen_id != visit.citizen.id:
        return [visit.speech.message("ticket_gone")]
    line = Line(visit.key, Author.CITIZEN, visit.event.text, visit.at, message_id=visit.event.message_id)
    await tickets.add_lines(connection, number, [line])
    await tickets.set_state(connection, number, TicketState.OPEN)
    return [visit.speech.message("ticket_added", number=number)]


@dataclass(frozen=True)
class StaffAnswer:
    """What a member of staff writes to a citizen. `name` is what the citizen sees; empty: "city staff"."""

    number: int
    text: str
    name: str = ""


async def answer_ticket(connection: AsyncConnection, city: ChatCity, answer: StaffAnswer, at: datetime) -> Ticket:
    """Put an answer of staff into the citizen's outbox, named as from staff; the running server sends it.

    Raises TicketUnknown, CitizenUnreachable or StaffAnswerInvalid.
    """
    text, name = answer.text.strip(), answer.name.strip()
    if not text or len(text) > MAX_STAFF_CHARACTERS or len(name) > MAX_NAME_CHARACTERS:
        raise StaffAnswerInvalid(f"1 to {MAX_STAFF_CHARACTERS} characters, the name at most {MAX_NAME_CHARACTERS}")
    ticket = await tickets.find_ticket(connection, answer.number)
    citizen = await citizens.get_citizen(connection, ticket.citizen_id) if ticket else None
    if ticket is None or citizen is None:
        raise TicketUnknown(str(answer.number))
    if not citizen.reachable:
        raise CitizenUnreachable(str(answer.number))
    last = (await tickets.find_lines(connection, ticket.number))[-1:]
    if any((line.author, line.text, line.name) == (Author.STAFF, text, name) for line in last):
        # Sent by a second click or by a retry: the citizen has it already.
        return ticket
    speech = city.speak(citizen.language or ticket.language)
    shown = name or speech.say("staff_name")
    message = OutgoingMessage(
        text,
        speech.language,
        heading=speech.say("staff_heading", number=ticket.number, name=shown),
        buttons=(speech.button("button_reply_staff", f"h:{ticket.number}"),),
    )
    parcel_id = str(uuid.uuid4())
    # The ticket keeps what was sent as it was; only what a citizen writes is masked.
    await tickets.add_lines(connection, ticket.number, [Line(parcel_id, Author.STAFF, text, at, name=name)])
    await tickets.set_state(connection, ticket.number, TicketState.ANSWERED)
    await outbox.save_parcel(
        connection,
        outbox.Parcel(
            id=parcel_id,
            channel=citizen.channel,
            chat=citizen.chat,
            purpose=STAFF_ANSWER,
            messages=[message.to_payload()],
            created_at=at,
        ),
    )
    return ticket


def _make_lines(turn: AskedQuestion) -> list[Line]:
    return [
        Line(f"{turn.id}:q", Author.CITIZEN, mask_personal_data(turn.text), turn.asked_at, message_id=turn.message_id),
        Line(f"{turn.id}:a", Author.ASSISTANT, turn.answer, turn.asked_at, message_id=turn.message_id),
    ]
