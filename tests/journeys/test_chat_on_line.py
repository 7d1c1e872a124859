"""A citizen on LINE, from the first hello to "forget me"; LINE is simulated and judges every request."""

from datetime import UTC, datetime

import httpx
import pytest
from channels_house import STAFF_TOKEN, copy_of, open_house, open_platforms
from simulators.line import make_user

CITIZEN = make_user(1)


@pytest.fixture
async def house(kaohsiung_data, tmp_path):
    async with (
        open_platforms() as (line, telegram),
        open_house(copy_of(kaohsiung_data, tmp_path), line, telegram, lambda: datetime.now(UTC)) as opened,
    ):
        yield opened


class Phone:
    """What the citizen sees: each call returns the messages it brought."""

    def __init__(self, line):
        self.line = line

    async def do(self, action, count=1):
        before = len(self.line.seen(CITIZEN))
        await action
        return (await self.line.wait_for(CITIZEN, before + count))[before:]

    async def say(self, text, count=1):
        return await self.do(self.line.say(CITIZEN, text), count)

    async def tap(self, data, count=1):
        return await self.do(self.line.press(CITIZEN, data), count)


def find_button(messages, label):
    """Return the data of the button with a label, wherever it is."""

    def walk(node):
        if isinstance(node, dict):
            if node.get("type") in ("postback", "uri") and label in node.get("label", ""):
                yield node.get("data") or node["uri"]
            for value in node.values():
                yield from walk(value)
        elif isinstance(node, list):
            for value in node:
                yield from walk(value)

    return next(walk(messages), None)


def all_text(messages):
    def walk(node):
        if isinstance(node, dict):
            if node.get("type") == "text":
                yield node["text"]
            for value in node.values():
                yield from walk(value)
        elif isinstance(node, list):
            for value in node:
                yield from walk(value)

    return "\n".join(walk(messages))


async def test_a_citizen_chats_on_line_from_hello_to_forget_me(house):
    line, phone = house.line, Phone(house.line)
    (greeting,) = await phone.do(line.follow(CITIZEN))
    assert "不是真人" in greeting["text"]
    assert find_button(greeting["quickReply"], "訂閱公告")

    answer = await phone.say("旗津渡輪票價多少？", 2)
    assert "40元" in answer[0]["text"]
    assert "資料截至" in answer[0]["text"]
    assert find_button(answer, "[1]").startswith("https://")
    helpful = find_button(answer, "有幫助")

    follow_up = await phone.say("那幾點開到幾點？", 2)
    assert "05:00" in follow_up[0]["text"]

    english = await phone.say("How much is the Cijin ferry?", 2)
    assert "NT$40" in english[0]["text"]
    assert find_button(english, "Helpful")

    topics = await phone.tap("c:subscribe")
    subscribed = await phone.tap(find_button(topics, "交通"))
    assert "已訂閱「交通」" in all_text(subscribed)
    assert find_button(subscribed, "✓ 交通")
    assert "每週彙整" in all_text(await phone.tap(find_button(subscribed, "每週彙整")))
    assert "22:00" in all_text(await phone.tap("q:on"))

    unanswered = await phone.say("高雄捷運黃線哪一天通車？")
    assert "1999" in all_text(unanswered)
    watched = await phone.tap(find_button(unanswered, "有公告就通知我"))
    assert "黃線" in all_text(watched)

    assert "謝謝" in all_text(await phone.tap(helpful))
    why = await phone.tap(find_button(english, "Not helpful"))
    assert "檢查" in all_text(await phone.tap(find_button(why, "資料過時")))

    handed_over = await phone.say("找真人")
    assert "編號 1" in all_text(handed_over)
    async with httpx.AsyncClient(base_url=house.address, headers={"Authorization": f"Bearer {STAFF_TOKEN}"}) as staff:
        ticket = (await staff.get("/api/staff/tickets/1")).json()
        assert "高雄捷運黃線哪一天通車？" in [entry["text"] for entry in ticket["lines"]]
        reply = {"text": "黃線預計分階段通車，請留意捷運局公告。", "name": "捷運局 陳小姐"}
        arriving = phone.do(staff.post("/api/staff/tickets/1/answer", json=reply))
        (from_staff,) = await arriving
    assert "承辦人員回覆" in all_text([from_staff])
    assert "捷運局 陳小姐" in all_text([from_staff])
    assert line.chats[CITIZEN][-1].call == "push"

    known = all_text(await phone.say("你知道我什麼？"))
    assert "交通" in known
    assert "黃線" in known
    sure = await phone.say("忘記我")
    forgotten = all_text(await phone.tap(find_button(sure, "確定刪除")))
    assert "已刪除" in forgotten
    after = all_text(await phone.say("我的資料"))
    assert "交通" not in after
    assert "保存中的問答：0 則" in after
    house.assert_no_misuse()


async def test_an_english_reader_switches_language_and_gets_the_english_menu(house):
    line, phone = house.line, Phone(house.line)
    await house.channels["line"].set_up()
    await phone.do(line.follow(CITIZEN))
    switched = await phone.tap("l:en")
    assert "English" in switched[0]["text"]
    assert "Which topics" in all_text(await phone.say("/subscribe"))
    assert line.user_menus[CITIZEN] == line.aliases["askbay-en"]
    house.assert_no_misuse()


async def test_topics_and_programmes_are_shown_as_cards_to_ask_about(house):
    phone = Phone(house.line)
    topics = await phone.say("主題")
    cards = await phone.tap(find_button(topics, "交通"), 2)
    assert cards[1]["contents"]["type"] == "carousel"
    programmes = await phone.say("新創方案", 2)
    asked = await phone.tap(find_button(programmes, "問這個"), 2)
    assert "[1]" in asked[0]["text"]
    house.assert_no_misuse()


async def test_a_question_that_could_mean_several_things_is_asked_back(house):
    phone = Phone(house.line)
    asked_back = await phone.say("租金補助")
    assert "不同的事" in all_text(asked_back)
    chosen = await phone.tap(find_button(asked_back, "006688"), 2)
    assert "006688" in chosen[0]["text"]
    house.assert_no_misuse()
