"""What staff write in an announcement, checked: texts, audience, times. Its wording is never changed.

Times are the city's wall-clock times, without a zone.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

from dateutil.rrule import rrule, rrulestr
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

CHINESE = "zh-TW"
CHANNELS = ("line", "telegram")
_RULE = re.compile(r"[A-Z0-9=;,+-]+")
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_FINER = frozenset({"BYHOUR", "BYMINUTE", "BYSECOND"})
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
MAX_TITLE, MAX_TEXT = 100, 2_000
_SPAN = re.compile(r"^(\d{1,4})\s*([mhd])$")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class ContentInvalid(Exception):
    """An announcement is not as it has to be; `problems` are (field, kind of problem) for the texts of the locales."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {kind}" for field, kind in problems))
        self.problems = tuple(problems)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


Line = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


def _refuse(kind: str) -> PydanticCustomError:
    return PydanticCustomError(kind, kind)


def parse_span(text: str) -> timedelta:
    """Return a time span written like 30m, 2h or 1d. Raises ValueError."""
    match = _SPAN.match(text.strip())
    if not match:
        raise ValueError(f"not a time span: {text!r}")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _without_end(parts: Mapping[str, str]) -> str:
    return ";".join(f"{name}={value}" for name, value in parts.items() if name not in ("COUNT", "UNTIL"))


def is_rule(repeat: str, first: datetime) -> bool:
    """Say whether a text is a repeat we can follow: by days or longer, at the time of the first, within ten years."""
    rule = repeat.upper().removeprefix("RRULE:")
    parts = dict(part.partition("=")[::2] for part in rule.split(";"))
    if not _RULE.fullmatch(rule) or parts.get("FREQ") not in _FREQUENCIES or _FINER & parts.keys():
        return False
    if "INTERVAL" in parts and not (parts["INTERVAL"].isdecimal() and int(parts["INTERVAL"]) >= 1):
        return False
    try:
        rrulestr(rule, dtstart=first)
        # A rule that never comes is looked for until the year 9999 otherwise.
        endless = rrulestr(_without_end(parts), dtstart=first)
        if not isinstance(endless, rrule):
            return False
        return next(iter(endless.replace(until=first + timedelta(days=3_660))), None) is not None
    except (ValueError, TypeError, KeyError, OverflowError):
        return False


class When(_Part):
    """When an announcement goes out: once, or again and again by an RRULE (RFC 5545) that starts `at`.

    A time that is missed (the computer was off) is made up for within `late_hours`, skipped, or staff are asked.
    """

    at: datetime | None = Field(default=None, description="wall-clock time of the city; empty: as soon as scheduled")
    repeat: str = Field(default="", max_length=300, examples=["FREQ=WEEKLY;BYDAY=MO", "FREQ=MONTHLY;BYDAY=-1FR"])
    missed: Literal["late", "skip", "ask"] = "late"
    late_hours: int = Field(default=12, ge=1, le=720)
    remind_before: tuple[str, ...] = Field(default=(), max_length=5, description="before the event: 1d, 2h, 30m")
    remind_before_deadline: tuple[str, ...] = Field(default=(), max_length=5)

    @field_validator("remind_before", "remind_before_deadline")
    @classmethod
    def _check_spans(cls, spans: tuple[str, ...]) -> tuple[str, ...]:
        for span in spans:
            try:
                parse_span(span)
            except ValueError as error:
                raise _refuse("span_invalid") from error
        return spans

    @model_validator(mode="after")
    def _check_rule(self) -> When:
        if not self.repeat:
            return self
        if self.at is None:
            raise _refuse("repeat_without_start")
        if not is_rule(self.repeat, self.at):
            raise _refuse("repeat_invalid")
        return self


class Content(_Part):
    """An announcement as staff wrote it. Texts by language; Chinese is required."""

    title: dict[str, str]
    text: dict[str, str]
    topic: str
    publisher: Line = ""
    districts: tuple[str, ...] = ()
    link: Annotated[str, Field(max_length=1_000)] = ""
    picture: Annotated[str, Field(max_length=1_000)] = ""
    place: Line = ""
    event_starts: datetime | None = None
    event_ends: datetime | None = None
    deadline: datetime | None = None
    valid_until: date | None = None
    emergency: bool = False
    channels: tuple[str, ...] = Field(default=(), description="line, telegram; empty: all")
    languages: tuple[str, ...] = Field(default=(), description="zh-TW, en; empty: all")
    everyone: bool = Field(default=False, description="not only those who subscribed to the topic")
    when: When = When()

    @field_validator("title", "text")
    @classmethod
    def _check_texts(cls, texts: dict[str, str]) -> dict[str, str]:
        kept = {language: text for language, text in texts.items() if text}
        if CHINESE not in kept:
            raise _refuse("chinese_missing")
        if any(_CONTROL.search(text) for text in kept.values()):
            raise _refuse("control_characters")
        return kept

    @field_validator("title")
    @classmethod
    def _check_titles(cls, texts: dict[str, str]) -> dict[str, str]:
        return _within(texts, MAX_TITLE)

    @field_validator("text")
    @classmethod
    def _check_length(cls, texts: dict[str, str]) -> dict[str, str]:
        return _within(texts, MAX_TEXT)

    @field_validator("link", "picture")
    @classmethod
    def _check_address(cls, address: str) -> str:
        if address and not re.match(r"https://[^\s/]+\.[^\s]+$", address):
            raise _refuse("address_invalid")
        return address

    @field_validator("event_starts", "event_ends", "deadline")
    @classmethod
    def _check_wall_clock(cls, moment: datetime | None) -> datetime | None:
        if moment is not None and moment.tzinfo is not None:
            raise _refuse("zone_given")
        return moment

    @model_validator(mode="after")
    def _check_together(self) -> Content:
        if set(self.title) != set(self.text):
            raise _refuse("languages_differ")
        if self.when.at is not None and self.when.at.tzinfo is not None:
            raise _refuse("zone_given")
        if self.event_ends and (self.event_starts is None or self.event_ends < self.event_starts):
            raise _refuse("event_ends_before_it_starts")
        if self.when.remind_before and self.event_starts is None:
            raise _refuse("reminder_without_event")
        if self.when.remind_before_deadline and self.deadline is None:
            raise _refuse("reminder_without_deadline")
        return self


def _within(texts: dict[str, str], limit: int) -> dict[str, str]:
    # As the platforms count: an emoji is two.
    if any(len(text.encode("utf-16-le")) // 2 > limit for text in texts.values()):
        raise _refuse("too_long")
    return texts


def read_content(
    values: Mapping[str, Any], *, topics: Sequence[str], districts: Sequence[str], languages: Sequence[str]
) -> Content:
    """Check what staff wrote against what the city knows. Raises ContentInvalid with every problem at once."""
    try:
        content = Content.model_validate(values)
    except ValidationError as error:
        raise ContentInvalid([(_name(item["loc"]), item["type"]) for item in error.errors()]) from error
    problems = [] if content.topic in topics else [("topic", "topic_unknown")]
    problems += [("districts", "district_unknown") for district in content.districts if district not in districts]
    problems += [("channels", "channel_unknown") for name in content.channels if name not in CHANNELS]
    written = {*content.languages, *content.title}
    problems += [("languages", "language_unknown") for language in written if language not in languages]
    if problems:
        raise ContentInvalid(problems)
    return content


def _name(place: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in place) or "announcement"


def fingerprint(content: Mapping[str, Any]) -> str:
    """Return what tells one content (as it is stored) from another."""
    values = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(values.encode()).hexdigest()
