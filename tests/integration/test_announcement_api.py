"""Another system of the city hands announcements in; people who use no chat read them; the page shows them."""

import json
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import httpx
import pytest
from announcements import make_content
from channels_house import STAFF_TOKEN, copy_of, open_house, open_platforms
from icalendar import Calendar

from app.wiring import make_publisher


def real_now():
    return datetime.now(UTC)


@pytest.fixture
async def house(kaohsiung_data, tmp_path):
    tokens = json.dumps({"王科長": "the approver's"})
    async with (
        open_platforms() as (line, telegram),
        open_house(
            copy_of(kaohsiung_data, tmp_path), line, telegram, real_now, staff_tokens=json.loads(tokens)
        ) as opened,
    ):
        yield opened


def staff(house, token=STAFF_TOKEN):
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
    return httpx.AsyncClient(base_url=house.address, headers=headers)


async def test_what_another_system_hands_in_is_published_once_a_person_approved_it(house):
    event = {"event_starts": "2026-12-05T10:00", "place": "旗津海岸公園", "link": "https://example.org/kite"}
    async with staff(house) as system, staff(house, "the approver's") as person:
        given = {"content": make_content(**event), "external_id": "press-77", "submit": True}
        first = await system.post("/api/staff/announcements", json=given)
        assert first.status_code == 201
        number = first.json()["number"]
        assert (await system.post("/api/staff/announcements", json=given)).json()["number"] == number
        refused = await system.post(f"/api/staff/announcements/{number}/approve", json={})
        assert refused.status_code == 403
        assert "member of staff" in refused.json()["message"]
        assert (await person.post(f"/api/staff/announcements/{number}/approve", json={})).json()["state"] == "approved"
        assert (await person.get(f"/api/staff/announcements/{number}/preview")).json()["at_once"] == {}
        assert (await person.post(f"/api/staff/announcements/{number}/schedule", json={})).status_code == 200
        await make_publisher(house.askbay, house.channels).publish_due()
        shown = (await person.get(f"/api/staff/announcements/{number}")).json()
        assert [step["staff"] for step in shown["steps"]][:3] == ["API", "API", "王科長"]
    async with httpx.AsyncClient(base_url=house.address) as reader:
        feed = ET.fromstring((await reader.get("/feeds/announcements.atom?language=en")).text)  # noqa: S314  our own feed
        titles = [title.text for title in feed.iter("{http://www.w3.org/2005/Atom}title")]
        assert "Cijin Kite Festival" in titles
        calendar = Calendar.from_ical((await reader.get("/feeds/events.ics")).content)
        (found,) = calendar.walk("VEVENT")
        assert found["summary"] == "旗津風箏節"
        assert found.decoded("dtstart") == datetime(2026, 12, 5, 2, tzinfo=UTC)
        news = (await reader.get("/api/news")).json()
        assert news["announcements"][0]["heading"] == "【公告】旗津風箏節"
        answer = (await reader.post("/api/ask", json={"question": "旗津風箏節要門票嗎？入場免費嗎？"})).json()
        assert any(cited["title"] == "旗津風箏節" for cited in answer["citations"])


async def test_everything_that_is_wrong_is_told_at_once_and_nothing_is_stored(house):
    content = {
        "title": {"en": "Only English"},
        "text": {"en": "x"},
        "topic": "nothing",
        "link": "ftp://x",
        "color": "red",
    }
    async with staff(house) as system:
        refused = await system.post("/api/staff/announcements", json={"content": content})
        assert refused.status_code == 422
        assert {"title", "text", "link", "color"} <= set(refused.json()["wrong"])
        assert "Chinese (zh-TW) is required" in refused.json()["message"]
        assert (await system.get("/api/staff/announcements")).json() == []
        assert (await system.get("/api/staff/announcements/99")).status_code == 404


async def test_an_announcement_needs_a_token(house):
    async with httpx.AsyncClient(base_url=house.address) as nobody:
        for path in ("/api/staff/announcements", "/api/staff/announcements/1"):
            assert (await nobody.get(path)).status_code == 401
        assert (await nobody.post("/api/staff/announcements", json={"content": {}})).status_code == 401


async def test_a_repeat_that_is_too_frequent_or_has_no_start_is_refused(house):
    async with staff(house) as system:
        for when in (
            {"repeat": "FREQ=MINUTELY", "at": "2027-01-01T09:00"},
            {"repeat": "FREQ=DAILY"},
            {"repeat": "every day", "at": "2027-01-01T09:00"},
        ):
            refused = await system.post("/api/staff/announcements", json={"content": make_content(when=when)})
            assert refused.status_code == 422, when
        late = (real_now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
        given = {"content": make_content(when={"at": late}), "submit": True}
        number = (await system.post("/api/staff/announcements", json=given)).json()["number"]
    async with staff(house, "the approver's") as person:
        await person.post(f"/api/staff/announcements/{number}/approve", json={})
        refused = await person.post(f"/api/staff/announcements/{number}/schedule", json={})
        assert "has passed" in refused.json()["message"]
