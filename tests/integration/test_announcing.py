"""Announcements on their way: whom they reach, and what the ledger says."""

import asyncio
import gc
import re
import socket
import uuid
import warnings
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import httpx
import pytest
from announcements import APPROVER, AUTHOR, add_citizen, add_many, make_content, publish
from channels_house import copy_of, open_house, open_platforms
from simulators.line import make_user
from sqlalchemy import text

from app.wiring import make_desk, make_digest_maker, make_notifiers, make_publisher
from connectors.message import OutgoingMessage
from scheduler import delivery
from storage.notices import Notice, save_notice

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


def open_desk(house):
    return make_desk(house.askbay, house.channels), make_publisher(house.askbay, house.channels)


async def ledger_when(desk, number, fits, run=0):
    async def look():
        counts = (await desk.report(number)).runs[run].counts
        return counts if fits(counts) else None

    return await until(look)


async def add_readers(house, count, channel="line", first=1):
    make = make_user if channel == "line" else str
    for number in range(first, first + count):
        await add_citizen(house.askbay.database, channel, make(number), real_now())


async def test_staff_see_whom_it_reaches_and_what_it_takes_of_the_quota_before_it_goes_out(house):
    await add_readers(house, 3)
    await add_citizen(house.askbay.database, "line", make_user(9), real_now(), frequency="daily")
    house.line.quota = 2
    desk, _ = open_desk(house)
    number = await desk.write(make_content(), AUTHOR)
    forecast = (await desk.preview(number)).forecast
    assert (forecast.at_once, forecast.by_digest) == ({"line": 3}, {"line": 1})
    assert forecast.quotas["line"].left == 2
    assert forecast.beyond_quota == {"line": 2}


async def test_what_concerns_a_district_goes_to_who_lives_there_or_did_not_say(house):
    database = house.askbay.database
    await add_citizen(database, "line", make_user(1), real_now(), districts=["cianjhen"])
    await add_citizen(database, "line", make_user(2), real_now(), districts=["cijin"])
    await add_citizen(database, "line", make_user(3), real_now())
    desk, publisher = open_desk(house)
    number = await publish(desk, publisher, {"districts": ["cianjhen"]})
    await ledger_when(desk, number, lambda counts: counts == {("line", "sent"): 2})
    assert "地區：前鎮區" in str(house.line.seen(make_user(1)))
    assert house.line.seen(make_user(2)) == []


async def test_who_is_on_two_channels_and_linked_them_gets_it_once(house):
    line, telegram = house.line, house.telegram
    await line.say(READER, "訂閱活動")
    await line.press(READER, "t+events")
    await line.say(READER, "連結")
    code = re.search(r"連結 ([A-Z]{6})", str(await line.wait_for(READER, 3)))[1]
    await telegram.say(7, f"連結 {code}")
    assert "已連結" in (await telegram.wait_for(7, 1))[0]["text"]
    desk, publisher = open_desk(house)
    number = await publish(desk, publisher, {})
    await ledger_when(desk, number, lambda counts: counts == {("telegram", "sent"): 1})
    assert len(line.seen(READER)) == 3
    await telegram.say(8, f"連結 {code}")
    assert "不對" in (await telegram.wait_for(8, 1))[0]["text"]


async def test_when_the_months_quota_is_used_up_it_stops_says_so_and_goes_on_when_it_is_raised(house, monkeypatch):
    monkeypatch.setattr(delivery, "QUOTA_LOOK", timedelta(seconds=0.5))
    await add_readers(house, 3)
    house.line.quota = 0
    desk, publisher = open_desk(house)
    number = await publish(desk, publisher, {})
    assert await until(desk.find_used_up)
    await ledger_when(desk, number, lambda counts: counts == {("line", "pending"): 3})
    assert house.line.seen(READER) == []
    house.line.quota = 10
    await ledger_when(desk, number, lambda counts: counts == {("line", "sent"): 3})
    assert await desk.find_used_up() == {}
    house.assert_no_misuse()


async def test_one_wrong_address_does_not_keep_it_from_the_others_and_only_the_failed_are_sent_again(house):
    await add_readers(house, 4)
    await add_citizen(house.askbay.database, "line", "not-a-user", real_now())
    desk, publisher = open_desk(house)
    number = await publish(desk, publisher, {})
    await ledger_when(desk, number, lambda counts: counts == {("line", "sent"): 4, ("line", "failed"): 1})
    for reader in range(1, 5):
        assert len(house.line.seen(make_user(reader))) == 1
    (report,) = (await desk.report(number)).runs
    assert any("to" in reason for _, state, reason in report.reasons if state == "failed")
    assert await desk.retry_failed(report.run.number, AUTHOR) == 1
    await asyncio.sleep(1.5)
    assert len(house.line.seen(make_user(1))) == 1


