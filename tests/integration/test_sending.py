"""Platforms that fail on purpose: what was asked is answered once, or staff see why not."""

import asyncio
import json
import time
from datetime import UTC, datetime

import aiohttp
import pytest
from channels_house import copy_of, open_house, open_platforms
from simulators.line import make_user
from sqlalchemy import text

from connectors.channel import Outcome, Shipment
from connectors.line import sending as line_sending
from connectors.message import OutgoingMessage
from connectors.telegram import channel as telegram_channel
from storage.citizens import find_citizen

CITIZEN = make_user(1)


@pytest.fixture
async def house(kaohsiung_data, tmp_path):
    async with (
        open_platforms() as (line, telegram),
        open_house(copy_of(kaohsiung_data, tmp_path), line, telegram, lambda: datetime.now(UTC)) as opened,
    ):
        yield opened


async def find_outbox(house):
    async with house.askbay.database.begin() as connection:
        rows = await connection.execute(text("SELECT channel, state, reason FROM outbox"))
        return [tuple(row) for row in rows]


async def until_outbox(house, fits):
    for _ in range(200):
        if fits(rows := await find_outbox(house)):
            return rows
        await asyncio.sleep(0.05)
    raise AssertionError(rows)


@pytest.mark.parametrize("fault", ["rate", "server", "reset", "accepted_reset", "accepted_timeout", "timeout"])
async def test_a_reply_on_line_arrives_once_whatever_happens_to_it(house, fault, monkeypatch):
    monkeypatch.setattr(line_sending, "TIMEOUT", aiohttp.ClientTimeout(total=0.5))
    line = house.line
    line.faults.add(fault, times=2 if not fault.startswith("accepted") else 1, method="reply")
    await line.say(CITIZEN, "你好")
    await line.wait_for(CITIZEN, 1)
    await until_outbox(house, lambda rows: rows == [])
    assert len(line.seen(CITIZEN)) == 1
    assert line.chats[CITIZEN][0].call == "reply"
    house.assert_no_misuse()


async def test_when_the_reply_token_is_gone_the_answer_is_pushed(house):
    line = house.line
    event = line.make_text(CITIZEN, "你好")
    line.expire_tokens()
    await line.deliver([event])
    await line.wait_for(CITIZEN, 1)
    assert line.chats[CITIZEN][0].call == "push"
    house.assert_no_misuse()


@pytest.mark.parametrize("fault", ["server", "accepted_reset", "reset", "rate"])
async def test_a_push_is_repeated_with_its_key_until_line_says_it_has_it(house, fault):
    line = house.line
    event = line.make_text(CITIZEN, "你好")
    line.expire_tokens()
    line.faults.add(fault, times=2 if fault != "accepted_reset" else 1, method="push")
    await line.deliver([event])
    await line.wait_for(CITIZEN, 1)
    await until_outbox(house, lambda rows: rows == [])
    assert len(line.seen(CITIZEN)) == 1
    house.assert_no_misuse()


async def test_when_lines_monthly_limit_is_reached_pushes_wait_and_replies_go_on(house):
    line = house.line
    line.faults.add("monthly", times=1, method="push")
    event = line.make_text(CITIZEN, "你好")
    line.expire_tokens()
    await line.deliver([event])
    await until_outbox(house, lambda rows: any("monthly limit" in reason for _, _, reason in rows))
    await line.say(CITIZEN, "謝謝")
    seen = await line.wait_for(CITIZEN, 1)
    assert "不客氣" in seen[0]["text"]


async def test_a_bubble_line_refuses_is_sent_as_text(house):
    line = house.line
    line.faults.add("unparsable", times=1, method="reply")
    await line.say(CITIZEN, "旗津渡輪票價多少？")
    (message,) = await line.wait_for(CITIZEN, 1)
    assert message["type"] == "text"
    assert "40元" in message["text"]
    assert "https://" in message["text"]


async def test_telegrams_wish_to_wait_is_obeyed(house):
    telegram = house.telegram
    telegram.faults.add("rate", method="sendMessage", retry_after=1)
    started = time.monotonic()
    await telegram.say(7, "/start")
    await telegram.wait_for(7, 1)
    assert time.monotonic() - started >= 1.0
    house.assert_no_misuse()


