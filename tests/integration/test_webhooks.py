"""The webhooks of the real server: what is taken, what is refused, and that nothing refused shows in the log."""

import asyncio
import json
import logging
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from channels_house import copy_of, open_house, open_platforms
from simulators.line import make_user

CITIZEN = make_user(7)
# Real webhooks, where they lie beside the project.
SAMPLES = {path.name: path.read_bytes() for path in Path("../shared/samples/line").rglob("*.json")}


@pytest.fixture
async def house(kaohsiung_data, tmp_path):
    async with (
        open_platforms() as (line, telegram),
        open_house(
            copy_of(kaohsiung_data, tmp_path),
            line,
            telegram,
            lambda: datetime.now(UTC),
            public_url="https://example.org",
        ) as opened,
    ):
        yield opened


async def test_two_events_in_one_webhook_are_both_answered_in_the_order_they_happened(house):
    line = house.line
    later, earlier = (
        line.make_text(CITIZEN, "How much is the Cijin ferry?"),
        line.make_text(CITIZEN, "旗津渡輪票價多少？"),
    )
    earlier["timestamp"] -= 60_000
    assert await line.deliver([later, earlier]) == 200
    seen = await line.wait_for(CITIZEN, 4)
    assert "40元" in seen[0]["text"]
    assert "NT$40" in seen[2]["text"]
    house.assert_no_misuse()


async def test_an_event_that_comes_again_is_answered_once(house):
    line = house.line
    event = await line.say(CITIZEN, "你好")
    for _ in range(3):
        assert await line.redeliver(event) == 200
    await line.say(CITIZEN, "謝謝")
    assert len(await line.wait_for(CITIZEN, 2)) == 2
    await asyncio.sleep(0.2)
    assert len(line.seen(CITIZEN)) == 2


async def test_what_is_unknown_or_broken_in_a_batch_does_not_keep_the_rest_from_being_answered(house):
    line = house.line
    good = line.make_text(CITIZEN, "你好")
    strange = [
        line.make_event(CITIZEN, "greatNewFeature"), {"type": "message"}, None, "text",
        {**line.make_text(CITIZEN, "x"), "source": {"type": "planet"}}, {**line.make_text(CITIZEN, "x"), "mode": "dreaming"},
    ]  # fmt: skip
    del good["deliveryContext"]
    assert await line.deliver([*strange, good]) == 200
    assert len(await line.wait_for(CITIZEN, 1)) == 1
    house.assert_no_misuse()


async def test_wrong_requests_are_refused_and_their_content_is_not_logged(house, caplog):
    line = house.line
    secret_words = "我的身分證是A123456789"
    body = json.dumps({"events": [line.make_text(CITIZEN, secret_words)]}, ensure_ascii=False).encode()
    with caplog.at_level(logging.DEBUG):
        assert await line.deliver([], body=body, signature="d3Jvbmc=") == 401
        assert await line.deliver([], body=body, signature=None) == 400
        assert await line.deliver([], body=body[:-5]) == 400
        assert await line.deliver([], body=b"") == 400
        assert await line.deliver([], body=b" " * 1_000_001) == 413
        telegram_webhook = f"{house.address}/webhooks/telegram"
        async with httpx.AsyncClient() as client:
            assert (await client.post(telegram_webhook, content=body)).status_code == 400
            headers = {"X-Telegram-Bot-Api-Secret-Token": "guessed"}
            assert (await client.post(telegram_webhook, content=body, headers=headers)).status_code == 401
            assert (await client.get(telegram_webhook)).status_code in (404, 405)
            assert (await client.post(f"{house.address}/webhooks/other", content=body)).status_code in (404, 405)
    assert "A123456789" not in caplog.text
    assert "the signature is wrong" in caplog.text


async def test_telegram_is_told_the_webhook_where_there_is_a_public_address(house):
    telegram = house.telegram
    for _ in range(100):
        if telegram.webhook_url:
            break
        await asyncio.sleep(0.05)
    assert telegram.webhook_url == "https://example.org/webhooks/telegram"
    telegram.webhook_url = f"{house.address}/webhooks/telegram"
    update = await telegram.say(7002, "/start")
    assert "不是真人" in (await telegram.wait_for(7002, 1))[0]["text"]
    await telegram.say(-7003, "大家好")
    await telegram.say(-7003, "@askbay_bot 你好")
    await telegram.wait_for(-7003, 1)
    assert await telegram.deliver(update) == 200
    assert await telegram.post(b"{") == 400
    await asyncio.sleep(0.2)
    assert len(telegram.seen(7002)) == len(telegram.seen(-7003)) == 1
    house.assert_no_misuse()


OWN_SAMPLES = (
    {"type": "beacon", "beacon": {"hwid": "d41d8cd98f", "type": "enter"}},
    {"type": "memberJoined", "joined": {"members": [{"type": "user", "userId": make_user(9)}]}},
    {"type": "accountLink", "link": {"result": "ok", "nonce": "n"}},
    {"type": "videoPlayComplete", "videoPlayComplete": {"trackingId": "t"}},
    {"type": "membership", "membership": {"type": "joined", "membershipId": 3}},
    {"type": "postback", "postback": {"data": "c:help", "params": {"newRichMenuAliasId": "x"}}},
    {"type": "message", "message": {"id": "5", "type": "file", "fileName": "a.pdf", "fileSize": 2138}},
    {"type": "message", "message": {"id": "6", "type": "location", "latitude": 22.6, "longitude": 120.3}},
)


async def test_every_kind_of_event_that_line_documents_is_accepted(house):
    for details in OWN_SAMPLES:
        event = house.line.make_event(CITIZEN, details["type"], **{k: v for k, v in details.items() if k != "type"})
        assert await house.line.deliver([event]) == 200


@pytest.mark.skipif(not SAMPLES, reason="no sample webhooks beside the project")
async def test_every_sample_webhook_is_accepted(house):
    assert SAMPLES
    for name, body in SAMPLES.items():
        assert await house.line.deliver([], body=body) == 200, name
