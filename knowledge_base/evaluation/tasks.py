"""Retrieval tasks: a folder with corpus.jsonl (id, text) and queries.jsonl (id, text, relevant) each."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from knowledge_base.chunking import Passage
from knowledge_base.glossary import Glossary
from knowledge_base.language import detect_language
from knowledge_base.library import Library, open_library

# So many texts tell the language of a task.
SAMPLED_TEXTS = 50


@dataclass(frozen=True)
class Query:
    """A question, the ids of the passages that answer it, and its answers as they are written there."""

    id: str
    text: str
    relevant: frozenset[str]
    answers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task:
    """A corpus (id → text), the questions asked of it, and the language of each."""

    name: str
    corpus: Mapping[str, str]
    queries: tuple[Query, ...]
    corpus_language: str
    query_language: str


def list_tasks(folder: Path) -> list[Path]:
    """Return the task folders in a folder."""
    return sorted(path.parent for path in folder.glob("*/queries.jsonl"))


def read_task(folder: Path) -> Task:
    """Read a task folder."""
    corpus = {str(entry["id"]): str(entry["text"]) for entry in _read_lines(folder / "corpus.jsonl")}
    queries = tuple(
        Query(
            str(entry["id"]),
            str(entry["text"]),
            frozenset(map(str, entry["relevant"])),
            tuple(map(str, entry.get("answers", ()))),
        )
        for entry in _read_lines(folder / "queries.jsonl")
    )
    return Task(folder.name, corpus, queries, _guess(corpus.values()), _guess(query.text for query in queries))


def open_task(task: Task, index: Path) -> Library:
    """Index the corpus of a task into a folder."""
    library = open_library(index, Glossary())
    library.replace([], [make_passage(id_, text, task.corpus_language) for id_, text in task.corpus.items()])
    library.nearest.settle()
    return library


def make_passage(id_: str, text: str, language: str) -> Passage:
    """Return a passage of nothing but text."""
    return Passage(id_, id_, id_, language, "", "", "", text, 0, "", "", "other", "", "", "", "current", "")


def _guess(texts: Iterable[str]) -> str:
    return statistics.mode(detect_language(text) for text in islice(texts, SAMPLED_TEXTS))


def _read_lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.strip())
