"""Sends batches: leased, sent, settled, so that nobody is left out and nobody gets it twice, whatever happens.

Several workers may do this at once: a batch is leased by one. A batch's id as a retry key, its recipients and its words
stay the same from try to try, so LINE tells a repeat; where the platform cannot, an unknown outcome is final.
"""

from __future__ import annotations

import asyncio
import logging
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.channel import Broadcast, Channel, Outcome, QuotaUnknown, SendResult
from connectors.message import OutgoingMessage
from scheduler.cancellation import pass_on_cancellation
from scheduler.occurrences import find_release
from storage import batches, citizens, notices, run_batches, runs
from storage.batches import Batch
from storage.database import Database
from storage.deliveries import DeliveryState
from storage.runs import RunKind

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
LEASE = timedelta(seconds=60)
FIRST_PAUSE_SECONDS, MAX_PAUSE_SECONDS = 1.0, 300.0
# With the pauses, about a day.
MAX_ATTEMPTS = 300
MAX_REST_SECONDS = 30.0
FAILURES_IN_A_ROW = 5
# How a refusal names the recipients of a batch.
WRONG_RECIPIENT = re.compile(r"'to'|\[to\b")
QUOTA_LOOK = timedelta(seconds=60)
STOP_SECONDS = 8.0
Kick = Callable[[str], Awaitable[None]]
_NAMESPACE = uuid.UUID("2f0e6a3e-6c1b-4a39-8f53-0f6a5d1f2c77")
_ENDS = {
    Outcome.SENT: DeliveryState.SENT,
    Outcome.UNCERTAIN: DeliveryState.UNCERTAIN,
    Outcome.BLOCKED: DeliveryState.BLOCKED,
}


def make_retry_key(run: int, batch: int, begun_at: str) -> str:
    """Return the retry key of a batch, the same each time. `begun_at` tells apart databases that count from one."""
    return str(uuid.uuid5(_NAMESPACE, f"{run}:{batch}:{begun_at}"))


@dataclass
class _Flow:
    """How sending on a channel goes: until when (by the event loop) it rests, and what is known of its quota."""

    rests_until: float = 0.0
    failures: int = 0
    quota_asked_at: datetime | None = None
    is_used_up: bool = False
    # How many messages the last batch that was refused for the quota needs.
    needs: int = 1
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)


