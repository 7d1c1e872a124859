"""Leaves out what citizens say of themselves beside their question: a name, a phone number, where they live.

Nothing of it helps to find an answer, and a search that has to find it, too, finds nothing.
"""

from __future__ import annotations

import re

from bot.personal_data import mask_personal_data
from knowledge_base.question import asks_something
from knowledge_base.tokens import load_question_cues, normalise

_INTRODUCES = re.compile("|".join(load_question_cues()["introduces"]))
_CLAUSE_END = re.compile(r"(?<=[，,。；;！!？?\n])|(?<=\. )")


def drop_introduction(text: str) -> str:
    """Return a question without the clauses that only tell who asks; the whole text where nothing else asks."""
    clauses = [clause for clause in _CLAUSE_END.split(text) if clause]
    kept = [clause for clause in clauses if asks_something(clause) or not _introduces(clause)]
    return "".join(kept).strip() if len(kept) < len(clauses) and any(map(asks_something, kept)) else text


def _introduces(clause: str) -> bool:
    """Say whether a clause tells who asks: the number of an office is no such thing, one's own is."""
    return mask_personal_data(clause, landlines=False) != clause or bool(_INTRODUCES.search(normalise(clause)))
