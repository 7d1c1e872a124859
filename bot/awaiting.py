"""What a citizen was asked for: their next message is taken as it, unless it is something else."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import citizen_data, hand_off
from bot.commands import ONLY_ASKED, Command, read_command
from bot.visit import Visit
from connectors.message import OutgoingMessage
from storage import citizens

# "Write your question to staff" waits this long for an answer.
AWAITING = timedelta(minutes=30)


async def read_awaited(connection: AsyncConnection, visit: Visit) -> list[OutgoingMessage] | None:
    """Take a message as what the citizen was asked for; None where it is not that, which ends the waiting."""
    awaiting, since = visit.citizen.awaiting, visit.citizen.awaiting_since
    if not awaiting:
        return None
    command = read_command(visit.event.text)
    is_in_time = since is not None and visit.at - since < AWAITING and bool(visit.event.text.strip())
    await stop_waiting(connection, visit)
    if not is_in_time:
        return None
    if command is Command.CANCEL:
        return [visit.speech.message("cancelled")]
    if awaiting == citizen_data.AWAITING_CONFIRMATION:
        return await citizen_data.forget_citizen(connection, visit) if command is Command.CONFIRM else None
    if command and command not in ONLY_ASKED:
        return None
    if awaiting == hand_off.AWAITING_QUESTION:
        return await hand_off.hand_over(connection, visit, (), visit.event.text)
    return await hand_off.add_to_ticket(connection, visit, int(awaiting.removeprefix(hand_off.AWAITING_ADDITION)))


async def stop_waiting(connection: AsyncConnection, visit: Visit) -> None:
    """Take the next message as any other."""
    if visit.citizen.awaiting:
        await citizens.change_citizen(connection, visit.citizen.id, awaiting="", awaiting_since=None)
