"""Judges the answers to a file of questions: right, wrong, or rightly silent; faithful to their sources or not.

A line of the file: {"id", "lang", "question", "kind", "must_mention": [a string or a list of alternatives], optionally
"must_not_mention" and "answer_fact_ids" (the documents that hold the answer)}. Kinds unanswerable, off-topic and
injection must not be answered as fact; all others must be.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.answer import STATES_FACTS
from bot.conversation import Reply
from bot.model_contract import JudgedAnswer, Usage
from knowledge_base.tokens import normalise

SILENT_KINDS = frozenset({"unanswerable", "off-topic", "off_topic", "injection"})


class QuestionsInvalid(Exception):
    """A question file cannot be read; the message says which line and why."""


@dataclass(frozen=True)
class TestQuestion:
    """A question with what its answer must and must not mention; an entry holds alternatives.

    `documents` are the ids of the documents that hold the answer, where the file tells.
    """

    __test__ = False

    id: str
    language: str
    question: str
    kind: str
    must_mention: tuple[tuple[str, ...], ...]
    must_not_mention: tuple[str, ...]
    documents: tuple[str, ...] = ()

    @property
    def answerable(self) -> bool:
        """Whether the sources hold the answer."""
        return self.kind not in SILENT_KINDS


@dataclass(frozen=True)
class Judged:
    """A question with the reply it got and whether that is right.

    `statements` are how many it states, `faithful` how many of them their sources say; `took_ms` is its time.
    `opinion` is a judge model's, where one was asked.
    """

    question: TestQuestion
    reply: Reply
    right: bool
    lacks: tuple[str, ...]
    statements: int = 0
    faithful: int = 0
    took_ms: float = 0.0
    opinion: JudgedAnswer | None = None
    judge_usage: Usage = field(default_factory=Usage)

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
    return {
        **measure(judged),
        "by_kind": _by(judged, lambda item: item.question.kind),
        "by_language": {
            name: {"right": _share(item.right for item in items if item.question.answerable), **measure(items)}
            for name, items in _group(judged, lambda item: item.question.language).items()
        },
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


def measure(judged: Sequence[Judged]) -> dict[str, Any]:
    """Return the figures of some answers.

    accuracy: right, of what can be answered. faithfulness: statements that stand in what they cite, by the claim check.
    citation_precision: cited documents that hold the answer. citation_recall: documents that hold the answer, cited.
    abstention_precision: silence that was right; abstention_recall: silence where silence was right.
    """
    answerable = [item for item in judged if item.question.answerable]
    silent = [item for item in judged if not item.question.answerable]
    stating = [item for item in judged if item.states_facts]
    traced = [item for item in stating if item.question.documents]
    cited = [{citation.document_id for citation in item.reply.answer.citations} for item in traced]
    wanted = [set(item.question.documents) for item in traced]
    found = sum(len(one & other) for one, other in zip(cited, wanted, strict=True))
    opinions = [item.opinion for item in judged if item.opinion]
    return {
        "questions": len(judged),
        "accuracy": _share(item.right for item in answerable),
        "answered_share": _share(item.states_facts for item in answerable),
        "wrongly_answered_share": _share(item.states_facts for item in silent),
        "faithfulness": _ratio(sum(item.faithful for item in stating), sum(item.statements for item in stating)),
        "citation_precision": _ratio(found, sum(map(len, cited))),
        "citation_recall": _ratio(found, sum(map(len, wanted))),
        "abstention_precision": _share(not item.question.answerable for item in judged if not item.states_facts),
        "abstention_recall": _share(not item.states_facts for item in silent),
        "written_share": _share(item.reply.answer.is_written for item in stating),
        "answer_ms_p50": _quantile([item.took_ms for item in judged], 0.5),
        "answer_ms_p95": _quantile([item.took_ms for item in judged], 0.95),
        **(
            {
                "judged_faithful": _share(opinion.faithful for opinion in opinions),
                "judged_answering": _share(opinion.answers for opinion in opinions),
                "judge_tokens": sum(item.judge_usage.input_tokens + item.judge_usage.output_tokens for item in judged),
                "judge_cost": round(sum(item.judge_usage.cost for item in judged), 4),
            }
            if opinions
            else {}
        ),
    }


def _group(judged: Iterable[Judged], key: Callable[[Judged], str]) -> dict[str, list[Judged]]:
    groups: dict[str, list[Judged]] = defaultdict(list)
    for item in judged:
        groups[key(item)].append(item)
    return dict(sorted(groups.items()))


def _by(judged: Iterable[Judged], key: Callable[[Judged], str]) -> dict[str, Any]:
    return {
        name: {"questions": len(items), "right": _share(item.right for item in items)}
        for name, items in _group(judged, key).items()
    }


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _quantile(values: Sequence[float], share: float) -> float | None:
    ordered = sorted(values)
    return round(ordered[min(int(share * len(ordered)), len(ordered) - 1)], 1) if ordered else None


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
        documents=_documents(entry.get("answer_fact_ids", [])),
    )


def _documents(ids: object) -> tuple[str, ...]:
    # Some files say "unanswerable" in place of a list.
    return tuple(str(item) for item in ids) if isinstance(ids, list) else ()


def _alternatives(item: str | list[str]) -> tuple[str, ...]:
    return (item,) if isinstance(item, str) else tuple(str(alternative) for alternative in item)
