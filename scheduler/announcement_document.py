"""Announcements as documents of the knowledge base: what was announced can be asked about."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo

from scheduler.announcement_message import CityNames, write_announcement
from scheduler.content import Content
from storage.announcements import Announcement
from storage.documents import Document


def document_id(number: int) -> str:
    """Return the id an announcement has as a document."""
    return f"announcement-{number}"


def make_documents(announcement: Announcement, content: Content, names: CityNames, zone: tzinfo) -> Iterator[Document]:
    """Yield an announcement as documents, one for each language it is written in."""
    published = (announcement.published_at or announcement.created_at).astimezone(zone).date().isoformat()
    for language in content.title:
        message = write_announcement(content, language, names)
        yield Document(
            id=document_id(announcement.number),
            language=language,
            title=content.title[language],
            text=message.text,
            topic=content.topic,
            publisher=content.publisher or names.city[language],
            url=content.link,
            trust="official",
            published_at=published,
            valid_from="",
            valid_until=content.valid_until.isoformat() if content.valid_until else "",
            status="current",
            as_of=published,
        )
