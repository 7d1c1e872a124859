"""Tickets: questions handed to a person, with the conversation and what staff answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text, UniqueConstraint, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import UtcDateTime, insert_unless_there, metadata


class TicketState(StrEnum):
    """open: staff have to answer; answered: they did; closed: nothing more to do."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


class Author(StrEnum):
    """Who wrote a line of a ticket."""

    CITIZEN = "citizen"
    ASSISTANT = "assistant"
    STAFF = "staff"


tickets = Table(
    "tickets",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("citizen_id", String(32), ForeignKey("citizens.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("language", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    # A number is never given twice: staff and citizens call a ticket by it.
    sqlite_autoincrement=True,
)

ticket_lines = Table(
    "ticket_lines",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("ticket", Integer, ForeignKey("tickets.number", ondelete="CASCADE"), nullable=False),
    Column("key", String(80), nullable=False),
    Column("author", String(16), nullable=False),
    Column("name", String(80), nullable=False),
    Column("text", Text, nullable=False),
    Column("message_id", String(64), nullable=False),
    Column("written_at", UtcDateTime, nullable=False),
    UniqueConstraint("ticket", "key"),
)


@dataclass(frozen=True)
class Line:
    """One line of a ticket's conversation. `key` tells a repeat; `name` is who of staff wrote it."""

    key: str
    author: str
    text: str
    written_at: datetime
    name: str = ""
    message_id: str = ""


@dataclass(frozen=True)
class Ticket:
    """A question handed to a person. `number` is what citizens and staff call it by."""

    number: int
    id: str
    citizen_id: str
    language: str
    state: str
    opened_at: datetime


async def open_ticket(
    connection: AsyncConnection, ticket_id: str, citizen_id: str, language: str, lines: Sequence[Line], at: datetime
) -> Ticket:
    """Open a ticket with its conversation, or return the one of this id that is there already."""
    row = {"id": ticket_id, "citizen_id": citizen_id, "language": language, "state": TicketState.OPEN, "opened_at": at}
    await insert_unless_there(connection, tickets, [row], ("id",))
    found = (await connection.execute(select(tickets).where(tickets.c.id == ticket_id))).mappings().one()
    ticket = Ticket(**found)
    await add_lines(connection, ticket.number, lines)
    return ticket


async def add_lines(connection: AsyncConnection, number: int, lines: Sequence[Line]) -> None:
    """Add lines to a ticket; one whose key is there already changes nothing."""
    await insert_unless_there(
        connection, ticket_lines, [{**vars(line), "ticket": number} for line in lines], ("ticket", "key")
    )


async def find_ticket(connection: AsyncConnection, number: int) -> Ticket | None:
    """Return a ticket by its number, or None."""
    row = (await connection.execute(select(tickets).where(tickets.c.number == number))).mappings().first()
    return Ticket(**row) if row else None


async def find_by_id(connection: AsyncConnection, ticket_id: str) -> Ticket | None:
    """Return a ticket by the id it was opened with, or None."""
    row = (await connection.execute(select(tickets).where(tickets.c.id == ticket_id))).mappings().first()
    return Ticket(**row) if row else None


async def find_ticket_of_line(connection: AsyncConnection, citizen_id: str, key: str) -> int | None:
    """Return the number of a citizen's ticket that has a line of this key, or None."""
    query = (
        select(ticket_lines.c.ticket)
        .join(tickets, tickets.c.number == ticket_lines.c.ticket)
        .where(tickets.c.citizen_id == citizen_id, ticket_lines.c.key == key)
    )
    return (await connection.execute(query)).scalar()


async def find_lines(connection: AsyncConnection, number: int) -> list[Line]:
    """Return the conversation of a ticket, oldest first."""
    fields = ("key", "author", "name", "text", "message_id", "written_at")
    query = (
        select(*(ticket_lines.c[name] for name in fields))
        .where(ticket_lines.c.ticket == number)
        .order_by(ticket_lines.c.id)
    )
    return [Line(**row) for row in (await connection.execute(query)).mappings()]


async def find_tickets(connection: AsyncConnection, state: str | None = None, limit: int = 100) -> list[Ticket]:
    """Return tickets, newest first, all or those in one state."""
    query = select(tickets).order_by(tickets.c.number.desc()).limit(limit)
    rows = await connection.execute(query if state is None else query.where(tickets.c.state == state))
    return [Ticket(**row) for row in rows.mappings()]


async def find_tickets_of(connection: AsyncConnection, citizen_id: str) -> list[Ticket]:
    """Return a citizen's tickets, oldest first."""
    query = select(tickets).where(tickets.c.citizen_id == citizen_id).order_by(tickets.c.number)
    return [Ticket(**row) for row in (await connection.execute(query)).mappings()]


async def set_state(connection: AsyncConnection, number: int, state: TicketState) -> None:
    """Change a ticket's state."""
    await connection.execute(update(tickets).where(tickets.c.number == number).values(state=state))


async def delete_lines_of_message(connection: AsyncConnection, citizen_id: str, message_id: str) -> None:
    """Delete the lines that came from a message which was taken back."""
    own = select(tickets.c.number).where(tickets.c.citizen_id == citizen_id)
    await connection.execute(
        delete(ticket_lines).where(ticket_lines.c.ticket.in_(own), ticket_lines.c.message_id == message_id)
    )


async def delete_closed_before(connection: AsyncConnection, moment: datetime) -> int:
    """Delete tickets opened before a moment that are not open any more; returns how many."""
    old = (tickets.c.opened_at < moment, tickets.c.state != TicketState.OPEN)
    return (await connection.execute(delete(tickets).where(*old))).rowcount
