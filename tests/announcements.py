"""Announcements for tests, and citizens to get them."""

from __future__ import annotations

import uuid

from simulators.line import make_user
from sqlalchemy import insert

from storage.citizens import Citizen, citizens, save_citizen
from storage.districts import choose_district
from storage.subscriptions import subscribe

AUTHOR, APPROVER = "陳小姐", "王科長"


def make_content(**more):
    return {
        "title": {"zh-TW": "旗津風箏節", "en": "Cijin Kite Festival"},
        "text": {
            "zh-TW": "旗津風箏節本週六上午十點開始，入場免費。",
            "en": "The Cijin Kite Festival starts on Saturday at ten; entry is free.",
        },
        "topic": "events",
        **more,
    }


async def add_citizen(database, channel, chat, now, *, topics=("events",), districts=(), **more):
    citizen = Citizen(uuid.uuid4().hex, channel, chat, now, **{"language": "zh-TW", **more})
    async with database.begin() as connection:
        await save_citizen(connection, citizen)
        await subscribe(connection, citizen.id, topics, now)
        for district in districts:
            await choose_district(connection, citizen.id, district)
    return citizen


async def add_many(database, channel, count, now, *, first=1):
    """Add subscribers by the thousand."""
    from storage.subscriptions import subscriptions

    make_chat = make_user if channel == "line" else str
    for start in range(first, first + count, 5_000):
        numbers = range(start, min(start + 5_000, first + count))
        rows = [
            {
                "id": f"{channel[0]}{number:031d}",
                "channel": channel,
                "chat": make_chat(number),
                "created_at": now,
                "language": "zh-TW" if number % 10 else "en",
            }
            for number in numbers
        ]
        async with database.begin() as connection:
            await connection.execute(insert(citizens), rows)
            topics = [{"citizen_id": row["id"], "topic": "events", "subscribed_at": now} for row in rows]
            await connection.execute(insert(subscriptions), topics)


async def publish(desk, publisher, content, **more):
    """Write, submit, approve and schedule an announcement, and let the clock find it."""
    number = await desk.write(make_content(**content), AUTHOR, **more)
    await desk.submit(number, AUTHOR)
    await desk.approve(number, APPROVER)
    await desk.schedule(number, APPROVER)
    await publisher.publish_due()
    return number
