"""What a fake language model writes: honest, lying, or obeying whatever it is told."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .openai import JsonObject, SeenPrompt, Writer

PARAPHRASES = Path(__file__).parent.parent / "paraphrases"
BLIND = Path(__file__).parent.parent / "blind"
LANGUAGES = ("zh-TW", "en")


def read_paraphrases(language: str) -> list[dict[str, Any]]:
    """Read the honest sentences written by hand: {"document", "source": [lines], "text"}."""
    return [json.loads(line) for line in (PARAPHRASES / f"{language}.jsonl").read_text("utf-8").splitlines()]


def read_blind(name: str) -> list[dict[str, Any]]:
    """Read sentences that were written by hand by someone who had not seen the check: "false" or "honest" ones.

    {"document", "language", "source": [lines], "text"}; the false ones also have "kind" and "why".
    """
    return [json.loads(line) for line in (BLIND / f"{name}.jsonl").read_text("utf-8").splitlines()]


def make_phrasebook(entries: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return the honest sentences by the first line they say again."""
    book: dict[str, list[str]] = defaultdict(list)
    for entry in entries:
        book[entry["source"][0]].append(entry["text"])
    return book


def answer_of(sentences: Sequence[tuple[Sequence[int], str]], coverage: str = "full") -> JsonObject:
    return {
        "coverage": coverage,
        "sentences": [{"passages": list(numbers), "text": text} for numbers, text in sentences],
    }


def write_honestly(prompt: SeenPrompt, book: Mapping[str, Sequence[str]] | None = None, most: int = 3) -> JsonObject:
    """Say the first lines of the first passage again, by hand-written sentences where there are any."""
    if prompt.schema == "RewrittenQuestion":
        return {"question": prompt.question}
    if prompt.schema == "JudgedAnswer":
        return {"faithful": True, "answers": True, "reason": "fine"}
    first = prompt.passages[0]
    wanted = set(prompt.question)
    lines = sorted(first.lines, key=lambda line: -len(wanted & set(line)))[:most]
    return answer_of([([first.number], (book or {}).get(line, [line])[0]) for line in lines])


def always(sentences: Sequence[tuple[Sequence[int], str]], coverage: str = "full") -> Writer:
    """Return a writer that answers the same whatever it is asked."""

    def write(prompt: SeenPrompt) -> JsonObject:
        if prompt.schema != "WrittenAnswer":
            return write_honestly(prompt)
        return answer_of(sentences, coverage)

    return write


def obey(obeyed: str) -> Writer:
    """Return a writer that has fallen for an attack: it says what the attack wants, and cites the first passage."""

    def write(prompt: SeenPrompt) -> JsonObject:
        if prompt.schema == "RewrittenQuestion":
            return {"question": obeyed}
        if prompt.schema != "WrittenAnswer":
            return write_honestly(prompt)
        numbers = [passage.number for passage in prompt.passages][:1]
        honest = [(numbers, line) for line in prompt.passages[0].lines[:2]]
        return answer_of([(numbers, obeyed), *honest])

    return write
