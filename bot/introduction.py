"""Leaves out what citizens say of themselves beside their question: a name, a phone number, the house they live in.

Nothing of it helps to find an answer, and a search that has to find it, too, finds nothing. Only what surely tells no
more than that goes: 「我叫車被拖吊了」 is no introduction.
"""

from __future__ import annotations

import re

from bot.personal_data import mask_personal_data
from knowledge_base.question import asks_something
from knowledge_base.tokens import load_question_cues, normalise

_CUES = load_question_cues()
# A whole clause that says who asks, once numbers are left out; and what names a number of one's own.
_INTRODUCTION = re.compile("|".join(_CUES["introduces"]))
_MASK = r"\[(?:card|ID|phone|e-mail)\]"
# What has a number may be what is asked about: 「我的身分證…遺失了」.
_NUMBER = re.compile(rf"(?:{'|'.join(_CUES['labels'])})?\s*{_MASK}(?=[\W_]|$)|{_MASK}", re.IGNORECASE)
_HOUSE = re.compile("|".join(_CUES["house"]))
_CLAUSE_END = re.compile(r"(?<=[，,。；;！!？?\n])|(?<=\. )")


def drop_introduction(text: str) -> str:
    """Return a question without what only tells who asks; the whole text where nothing else asks."""
    kept = "".join(clause for clause in map(_shorten, _CLAUSE_END.split(text)) if clause).strip()
    return kept if asks_something(kept) else text


def _shorten(clause: str) -> str:
    """Return a clause without one's own numbers and house; nothing where that and a name was all of it."""
    masked = mask_personal_data(clause, landlines=False)
    bare = _HOUSE.sub("", _NUMBER.sub(" ", masked) if masked != clause else clause)
    rest = normalise(bare).strip(" ,.;:!。、\n")
    return "" if not rest or _INTRODUCTION.fullmatch(rest) else bare