async def test_who_blocked_telegram_is_told_apart_and_not_written_to_again(house):
    await add_readers(house, 2, "telegram", first=70)
    house.telegram.blocked.add(70)
    desk, publisher = open_desk(house)
    first = await publish(desk, publisher, {})
    await ledger_when(desk, first, lambda counts: counts == {("telegram", "sent"): 1, ("telegram", "blocked"): 1})
    second = await publish(desk, publisher, {})
    await ledger_when(desk, second, lambda counts: counts == {("telegram", "sent"): 1})


async def test_paused_it_stops_resumed_it_goes_on_cancelled_the_rest_is_never_sent(house):
    await add_readers(house, 60, "telegram", first=100)
    desk, publisher = open_desk(house)
    number = await publish(desk, publisher, {})
    await house.telegram.wait_for(101, 1)
    await desk.pause(number, AUTHOR)
    await asyncio.sleep(0.6)
    arrived = sum(house.telegram.delivered.values())
    await asyncio.sleep(1.2)
    assert sum(house.telegram.delivered.values()) == arrived < 60
    await desk.resume(number, AUTHOR)

    async def goes_on():
        return sum(house.telegram.delivered.values()) > arrived

    await until(goes_on)
    left = await desk.cancel(number, AUTHOR, "weather")
    await asyncio.sleep(2.5)
    counts = (await desk.report(number)).runs[0].counts
    assert counts[("telegram", "skipped")] == left > 0
    assert counts[("telegram", "sent")] == sum(house.telegram.delivered.values()) == 60 - left
    house.assert_no_misuse()


async def test_recalled_it_is_changed_where_it_stands_corrected_where_it_cannot_be_and_answered_from_no_more(house):
    await add_readers(house, 2)
    await add_readers(house, 1, "telegram", first=7)
    desk, publisher = open_desk(house)
    number = await publish(desk, publisher, {})
    await ledger_when(desk, number, lambda counts: counts == {("line", "sent"): 2, ("telegram", "sent"): 1})
    async with httpx.AsyncClient(base_url=house.address) as asker:
        question = {"question": "旗津風箏節入場免費嗎？"}
        assert "旗津風箏節" in str((await asker.post("/api/ask", json=question)).json()["citations"])
        assert await desk.recall(number, APPROVER, {"zh-TW": "活動因颱風取消。"}) == 3
        await publisher.publish_due()
        assert "旗津風箏節" not in str((await asker.post("/api/ask", json=question)).json()["citations"])
    for reader in (1, 2):
        assert "活動因颱風取消" in str((await house.line.wait_for(make_user(reader), 2))[1])
    changed, correction = await house.telegram.wait_for(7, 2)
    assert "入場免費" not in changed["text"]
    assert "已撤回" in changed["text"]
    assert "活動因颱風取消" in correction["text"]
    await ledger_when(desk, number, lambda counts: counts.get(("line", "sent")) == 2, run=1)
    house.assert_no_misuse()


async def test_who_unsubscribes_or_is_forgotten_before_it_is_sent_gets_nothing_and_the_ledger_still_adds_up(house):
    database = house.askbay.database
    quiet = {"quiet_from": time(0), "quiet_until": time(23, 59)}
    for number in (1, 2, 3):
        await add_citizen(database, "line", make_user(number), real_now(), **quiet)
    desk, publisher = open_desk(house)
    number = await publish(desk, publisher, {})
    await house.line.say(make_user(1), "/unsubscribe")
    await house.line.press(make_user(2), "z:")
    await house.line.wait_for(make_user(1), 1)
    await house.line.wait_for(make_user(2), 1)
    counts = await ledger_when(desk, number, lambda counts: counts.get(("line", "skipped")) == 2)
    assert sum(counts.values()) == 3
    async with database.begin() as connection:
        rows = (await connection.execute(text("SELECT citizen_id, chat FROM deliveries WHERE chat = ''"))).all()
    assert rows == [(None, "")]


async def test_who_waits_for_an_answer_is_told_when_it_is_announced(house):
    line = house.line
    await line.say(READER, "龍貓公車什麼時候開到旗津？")
    (message, *_) = await line.wait_for(READER, 1)
    watch = re.search(r"w:[0-9a-f-]{36}", str(line.seen(READER)))
    assert watch, message
    await line.press(READER, watch.group())
    seen = len(await line.wait_for(READER, 2))
    desk, publisher = open_desk(house)
    await publish(
        desk,
        publisher,
        {
            "title": {"zh-TW": "龍貓公車開到旗津"},
            "text": {"zh-TW": "龍貓公車自2026年12月20日起開到旗津，每日上午九點發車。"},
            "topic": "transport",
        },
    )
    watcher, _, teller = make_notifiers(house.askbay)
    assert await watcher.look() == 1
    assert await teller.tell() == 1
    told = (await line.wait_for(READER, seen + 1))[seen:]
    assert "龍貓公車什麼時候開到旗津" in str(told)
    assert "12月20日" in str(told)
    assert await watcher.look() == 0
    house.assert_no_misuse()


