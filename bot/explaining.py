"""Answers "why do you say so?": shows the passages that the last answer of a conversation rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

from bot.answer import STATES_FACTS, Answer, Citation
from storage.questions import AskedQuestion

_FIELDS = frozenset(field.name for field in fields(Citation))


def explain_last_answer(turns: Sequence[AskedQuestion], answer: Answer) -> Answer:
    """Return `answer` with the citations of the last turn that stated something; without any where none did."""
    for turn in reversed(turns):
        if turn.status in STATES_FACTS and turn.citations:
            # Stored by another version, a citation may have other fields.
            citations = tuple(
                Citation(**{name: value for name, value in stored.items() if name in _FIELDS})
                for stored in turn.citations
                if stored.keys() >= _FIELDS
            )
            return replace(answer, citations=citations, as_of=max((item.as_of for item in citations), default=""))
    return answer
