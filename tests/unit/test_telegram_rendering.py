import json

import pytest
from hypothesis import given, settings
from simulators.telegram_rules import CannotParse, judge_keyboard, judge_text, parse_html
from unit.test_line_rendering import MESSAGES

from connectors.message import Button, OutgoingMessage, Source
from connectors.telegram.rendering import render
from connectors.telegram.sending import make_markup

tdjson = pytest.importorskip("tdjson")


def parse_by_telegram(html):
    """Return the text as Telegram's own library parses it; raises CannotParse with its words."""
    request = {"@type": "parseTextEntities", "text": html, "parse_mode": {"@type": "textParseModeHTML"}}
    answer = json.loads(tdjson.td_execute(json.dumps(request).encode()))
    if answer["@type"] == "error":
        raise CannotParse(answer["message"])
    return answer["text"]


@settings(max_examples=150, deadline=None)
@given(MESSAGES)
def test_whatever_is_said_telegram_takes_it(message):
    for part in render([message]):
        assert judge_text({"text": part.html, "parse_mode": "HTML"}) == []
        markup = make_markup(part.keyboard)
        assert judge_keyboard(markup.to_dict() if markup else None) == []
        parse_by_telegram(part.html)


def test_what_looks_like_html_is_shown_as_written():
    (part,) = render([OutgoingMessage("<b>1 < 2 & 3 > 2</b>", "en", heading="<script>")])
    assert parse_html(part.html) == "<script>\n<b>1 < 2 & 3 > 2</b>"
    assert parse_by_telegram(part.html) == "<script>\n<b>1 < 2 & 3 > 2</b>"


def test_sources_are_links_in_the_text_and_buttons_below_it():
    source = Source(1, 'A "quoted" <title>', "局，2026", "https://a.tw/?a=1&b='2'")
    (part,) = render([OutgoingMessage("有。[1]", "zh-TW", sources=(source,))])
    assert 'A "quoted" <title>' in parse_by_telegram(part.html)
    assert part.keyboard[0][0].url.startswith("https://a.tw/?a=1&b=")


def test_a_long_text_comes_in_parts_with_the_buttons_under_the_last():
    parts = render([OutgoingMessage("公告內容。" * 2_000, "zh-TW", buttons=(Button("有幫助", "v:1:u"),))])
    assert len(parts) > 2
    assert all(not part.keyboard for part in parts[:-1])
    assert parts[-1].keyboard


def test_the_simulator_refuses_what_telegrams_own_parser_refuses():
    for html in ("<p>x</p>", "<b>x", "x</b>", "a < b", "<br>", "<ul><li>x</li></ul>"):
        with pytest.raises(CannotParse):
            parse_html(html)
        with pytest.raises(CannotParse):
            parse_by_telegram(html)
