"""Announcements as citizens read them: the text of staff, word for word, with time and place around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors.message import Button, Card, OutgoingMessage
from prompts import Wording, load_wording
from scheduler.content import CHINESE, Content
from storage.runs import RunKind

MAX_CARDS = 10


@dataclass(frozen=True)
class CityNames:
    """What announcements need to know of the city: names of topics and districts by id and language."""

    languages: Sequence[str]
    city: Mapping[str, str]
    topics: Mapping[str, Mapping[str, str]]
    districts: Mapping[str, Mapping[str, str]]


def write_announcement(
    content: Content, language: str, names: CityNames, kind: RunKind = RunKind.MAIN, number: int = 0
) -> OutgoingMessage:
    """Return the message of an announcement; who reads another language gets the Chinese, and is told so."""
    wording = load_wording(language)
    written = language if language in content.title else CHINESE
    name = "announced_emergency" if content.emergency and kind is RunKind.MAIN else _HEADINGS[kind]
    note = "" if written == language else wording.say("only_chinese")
    blocks = [note, content.text[written], "\n".join(_say_facts(content, language, names, wording))]
    buttons = [Button(wording.say("details"), url=content.link)] if content.link else []
    if kind is RunKind.MAIN and content.topic in names.topics and not content.everyone:
        stop = wording.say("stop_topic", topic=names.topics[content.topic][language])
        buttons.append(Button(stop, f"t-{content.topic}"))
    return OutgoingMessage(
        "\n\n".join(block for block in blocks if block),
        language,
        heading=wording.say(name, title=content.title[written]),
        buttons=tuple(buttons),
        picture=content.picture,
    )


_HEADINGS = {
    RunKind.MAIN: "announced",
    RunKind.REMINDER: "announced_reminder",
    RunKind.DEADLINE: "announced_deadline",
    RunKind.CORRECTION: "announced_correction",
}


def write_messages(content: Content, names: CityNames, kind: RunKind) -> dict[str, object]:
    """Return the message in every language of the city, as plain values to be kept with the run."""
    return {language: write_announcement(content, language, names, kind).to_payload() for language in names.languages}


def write_recall(content: Content, correction: Mapping[str, str], language: str, names: CityNames) -> OutgoingMessage:
    """Return what is said to who got an announcement that is recalled."""
    wording = load_wording(language)
    title = content.title.get(language, content.title[CHINESE])
    lines = [wording.say("recalled", title=title)]
    if text := correction.get(language) or correction.get(CHINESE) or next(iter(correction.values()), ""):
        lines.append(wording.say("recall_because", correction=text))
    return OutgoingMessage("\n".join(lines), language, heading=wording.say("announced_correction", title=title))


def write_recall_messages(content: Content, correction: Mapping[str, str], names: CityNames) -> dict[str, object]:
    """Return what is said to who got it, in every language, as plain values to be kept with the run."""
    return {language: write_recall(content, correction, language, names).to_payload() for language in names.languages}


def write_digest(items: Sequence[tuple[int, Content]], language: str, names: CityNames) -> OutgoingMessage:
    """Return several announcements as one message: a card each, the whole text by a tap."""
    if len(items) == 1:
        return write_announcement(items[0][1], language, names)
    wording = load_wording(language)
    titles = [content.title.get(language, content.title[CHINESE]) for _, content in items]
    text = wording.say("digest", count=len(items))
    if rest := titles[MAX_CARDS:]:
        text += "\n" + wording.say("digest_more", titles="、".join(rest))
    cards = tuple(
        Card(title, _say_short(content, language, names, wording), (Button(wording.say("whole_text"), f"a:{number}"),))
        for title, (number, content) in list(zip(titles, items, strict=True))[:MAX_CARDS]
    )
    return OutgoingMessage(text, language, cards=cards)


def _say_short(content: Content, language: str, names: CityNames, wording: Wording) -> str:
    written = content.text.get(language, content.text[CHINESE])
    return "\n".join([*_say_facts(content, language, names, wording), written])


def _say_facts(content: Content, language: str, names: CityNames, wording: Wording) -> list[str]:
    lines = []
    if content.event_starts and content.event_ends:
        span = {"starts": _say_moment(content.event_starts), "ends": _say_moment(content.event_ends)}
        lines.append(wording.say("event_time_until", **span))
    elif content.event_starts:
        lines.append(wording.say("event_time", starts=_say_moment(content.event_starts)))
    if content.place:
        lines.append(wording.say("event_place", place=content.place))
    if content.deadline:
        lines.append(wording.say("deadline", deadline=_say_moment(content.deadline)))
    if content.districts:
        joint = "、" if language.startswith("zh") else ", "
        known = [names.districts.get(district, {}).get(language, district) for district in content.districts]
        lines.append(wording.say("concerned_districts", districts=joint.join(known)))
    if content.valid_until:
        lines.append(wording.say("valid_until", date=content.valid_until.isoformat()))
    return lines


def _say_moment(wall_clock: datetime) -> str:
    return f"{wall_clock:%Y-%m-%d %H:%M}"
