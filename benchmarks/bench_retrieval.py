"""Measures how well passages are found: every task × {lexical, dense, fused}, by the product's own search code.

    make bench-retrieval [TASKS=DIR]

A task is a folder with corpus.jsonl (id, text) and queries.jsonl (id, text, relevant). Lexical is BM25 alone over the
question's own tokens, dense the nearest vectors alone, fused what `find_passages` does (without a city's glossary).
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table

from knowledge_base.chunking import Passage
from knowledge_base.embedding import SHIPPED_MODEL, StaticEmbeddings
from knowledge_base.glossary import Glossary
from knowledge_base.language import detect_language
from knowledge_base.lexical_index import LexicalIndex
from knowledge_base.library import Dense, Library
from knowledge_base.search import find_passages
from knowledge_base.tokens import tokenise_query
from knowledge_base.translation import load_translation_table
from knowledge_base.vector_index import VectorIndex

TODAY = date(2026, 11, 20)
DEPTH = 10

# Published by others on the same or the nearest task; the source with each.
PUBLISHED = (
    ("DRCD test, hit@5", "voyage-multilingual-2", 0.97, "ihower.tw/blog/archives/12167"),
    ("XQuAD en-en, recall@1", "multilingual-e5-small", 0.942, "github.com/embeddings-benchmark/results"),
    ("Tatoeba cmn-eng, accuracy", "static-similarity-mrl-multilingual-v1", 0.923, "embeddings-benchmark/results"),
    ("Tatoeba cmn-eng, accuracy", "potion-multilingual-128M", 0.678, "github.com/embeddings-benchmark/results"),
)


@dataclass(frozen=True)
class Query:
    """A question and the ids of the passages that answer it."""

    text: str
    relevant: frozenset[str]


def read_lines(path: Path) -> Iterator[dict[str, object]]:
    """Yield the objects of a JSON lines file."""
    with path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.strip())


def make_passage(id_: str, text: str, language: str) -> Passage:
    """Return a passage of nothing but text, as the benchmarks have them."""
    return Passage(id_, id_, id_, language, "", "", "", text, 0, "", "", "other", "", "", "", "current", "")


def open_task(folder: Path, index: Path) -> tuple[Library, list[Query], str]:
    """Index the corpus of a task; return the library, the questions and the corpus' language."""
    corpus = {str(entry["id"]): str(entry["text"]) for entry in read_lines(folder / "corpus.jsonl")}
    languages = [detect_language(text) for text in list(corpus.values())[:50]]
    language = statistics.mode(languages)
    embeddings = StaticEmbeddings()
    library = Library(
        lexical=LexicalIndex(index / "lexical", embeddings.name),
        glossary=Glossary(),
        dense=Dense(embeddings, VectorIndex(index / "vectors", embeddings.name)),
        table=load_translation_table(SHIPPED_MODEL / "translation_table.npz"),
    )
    library.replace([], [make_passage(id_, text, language) for id_, text in corpus.items()])
    queries = [
        Query(str(entry["text"]), frozenset(map(str, entry["relevant"])))  # type: ignore[call-overload]
        for entry in read_lines(folder / "queries.jsonl")
    ]
    return library, queries, language


def search_lexical(library: Library, text: str) -> list[str]:
    """BM25 alone."""
    return [passage.id for passage, _ in library.lexical.search(tokenise_query(text), DEPTH)]


def search_dense(library: Library, text: str) -> list[str]:
    """The nearest vectors alone."""
    assert library.dense
    return library.dense.index.search(library.dense.embeddings.embed_query(text), DEPTH)


def make_fused(query_language: str) -> Callable[[Library, str], list[str]]:
    """Return the product's search for questions of a language."""

    def search_fused(library: Library, text: str) -> list[str]:
        found = find_passages(library, text, language=query_language, today=TODAY, limit=DEPTH)
        return [item.passage.id for item in found]

    return search_fused


def measure(
    search: Callable[[Library, str], list[str]], library: Library, queries: Sequence[Query]
) -> dict[str, float]:
    """Return recall@1/5/10, MRR@10 and milliseconds a question."""
    ranks: list[int] = []
    started = time.perf_counter()
    for query in queries:
        found = search(library, query.text)
        ranks.append(next((rank for rank, id_ in enumerate(found, start=1) if id_ in query.relevant), DEPTH + 1))
    elapsed_ms = (time.perf_counter() - started) * 1000

    def recall_at(depth: int) -> float:
        return round(sum(rank <= depth for rank in ranks) / len(ranks), 4)

    return {
        "recall_at_1": recall_at(1),
        "recall_at_5": recall_at(5),
        "recall_at_10": recall_at(10),
        "mrr_at_10": round(sum(1 / rank for rank in ranks if rank <= DEPTH) / len(ranks), 4),
        "ms_per_query": round(elapsed_ms / len(ranks), 3),
    }


def measure_task(folder: Path) -> dict[str, dict[str, float]]:
    """Measure one task in each way."""
    with tempfile.TemporaryDirectory() as index:
        library, queries, _ = open_task(folder, Path(index))
        language = statistics.mode(detect_language(query.text) for query in queries[:50])
        ways = {"lexical": search_lexical, "dense": search_dense, "fused": make_fused(language)}
        return {name: measure(search, library, queries) for name, search in ways.items()}


def print_tables(tasks: dict[str, dict[str, dict[str, float]]]) -> None:
    """Print our figures and what others have published."""
    console = Console(width=120)
    table = Table("task", "way", "recall@1", "recall@5", "recall@10", "MRR@10", "ms a query", title="Retrieval")
    for task, ways in tasks.items():
        for way, figures in ways.items():
            table.add_row(task, way, *(f"{value:.3f}" for value in figures.values()))
    console.print(table)
    others = Table("task", "model", "figure", "source", title="Published by others")
    for task, model, figure, source in PUBLISHED:
        others.add_row(task, model, f"{figure:.3f}", source)
    console.print(others)


def main() -> None:
    """Measure every task of a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tasks", type=Path, help="folder of tasks")
    folders = sorted(path.parent for path in parser.parse_args().tasks.glob("*/queries.jsonl"))
    if not folders:
        parser.error("no task (a folder with corpus.jsonl and queries.jsonl) there")
    tasks = {folder.name: measure_task(folder) for folder in folders}
    print_tables(tasks)
    print(json.dumps({"tasks": tasks}))


if __name__ == "__main__":
    main()
