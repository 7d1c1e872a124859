"""Judges the answers to a file of questions: right, wrong, or rightly silent.

A line of the file: {"id", "lang", "question", "kind", "must_mention": [a string or a list of alternatives], optionally
"must_not_mention"}. Kinds unanswerable, off-topic and injection must not be answered as fact; all others must be.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.answer import STATES_FACTS
from bot.conversation import Reply
from knowledge_base.tokens import normalise

SILENT_KINDS = frozenset({"unanswerable", "off-topic", "off_topic", "injection"})


class QuestionsInvalid(Exception):
    """A question file cannot be read; the message says which line and why."""


@dataclass(frozen=True)
class TestQuestion:
    """A question with what its answer must and must not mention; an entry holds alternatives."""

    __test__ = False

    id: str
    language: str
    question: str
    kind: str
    must_mention: tuple[tuple[str, ...], ...]
    must_not_mention: tuple[str, ...]

    @property
    def answerable(self) -> bool:
        """Whether the sources hold the answer."""
        return self.kind not in SILENT_KINDS


@dataclass(frozen=True)
class Judged:
    """A question with the reply it got and whether that is right."""

    question: TestQuestion
    reply: Reply
    right: bool
    lacks: tuple[str, ...]

    @property
    def states_facts(self) -> bool:
        """Whether the reply claims to know."""
        return self.reply.answer.status in STATES_FACTS


def read_questions(path: Path) -> list[TestQuestion]:
    """Read a question file. Raises QuestionsInvalid."""
    questions = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionsInvalid(f"{path.name}: {error}") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            questions.append(_question(json.loads(line)))
        except (ValueError, KeyError, TypeError) as error:
            raise QuestionsInvalid(f"{path.name}, line {number}: {error!r}") from error
    return questions


def judge_reply(question: TestQuestion, reply: Reply) -> Judged:
    """Judge one reply by what it mentions and whether it cites."""
    answer = _fold(reply.text)
    seen = answer + "\n" + "\n".join(_fold(citation.quote) for citation in reply.answer.citations)
    lacks = tuple(
        " / ".join(alternatives)
        for alternatives in question.must_mention
        if not any(_fold(alternative) in seen for alternative in alternatives)
    )
    states_facts = reply.answer.status in STATES_FACTS
    if not question.answerable:
        return Judged(question, reply, not states_facts, ())
    forbidden = any(_fold(text) in answer for text in question.must_not_mention)
    right = states_facts and not lacks and not forbidden and bool(reply.answer.citations)
    return Judged(question, reply, right, lacks)


def summarise(judged: Sequence[Judged]) -> dict[str, Any]:
    """Return the figures of an evaluation; shares are None where there is nothing to share."""
    answerable = [item for item in judged if item.question.answerable]
    silent = [item for item in judged if not item.question.answerable]
    return {
        "questions": len(judged),
        "accuracy": _share(item.right for item in answerable),
        "answered_share": _share(item.states_facts for item in answerable),
        "wrongly_answered_share": _share(item.states_facts for item in silent),
        "by_kind": _by(judged, lambda item: item.question.kind),
        "by_language": _by(answerable, lambda item: item.question.language),
        "failures": [
            {
                "id": item.question.id,
                "question": item.question.question,
                "answer": item.reply.text,
                "status": item.reply.answer.status,
                "lacks": list(item.lacks),
            }
            for item in judged
            if not item.right
        ],
    }


def _by(judged: Iterable[Judged], key: Any) -> dict[str, Any]:
    groups: dict[str, list[Judged]] = defaultdict(list)
    for item in judged:
        groups[key(item)].append(item)
    return {
        name: {"questions": len(items), "right": _share(item.right for item in items)}
        for name, items in sorted(groups.items())
    }


def _share(flags: Iterable[bool]) -> float | None:
    listed = list(flags)
    return round(sum(listed) / len(listed), 4) if listed else None


def _fold(text: str) -> str:
    """Compare without case, width, spaces or commas within numbers."""
    return "".join(normalise(text).split())


def _question(entry: dict[str, Any]) -> TestQuestion:
    return TestQuestion(
        id=str(entry["id"]),
        language=str(entry.get("lang") or entry.get("language") or ""),
        question=str(entry["question"]),
        kind=str(entry.get("kind", "factual")),
        must_mention=tuple(_alternatives(item) for item in entry.get("must_mention", [])),
        must_not_mention=tuple(str(item) for item in entry.get("must_not_mention", [])),
    )


def _alternatives(item: str | list[str]) -> tuple[str, ...]:
    return (item,) if isinstance(item, str) else tuple(str(alternative) for alternative in item)