async def test_who_was_given_an_answer_that_no_longer_stands_is_told_once(house):
    desk, publisher = open_desk(house)
    number = await publish(desk, publisher, {})
    _, corrector, teller = make_notifiers(house.askbay)
    await corrector.look()
    await house.line.say(READER, "旗津風箏節入場免費嗎？")
    seen = len(await house.line.wait_for(READER, 2))
    assert "入場免費" in str(house.line.seen(READER))
    await desk.recall(number, APPROVER, {})
    await publisher.publish_due()
    assert await corrector.look() == 1
    assert await teller.tell() == 1
    told = (await house.line.wait_for(READER, seen + 1))[seen:]
    assert "旗津風箏節入場免費嗎" in str(told)
    assert "撤回" in str(told)
    await corrector.look()
    assert await teller.tell() == 0
    house.assert_no_misuse()


async def test_several_workers_over_redis_send_everything_once(kaohsiung_data, tmp_path):
    with closing(socket.socket()) as probe:
        probe.settimeout(1)
        if probe.connect_ex(("127.0.0.1", 6379)):
            pytest.skip("no Redis on localhost")
    data = copy_of(kaohsiung_data, tmp_path)
    redis = {"redis": "redis://127.0.0.1:6379/15"}
    async with (
        open_platforms() as (line, telegram),
        open_house(data, line, telegram, real_now, **redis) as first,
        open_house(data, line, telegram, real_now, **redis) as second,
    ):
        await add_many(first.askbay.database, "line", 3_000, real_now())
        await add_readers(first, 40, "telegram", first=7_000_000)
        desk, publisher = open_desk(second)
        number = await publish(desk, publisher, {})
        expected = {("line", "sent"): 3_000, ("telegram", "sent"): 40}
        await ledger_when(desk, number, lambda counts: counts == expected)
        assert max(line.delivered.values()) == max(telegram.delivered.values()) == 1
        assert len(line.delivered) == 3_000
        first.assert_no_misuse()
    with warnings.catch_warnings():
        # taskiq-redis leaves the connection it listened on to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


async def test_a_picture_and_a_link_come_along_on_both_platforms(house):
    await add_readers(house, 1)
    await add_readers(house, 1, "telegram", first=7)
    desk, publisher = open_desk(house)
    more = {"picture": "https://example.org/kite.jpg", "link": "https://example.org/kite", "place": "旗津"}
    number = await publish(desk, publisher, more)
    await ledger_when(desk, number, lambda counts: set(counts) == {("line", "sent"), ("telegram", "sent")})
    assert house.line.seen(READER)[0]["contents"]["hero"]["url"] == "https://example.org/kite.jpg"
    assert "example.org/kite.jpg" in house.telegram.seen(7)[0]["link_preview_options"]
    house.assert_no_misuse()


async def test_nobody_gets_more_than_three_notices_a_day_and_none_is_lost(house):
    citizen = await add_citizen(house.askbay.database, "line", READER, real_now())
    message = OutgoingMessage("已更正", "zh-TW").to_payload()
    async with house.askbay.database.begin() as connection:
        for number in range(4):
            await save_notice(
                connection,
                Notice(str(uuid.UUID(int=number)), citizen.id, citizen.id, "correction", message, real_now()),
            )
    _, _, teller = make_notifiers(house.askbay)
    assert await teller.tell() == 3
    assert await teller.tell() == 0
    assert await replace(teller, now=lambda: real_now() + timedelta(hours=25)).tell() == 1
    await house.line.wait_for(READER, 4)


async def test_several_announcements_of_a_day_come_as_one_message_to_who_wants_that_and_open_by_a_tap(house):
    await add_citizen(house.askbay.database, "line", READER, real_now(), frequency="daily")
    await add_citizen(house.askbay.database, "telegram", "7", real_now(), frequency="daily")
    desk, publisher = open_desk(house)
    first = await publish(desk, publisher, {})
    await publish(desk, publisher, {"title": {"zh-TW": "第二則"}, "text": {"zh-TW": "第二則內文。"}})
    maker = make_digest_maker(house.askbay, house.channels)
    await replace(maker, now=lambda: real_now() + timedelta(days=1)).make_due()
    seen = await house.line.wait_for(READER, 2)
    assert "旗津風箏節" in str(seen)
    assert "第二則" in str(seen)
    assert "第二則" in (await house.telegram.wait_for(7, 1))[0]["text"]
    await ledger_when(desk, first, lambda counts: counts == {("line", "sent"): 1, ("telegram", "sent"): 1})
    await house.line.press(READER, f"a:{first}")
    assert "入場免費" in str((await house.line.wait_for(READER, 3))[-1])
    house.assert_no_misuse()
