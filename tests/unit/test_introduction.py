"""What citizens say of themselves beside their question."""

import pytest

from bot.introduction import drop_introduction


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("我叫王小明，電話0912345678，請問渡輪票價多少", "請問渡輪票價多少"),
        ("我是A123456789王小明，住三民區建國路100號，渡輪票價多少？", "渡輪票價多少？"),
        ("My name is John Smith, my number is 0912-345-678. How much is the ferry?", "How much is the ferry?"),
        ("How much is the ferry? My e-mail is john@example.com.", "How much is the ferry?"),
    ],
)
def test_who_asks_is_no_part_of_the_question(text, question):
    assert drop_introduction(text) == question


@pytest.mark.parametrize(
    "text",
    [
        "我是學生，渡輪票價多少？",
        "我住三民區，大型垃圾怎麼丟？",
        "07-7995678是哪裡的電話？",
        "我撥07-7995678，沒有人接，怎麼辦？",
        "我叫王小明，電話0912345678。",
        "I am 35, and my firm is in Fengshan. Which grant fits?",
    ],
)
def test_what_may_matter_to_the_answer_stays(text):
    assert drop_introduction(text) == text
