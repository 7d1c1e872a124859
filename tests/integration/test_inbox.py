"""The inbox and the outbox: nothing is lost or said twice, nobody waits for another, staff see what failed."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from channels_house import STAFF_TOKEN, copy_of, open_house, open_platforms
from simulators.line import make_group, make_user
from sqlalchemy import select, text

from connectors.channel import Outcome, SendResult
from storage.citizens import find_citizen
from storage.database import metadata
from storage.outbox import find_parcel

CITIZEN, OTHER = make_user(1), make_user(2)


def real_now():
    return datetime.now(UTC)


@pytest.fixture
async def platforms():
    async with open_platforms() as opened:
        yield opened


@pytest.fixture
async def house(kaohsiung_data, tmp_path, platforms):
    async with open_house(copy_of(kaohsiung_data, tmp_path), *platforms, real_now) as opened:
        yield opened


def staff(house):
    return httpx.AsyncClient(base_url=house.address, headers={"Authorization": f"Bearer {STAFF_TOKEN}"})


async def read_all(house):
    """Return everything the database holds, as one text."""
    async with house.askbay.database.begin() as connection:
        skipped = ("documents", "document_versions")
        kept = [table for name, table in metadata.tables.items() if name not in skipped]
        rows = [list(await connection.execute(select(table))) for table in kept]
    return json.dumps(rows, default=str, ensure_ascii=False)


async def test_what_was_stored_before_a_restart_is_answered_after_it_once(kaohsiung_data, tmp_path, platforms):
    line, telegram = platforms
    data = copy_of(kaohsiung_data, tmp_path)
    async with open_house(data, line, telegram, real_now, working=False) as house:
        event = await line.say(CITIZEN, "你好")
        assert line.seen(CITIZEN) == []
    async with open_house(data, line, telegram, real_now) as house:
        await line.wait_for(CITIZEN, 1)
        await line.redeliver(event)
        await asyncio.sleep(0.3)
        house.assert_no_misuse()
    assert len(line.seen(CITIZEN)) == 1


async def test_an_answer_that_is_slow_holds_up_nobody_else_and_shows_that_it_is_coming(house, monkeypatch):
    line, chat = house.line, house.inbox._chat
    handle, released = type(chat).handle, asyncio.Event()

    async def slow_for_one(self, event, row_id, on_progress=None):
        if event.chat == CITIZEN:
            await released.wait()
        return await handle(self, event, row_id, on_progress)

    monkeypatch.setattr(type(chat), "handle", slow_for_one)
    await line.say(CITIZEN, "你好")
    for number in range(20, 40):
        await line.say(make_user(number), "你好")
    for number in range(20, 40):
        await line.wait_for(make_user(number), 1)
    for _ in range(100):
        if line.loading:
            break
        await asyncio.sleep(0.05)
    assert line.loading == [CITIZEN]
    assert line.seen(CITIZEN) == []
    released.set()
    await line.wait_for(CITIZEN, 1)
    house.assert_no_misuse()


async def test_an_event_that_fails_three_times_is_set_aside_with_its_reason_and_the_next_is_answered(
    house, monkeypatch
):
    line, chat = house.line, house.inbox._chat
    handle, tries = type(chat).handle, []

    async def fail_on_poison(self, event, row_id, on_progress=None):
        if event.text == "毒":
            tries.append(1)
            raise RuntimeError("on purpose")
        return await handle(self, event, row_id, on_progress)

    monkeypatch.setattr(type(chat), "handle", fail_on_poison)
    await line.say(CITIZEN, "毒")
    await line.say(CITIZEN, "你好")
    seen = await line.wait_for(CITIZEN, 2)
    assert len(tries) == 3
    assert "抱歉" in seen[0]["text"]
    async with staff(house) as client:
        inbox = (await client.get("/api/staff/inbox")).json()
        (entry,) = inbox["set_aside"]
        assert entry["reason"] == "RuntimeError"
        assert "毒" not in json.dumps(inbox)
        monkeypatch.setattr(type(chat), "handle", handle)
        assert (await client.post(f"/api/staff/inbox/{entry['id']}/retry")).status_code == 200
    await line.wait_for(CITIZEN, 3)


async def test_personal_data_is_masked_before_it_is_stored_and_done_events_keep_no_words(house):
    await house.line.say(CITIZEN, "我是A123456789，手機0912-345-678，卡號4111 1111 1111 1111，渡輪票價多少？")
    await house.line.wait_for(CITIZEN, 1)
    await asyncio.sleep(0.2)
    stored = await read_all(house)
    for secret in ("A123456789", "0912-345-678", "4111 1111"):
        assert secret not in stored
    assert "[ID]" in stored
    async with house.askbay.database.begin() as connection:
        payloads = (await connection.execute(text("SELECT payload FROM inbox"))).scalars().all()
    assert payloads == ["{}"]


async def test_a_message_taken_back_is_deleted_with_its_answer(house):
    event = await house.line.say(CITIZEN, "請問旗津渡輪成人票價是多少錢呢？")
    await house.line.wait_for(CITIZEN, 2)
    assert "請問旗津渡輪成人票價是多少錢呢？" in await read_all(house)
    await house.line.unsend(CITIZEN, event["message"]["id"])
    for _ in range(100):
        if "請問旗津渡輪成人票價是多少錢呢？" not in await read_all(house):
            break
        await asyncio.sleep(0.05)
    assert "請問旗津渡輪成人票價是多少錢呢？" not in await read_all(house)


async def test_forget_me_leaves_nothing_of_the_citizen(house):
    line = house.line
    await line.follow(CITIZEN)
    await line.say(CITIZEN, "高雄捷運紫線哪一天通車？")
    await line.press(CITIZEN, "t+transport")
    await line.say(CITIZEN, "找真人")
    await line.wait_for(CITIZEN, 4)
    await line.press(CITIZEN, "z:")
    await line.wait_for(CITIZEN, 5)
    await asyncio.sleep(0.3)
    stored = await read_all(house)
    assert "紫線" not in stored
    assert CITIZEN not in stored


async def test_blocking_stops_at_once_and_keeps_the_choice_to_return(house):
    line = house.line
    await line.follow(CITIZEN)
    await line.press(CITIZEN, "t+transport")
    await line.wait_for(CITIZEN, 2)
    await line.unfollow(CITIZEN)
    for _ in range(100):
        async with house.askbay.database.begin() as connection:
            citizen = await find_citizen(connection, "line", CITIZEN)
        if not citizen.reachable:
            break
        await asyncio.sleep(0.05)
    assert not citizen.reachable
    await line.follow(CITIZEN)
    assert "歡迎回來" in (await line.wait_for(CITIZEN, 3))[2]["text"]
    await line.press(CITIZEN, "c:about_me")
    assert "交通" in json.dumps(await line.wait_for(CITIZEN, 4), ensure_ascii=False)
    house.assert_no_misuse()


async def test_a_citizen_who_writes_too_fast_is_told_so_once_and_politely(house):
    for _ in range(25):
        await house.line.say(CITIZEN, "你好")
    seen = await house.line.wait_for(CITIZEN, 21)
    await asyncio.sleep(0.3)
    assert "稍等" in seen[20]["text"]
    assert len(house.line.seen(CITIZEN)) == 21
    await house.line.say(OTHER, "你好")
    await house.line.wait_for(OTHER, 1)


@pytest.mark.parametrize(
    ("kind", "words"),
    [("sticker", "貼圖"), ("image", "圖片"), ("location", "位置"), ("audio", "語音"), ("file", "文字")],
)
async def test_what_is_no_text_gets_a_helpful_reply(house, kind, words):
    await house.line.send_content(CITIZEN, kind)
    assert words in (await house.line.wait_for(CITIZEN, 1))[0]["text"]


async def test_in_a_line_group_chatter_is_neither_answered_nor_stored(house):
    group = make_group(1)
    await house.line.say(group, "晚餐吃什麼？", user=CITIZEN)
    await house.line.say(group, "/help", user="")
    assert "自動問答" in (await house.line.wait_for(group, 1))[0]["text"]
    assert "晚餐" not in await read_all(house)
    house.assert_no_misuse()


async def test_settings_in_a_group_are_refused_and_pointed_to_a_private_chat(house):
    group = make_group(2)
    await house.line.say(group, "/subscribe", user=CITIZEN)
    assert "私訊" in (await house.line.wait_for(group, 1))[0]["text"]
    await house.line.press(group, "t+events")
    assert "私訊" in (await house.line.wait_for(group, 2))[-1]["text"]


async def test_a_message_that_was_cut_off_while_sending_is_uncertain_where_repeats_cannot_be_told(house):
    telegram_channel = house.channels["telegram"]

    async def cut_off(shipment):
        raise ConnectionAbortedError("on purpose")

    telegram_channel.send = cut_off
    await house.telegram.say(7, "/start")
    for _ in range(100):
        async with staff(house) as client:
            troubled = (await client.get("/api/staff/inbox")).json()["undelivered"]
        if troubled:
            break
        await asyncio.sleep(0.1)
    assert troubled[0]["state"] == "uncertain"
    assert house.telegram.seen(7) == []


async def test_what_is_being_sent_when_the_process_stops_is_sent_to_the_end(kaohsiung_data, tmp_path, platforms):
    line, telegram = platforms
    telegram.faults.add("slow", method="sendMessage")
    data = copy_of(kaohsiung_data, tmp_path)
    async with open_house(data, line, telegram, real_now) as house:
        await telegram.say(7, "/start")
        await telegram.wait_for(7, 1)
    async with open_house(data, line, telegram, real_now, working=False) as house:
        assert len(telegram.seen(7)) == 1
        async with house.askbay.database.begin() as connection:
            assert (await connection.execute(text("SELECT state FROM outbox"))).all() == []


async def test_what_cannot_be_delivered_for_a_day_is_given_up_and_shown(house):
    line_channel = house.channels["line"]

    async def never(shipment):
        return SendResult(Outcome.LATER, "away")

    line_channel.send = never
    now = real_now()
    outbox = house.inbox._outbox
    await house.line.say(CITIZEN, "你好")
    for _ in range(100):
        async with house.askbay.database.begin() as connection:
            rows = (await connection.execute(text("SELECT id FROM outbox"))).scalars().all()
        if rows:
            break
        await asyncio.sleep(0.05)
    async with house.askbay.database.begin() as connection:
        parcel = await find_parcel(connection, rows[0])
    await outbox.send(replace(parcel, state="waiting"), now + timedelta(hours=25))
    async with staff(house) as client:
        (shown,) = (await client.get("/api/staff/inbox")).json()["undelivered"]
    assert shown["state"] == "refused"
    assert "a day" in shown["reason"]


async def test_the_staff_api_is_closed_without_the_token(house):
    async with httpx.AsyncClient(base_url=house.address) as client:
        for path in ("/api/staff/tickets", "/api/staff/inbox"):
            assert (await client.get(path)).status_code == 401
            refused = await client.get(path, headers={"Authorization": "Bearer wrong", "Accept-Language": "en"})
            assert "ASKBAY_STAFF_TOKEN" in refused.json()["message"]
    async with staff(house) as client:
        assert (await client.get("/api/staff/tickets/99")).status_code == 404
        assert (await client.post("/api/staff/tickets/99/answer", json={"text": "x"})).status_code == 404
        assert (await client.post("/api/staff/tickets/99/answer", json={"text": ""})).status_code == 422


async def test_a_link_code_is_forgotten_with_who_asked_for_it(house):
    await house.line.say(CITIZEN, "連結")
    await house.line.wait_for(CITIZEN, 1)
    async with house.askbay.database.begin() as connection:
        citizen = await find_citizen(connection, "line", CITIZEN)
    await house.line.press(CITIZEN, "z:")
    await house.line.wait_for(CITIZEN, 2)
    assert citizen.id not in await read_all(house)


async def test_nothing_that_waits_is_sent_to_who_leaves(house):
    line = house.line
    line.faults.add("rate", times=3, method="push")
    event = line.make_text(CITIZEN, "你好")
    line.expire_tokens()
    await line.deliver([event])
    await asyncio.sleep(0.3)
    await line.unfollow(CITIZEN)
    await asyncio.sleep(2.5)
    assert line.seen(CITIZEN) == []


async def test_what_is_taken_back_while_it_is_being_answered_is_neither_answered_nor_kept(house, monkeypatch):
    line, chat = house.line, house.inbox._chat
    handle, begun, released = type(chat).handle, asyncio.Event(), asyncio.Event()

    async def slow(self, event, row_id, on_progress=None):
        begun.set()
        await released.wait()
        return await handle(self, event, row_id, on_progress)

    monkeypatch.setattr(type(chat), "handle", slow)
    event = await line.say(CITIZEN, "渡輪票價是不是七七四十九元？")
    await begun.wait()
    await line.unsend(CITIZEN, event["message"]["id"])
    released.set()
    await asyncio.sleep(0.5)
    assert line.seen(CITIZEN) == []
    assert "七七四十九" not in await read_all(house)


async def test_a_fault_in_sending_holds_up_nothing_else_in_the_chat(house, monkeypatch):
    channel = house.channels["line"]
    send, tried = channel.send, []

    async def broken_once(shipment):
        tried.append(shipment)
        if len(tried) == 1:
            raise ValueError("on purpose")
        return await send(shipment)

    channel.send = broken_once
    await house.line.say(CITIZEN, "你好")
    await house.line.say(CITIZEN, "謝謝")
    await house.line.wait_for(CITIZEN, 2)
    assert len(house.line.seen(CITIZEN)) == 2