async def test_after_a_failure_of_telegram_itself_the_message_is_sent_again(house):
    house.telegram.faults.add("server", times=2, method="sendMessage")
    await house.telegram.say(7, "/start")
    await house.telegram.wait_for(7, 1)
    await until_outbox(house, lambda rows: rows == [])
    assert len(house.telegram.seen(7)) == 1


@pytest.mark.parametrize("fault", ["accepted_reset", "reset"])
async def test_a_message_telegram_may_have_is_uncertain_and_never_sent_twice(house, fault):
    telegram = house.telegram
    telegram.faults.add(fault, method="sendMessage")
    await telegram.say(7, "/start")
    ((channel, state, _),) = await until_outbox(house, lambda rows: any(row[1] == "uncertain" for row in rows))
    assert (channel, state) == ("telegram", "uncertain")
    assert len(telegram.seen(7)) == (1 if fault == "accepted_reset" else 0)
    await telegram.say(7, "謝謝")
    await telegram.wait_for(7, len(telegram.seen(7)) + 1)


async def test_html_telegram_cannot_parse_is_sent_as_text(house):
    house.telegram.faults.add("unparsable", method="sendMessage")
    await house.telegram.say(7, "/start")
    (message,) = await house.telegram.wait_for(7, 1)
    assert "parse_mode" not in message


async def test_a_citizen_who_blocked_the_bot_is_found_out_by_the_refusal(house):
    telegram = house.telegram
    await telegram.say(7, "/start")
    await telegram.wait_for(7, 1)
    telegram.blocked.add(7)
    await telegram.say(7, "你好")
    await until_outbox(house, lambda rows: any(row[1] == "blocked" for row in rows))
    async with house.askbay.database.begin() as connection:
        assert not (await find_citizen(connection, "telegram", "7")).reachable


async def test_a_group_that_moved_gets_its_answer_at_the_new_address(house):
    telegram = house.telegram
    telegram.migrated[-55] = -100_55
    await telegram.say(-55, "/help")
    await telegram.wait_for(-100_55, 1)
    house.assert_no_misuse()


async def test_another_poller_does_not_end_the_polling(house, monkeypatch):
    monkeypatch.setattr(telegram_channel, "CONFLICT_PAUSE_SECONDS", 0.1)
    house.telegram.faults.add("conflict", times=2, method="getUpdates")
    await house.telegram.say(7, "/start")
    await house.telegram.wait_for(7, 1)
    await house.telegram.say(7, "/help")
    await house.telegram.wait_for(7, 2)


async def test_120_messages_arrive_under_telegrams_strict_limit(house):
    channel = house.channels["telegram"]

    async def send(number):
        shipment = Shipment(f"{number:08x}-0000", str(1000 + number), (OutgoingMessage(f"第{number}則", "zh-TW"),))
        async with channel.turn(shipment):
            return await channel.send(shipment)

    results = await asyncio.gather(*(send(number) for number in range(120)))
    assert {result.outcome for result in results} == {Outcome.SENT}
    assert sum(len(house.telegram.seen(1000 + number)) for number in range(120)) == 120
    house.assert_no_misuse()


async def test_setting_up_twice_changes_nothing_the_second_time(house):
    for channel in house.channels.values():
        assert await channel.set_up()
        assert await channel.set_up() == []
    line, telegram = house.line, house.telegram
    assert {menu["name"].split()[1] for menu in line.menus.values()} == {"zh-TW", "en"}
    assert set(line.menu_images) == set(line.menus)
    assert line.default_menu == line.aliases["askbay-zh-tw"]
    assert "help" in json.dumps(telegram.commands["en"])
    assert "使用說明" in json.dumps(telegram.commands[""], ensure_ascii=False)
    house.assert_no_misuse()


async def test_a_set_up_that_was_cut_off_is_finished_by_the_next(house):
    channel, line = house.channels["line"], house.line
    line.faults.add("server", times=1, method="menu_image")
    with pytest.raises(Exception, match="500"):
        await channel.set_up()
    await channel.set_up()
    assert set(line.menus) == set(line.aliases.values())
    house.assert_no_misuse()
