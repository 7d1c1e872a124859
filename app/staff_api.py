"""The API for staff: tickets, and what could not be handled or delivered. Closed until ASKBAY_STAFF_TOKEN is set."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from pydantic import BaseModel, Field

from app.staff_access import StaffCheck, say_for
from app.wiring import Askbay
from bot.hand_off import (
    MAX_NAME_CHARACTERS,
    MAX_STAFF_CHARACTERS,
    CitizenUnreachable,
    StaffAnswer,
    StaffAnswerInvalid,
    TicketUnknown,
    answer_ticket,
)
from storage import inbox, outbox, tickets
from storage.tickets import TicketState

Out = TypeVar("Out", bound=BaseModel)
# What a database takes as a whole number.
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


class TicketOut(BaseModel):
    """A question handed to a person."""

    number: int
    language: str
    state: TicketState
    opened_at: datetime


class LineOut(BaseModel):
    """A line of the conversation. `name` is who of staff wrote it."""

    author: str = Field(examples=["citizen", "assistant", "staff"])
    name: str
    text: str
    written_at: datetime


class TicketWithLines(TicketOut):
    """A ticket with its conversation, oldest first."""

    lines: list[LineOut]


class AnswerIn(BaseModel):
    """What staff answer. `name` is what the citizen sees; empty: "city staff"."""

    text: str = Field(min_length=1, max_length=MAX_STAFF_CHARACTERS)
    name: str = Field(default="", max_length=MAX_NAME_CHARACTERS)


class SetAsideOut(BaseModel):
    """An event that failed too often."""

    id: int
    channel: str
    received_at: datetime
    attempts: int
    reason: str


class UndeliveredOut(BaseModel):
    """A message that did not go out, or whose outcome nobody knows."""

    id: str
    channel: str
    purpose: str
    state: str
    attempts: int
    reason: str
    created_at: datetime


class InboxOut(BaseModel):
    """What staff have to look at."""

    events: dict[str, int]
    messages: dict[str, int]
    set_aside: list[SetAsideOut]
    undelivered: list[UndeliveredOut]


def make_staff_api(askbay: Askbay, check_staff: StaffCheck) -> APIRouter:
    """Return the routes under /api/staff for tickets and the inbox; each needs a bearer token."""
    router = APIRouter(prefix="/api/staff", tags=["staff"], dependencies=[Depends(check_staff)])

    def unknown(request: Request) -> HTTPException:
        return HTTPException(404, say_for(request, "api")["unknown_ticket"])

    @router.get("/tickets")
    async def list_tickets(state: TicketState | None = None) -> list[TicketOut]:
        """List tickets, newest first."""
        async with askbay.database.begin() as connection:
            return [_to_out(TicketOut, ticket) for ticket in await tickets.find_tickets(connection, state)]

    @router.get("/tickets/{number}")
    async def show_ticket(number: Number, request: Request) -> TicketWithLines:
        """Show a ticket with its conversation."""
        async with askbay.database.begin() as connection:
            ticket = await tickets.find_ticket(connection, number)
            lines = await tickets.find_lines(connection, number)
        if ticket is None:
            raise unknown(request)
        return TicketWithLines.model_validate({**vars(ticket), "lines": [vars(line) for line in lines]})

    @router.post("/tickets/{number}/answer")
    async def answer(number: Number, given: AnswerIn, request: Request) -> dict[str, str]:
        """Answer the citizen, in the chat they asked in."""
        try:
            async with askbay.database.begin() as connection:
                await answer_ticket(
                    connection, askbay.chat_city, StaffAnswer(number, given.text, given.name), askbay.now()
                )
        except TicketUnknown as error:
            raise unknown(request) from error
        except CitizenUnreachable as error:
            raise HTTPException(409, say_for(request, "api")["citizen_unreachable"]) from error
        except StaffAnswerInvalid as error:
            raise HTTPException(422, say_for(request, "api")["answer_invalid"]) from error
        return {"status": "stored"}

    @router.post("/tickets/{number}/close")
    async def close(number: Number, request: Request) -> dict[str, str]:
        """Close a ticket."""
        async with askbay.database.begin() as connection:
            if await tickets.find_ticket(connection, number) is None:
                raise unknown(request)
            await tickets.set_state(connection, number, TicketState.CLOSED)
        return {"status": "closed"}

    @router.get("/inbox")
    async def show_inbox() -> InboxOut:
        """Show what could not be handled or delivered, with the reasons."""
        async with askbay.database.begin() as connection:
            return InboxOut(
                events=await inbox.count_events(connection),
                messages=await outbox.count_parcels(connection),
                set_aside=[_to_out(SetAsideOut, event) for event in await inbox.find_set_aside(connection)],
                undelivered=[_to_out(UndeliveredOut, parcel) for parcel in await outbox.find_troubled(connection)],
            )

    @router.post("/inbox/{event_row_id}/retry")
    async def retry(event_row_id: Number, request: Request) -> dict[str, str]:
        """Handle an event that was set aside once more."""
        async with askbay.database.begin() as connection:
            if not await inbox.retry_set_aside(connection, event_row_id):
                raise unknown(request)
        return {"status": "received"}

    return router


def _to_out(form: type[Out], item: Any) -> Out:
    return form.model_validate({name: getattr(item, name) for name in form.model_fields})
