"""What a document must say about itself, and how front matter becomes one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import astuple
from datetime import date, datetime

from knowledge_base.language import detect_language
from storage.documents import Document

OFFICIAL = "official"
PRESS = "press"
OTHER = "other"
TRUST = (OFFICIAL, PRESS, OTHER)

CURRENT = "current"
CLOSED = "closed"
PLANNED = "planned"
STATUS = (CURRENT, CLOSED, PLANNED)

MAX_ID_CHARACTERS = 150

_PARTIAL_DATE = re.compile(r"^(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?")
_ROC_DATE = re.compile(r"^(?:民國)?\s*(\d{2,3})[-/.年](\d{1,2})[-/.月](\d{1,2})")
_UNSAFE_IN_ID = re.compile(r"[^\w.-]+")


class InvalidDocument(Exception):
    """A document says something about itself that cannot be; `field` and `value` say what."""

    def __init__(self, field: str, value: str) -> None:
        super().__init__(f"{field}: {value!r}")
        self.field = field
        self.value = value


def parse_partial_date(value: object) -> str:
    """Return "2026", "2026-03", "2026-03-11" or "" from a date, a year, or text (ROC years too).

    Raises ValueError where a text is no date.
    """
    if value is None or value == "":
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    text = str(value).strip()
    roc = _ROC_DATE.match(text)
    if roc:
        return date(int(roc[1]) + 1911, int(roc[2]), int(roc[3])).isoformat()
    match = _PARTIAL_DATE.match(text)
    if not match:
        raise ValueError(f"not a date: {text!r}")
    year, month, day = match.groups()
    date(int(year), int(month or 1), int(day or 1))
    return "-".join(part.zfill(2) for part in (year, month, day) if part)


def last_day(partial: str) -> date | None:
    """Return the last day a partial date may mean ("2026" → 31 December), None where it is empty."""
    if not partial:
        return None
    parts = [int(part) for part in partial.split("-")]
    if len(parts) == 3:
        return date(*parts)
    year, month = parts[0], parts[1] if len(parts) > 1 else 12
    return date(year + month // 12, month % 12 + 1, 1).replace(day=1) - date.resolution


def has_expired(valid_until: str, status: str, today: date) -> bool:
    """Say whether an item is over: marked closed, or its last valid day is past."""
    last = last_day(valid_until)
    return status == CLOSED or (last is not None and last < today)


def fingerprint(document: Document) -> str:
    """Return a hash of everything a citizen could see of a document: equal hash, nothing changed."""
    return hashlib.sha256("\x1f".join(astuple(document)).encode()).hexdigest()


def document_from_front_matter(text: str, front: Mapping[str, object], *, fallback_id: str) -> Document:
    """Make a document of a text and what its front matter says (unknown keys are left alone).

    `as_of` stays empty where it is not stated; ingestion then takes its own day.

    Raises InvalidDocument for a field that is not possible.
    """
    title = _one_line(front.get("title")) or _first_line(text) or fallback_id
    trust = _one_line(front.get("trust")) or OTHER
    status = _one_line(front.get("status")) or CURRENT
    if trust not in TRUST:
        raise InvalidDocument("trust", trust)
    if status not in STATUS:
        raise InvalidDocument("status", status)
    return Document(
        id=_safe_id(_one_line(front.get("id")) or fallback_id),
        language=_one_line(front.get("language") or front.get("lang")) or detect_language(f"{title}\n{text}"),
        title=title,
        text=text.strip(),
        topic=_one_line(front.get("topic")),
        publisher=_one_line(front.get("publisher") or front.get("source")),
        url=_web_address(_one_line(front.get("url"))),
        trust=trust,
        published_at=_date(front, "published_at", "date"),
        valid_from=_date(front, "valid_from"),
        valid_until=_date(front, "valid_until"),
        status=status,
        as_of=_date(front, "as_of"),
    )


def _date(front: Mapping[str, object], *names: str) -> str:
    for name in names:
        if front.get(name):
            try:
                return parse_partial_date(front[name])
            except ValueError:
                raise InvalidDocument(name, str(front[name])) from None
    return ""


def _web_address(url: str) -> str:
    if url and not url.startswith(("https://", "http://")):
        raise InvalidDocument("url", url)
    return url


def _safe_id(text: str) -> str:
    return _UNSAFE_IN_ID.sub("-", text)[:MAX_ID_CHARACTERS].strip("-.") or "document"


def _one_line(value: object) -> str:
    return " ".join(str(value).split()) if value not in (None, "") else ""


def _first_line(text: str) -> str:
    for line in text.splitlines():
        cleaned = line.strip().lstrip("#").strip()
        if cleaned:
            return cleaned[:200]
    return ""
