import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.channel import EventKind, IncomingEvent, WebhookRefused
from connectors.line import events as line
from connectors.telegram import events as telegram

SECRET = "a secret"
USER = "U" + "1" * 32
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "source", "message", "mode", "timestamp", "chat", "text", "x"]), inner
        )
    ),
    max_leaves=20,
)


def message(**more):
    return {
        "type": "message",
        "mode": "active",
        "timestamp": 1_700_000_000_000,
        "source": {"type": "user", "userId": USER},
        "webhookEventId": "01H",
        "replyToken": "r",
        "message": {"id": "1", "type": "text", "text": "渡輪票價？"},
        **more,
    }


def read_line(*events, **headers):
    body = json.dumps({"destination": "U", "events": list(events)}).encode()
    return line.read_webhook(body, {line.SIGNATURE_HEADER: line.sign(body, SECRET), **headers}, SECRET)


def test_a_text_message_on_line_is_read():
    (event,) = read_line(message())
    assert (event.kind, event.chat, event.text, event.reply_token) == (EventKind.TEXT, USER, "渡輪票價？", "r")
    assert event.happened_at.year == 2023


@pytest.mark.parametrize(
    "strange",
    [
        {"type": "greatNewFeature", "mode": "active"}, message(source={"type": "universe"}), message(mode="newMode"), message(timestamp="x"),
        message(message={"type": "text"}), "text", None, [], message(webhookEventId=None, source=None), {"type": "message"},
    ],
)  # fmt: skip
def test_what_cannot_be_read_does_not_lose_the_other_events_of_the_batch(strange):
    events = read_line(strange, message(message={"id": "2", "type": "text", "text": "第二則"}))
    assert events[-1].text == "第二則"
    assert len(events) == 1


def test_an_unknown_message_type_is_a_content_that_gets_a_helpful_reply():
    (event,) = read_line(message(message={"id": "1", "type": "hologram"}))
    assert (event.kind, event.content) == (EventKind.CONTENT, "hologram")


def test_in_standby_nothing_is_answered():
    assert read_line(message(mode="standby")) == []


def test_in_a_group_on_line_only_a_mention_of_the_bot_or_a_command_is_meant_for_it():
    group = {"type": "group", "groupId": "C" + "2" * 32, "userId": USER}
    chatter = message(source=group)
    mentioned = message(
        source=group,
        message={
            "id": "1",
            "type": "text",
            "text": "😀@bot 渡輪票價？",
            "mention": {"mentionees": [{"index": 2, "length": 4, "isSelf": True, "type": "user"}]},
        },
    )
    other = message(
        source=group,
        message={
            "id": "1",
            "type": "text",
            "text": "@Ann 嗨",
            "mention": {"mentionees": [{"index": 0, "length": 4, "isSelf": False, "type": "user"}]},
        },
    )
    command = message(
        source={"type": "group", "groupId": group["groupId"]}, message={"id": "1", "type": "text", "text": "/help"}
    )
    read = read_line(chatter, mentioned, other, command)
    assert [event.is_addressed for event in read] == [False, True, False, True]
    assert read[1].text == "😀 渡輪票價？"


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{}", {}, 400),
        (b"{}", {line.SIGNATURE_HEADER: ""}, 400),
        (b"{}", {line.SIGNATURE_HEADER: "wrong"}, 401),
        (b"{}", {line.SIGNATURE_HEADER: "錯"}, 401),
        (b"{", {line.SIGNATURE_HEADER: line.sign(b"{", SECRET)}, 400),
        (b"[]", {line.SIGNATURE_HEADER: line.sign(b"[]", SECRET)}, 400),
        (b"\xff\xfe", {line.SIGNATURE_HEADER: line.sign(b"\xff\xfe", SECRET)}, 400),
        (b'{"events": {}}', {line.SIGNATURE_HEADER: line.sign(b'{"events": {}}', SECRET)}, 400),
        (b"[" * 100_000, {line.SIGNATURE_HEADER: line.sign(b"[" * 100_000, SECRET)}, 400),
    ],
)
def test_a_webhook_that_is_not_from_line_or_not_readable_is_refused(body, headers, status):
    with pytest.raises(WebhookRefused) as refused:
        line.read_webhook(body, headers, SECRET)
    assert refused.value.status == status


def test_an_empty_list_of_events_is_lines_way_to_try_the_webhook():
    assert read_line() == []


@settings(deadline=None)
@given(st.lists(ANY_JSON, max_size=5))
def test_no_event_however_odd_stops_line_from_being_read(events):
    for event in read_line(*events):
        assert IncomingEvent.from_payload(json.loads(json.dumps(event.to_payload()))) == event


@settings(deadline=None)
@given(ANY_JSON)
def test_no_update_however_odd_stops_telegram_from_being_read(content):
    telegram.read_update({"update_id": 1, "message": content}, "bot")
    telegram.read_update({"update_id": 1, "callback_query": content}, "bot")
    telegram.read_update({"update_id": 1, "my_chat_member": content}, "bot")


@pytest.mark.parametrize(
    ("body", "secret", "status"),
    [(b'{"update_id": 1}', None, 400), (b'{"update_id": 1}', "wrong", 401), (b"{", "s", 400), (b"[]", "s", 400)],
)
def test_a_webhook_that_is_not_from_telegram_or_not_readable_is_refused(body, secret, status):
    headers = {} if secret is None else {telegram.SECRET_HEADER: secret}
    with pytest.raises(WebhookRefused) as refused:
        telegram.read_webhook(body, headers, "s", "bot")
    assert refused.value.status == status


def update(text, **more):
    return {
        "update_id": 7,
        "message": {
            "message_id": 3,
            "date": 1_700_000_000,
            "chat": {"id": -5, "type": "supergroup"},
            "from": {"id": 9, "language_code": "en"},
            "text": text,
            **more,
        },
    }


@pytest.mark.parametrize(
    ("text", "more", "addressed"),
    [
        ("hello all", {}, False),
        ("@Askbay_Bot how much is the ferry?", {}, True),
        ("@askbay_bot2 how much is the ferry?", {}, False),
        ("/help", {}, True),
        ("/help@askbay_bot", {}, True),
        ("/help@other_bot", {}, False),
        ("and where?", {"reply_to_message": {"from": {"username": "askbay_bot"}}}, True),
        ("and where?", {"reply_to_message": {"from": {"username": "ann"}}}, False),
    ],
)
def test_in_a_group_on_telegram_only_what_is_meant_for_the_bot_counts(text, more, addressed):
    event = telegram.read_update(update(text, **more), "askbay_bot")
    assert event.is_addressed is addressed


def test_a_group_that_becomes_a_supergroup_is_followed_to_its_new_address():
    moved = {"message_id": 1, "date": 1, "chat": {"id": -5, "type": "group"}, "migrate_to_chat_id": -1005}
    event = telegram.read_update({"update_id": 1, "message": moved}, "bot")
    assert (event.kind, event.chat, event.new_chat) == (EventKind.MOVE, "-5", "-1005")
