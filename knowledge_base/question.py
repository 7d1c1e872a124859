"""Reads a question: its parts, and the kind of thing each part asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from knowledge_base.tokens import load_question_cues, normalise


class Kind(StrEnum):
    """What a question asks for; the sentence that answers must hold a thing of this kind."""

    PHONE = "phone"
    WEBSITE = "website"
    RATE = "rate"
    MONEY = "money"
    AGE = "age"
    CLOCK = "clock"
    DURATION = "duration"
    WHEN = "when"
    NUMBER = "number"
    WHO = "who"
    WHERE = "where"
    WHY = "why"
    HOW = "how"
    MAY = "may"
    LIST = "list"
    WHAT = "what"


@dataclass(frozen=True)
class QuestionPart:
    """One thing asked. `context` is what the rest of the question says that this part leans on, `told`
    that of it which the citizen tells of their own case.
    """

    text: str
    context: str
    kind: Kind
    told: str = ""


_CUES = load_question_cues()
_ASKED = {Kind(kind): re.compile("|".join(patterns)) for kind, patterns in _CUES["asked"].items()}
_SHOWN = {Kind(kind): re.compile("|".join(patterns)) for kind, patterns in _CUES["shown"].items()}
_CUE = re.compile("|".join(_CUES["cues"]), re.IGNORECASE)
_WHAT_ABOUT = re.compile("|".join(_CUES["what_about"]))
_POINTS_BACK = re.compile("|".join(_CUES["points_back"]))
_SOURCE_NOTE = re.compile("|".join(_CUES["source_notes"]))

_PART_END = re.compile(r"(?<=[?？;；\n。！!])\s*|(?<=\.)\s+(?=[A-Z])")
_JOIN = re.compile(
    r"[,，、]\s*(?:and |then |還有|另外|以及|那|又|且|而且|並且)?(?=\S)"
    r"|\s+and\s+(?=(?:what|when|where|who|which|how|why|is|are|can|do|does)\b)",
    re.IGNORECASE,
)

# Two capitalised words within an English sentence: "Audrey Tang", "Lee-Feng Chien".
_PERSON = re.compile(r"(?<=[a-z,:;(] )[A-Z][a-z]+(?:-[A-Z][a-z]+)? [A-Z][a-z]+")

MAX_PARTS = 4


def read_kind(text: str) -> Kind:
    """Return the kind of thing a question asks for."""
    folded = normalise(text)
    return next((kind for kind, pattern in _ASKED.items() if pattern.search(folded)), Kind.WHAT)


@lru_cache(maxsize=8_192)
def shows_kind(sentence: str, kind: Kind) -> bool:
    """Say whether a sentence holds a thing of this kind: a date for when, an amount for how much …"""
    pattern = _SHOWN.get(kind)
    if pattern is None or pattern.search(normalise(sentence)):
        return True
    return kind is Kind.WHO and bool(_PERSON.search(sentence))


def split_question(text: str) -> list[QuestionPart]:
    """Return the things a question asks, at most MAX_PARTS.

    A sentence that asks nothing ("I am 35, my firm is in Fengshan.") is context of those that do.
    """
    sentences = (sentence.strip() for sentence in _PART_END.split(text))
    pieces = [piece for sentence in sentences for piece in _split_joined(sentence) if _says_something(piece)]
    asked = [piece for piece in pieces if _CUE.search(piece)]
    if len(asked) < 2 or len(asked) > MAX_PARTS:
        return [QuestionPart(text.strip(), "", read_kind(" ".join(asked) or text))]
    told = [piece for piece in pieces if not _CUE.search(piece)]
    parts = []
    for number, piece in enumerate(asked):
        leans_on = [*told, asked[0]] if number else told
        parts.append(QuestionPart(piece, " ".join(leans_on), read_kind(piece), " ".join(told)))
    return parts


def _split_joined(sentence: str) -> list[str]:
    """Cut at a comma or an "and" only where both sides ask something."""
    pieces = [piece.strip() for piece in _JOIN.split(sentence)]
    joined: list[str] = []
    for piece in pieces:
        if joined and not (_CUE.search(piece) and _CUE.search(joined[-1])):
            joined[-1] = f"{joined[-1]}，{piece}" if joined[-1] else piece
        else:
            joined.append(piece)
    return joined


def asks_something(text: str) -> bool:
    """Say whether a text has a question word or a question mark."""
    return bool(_CUE.search(text))


def asks_what_about(text: str) -> bool:
    """Say whether a text asks the same as before of something else: "那機車呢？", "what about children?"."""
    return bool(_WHAT_ABOUT.search(normalise(text)))


def points_back(text: str) -> bool:
    """Say whether a text points at something said before: "那在哪裡？", "and where is it?"."""
    return bool(_POINTS_BACK.search(normalise(text)))


def _says_something(text: str) -> bool:
    return any(character.isalnum() for character in text)


@lru_cache(maxsize=8_192)
def is_source_note(sentence: str) -> bool:
    """Say whether a sentence only tells where a document comes from."""
    return bool(_SOURCE_NOTE.search(normalise(sentence)))
