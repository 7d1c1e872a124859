"""Keeps the channels going: fetches what they do not push, answers, sends. One process at a time does it.

`askbay serve` starts a second process for this (app.worker): acknowledging a message then never waits for an answer
that is being computed (ADR 0009).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from app.wiring import Askbay, make_delivery, make_inbox
from bot.door import Door
from bot.inbox import Inbox
from connectors.channel import Channel
from scheduler.cancellation import end_task, pass_on_cancellation
from scheduler.delivery import Delivery
from scheduler.tasks import SendingTasks
from storage.database import Database, Hold

log = logging.getLogger(__name__)

TRY_AGAIN_SECONDS = 3.0
RESTART_SECONDS = 5.0
CHECK_SECONDS = 2.0
END_TRIES, END_SECONDS = 10, 1.0


@dataclass(frozen=True)
class Messaging:
    """What keeps channels going: the inbox answers, the door stores what is fetched, the delivery sends to many."""

    database: Database
    channels: Iterable[Channel]
    inbox: Inbox
    door: Door
    delivery: Delivery
    tasks: SendingTasks
    sends_alone: bool = True


def make_messaging(askbay: Askbay, channels: Mapping[str, Channel]) -> Messaging:
    """Put it together for a house."""
    inbox, delivery = make_inbox(askbay, channels), make_delivery(askbay, channels)
    redis = askbay.settings.redis
    return Messaging(
        database=askbay.database,
        channels=channels.values(),
        inbox=inbox,
        door=Door(askbay.database, askbay.now, inbox.wake),
        delivery=delivery,
        tasks=SendingTasks(delivery.run_lane, redis),
        sends_alone=not redis,
    )


async def run_messaging(messaging: Messaging) -> None:
    """Work until cancelled. Where another process holds the inbox, take over as soon as it ends.

    Meanwhile, where there is a broker that all share, take tasks of sending.
    """
    await messaging.tasks.start()
    taking = asyncio.create_task(_keep_running("tasks", messaging.tasks.work))
    try:
        await _keep_holding(messaging)
    finally:
        # taskiq's receiver listens again where an error of Redis comes in place of its end.
        if not await end_task(taking, tries=END_TRIES, seconds=END_SECONDS):
            log.error("taking tasks from the broker did not end")
        await messaging.tasks.stop()


async def _keep_holding(messaging: Messaging) -> None:
    while True:
        away: Exception | None = None
        try:
            async with messaging.database.try_holding("inbox") as hold:
                if hold:
                    await _run_all(messaging, hold)
        except* (SQLAlchemyError, OSError) as errors:
            away = errors
        if away:
            pass_on_cancellation(away)
            log.error("the database is away; next try in %.0f s", TRY_AGAIN_SECONDS, exc_info=away)
        await asyncio.sleep(TRY_AGAIN_SECONDS)


async def _run_all(messaging: Messaging, hold: Hold) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(_keep_checking(hold))
        group.create_task(_keep_running("inbox", messaging.inbox.run))
        group.create_task(
            _keep_running(
                "delivery", partial(messaging.delivery.run, messaging.tasks.kick, is_alone=messaging.sends_alone)
            )
        )
        for channel in messaging.channels:
            group.create_task(_keep_running(channel.name, partial(channel.receive, messaging.door.store)))


async def _keep_checking(hold: Hold) -> None:
    """End everything once the hold is lost with its connection: another process has it by now."""
    while True:
        await asyncio.sleep(CHECK_SECONDS)
        await hold()


async def _keep_running(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Start again what fails (the database may be away for a moment); what returns is done."""
    while True:
        try:
            await run()
            return
        except Exception as error:
            pass_on_cancellation(error)
            log.exception("%s stopped; it is started again in %.0f s", name, RESTART_SECONDS)
            await asyncio.sleep(RESTART_SECONDS)
