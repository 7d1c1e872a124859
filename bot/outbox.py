"""Sends what waits in the outbox, one chat at a time and in order, and settles how it went.

A row says `sending` before the platform is called. Found so later, it was cut off (a crash, the database away), and
nobody knows whether it arrived: it is sent again only where the platform tells a repeat.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.channel import Channel, Outcome, SendResult, Shipment
from connectors.message import OutgoingMessage
from storage import citizens, outbox
from storage import inbox as inbox_store
from storage.database import Database
from storage.outbox import OutboxState, Parcel

log = logging.getLogger(__name__)

ANSWER, APOLOGY = "answer", "apology"
FIRST_PAUSE_SECONDS, MAX_PAUSE_SECONDS = 0.5, 300.0
LAST_TRY_BEFORE = timedelta(seconds=2)
GIVE_UP_AFTER = timedelta(hours=24)


@dataclass(frozen=True)
class Outbox:
    """Sends by the channels there are."""

    database: Database
    channels: Mapping[str, Channel]

    async def make_ready(self, parcel: Parcel) -> Shipment | None:
        """Return a parcel as its channel is asked to send it, or None where it must not be sent: it is closed then."""
        if parcel.state == OutboxState.SENDING and not self.channels[parcel.channel].repeats_are_safe:
            await self._close(parcel, OutboxState.UNCERTAIN, "cut off while it was being sent")
            return None
        try:
            return _make_shipment(parcel)
        except (KeyError, TypeError, ValueError) as error:
            await self._close(parcel, OutboxState.REFUSED, f"stored in a form that cannot be read: {error!r}")
            return None

    async def send(self, parcel: Parcel, now: datetime) -> None:
        """Try once to send a parcel whose turn has come, unless it was taken back meanwhile; settle the outcome."""
        attempt = make_attempt(parcel, now, was_cut_off=parcel.state == OutboxState.SENDING)
        async with self.database.begin() as connection:
            is_wanted = await outbox.mark_sending(connection, attempt)
        if is_wanted:
            await self.send_marked(attempt, now, tried_since=parcel.first_tried_at)

    async def send_marked(self, attempt: Parcel, now: datetime, *, tried_since: datetime | None = None) -> None:
        """Try once to send a parcel that is marked as being sent, and settle the outcome.

        `tried_since`: since when the platform may have it from earlier tries.
        """
        channel = self.channels[attempt.channel]
        try:
            result = await channel.send(_make_shipment(attempt))
        except Exception as error:
            # A fault of ours, or something a library did not foresee: no reason to hold up the chat for good.
            log.exception("sending a message (%s, %s) failed", attempt.channel, attempt.purpose)
            unsure = Outcome.UNKNOWN if channel.repeats_are_safe else Outcome.UNCERTAIN
            result = SendResult(unsure, type(error).__name__)
        if result.outcome in (Outcome.LATER, Outcome.QUOTA):
            # What LINE certainly has not got starts its retry key's time anew.
            attempt = replace(attempt, first_tried_at=tried_since)
        await self._settle(attempt, result, now)

    async def _settle(self, parcel: Parcel, result: SendResult, now: datetime) -> None:
        match result.outcome:
            case Outcome.SENT:
                async with self.database.begin() as connection:
                    await outbox.delete_parcel(connection, parcel.id)
            case Outcome.PART:
                progress = {"parts_sent": parcel.parts_sent + 1, "attempts": 0, "state": OutboxState.WAITING}
                async with self.database.begin() as connection:
                    await outbox.change_parcel(connection, parcel.id, **progress)
            case Outcome.LATER if result.reply_is_gone:
                async with self.database.begin() as connection:
                    await outbox.change_parcel(connection, parcel.id, state=OutboxState.WAITING, reply_token="")
            case Outcome.LATER | Outcome.QUOTA | Outcome.UNKNOWN:
                await self._put_off(parcel, result, now)
            case Outcome.UNCERTAIN:
                await self._close(parcel, OutboxState.UNCERTAIN, result.reason)
            case Outcome.REFUSED:
                await self._close(parcel, OutboxState.REFUSED, result.reason)
            case Outcome.BLOCKED:
                async with self.database.begin() as connection:
                    await citizens.set_reachable(connection, parcel.channel, parcel.chat, False)
                    await outbox.block_chat(connection, parcel.channel, parcel.chat, result.reason)
            case Outcome.MOVED:
                async with self.database.begin() as connection:
                    await outbox.change_parcel(connection, parcel.id, state=OutboxState.WAITING)
                    await move_chat(connection, parcel.channel, parcel.chat, result.new_chat)

    async def _put_off(self, parcel: Parcel, result: SendResult, now: datetime) -> None:
        # An answer is stale after a day; what staff wrote waits for the month's end.
        waits_on = result.outcome is Outcome.QUOTA and parcel.purpose not in (ANSWER, APOLOGY)
        if now - parcel.created_at > GIVE_UP_AFTER and not waits_on:
            unsure = result.outcome is Outcome.UNKNOWN
            state = OutboxState.UNCERTAIN if unsure else OutboxState.REFUSED
            await self._close(parcel, state, f"given up after a day: {result.reason}")
            return
        pause = min(FIRST_PAUSE_SECONDS * 2 ** (parcel.attempts - 1), MAX_PAUSE_SECONDS)
        waits = timedelta(seconds=max(result.after_seconds, pause))
        if parcel.reply_token and parcel.reply_until and now < parcel.reply_until:
            # A reply token may be tried until it runs out; the last try tells whether a push is needed.
            waits = min(waits, max(parcel.reply_until - now - LAST_TRY_BEFORE, timedelta(seconds=FIRST_PAUSE_SECONDS)))
        async with self.database.begin() as connection:
            await outbox.change_parcel(
                connection,
                parcel.id,
                state=OutboxState.WAITING,
                not_before=now + waits,
                reason=result.reason[:400],
                first_tried_at=parcel.first_tried_at,
                reply_unknown=parcel.reply_unknown or (bool(parcel.reply_token) and result.outcome is Outcome.UNKNOWN),
            )

    async def _close(self, parcel: Parcel, state: OutboxState, reason: str) -> None:
        log.error("a message (%s, %s) was not delivered: %s, %s", parcel.channel, parcel.purpose, state, reason)
        async with self.database.begin() as connection:
            await outbox.close_parcel(connection, parcel.id, state, reason)


async def move_chat(connection: AsyncConnection, channel: str, chat: str, new_chat: str) -> None:
    """Follow a chat to its new address: the citizen, what waits for them, and what they wrote."""
    await citizens.move_citizen(connection, channel, chat, new_chat)
    await outbox.move_chat(connection, channel, chat, new_chat)
    await inbox_store.move_chat(connection, channel, chat, new_chat)


def make_attempt(parcel: Parcel, now: datetime, *, was_cut_off: bool = False) -> Parcel:
    """Return a parcel as it is while it is being sent."""
    unknown = parcel.reply_unknown or (was_cut_off and bool(parcel.reply_token))
    in_time = parcel.reply_until is not None and now < parcel.reply_until
    return replace(
        parcel,
        state=OutboxState.SENDING,
        attempts=parcel.attempts + 1,
        first_tried_at=parcel.first_tried_at or now,
        reply_unknown=unknown,
        # A token that ran out unused is of no more use.
        reply_token=parcel.reply_token if in_time or unknown else "",
    )


def _make_shipment(parcel: Parcel) -> Shipment:
    return Shipment(
        id=parcel.id,
        chat=parcel.chat,
        messages=tuple(OutgoingMessage.from_payload(message) for message in parcel.messages),
        reply_token=parcel.reply_token,
        reply_until=parcel.reply_until,
        reply_unknown=parcel.reply_unknown,
        parts_sent=parcel.parts_sent,
        first_tried_at=parcel.first_tried_at,
    )
