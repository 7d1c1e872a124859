"""Measures a house of many passages: indexing beside Chroma's own add of the same vectors, questions on one core.

    make bench-scale [DATA=DIR]

The passages are texts of the training data (gazette notices, laws, articles; a tenth in English), the questions titles
and keywords of them, a quarter in the other language. `index_seconds` are those of every index together, from passages
whose vectors are known, as Chroma's add begins with vectors too; `model_seconds` are those of the model. Indexing,
Chroma's add and the questions each run in a process of their own; all is done for a tenth of the passages first, to
show the growth.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

import psutil
from rich.console import Console
from rich.table import Table

from knowledge_base.chunking import Passage
from knowledge_base.embedding import StaticEmbeddings
from knowledge_base.evaluation.tasks import make_passage
from knowledge_base.glossary import Glossary
from knowledge_base.language import detect_language
from knowledge_base.library import open_library
from knowledge_base.search import find_passages
from knowledge_base.training.texts import Row, read_rows, unpack_texts

PASSAGES = 100_000
QUESTIONS = 400
BATCH_PASSAGES = 10_000
# Chroma takes no more than this in one call.
CHROMA_BATCH_PASSAGES = 5_000
SHORT_TEXT_CHARACTERS = 20
TODAY = date(2026, 11, 20)
SEED = 7
# Files of (question, passage), and of which language the questions are; then one of (Chinese, English) passages.
CHINESE_QUESTIONS = ("qp_zh_gazette_title", "qp_zh_gazette_keywords", "qp_zh_law_title", "qp_zh_twmd")
ENGLISH_QUESTIONS = ("qp_en_zh_gazette", "qp_en_zh_law", "qp_en_zh_twmd")
ENGLISH_PASSAGES = "par_twmd_blocks"
ENGLISH_SHARE = 0.1
Result = TypeVar("Result")
BUDGET = {"index_ratio": 1.4, "query_ms_p50": 6.0, "query_ms_p95": 12.0, "short_texts_per_second": 10_000}


@dataclass(frozen=True)
class Load:
    """What is indexed and asked."""

    texts: tuple[str, ...]
    questions: tuple[str, ...]


def read_load(data: Path, count: int) -> Load:
    """Return `count` passages and questions about them, the same ones every time."""
    draw = random.Random(SEED)  # noqa: S311
    with unpack_texts(data) as folder:
        rows = {name: read_rows(folder / f"{name}.tsv") for name in (*CHINESE_QUESTIONS, *ENGLISH_QUESTIONS)}
        english = [block for _, block in read_rows(folder / f"{ENGLISH_PASSAGES}.tsv")]
    chinese = list(dict.fromkeys(passage for name in CHINESE_QUESTIONS for _, passage in rows[name]))
    texts = draw.sample(english, min(len(english), int(count * ENGLISH_SHARE)))
    texts += draw.sample(chinese, min(len(chinese), count - len(texts)))
    there = set(texts)
    own = _questions_about(there, [row for name in CHINESE_QUESTIONS for row in rows[name]], QUESTIONS * 3 // 4, draw)
    other = _questions_about(there, [row for name in ENGLISH_QUESTIONS for row in rows[name]], QUESTIONS // 4, draw)
    return Load(tuple(texts), tuple(own + other))


def _questions_about(there: set[str], rows: list[Row], count: int, draw: random.Random) -> list[str]:
    return [question for question, _ in draw.sample([row for row in rows if row[1] in there], count)]


def index(load: Load, folder: Path) -> tuple[float, float]:
    """Index the passages as the product does; return the seconds of the model, and of the indexes after it."""
    library = open_library(folder, Glossary())
    passages = [_passage(number, text) for number, text in enumerate(load.texts)]
    batches = [passages[start : start + BATCH_PASSAGES] for start in range(0, len(passages), BATCH_PASSAGES)]
    started = time.perf_counter()
    described = [library.describe(batch) for batch in batches]
    described_at = time.perf_counter()
    for batch, (vectors, pieces) in zip(batches, described, strict=True):
        library.put([], batch, vectors, pieces)
    library.nearest.settle()
    return described_at - started, time.perf_counter() - described_at


def add_to_chroma(load: Load, folder: Path) -> float:
    """Add the same vectors to a plain Chroma collection; return the seconds of its adds alone."""
    import chromadb

    vectors = StaticEmbeddings().embed_passages(load.texts)
    client = chromadb.PersistentClient(str(folder))
    collection = client.create_collection("plain", metadata={"hnsw:space": "cosine"})
    ids = [str(number) for number in range(len(vectors))]
    started = time.perf_counter()
    for start in range(0, len(ids), CHROMA_BATCH_PASSAGES):
        end = start + CHROMA_BATCH_PASSAGES
        collection.add(ids=ids[start:end], embeddings=vectors[start:end])
    return time.perf_counter() - started


def ask(load: Load, folder: Path) -> dict[str, float]:
    """Return milliseconds a question on one core, memory, and short texts embedded a second."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    library = open_library(folder, Glossary())
    times = []
    for question in (*load.questions[:: len(load.questions) // 20], *load.questions):
        started = time.perf_counter()
        find_passages(library, question, language=detect_language(question), today=TODAY)
        times.append((time.perf_counter() - started) * 1000)
    cuts = statistics.quantiles(times[-len(load.questions) :], n=100)
    memory_mb = psutil.Process().memory_info().rss / 1e6
    short = [text[:SHORT_TEXT_CHARACTERS] for text in load.texts[:20_000]]
    started = time.perf_counter()
    library.embeddings.embed_passages(short)
    return {
        "query_ms_p50": round(cuts[49], 2),
        "query_ms_p95": round(cuts[94], 2),
        "memory_mb": round(memory_mb, 1),
        "short_texts_per_second": round(len(short) / (time.perf_counter() - started)),
    }


def _passage(number: int, text: str) -> Passage:
    return make_passage(f"p{number}", text, detect_language(text))


def measure(load: Load) -> dict[str, float]:
    """Return every figure for one load."""
    with tempfile.TemporaryDirectory() as folder:
        house, plain = Path(folder) / "house", Path(folder) / "plain"
        chroma_add_seconds = run_alone(add_to_chroma, load, plain)
        model_seconds, index_seconds = run_alone(index, load, house)
        asked = run_alone(ask, load, house)
        disk = sum(path.stat().st_size for path in house.rglob("*") if path.is_file())
    return {
        "passages": len(load.texts),
        "model_seconds": round(model_seconds, 1),
        "index_seconds": round(index_seconds, 1),
        "chroma_add_seconds": round(chroma_add_seconds, 1),
        "index_ratio": round(index_seconds / chroma_add_seconds, 2),
        **asked,
        "disk_mb": round(disk / 1e6, 1),
    }


def run_alone(work: Callable[[Load, Path], Result], load: Load, folder: Path) -> Result:
    """Run in a process of its own, so that one's memory and threads are not another's."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, load, folder).result()


def main() -> None:
    """Measure a tenth, then all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder of the training texts, or of their archive")
    parser.add_argument("--passages", type=int, default=PASSAGES)
    options = parser.parse_args()
    small, whole = (measure(read_load(options.data, count)) for count in (options.passages // 10, options.passages))
    table = Table("figure", "a tenth", "all", "growth", "budget", title="Scale")
    for name, value in whole.items():
        growth = f"{value / small[name]:.1f}×" if small[name] else ""
        table.add_row(name, f"{small[name]:,}", f"{value:,}", growth, str(BUDGET.get(name, "")))
    Console(width=100).print(table)
    print(json.dumps({**whole, "tenth": small}))


if __name__ == "__main__":
    main()
