"""A citizen on Telegram, from /start to "forget me"; Telegram is simulated, polled, and holds its limits strictly."""

import asyncio
from datetime import UTC, datetime

import httpx
import pytest
from channels_house import STAFF_TOKEN, copy_of, open_house, open_platforms

CITIZEN = 7001
GROUP = -1009001


@pytest.fixture
async def house(kaohsiung_data, tmp_path):
    async with (
        open_platforms() as (line, telegram),
        open_house(copy_of(kaohsiung_data, tmp_path), line, telegram, lambda: datetime.now(UTC)) as opened,
    ):
        yield opened


class Phone:
    """What the citizen sees: each call returns the message it brought."""

    def __init__(self, telegram, chat=CITIZEN):
        self.telegram = telegram
        self.chat = chat

    async def do(self, action):
        before = len(self.telegram.seen(self.chat))
        await action
        return (await self.telegram.wait_for(self.chat, before + 1))[before]

    async def say(self, text, **more):
        return await self.do(self.telegram.say(self.chat, text, **more))

    async def tap(self, message, label):
        return await self.do(self.telegram.press(self.chat, find_button(message, label)))


def find_button(message, label):
    for row in (message["reply_markup"] or {"inline_keyboard": []})["inline_keyboard"]:
        for button in row:
            if label in button["text"]:
                return button.get("callback_data") or button["url"]
    raise AssertionError(f"no button {label!r} in {message}")


async def until(ask, status):
    """Ask until the answer has a status: what Telegram tells takes a moment to be heard."""
    for _ in range(100):
        answer = await ask()
        if answer.status_code == status:
            return answer
        await asyncio.sleep(0.05)
    raise AssertionError(answer.text)


async def test_a_citizen_chats_on_telegram_from_start_to_forget_me(house):
    phone = Phone(house.telegram)
    greeting = await phone.say("/start")
    assert "不是真人" in greeting["text"]
    assert find_button(greeting, "訂閱公告")

    answer = await phone.say("旗津渡輪票價多少？")
    assert "40元" in answer["text"]
    assert find_button(answer, "[1]").startswith("https://")
    assert "05:00" in (await phone.say("那幾點開到幾點？"))["text"]
    english = await phone.say("How much is the Cijin ferry?")
    assert "NT$40" in english["text"]

    topics = await phone.say("/subscribe")
    subscribed = await phone.tap(topics, "交通")
    assert "已訂閱「交通」" in subscribed["text"]
    assert find_button(subscribed, "✓ 交通")

    unanswered = await phone.say("高雄捷運黃線哪一天通車？")
    assert "1999" in unanswered["text"]
    assert "黃線" in (await phone.tap(unanswered, "有公告就通知我"))["text"]

    assert "謝謝" in (await phone.tap(answer, "有幫助"))["text"]
    why = await phone.tap(english, "Not helpful")
    assert "檢查" in (await phone.tap(why, "資料過時"))["text"]

    assert "編號 1" in (await phone.say("/person"))["text"]
    async with httpx.AsyncClient(base_url=house.address, headers={"Authorization": f"Bearer {STAFF_TOKEN}"}) as staff:
        from_staff = await phone.do(staff.post("/api/staff/tickets/1/answer", json={"text": "預計 <2030> 年 & 之後"}))
    assert "承辦人員回覆" in from_staff["text"]
    assert "&lt;2030&gt;" in from_staff["text"]
    asked_more = await phone.tap(from_staff, "回覆承辦人員")
    assert "編號 1" in asked_more["text"]
    assert "已補充" in (await phone.say("謝謝，請問哪一段先通車？"))["text"]

    known = (await phone.say("/me"))["text"]
    assert "交通" in known
    sure = await phone.say("/forget")
    assert "已刪除" in (await phone.tap(sure, "確定刪除"))["text"]
    assert "保存中的問答：0 則" in (await phone.say("/me"))["text"]
    house.assert_no_misuse()


async def test_a_reader_whose_app_is_english_is_greeted_in_english(house):
    greeting = await Phone(house.telegram).say("/start", language="en-GB")
    assert "not a person" in greeting["text"]
    assert find_button(greeting, "Subscribe")
    house.assert_no_misuse()


async def test_in_a_group_only_what_is_meant_for_the_bot_is_answered_and_nothing_else_is_kept(house):
    telegram, phone = house.telegram, Phone(house.telegram, GROUP)
    await telegram.say(GROUP, "今天晚餐吃什麼？旗津渡輪票價多少？")
    answer = await phone.say("@askbay_bot 旗津渡輪票價多少？")
    assert "40元" in answer["text"]
    assert "/help" not in (await phone.say("/help@askbay_bot"))["text"]
    await telegram.say(GROUP, "/help@another_bot")
    private = await phone.say("/subscribe")
    assert "私訊" in private["text"]
    assert len(telegram.seen(GROUP)) == 3
    async with house.askbay.database.begin() as connection:
        kept = await connection.exec_driver_sql("SELECT count(*) FROM inbox")
        assert kept.scalar_one() == 3
    house.assert_no_misuse()


async def test_a_group_can_have_what_it_asked_forgotten(house):
    phone = Phone(house.telegram, GROUP)
    await phone.say("@askbay_bot 旗津渡輪票價多少？")
    sure = await phone.say("/forget")
    assert "這個群組" in sure["text"]
    assert "已刪除這個群組" in (await phone.tap(sure, "確定刪除"))["text"]
    async with house.askbay.database.begin() as connection:
        assert (
            await connection.exec_driver_sql("SELECT count(*) FROM questions WHERE channel = 'telegram'")
        ).scalar_one() == 0
    house.assert_no_misuse()


async def test_a_long_answer_appears_piece_by_piece(house):
    phone = Phone(house.telegram)
    answer = await phone.say("Which incentives does the 006688 rent plan have and what is the youth start-up subsidy?")
    assert len(answer["text"]) > 600
    assert house.telegram.drafts[CITIZEN]
    assert house.telegram.drafts[CITIZEN][0] in answer["text"].replace("&amp;", "&")
    house.assert_no_misuse()


async def test_a_citizen_who_blocks_the_bot_gets_nothing_more_and_finds_everything_again_on_return(house):
    telegram, phone = house.telegram, Phone(house.telegram)
    await phone.tap(await phone.say("/subscribe"), "交通")
    await phone.say("/person")
    await phone.say("渡輪可以帶狗嗎")
    await telegram.change_membership(CITIZEN, "member", "kicked")
    seen = len(telegram.seen(CITIZEN))
    async with httpx.AsyncClient(base_url=house.address, headers={"Authorization": f"Bearer {STAFF_TOKEN}"}) as staff:
        refused = await until(lambda: staff.post("/api/staff/tickets/1/answer", json={"text": "可以"}), 409)
    assert "封鎖" in refused.json()["message"]
    assert len(telegram.seen(CITIZEN)) == seen
    telegram.blocked.discard(CITIZEN)
    assert "歡迎回來" in (await phone.say("/start"))["text"]
    assert "交通" in (await phone.say("/me"))["text"]
    house.assert_no_misuse()
