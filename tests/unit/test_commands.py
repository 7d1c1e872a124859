import pytest

from bot.commands import SHOWN, Command, make_choices, read_command
from prompts import load_wording


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/help", Command.HELP), ("使用說明", Command.HELP), ("訂閱公告", Command.SUBSCRIBE), ("我要訂閱", Command.SUBSCRIBE),
        ("取消訂閱", Command.UNSUBSCRIBE), ("Unsubscribe", Command.UNSUBSCRIBE), ("/stop", Command.UNSUBSCRIBE),
        ("找真人", Command.PERSON), ("我要找客服！", Command.PERSON), ("Can I talk to a person?", Command.PERSON),
        ("你知道我什麼？", Command.ABOUT_ME), ("What do you know about me?", Command.ABOUT_ME), ("忘記我", Command.FORGET_ME),
        ("請刪除我的資料", Command.FORGET_ME), ("Forget me", Command.FORGET_ME), ("/forget@askbay_bot", Command.FORGET_ME),
        ("新創方案", Command.PROGRAMMES), ("Topics", Command.TOPICS), ("English", Command.ENGLISH), ("中文", Command.CHINESE),
        ("／help", Command.HELP), ("退訂", Command.UNSUBSCRIBE), ("please stop sending me messages", Command.UNSUBSCRIBE),
        ("可以刪掉我的資料嗎", Command.FORGET_ME), ("我要找真人處理違停", Command.PERSON), ("訂閱 交通", Command.SUBSCRIBE),
    ],
)  # fmt: skip
def test_a_command_is_understood_written_or_after_a_slash(text, command):
    assert read_command(text) is command


@pytest.mark.parametrize(
    "text",
    [
        "旗津渡輪票價多少？", "我要怎麼訂閱高雄市政府的電子報？", "新創方案的補助金額是多少？", "忘記帶健保卡怎麼辦", "哪裡可以找人工湖",
        "How do I subscribe to the city newsletter by post?", "help me find the ferry timetable", "/unknown", "", "/", "個人資料保護法",
    ],
)  # fmt: skip
def test_a_question_is_never_taken_for_a_command(text):
    assert read_command(text) is None


@pytest.mark.parametrize("language", ["zh-TW", "en"])
def test_every_command_has_its_words_in_both_languages(language, chat_city):
    buttons = make_choices(chat_city.speak(language))
    assert len(buttons) == len(SHOWN) <= 13
    assert set(load_wording("zh-TW").texts) == set(load_wording("en").texts)
