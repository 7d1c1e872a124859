"""Says whether a passage speaks of what a question is about: what is said of the zoo is no answer about the museum."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from knowledge_base.tokens import load_question_cues, normalise


def lacks_subject(question: str, text: str) -> bool:
    """Say whether a question is about a thing of the list (question_cues.yaml) of which a text has no word.

    Who only tells of their own case ("I run a kindergarten; may I …") asks about something else.
    """
    asked = _find_subjects(question)
    if not asked or _own_case().search(normalise(question)):
        return False
    return not asked & _find_subjects(text)


@lru_cache(maxsize=4_096)
def may_be_asked_of_anything(word: str) -> bool:
    """Say whether a word tells nothing of what a question is about: open, free, Monday, apply."""
    return bool(_of_anything().search(normalise(word)))


@lru_cache(maxsize=4_096)
def _find_subjects(text: str) -> frozenset[int]:
    plain = normalise(text)
    return frozenset(place for place, pattern in enumerate(_subjects()) if pattern.search(plain))


@cache
def _subjects() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in load_question_cues()["subjects"])


@cache
def _of_anything() -> re.Pattern[str]:
    return re.compile("|".join(load_question_cues()["of_anything"]))


@cache
def _own_case() -> re.Pattern[str]:
    return re.compile("|".join(load_question_cues()["own_case"]))
