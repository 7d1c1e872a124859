"""Measures how well passages are found: every task × {lexical, dense, fused}, by the product's own search code.

    make bench-retrieval [TASKS=DIR]

A task is a folder with corpus.jsonl (id, text) and queries.jsonl (id, text, relevant). Lexical is BM25 alone over the
question's own tokens, dense the nearest vectors alone, fused what `find_passages` does (without a city's glossary).
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table

from knowledge_base.evaluation.tasks import Query, Task, list_tasks, open_task, read_task
from knowledge_base.library import Library
from knowledge_base.search import find_passages
from knowledge_base.tokens import tokenise_query

TODAY = date(2026, 11, 20)
DEPTH = 10

# Published by others on the same or the nearest task; the source with each.
PUBLISHED = (
    ("DRCD test, hit@5", "voyage-multilingual-2", 0.97, "ihower.tw/blog/archives/12167"),
    ("XQuAD en-en, recall@1", "multilingual-e5-small", 0.942, "github.com/embeddings-benchmark/results"),
    ("Tatoeba cmn-eng, accuracy", "static-similarity-mrl-multilingual-v1", 0.923, "embeddings-benchmark/results"),
    ("Tatoeba cmn-eng, accuracy", "potion-multilingual-128M", 0.678, "github.com/embeddings-benchmark/results"),
)


def search_lexical(library: Library, text: str) -> list[str]:
    """BM25 alone."""
    return [passage.id for passage, _ in library.lexical.search(tokenise_query(text), DEPTH)]


def search_dense(library: Library, text: str) -> list[str]:
    """The nearest vectors alone."""
    return library.nearest.search(library.embeddings.embed_query(text), DEPTH)


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


def measure_task(task: Task) -> dict[str, dict[str, float]]:
    """Measure one task in each way."""
    with tempfile.TemporaryDirectory() as index:
        library = open_task(task, Path(index))
        ways = {"lexical": search_lexical, "dense": search_dense, "fused": make_fused(task.query_language)}
        return {name: measure(search, library, task.queries) for name, search in ways.items()}


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
    folders = list_tasks(parser.parse_args().tasks)
    if not folders:
        parser.error("no task (a folder with corpus.jsonl and queries.jsonl) there")
    tasks = {folder.name: measure_task(read_task(folder)) for folder in folders}
    print_tables(tasks)
    print(json.dumps({"tasks": tasks}))


if __name__ == "__main__":
    main()
