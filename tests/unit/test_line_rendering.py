import json

from hypothesis import given, settings
from hypothesis import strategies as st
from simulators.line_rules import judge_messages

from connectors.line.rendering import render, render_plain
from connectors.message import Button, Card, OutgoingMessage, Source

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=120).filter(
    lambda text: any(character.isalnum() for character in text)
)
LONG = st.integers(1, 4_000).map(lambda count: "高雄市公告。" * count)
URLS = st.sampled_from(
    ["", "https://a.tw/文件?x=1&y=二", "ftp://a.tw", "not an address", "https://a.tw/" + "x" * 2_000]
)
BUTTONS = st.lists(st.builds(Button, WORDS, st.sampled_from(["c:help", "v:" + "0" * 36 + ":u"])), max_size=20)
MESSAGES = st.builds(
    OutgoingMessage,
    text=WORDS | LONG,
    language=st.sampled_from(["zh-TW", "en"]),
    heading=st.just("") | WORDS,
    caption=st.just("") | WORDS,
    sources=st.lists(st.builds(Source, st.integers(1, 9), WORDS, WORDS, URLS), max_size=8).map(tuple),
    cards=st.lists(st.builds(Card, WORDS, WORDS, BUTTONS.map(lambda some: tuple(some[:2]))), max_size=15).map(tuple),
    buttons=BUTTONS.map(tuple),
    choices=BUTTONS.map(tuple),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(MESSAGES, min_size=1, max_size=3))
def test_whatever_is_said_line_takes_it(messages):
    assert judge_messages(render(messages)) == []
    assert judge_messages(render_plain(messages)) == []


def test_an_answer_is_text_to_copy_from_with_its_sources_as_link_buttons_and_a_meaningful_alt_text():
    source = Source(1, "旗津渡輪的時間與票價", "交通局，2023-12-28", "https://a.tw/渡輪")
    answer = OutgoingMessage("成人票40元。[1]", "zh-TW", caption="資料來源", sources=(source,))
    text, flex = render([answer])
    assert text == {"type": "text", "text": "成人票40元。[1]"}
    assert "旗津渡輪" in flex["altText"]
    assert "https://a.tw/%E6%B8%A1%E8%BC%AA" in json.dumps(flex)


def test_a_message_of_staff_says_so_first():
    (bubble,) = render(
        [OutgoingMessage("可以。", "zh-TW", heading="【承辦人員回覆】", buttons=(Button("回覆", "h:1"),))]
    )
    assert bubble["contents"]["body"]["contents"][0]["text"].startswith("【承辦人員回覆】")


def test_only_the_last_message_carries_quick_replies():
    one, two = (OutgoingMessage(text, "zh-TW", choices=(Button("說明", "c:help"),)) for text in "甲乙")
    first, second = render([one, two])
    assert "quickReply" not in first
    assert second["quickReply"]["items"][0]["action"]["data"] == "c:help"


def test_a_source_without_a_usable_address_is_named_but_not_linked():
    source = Source(1, "內部文件", "資訊處", "javascript:alert(1)")
    _, flex = render([OutgoingMessage("有。[1]", "zh-TW", sources=(source,))])
    assert "內部文件" in json.dumps(flex, ensure_ascii=False)
    assert "javascript" not in json.dumps(flex)
