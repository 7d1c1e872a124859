"""What citizens say of themselves beside their question."""

import pytest

from bot.introduction import drop_introduction


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("我叫王小明，電話0912345678，請問渡輪票價多少", "請問渡輪票價多少"),
        ("我的電話是0912345678，渡輪票價多少", "渡輪票價多少"),
        ("敝姓陳小姐，請問渡輪票價多少？", "請問渡輪票價多少？"),
        ("My name is John Smith, my number is 0912-345-678. How much is the ferry?", "How much is the ferry?"),
        ("How much is the ferry? My e-mail is john@example.com.", "How much is the ferry?"),
        ("我住三民區建國路100號，大型垃圾打哪支電話？", "我住三民區，大型垃圾打哪支電話？"),
        ("我是王小姐，住三民區建國路100號，渡輪票價多少？", "住三民區，渡輪票價多少？"),
    ],
)
def test_who_asks_is_no_part_of_the_question(text, question):
    assert " ".join(drop_introduction(text).split()) == question


@pytest.mark.parametrize(
    "text",
    [
        "我是學生，渡輪票價多少？",
        "我是高中生，渡輪票價多少？",
        "高雄市，渡輪票價多少？",
        "我住三民區，大型垃圾怎麼丟？",
        "07-7995678是哪裡的電話？",
        "我撥07-7995678，沒有人接，怎麼辦？",
        "我叫王小明，電話0912345678。",
        "我叫車被拖吊了，怎麼辦？",
        "我叫清潔隊來收大型垃圾，等了一週沒來，要找誰？",
        "我叫了復康巴士沒來，可以申訴嗎？",
        "My e-mail is not accepted by the digital citizen platform. What can I do?",
        "My name is Ann and I am 70, what does the ferry cost?",
        "I am 35, and my firm is in Fengshan. Which grant fits?",
        "我生日是1980/1/1，可以申請青年貸款嗎？",
        "I am disabled, is the bus free?",
    ],
)
def test_what_may_matter_to_the_answer_stays(text):
    assert drop_introduction(text) == text


def test_of_a_lost_card_only_its_number_is_left_out():
    assert drop_introduction("我的身分證A123456789遺失了，去哪裡補辦？") == "我的身分證 遺失了，去哪裡補辦？"
