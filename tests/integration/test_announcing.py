"""Announcements on their way: whom they reach, and what the ledger says."""

import asyncio
from datetime import UTC, datetime

import pytest
from announcements import add_citizen, publish
from channels_house import copy_of, open_house, open_platforms
from simulators.line import make_user

from app.wiring import make_desk, make_publisher

READER, OTHER = make_user(1), make_user(2)


def real_now():
    return datetime.now(UTC)


@pytest.fixture
async def house(kaohsiung_data, tmp_path):
    async with (
        open_platforms() as (line, telegram),
        open_house(copy_of(kaohsiung_data, tmp_path), line, telegram, real_now) as opened,
    ):
        yield opened


async def until(check, seconds=10):
    for _ in range(int(seconds / 0.05)):
        if found := await check():
            return found
        await asyncio.sleep(0.05)
    raise AssertionError("it did not happen")


async def test_who_subscribed_gets_an_announcement_once_in_their_language_and_the_ledger_says_so(house):
    database = house.askbay.database
    await add_citizen(database, "line", READER, real_now())
    await add_citizen(database, "line", OTHER, real_now(), language="en")
    await add_citizen(database, "line", make_user(3), real_now(), topics=("health",))
    await add_citizen(database, "telegram", "7", real_now())
    desk, publisher = make_desk(house.askbay, house.channels), make_publisher(house.askbay, house.channels)
    number = await publish(desk, publisher, {})
    (message,) = await house.line.wait_for(READER, 1)
    assert "旗津風箏節本週六上午十點開始，入場免費。" in str(message)
    assert "entry is free" in str(await house.line.wait_for(OTHER, 1))
    assert "入場免費" in (await house.telegram.wait_for(7, 1))[0]["text"]

    async def is_published():
        report = await desk.report(number)
        return report if report.announcement.state == "published" else None

    report = await until(is_published)
    assert report.runs[0].counts == {("line", "sent"): 2, ("telegram", "sent"): 1}
    assert [step.step for step in report.steps] == ["write", "submit", "approve", "schedule", "begin", "finish"]
    assert house.line.seen(make_user(3)) == []
    house.assert_no_misuse()
