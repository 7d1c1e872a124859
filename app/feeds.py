"""What is published for people who use neither chat: an Atom feed, a calendar of the events, notices on the page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.templating import Jinja2Templates
from icalendar import Calendar, Event
from pydantic import BaseModel

from app.chat_page import TEMPLATES
from app.city import make_city_names
from app.locales import load_locale
from app.wiring import Askbay
from scheduler.announcement_message import CityNames, write_announcement
from scheduler.content import CHINESE, Content
from scheduler.occurrences import to_moment
from scheduler.publishing import find_published_contents
from storage import notices
from storage.announcements import Announcement

ENTRIES = 50
SHOWN_ON_PAGE = 3
# What the page shows without being asked: news, not an archive.
NEWS_DAYS = 14

Language = Literal["zh-TW", "en"]
Published = Sequence[tuple[Announcement, Content]]


class NewsItem(BaseModel):
    """An announcement as the page shows it."""

    number: int
    heading: str
    text: str
    link: str
    emergency: bool
    published_at: datetime


class NoticeItem(BaseModel):
    """Something a conversation on the page is to be told: an answer that no longer stands."""

    id: str
    heading: str
    text: str


class News(BaseModel):
    """What the page shows above the conversation, and in it."""

    announcements: list[NewsItem]
    notices: list[NoticeItem]


def make_feeds(askbay: Askbay) -> APIRouter:
    """Return the routes of the feeds and of the page's notices."""
    router = APIRouter(tags=["announcements"])
    templates = Jinja2Templates(directory=TEMPLATES)
    names, zone = make_city_names(askbay.city), askbay.city.time_zone

    @router.get("/feeds/announcements.atom", response_class=Response)
    async def show_atom(request: Request, language: Language = "zh-TW", topic: str = "") -> Response:
        """Return the newest announcements as an Atom feed (RFC 4287)."""
        found = await _find(askbay, topic)
        entries = [
            {
                "id": f"tag:{askbay.city.id},{announcement.created_at.year}:announcement-{announcement.number}",
                "title": content.title.get(language, content.title[CHINESE]),
                "text": write_announcement(content, language, names).text,
                "link": content.link or str(request.base_url),
                "at": (announcement.published_at or announcement.created_at).isoformat(),
                "topic": names.topics.get(content.topic, {}).get(language, content.topic),
            }
            for announcement, content in found
        ]
        context = {
            "title": load_locale(language)["announcements"]["feed_title"].format(city=names.city[language]),
            "address": str(request.url),
            "language": language,
            "entries": entries,
            "updated": entries[0]["at"] if entries else askbay.now().isoformat(),
        }
        return templates.TemplateResponse(request, "announcements.atom", context, media_type="application/atom+xml")

    @router.get("/feeds/events.ics", response_class=Response)
    async def show_calendar(language: Language = "zh-TW", topic: str = "") -> Response:
        """Return the announced events as a calendar (RFC 5545)."""
        calendar = Calendar()
        calendar.add("prodid", "-//Askbay//announcements//")
        calendar.add("version", "2.0")
        calendar.add("x-wr-calname", names.city[language])
        for announcement, content in await _find(askbay, topic):
            if content.event_starts:
                calendar.add_component(_make_event(announcement, content, language, names, askbay))
        return Response(calendar.to_ical(), media_type="text/calendar; charset=utf-8")

    @router.get("/api/news")
    async def show_news(
        language: Language = "zh-TW", conversation: Annotated[str, Query(pattern=r"^[A-Za-z0-9-]{0,64}$")] = ""
    ) -> News:
        """Return what the page shows: the newest announcements, emergencies first, and this conversation's notices."""
        today = askbay.now()
        news = [
            _make_item(announcement, content, language, names)
            for announcement, content in await _find(askbay, "")
            if _is_news(announcement, content, today, today.astimezone(zone).date())
        ]
        async with askbay.database.begin() as connection:
            told = await notices.find_of_conversation(connection, conversation) if conversation else []
        return News(
            announcements=sorted(news, key=lambda item: not item.emergency)[:SHOWN_ON_PAGE],
            notices=[
                NoticeItem(id=notice.id, heading=notice.message["heading"], text=notice.message["text"])
                for notice in told
                if notice.citizen_id is None
            ],
        )

    return router


async def _find(askbay: Askbay, topic: str) -> Published:
    found = await find_published_contents(askbay.database, limit=ENTRIES if not topic else ENTRIES * 10)
    return [(item, content) for item, content in found if not topic or content.topic == topic][:ENTRIES]


def _make_event(announcement: Announcement, content: Content, language: str, names: CityNames, askbay: Askbay) -> Event:
    zone = askbay.city.time_zone
    event = Event()
    event.add("uid", f"announcement-{announcement.number}@{askbay.city.id}")
    event.add("dtstamp", announcement.published_at or announcement.created_at)
    event.add("summary", content.title.get(language, content.title[CHINESE]))
    event.add("description", write_announcement(content, language, names).text)
    starts = to_moment(content.event_starts or datetime.min, zone)
    event.add("dtstart", starts.astimezone(UTC))
    ends = to_moment(content.event_ends, zone) if content.event_ends else starts + timedelta(hours=1)
    event.add("dtend", ends.astimezone(UTC))
    for name, value in (("location", content.place), ("url", content.link)):
        if value:
            event.add(name, value)
    return event


def _is_news(announcement: Announcement, content: Content, now: datetime, today: date) -> bool:
    published_at = announcement.published_at or announcement.created_at
    ended = content.valid_until is not None and content.valid_until < today
    return not ended and now - published_at < timedelta(days=NEWS_DAYS)


def _make_item(announcement: Announcement, content: Content, language: str, names: CityNames) -> NewsItem:
    message = write_announcement(content, language, names)
    return NewsItem(
        number=announcement.number,
        heading=message.heading,
        text=message.text,
        link=content.link,
        emergency=content.emergency,
        published_at=announcement.published_at or announcement.created_at,
    )
