"""The inbox at work: stored events are handled chat by chat, in order; no chat waits for another.

Each chat with something to do has a lane, a task that sends what waits, takes the next event, and ends when nothing
is left. The tables are the truth: after a crash every unfinished event and message is taken up again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime, timedelta

from bot.chat import Chat, Response
from bot.door import ChatAddress
from bot.drafts import showing_drafts
from bot.outbox import ANSWER, APOLOGY, Outbox, make_attempt
from bot.visit import make_key
from connectors.channel import Channel, EventKind, IncomingEvent
from connectors.message import OutgoingMessage
from storage import inbox
from storage.database import Database
from storage.inbox import MAX_ATTEMPTS, InboxState, StoredEvent
from storage.outbox import OutboxState, Parcel, delete_parcel, find_oldest, find_open_chats, save_parcel
from storage.questions import save_question

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
TURNS = 8
WAITING_AFTER_SECONDS = 0.5
# A message put off for no longer than this holds back what comes after it in its chat; a longer one is overtaken.
IN_ORDER_SECONDS = 15.0
# A failing event is tried again after so long, and after twice as long; an answer that takes longer than this failed.
RETRY_PAUSE_SECONDS = 1.0
HANDLING_SECONDS = 60.0
# What is being sent when the process stops is sent to the end.
STOP_SECONDS = 8.0


class Inbox:
    """Works off what is stored. `now` is the clock."""

    def __init__(
        self,
        database: Database,
        chat: Chat,
        channels: Mapping[str, Channel],
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._chat = chat
        self._channels = channels
        self._outbox = Outbox(database, channels)
        self._now = now
        self._turns = asyncio.Semaphore(TURNS)
        self._lanes: dict[ChatAddress, asyncio.Task[None]] = {}
        self._woken: set[ChatAddress] = set()
        self._running = False
        self._asides: set[asyncio.Task[None]] = set()
        self._sendings: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Work until cancelled: take up what an earlier run left, then whatever comes in, here or by others."""
        self._running = True
        try:
            while True:
                for address in await self._find_waiting():
                    self.wake(address)
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            self._running = False
            tasks = [*self._lanes.values(), *self._asides]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            # A lane that was cancelled before it began could not take itself out.
            self._lanes.clear()
            self._woken.clear()
            if self._sendings:
                await asyncio.wait(self._sendings, timeout=STOP_SECONDS)

    async def _find_waiting(self) -> set[ChatAddress]:
        async with self._database.begin() as connection:
            found = {*await inbox.find_waiting_chats(connection), *await find_open_chats(connection, self._soon())}
        return {address for address in found if address[0] in self._channels}

    def wake(self, address: ChatAddress) -> None:
        """Say that there is something to do for a chat; where the inbox is not at work, its next look finds it."""
        if not self._running:
            return
        # A lane that is about to end looks once more if it was woken meanwhile.
        self._woken.add(address)
        if address not in self._lanes:
            self._lanes[address] = asyncio.create_task(self._run_lane(address), name=f"lane {address[0]}")

    async def _run_lane(self, address: ChatAddress) -> None:
        try:
            while address in self._woken:
                self._woken.discard(address)
                while await self._do_next(*address):
                    pass
        except Exception:
            # The database, most likely; the next look finds the chat again.
            log.exception("a lane of %s ended", address[0])
        finally:
            del self._lanes[address]

    async def _do_next(self, channel: str, chat: str) -> bool:
        """Send what waits for a chat, or else handle its next event; False where there is nothing to do now.

        What has to wait for long to be sent is overtaken by what comes after it.
        """
        async with _Turn(self._turns) as turn:
            async with self._database.begin() as connection:
                parcel = await find_oldest(connection, channel, chat, self._soon())
                stored = None if parcel else await inbox.claim_next(connection, channel, chat)
            if parcel:
                turn.end()
                await asyncio.sleep(self._seconds_until_due(parcel))
                await self._send(parcel)
            elif stored:
                await self._work(stored, turn)
        return bool(parcel or stored)

    def _soon(self) -> datetime:
        return self._now() + timedelta(seconds=IN_ORDER_SECONDS)

    def _seconds_until_due(self, parcel: Parcel) -> float:
        return max((parcel.not_before - self._now()).total_seconds(), 0.0) if parcel.not_before else 0.0

    async def _work(self, stored: StoredEvent, turn: _Turn) -> None:
        """Handle an event, and send what is said to it."""
        channel = self._channels[stored.channel]
        try:
            event = IncomingEvent.from_payload(stored.payload)
        except (KeyError, TypeError, ValueError) as error:
            # Stored by another version.
            await self._fail(stored, None, f"cannot be read: {type(error).__name__}")
            return
        if stored.attempts >= MAX_ATTEMPTS:
            await self._fail(stored, event, "cut off too often while it was being handled")
            return
        if event.kind is EventKind.PRESS:
            self._aside(channel.acknowledge(event))
        waiting = self._aside(_wait_visibly(channel, event, turn))
        try:
            async with asyncio.timeout(HANDLING_SECONDS), showing_drafts(channel, event) as on_progress:
                response = await self._chat.handle(event, stored.id, on_progress)
            parcel = await self._finish(stored, event, response)
        except Exception as error:
            log.exception("event %d (%s) failed", stored.id, stored.channel)
            turn.end()
            if await self._fail(stored, event, type(error).__name__) is not InboxState.SET_ASIDE:
                await asyncio.sleep(RETRY_PAUSE_SECONDS * 2**stored.attempts)
            return
        finally:
            waiting.cancel()
        turn.end()
        if response.menu_language and not event.is_group:
            self._aside(channel.show_menu(event.chat, response.menu_language))
        if parcel and parcel.state == OutboxState.SENDING:
            await self._to_the_end(self._outbox.send_marked(parcel, self._now()))
        elif parcel:
            await self._send(parcel)

    async def _send(self, parcel: Parcel) -> None:
        """Wait for a parcel's turn and send it."""
        shipment = await self._outbox.make_ready(parcel)
        if shipment is None:
            return
        async with self._channels[parcel.channel].turn(shipment):
            await self._to_the_end(self._outbox.send(parcel, self._now()))

    async def _to_the_end(self, sending: Coroutine[None, None, None]) -> None:
        """Do what is not to be cut off when the inbox stops."""
        task = asyncio.create_task(sending)
        self._sendings.add(task)
        task.add_done_callback(self._sendings.discard)
        await asyncio.shield(task)

    async def _finish(self, stored: StoredEvent, event: IncomingEvent, response: Response) -> Parcel | None:
        """Store the question and what is to be sent, and be done with the event: all of it or nothing.

        What the citizen took back while it was being handled leaves nothing.
        """
        parcel = self._make_parcel(stored, event, response.messages) if response.messages else None
        if parcel and self._channels[stored.channel].repeats_are_safe:
            # Marked as being sent at once: if it is cut off before, sending it again does no harm.
            parcel = make_attempt(parcel, self._now())
        async with self._database.begin() as connection:
            if not await inbox.finish_event(connection, stored.id):
                return None
            if response.question:
                await save_question(connection, response.question)
            if parcel:
                await save_parcel(connection, parcel)
        return parcel

    async def _fail(self, stored: StoredEvent, event: IncomingEvent | None, reason: str) -> InboxState:
        async with self._database.begin() as connection:
            state = await inbox.fail_event(connection, stored, reason)
            if state is InboxState.SET_ASIDE and event and (messages := self._chat.apologise(event)):
                apology = self._make_parcel(stored, event, messages, APOLOGY)
                # An event that staff retry may have ended in one before.
                await delete_parcel(connection, apology.id)
                await save_parcel(connection, apology)
        log.warning("event %d is %s", stored.id, state)
        return state

    def _make_parcel(
        self, stored: StoredEvent, event: IncomingEvent, messages: Sequence[OutgoingMessage], purpose: str = ANSWER
    ) -> Parcel:
        seconds = self._channels[stored.channel].reply_seconds
        return Parcel(
            id=make_key(event, purpose),
            channel=stored.channel,
            chat=stored.chat,
            purpose=purpose,
            messages=[message.to_payload() for message in messages],
            created_at=self._now(),
            reply_token=event.reply_token if seconds else "",
            reply_until=stored.received_at + timedelta(seconds=seconds) if seconds else None,
            message_id=event.message_id,
        )

    def _aside(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Start something that the lane does not wait for."""
        task = asyncio.create_task(work)
        self._asides.add(task)
        task.add_done_callback(self._asides.discard)
        return task


class _Turn:
    """One of the turns at handling: they keep the first come the first answered when many come at once.

    Whoever is slow ends it early, so that others are not held up.
    """

    def __init__(self, turns: asyncio.Semaphore) -> None:
        self._turns = turns
        self._held = False

    async def __aenter__(self) -> _Turn:
        await self._turns.acquire()
        self._held = True
        return self

    async def __aexit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Let the next one have it."""
        if self._held:
            self._held = False
            self._turns.release()


async def _wait_visibly(channel: Channel, event: IncomingEvent, turn: _Turn) -> None:
    """Once an answer takes long: let others go on, and show the citizen that it is coming."""
    await asyncio.sleep(WAITING_AFTER_SECONDS)
    turn.end()
    await channel.show_waiting(event)