class Delivery:
    """Sends what is due on every channel. `finish` ends the runs that are done."""

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        now: Callable[[], datetime],
        finish: Callable[[], Awaitable[None]],
        zone: tzinfo,
        *,
        max_rest_seconds: float = MAX_REST_SECONDS,
    ) -> None:
        self._database = database
        self._channels = channels
        self._now = now
        self._finish = finish
        self._zone = zone
        self._max_rest_seconds = max_rest_seconds
        self._flows = {name: _Flow() for name in channels}
        self._sendings: set[asyncio.Task[None]] = set()
        # Lanes run in tasks of the broker's, which ends them without waiting for their ends.
        self._lanes: set[asyncio.Task[Any]] = set()

    async def run(self, kick: Kick, *, is_alone: bool) -> None:
        """Send until cancelled, each channel by itself. `kick` lets somebody call `run_lane` (scheduler.tasks).

        `is_alone`: no other process sends, so what is leased was left by one that is gone.
        """
        try:
            async with asyncio.TaskGroup() as group:
                for name in self._channels:
                    group.create_task(self._run_channel(name, kick, is_alone))
        finally:
            for lane in self._lanes:
                lane.cancel()
            if left := self._sendings | self._lanes:
                await asyncio.wait(left, timeout=STOP_SECONDS)

    async def _run_channel(self, name: str, kick: Kick, is_alone: bool) -> None:
        if is_alone:
            await self._free(name, None)
        while True:
            try:
                await self._free(name, self._now())
                await self._send_channel(name, kick)
                await self._finish()
            except Exception as error:
                pass_on_cancellation(error)
                # The database, most likely. The other channels go on.
                log.exception("sending on %s stopped; next try in %.0f s", name, LOOK_SECONDS)
            await asyncio.sleep(LOOK_SECONDS)

    async def send_due(self) -> None:
        """Send everything that is due now, channels side by side."""
        await asyncio.gather(*(self._send_channel(name, self.run_lane) for name in self._channels))
        await self._finish()

    async def _send_channel(self, name: str, kick: Kick) -> None:
        """Let what is due on a channel be sent, several calls at once."""
        async with self._database.begin() as connection:
            if not await batches.has_due(connection, name, self._now()):
                return
        lanes = (kick(name) for _ in range(self._channels[name].calls_at_once))
        for ended in await asyncio.gather(*lanes, return_exceptions=True):
            if isinstance(ended, Exception):
                log.error("a lane of %s ended", name, exc_info=ended)

    async def run_lane(self, name: str) -> None:
        """Send one batch of a channel after the other, until none is due."""
        if lane := asyncio.current_task():
            self._lanes.add(lane)
            lane.add_done_callback(self._lanes.discard)
        channel, flow = self._channels[name], self._flows[name]
        while await self._has_quota(channel):
            await asyncio.sleep(flow.rests_until - asyncio.get_running_loop().time())
            async with channel.broadcast_turn():
                now = self._now()
                async with self._database.begin() as connection:
                    batch = await batches.claim_batch(connection, name, now, now + LEASE)
                if batch is None:
                    return
                if await self._hold_back(batch, now):
                    continue
                # What the platform is being told is told to the end, also when the process is asked to stop.
                sending = asyncio.create_task(self._send(channel, batch, now))
                self._sendings.add(sending)
                sending.add_done_callback(self._sendings.discard)
                await asyncio.shield(sending)

    async def _hold_back(self, batch: Batch, now: datetime) -> bool:
        """Let nobody be told what is over, nor in their quiet hours: it may have waited for long, for a quota, say."""
        if batch.first_tried_at != now:
            # Some of them may have it: the others get the same.
            return False
        is_over = batch.not_after is not None and now > batch.not_after
        release = find_release(batch.quiet_from, batch.quiet_until, now, self._zone) if batch.priority else None
        if not is_over and release is None:
            return False
        async with self._database.begin() as connection:
            if is_over:
                await batches.settle_batch(connection, batch, DeliveryState.SKIPPED, "over before its turn came")
            elif release:
                await batches.put_off_batch(connection, batch, release, "", first_tried_at=None)
        return True

    async def _send(self, channel: Channel, batch: Batch, now: datetime) -> None:
        async with self._database.begin() as connection:
            run = await runs.find_run(connection, batch.run)
            replaces: list[str] = []
            if run and run.announcement and run.kind == RunKind.CORRECTION and channel.batch_size == 1:
                (chat,) = batch.chats or ("",)
                replaces = await batches.find_message_ids(connection, run.announcement, channel.name, chat)
        if run is None or run.messages is None:
            raise LookupError(f"batch {batch.number} belongs to run {batch.run}, which has not begun")
        words = run.messages[batch.language]
        broadcast = Broadcast(
            id=make_retry_key(batch.run, batch.number, str(run.begun_at)),
            chats=tuple(batch.chats or ()),
            messages=(OutgoingMessage.from_payload(words),),
            first_tried_at=batch.first_tried_at,
            replaces=tuple(replaces),
        )
        try:
            result = await channel.broadcast(broadcast)
        except Exception as error:
            # A fault of ours, or something a library did not foresee: the other batches go on.
            log.exception("batch %d of run %d failed", batch.number, batch.run)
            unsure = Outcome.UNKNOWN if channel.repeats_are_safe else Outcome.UNCERTAIN
            result = SendResult(unsure, type(error).__name__)
        await self._settle(channel, batch, result, now)

    async def _settle(self, channel: Channel, batch: Batch, result: SendResult, claimed_at: datetime) -> None:
        left = await self._find_left(channel) if result.outcome is Outcome.QUOTA else 0
        async with self._database.begin() as connection:
            if state := _ENDS.get(result.outcome):
                flow = self._flows[channel.name]
                flow.failures, flow.needs = 0, 1
                if state is DeliveryState.BLOCKED:
                    await citizens.set_reachable(connection, channel.name, (batch.chats or [""])[0], False)
                await batches.settle_batch(connection, batch, state, result.reason, message_id=result.message_id)
            elif (
                result.outcome is Outcome.REFUSED
                and len(batch.chats or ()) > 1
                and WRONG_RECIPIENT.search(result.reason)
            ):
                # One wrong address makes LINE refuse all of them.
                await batches.split_batch(connection, batch)
            elif result.outcome is Outcome.REFUSED:
                log.error("batch %d of run %d was refused: %s", batch.number, batch.run, result.reason)
                await batches.settle_batch(connection, batch, DeliveryState.FAILED, result.reason)
            elif result.outcome is Outcome.MOVED:
                await batches.move_recipient(connection, batch, result.new_chat)
            else:
                await self._put_off(connection, channel, batch, result, claimed_at, left)

    async def _put_off(
        self,
        connection: AsyncConnection,
        channel: Channel,
        batch: Batch,
        result: SendResult,
        claimed_at: datetime,
        left: int,
    ) -> None:
        now, flow = self._now(), self._flows[channel.name]
        is_certain = result.outcome is not Outcome.UNKNOWN
        # What the platform certainly has not got starts its retry key's time anew.
        since = None if is_certain and batch.first_tried_at == claimed_at else batch.first_tried_at
        if result.outcome is Outcome.QUOTA:
            await self._keep_to_quota(connection, channel, batch, left, since)
            return
        if batch.attempts >= MAX_ATTEMPTS:
            state = DeliveryState.UNCERTAIN if since else DeliveryState.FAILED
            await batches.settle_batch(connection, batch, state, f"tried {batch.attempts} times: {result.reason}")
            return
        pause = min(FIRST_PAUSE_SECONDS * 2 ** min(batch.attempts - 1, 12), MAX_PAUSE_SECONDS)
        seconds = max(pause, result.after_seconds)
        flow.failures += is_certain
        if result.after_seconds or flow.failures >= FAILURES_IN_A_ROW:
            # Asked to slow down, or the platform is away: the next batch would meet the same.
            flow.rests_until = asyncio.get_running_loop().time() + min(seconds, self._max_rest_seconds)
        later = now + timedelta(seconds=seconds)
        await batches.put_off_batch(connection, batch, later, result.reason, first_tried_at=since)
        await run_batches.close_strays(connection, channel.name)

    async def _has_quota(self, channel: Channel) -> bool:
        """Ask for the quota before and while sending; where it was used up, find out when there is some again."""
        flow = self._flows[channel.name]
        async with flow.asking:
            now = self._now()
            if flow.quota_asked_at and now - flow.quota_asked_at < QUOTA_LOOK:
                return not flow.is_used_up
            flow.quota_asked_at = now
            try:
                quota = await channel.find_quota()
            except QuotaUnknown as error:
                log.warning("the quota of %s is not known: %s", channel.name, error)
                return not flow.is_used_up
            async with self._database.begin() as connection:
                await self._note_quota(connection, channel, is_used_up=quota is not None and quota.left < flow.needs)
            return not flow.is_used_up

    async def _keep_to_quota(
        self, connection: AsyncConnection, channel: Channel, batch: Batch, left: int, since: datetime | None
    ) -> None:
        """Use up what is left of a quota that a batch is too large for; without any, wait until there is enough."""
        flow, size = self._flows[channel.name], len(batch.chats or ())
        if since is None and 0 < left < size:
            flow.needs = left
            await batches.split_batch(connection, batch, left)
            return
        flow.needs = size
        await self._note_quota(connection, channel, is_used_up=True)
        await batches.put_off_batch(connection, batch, self._now(), "the quota is used up", first_tried_at=since)

    async def _find_left(self, channel: Channel) -> int:
        """Return how many messages the month still has, where that is known."""
        try:
            quota = await channel.find_quota()
        except QuotaUnknown:
            return 0
        return quota.left if quota else 0

    async def _note_quota(self, connection: AsyncConnection, channel: Channel, *, is_used_up: bool) -> None:
        """Keep where staff can see it that a quota is used up, and since when."""
        flow, now = self._flows[channel.name], self._now()
        if is_used_up and not flow.is_used_up:
            log.error("the month's messages of %s are used up; what is left waits until there are more", channel.name)
        flow.is_used_up, flow.quota_asked_at = is_used_up, now
        known = await notices.find_mark(connection, quota_mark(channel.name))
        if bool(known) != is_used_up:
            await notices.set_mark(connection, quota_mark(channel.name), now.isoformat() if is_used_up else "")

    async def _free(self, name: str, now: datetime | None) -> None:
        safe = self._channels[name].repeats_are_safe
        async with self._database.begin() as connection:
            lost = await batches.free_batches(connection, name, now, repeats_are_safe=safe)
            await run_batches.close_strays(connection, name)
        if lost:
            log.error("%d deliveries on %s were cut off while they were being sent: uncertain", lost, name)


def quota_mark(channel: str) -> str:
    """Return the name of the mark that says since when a channel's quota is used up."""
    return f"quota {channel}"
