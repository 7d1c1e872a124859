import json

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answer import Status

NASTY = (
    "<script>alert(1)</script>", "'; DROP TABLE questions; --", "{{7*7}} {% raw %} ${x}", "**b** [x](javascript:a)",
    "\u202eلماذا\u200b", "\x00\x07\x1b[31m", "😀" * 300, "{city}", "%s %n", "[bold]x[/bold]", "\\ud800",
)  # fmt: skip


def ask(address, question, **more):
    return httpx.post(f"{address}/api/ask", json={"question": question, **more}, timeout=30)


def test_the_api_answers_in_the_promised_form(address):
    answer = ask(address, "旗津渡輪票價多少？").json()
    assert answer["status"] == "answered"
    assert answer["language"] == "zh-TW"
    assert answer["as_of"] == "2026-11-20"
    assert answer["conversation"]
    assert {"title", "publisher", "published_at", "url", "quote"} <= answer["citations"][0].keys()
    again = ask(address, "Thanks", conversation=answer["conversation"], language="en").json()
    assert again["conversation"] == answer["conversation"]


def test_an_answer_streams_as_events_and_ends_with_the_whole(address):
    events = []
    with httpx.stream("POST", f"{address}/api/ask/stream", json={"question": "旗津渡輪票價多少？"}) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        for line in response.iter_lines():
            if line.startswith("event:"):
                events.append(line.removeprefix("event:").strip())
            elif line.startswith("data:"):
                last = json.loads(line.removeprefix("data:"))
    assert events[0] == "text"
    assert events[-1] == "answer"
    assert last["status"] == "answered"


def test_feedback_on_an_answer_is_stored_and_on_an_unknown_one_refused(address):
    question_id = ask(address, "旗津渡輪票價多少？").json()["question_id"]
    body = {"question_id": question_id, "vote": -1, "reason": "outdated", "comment": "舊的"}
    assert httpx.post(f"{address}/api/feedback", json=body).json() == {"status": "stored"}
    refused = httpx.post(
        f"{address}/api/feedback", json={**body, "question_id": "x"}, headers={"accept-language": "en"}
    )
    assert refused.status_code == 404
    assert "feedback" in refused.json()["message"]


@pytest.mark.parametrize("body", ["", "{", "[]", '{"q": 1}', '{"question": 5}', '{"question": "x", "language": "fr"}'])
def test_a_malformed_request_is_told_what_to_send_and_its_content_is_not_repeated(address, body):
    response = httpx.post(
        f"{address}/api/ask", content=body, headers={"content-type": "application/json", "accept-language": "en"}
    )
    assert response.status_code == 422
    assert "question" in response.json()["message"]
    assert "fr" not in str(response.json()["wrong"])


def test_an_oversized_body_is_refused(address):
    response = ask(address, "長" * 1_000_000)
    assert response.status_code == 413


def test_questions_of_no_and_of_100_000_characters_get_a_friendly_reply(address):
    assert ask(address, "").json()["status"] == Status.UNANSWERED_EMPTY
    assert ask(address, "問" * 100_000).json()["status"] == Status.UNANSWERED_TOO_LONG
    page = httpx.post(address, data={"question": "問" * 100_000})
    assert page.status_code == 200


@settings(max_examples=80, deadline=None)
@given(
    st.one_of(
        st.text(max_size=200), st.sampled_from(NASTY), st.builds("{} 渡輪 {}".format, st.sampled_from(NASTY), st.text())
    )
)
def test_whatever_is_asked_there_is_an_answer_and_nothing_unescaped(address, question):
    response = ask(address, question)
    assert response.status_code == 200
    assert response.json()["status"] in set(Status)
    page = httpx.post(address, data={"question": question}, timeout=30)
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert page.text.count("<script") == 1


def test_lone_surrogates_in_json_are_no_error_page(address):
    response = httpx.post(
        f"{address}/api/ask", content='{"question": "\\ud800渡輪"}', headers={"content-type": "application/json"}
    )
    assert response.status_code in (200, 422)


def test_the_page_is_in_the_visitors_language_and_carries_the_headers_that_protect(address):
    english = httpx.get(address, headers={"accept-language": "en-GB,en;q=0.9"})
    assert '<html lang="en">' in english.text
    chinese = httpx.get(address, headers={"accept-language": "fr;q=x, zh-TW"})
    assert '<html lang="zh-TW">' in chinese.text
    assert "default-src 'self'" in english.headers["content-security-policy"]
    assert english.headers["x-content-type-options"] == "nosniff"


def test_an_unknown_address_and_the_health_check_answer_plainly(address):
    missing = httpx.get(f"{address}/nothing", headers={"accept-language": "en"})
    assert missing.status_code == 404
    assert "first page" in missing.json()["message"]
    assert httpx.get(f"{address}/health").json()["status"] == "ok"
    assert "/api/ask" in httpx.get(f"{address}/openapi.json").json()["paths"]
