"""Commands for staff: askbay tickets … (questions handed to a person), askbay inbox … (what went wrong)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from app.running import run_command
from app.terminal import Terminal
from bot.hand_off import CitizenUnreachable, StaffAnswer, StaffAnswerInvalid, TicketUnknown, answer_ticket
from storage import inbox as inbox_store
from storage import outbox, tickets
from storage.tickets import TicketState

if TYPE_CHECKING:
    from app.wiring import Askbay

tickets_app = typer.Typer(no_args_is_help=True, help="Questions that citizens handed to a person.")
inbox_app = typer.Typer(no_args_is_help=True, help="Messages that could not be handled or delivered.")

Number = Annotated[int, typer.Argument(help="The ticket's number.")]


@tickets_app.command("list")
def list_tickets(
    everything: Annotated[bool, typer.Option("--all", help="Answered and closed ones too.")] = False,
) -> None:
    """List the open tickets, newest first."""

    async def run(askbay: Askbay, terminal: Terminal) -> None:
        async with askbay.database.begin() as connection:
            found = await tickets.find_tickets(connection, None if everything else TicketState.OPEN)
            lines = [await tickets.find_lines(connection, ticket.number) for ticket in found]
        if not found:
            terminal.say("no_tickets")
            return
        table = Table(*terminal.heads("number", "state", "opened", "text"))
        for ticket, conversation in zip(found, lines, strict=True):
            asked = [line.text for line in conversation if line.author == "citizen"]
            opened = ticket.opened_at.astimezone(askbay.city.time_zone)
            text = escape(asked[-1][:60]) if asked else ""
            table.add_row(str(ticket.number), terminal.state(ticket.state), f"{opened:%Y-%m-%d %H:%M}", text)
        terminal.out.print(table)

    run_command(run, load=False)


@tickets_app.command("show")
def show_ticket(number: Number) -> None:
    """Show a ticket with its conversation."""

    async def run(askbay: Askbay, terminal: Terminal) -> None:
        async with askbay.database.begin() as connection:
            ticket = await tickets.find_ticket(connection, number)
            lines = await tickets.find_lines(connection, number)
        if ticket is None:
            terminal.complain("api", "unknown_ticket")
            raise typer.Exit(1)
        terminal.out.print(f"[bold]{ticket.number}[/bold]  {terminal.state(ticket.state)}")
        for line in lines:
            written = line.written_at.astimezone(askbay.city.time_zone)
            name = f" ({escape(line.name)})" if line.name else ""
            terminal.out.print(f"[bold]{terminal.state(line.author)}{name}[/bold]  {written:%Y-%m-%d %H:%M}")
            terminal.out.print(escape(line.text) + "\n")

    run_command(run, load=False)


@tickets_app.command("answer")
def answer(
    number: Number,
    text: Annotated[str, typer.Argument(help="What the citizen gets to read.")],
    name: Annotated[str, typer.Option("--name", help="Who answers; the citizen sees it.")] = "",
) -> None:
    """Answer a citizen, in the chat they asked in. The running server sends it."""

    async def run(askbay: Askbay, terminal: Terminal) -> None:
        try:
            async with askbay.database.begin() as connection:
                given = StaffAnswer(number, text, name)
                await answer_ticket(connection, askbay.chat_city, given, askbay.now())
        except TicketUnknown as error:
            terminal.complain("api", "unknown_ticket")
            raise typer.Exit(1) from error
        except CitizenUnreachable as error:
            terminal.complain("api", "citizen_unreachable")
            raise typer.Exit(1) from error
        except StaffAnswerInvalid as error:
            terminal.complain("api", "answer_invalid")
            raise typer.Exit(1) from error
        terminal.say("answer_stored", number=number)

    run_command(run, load=False)


@tickets_app.command("close")
def close(number: Number) -> None:
    """Close a ticket."""

    async def run(askbay: Askbay, terminal: Terminal) -> None:
        async with askbay.database.begin() as connection:
            if await tickets.find_ticket(connection, number) is None:
                terminal.complain("api", "unknown_ticket")
                raise typer.Exit(1)
            await tickets.set_state(connection, number, TicketState.CLOSED)
        terminal.say("ticket_closed", number=number)

    run_command(run, load=False)


@inbox_app.command("list")
def list_inbox() -> None:
    """Show events that were set aside and messages that were not delivered, with the reasons."""

    async def run(askbay: Askbay, terminal: Terminal) -> None:
        async with askbay.database.begin() as connection:
            events = await inbox_store.find_set_aside(connection)
            parcels = await outbox.find_troubled(connection)
        if not events and not parcels:
            terminal.say("inbox_clean")
            return
        table = Table(*terminal.heads("number", "channel", "state", "opened", "reason"))
        zone = askbay.city.time_zone
        for event in events:
            received = event.received_at.astimezone(zone)
            row = (str(event.id), event.channel, terminal.state(event.state), f"{received:%Y-%m-%d %H:%M}")
            table.add_row(*row, escape(event.reason))
        for parcel in parcels:
            created = parcel.created_at.astimezone(zone)
            row = ("", parcel.channel, terminal.state(parcel.state), f"{created:%Y-%m-%d %H:%M}")
            table.add_row(*row, escape(parcel.reason))
        terminal.out.print(table)

    run_command(run, load=False)


@inbox_app.command("retry")
def retry(number: Annotated[int, typer.Argument(help="The number that `askbay inbox list` shows.")]) -> None:
    """Handle an event that was set aside once more."""

    async def run(askbay: Askbay, terminal: Terminal) -> None:
        async with askbay.database.begin() as connection:
            found = await inbox_store.retry_set_aside(connection, number)
        if not found:
            terminal.complain("api", "unknown_ticket")
            raise typer.Exit(1)
        terminal.say("event_retried", number=number)

    run_command(run, load=False)
