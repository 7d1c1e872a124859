"""The held-out laws, gazette notices and articles as benchmark tasks, in the form of the public ones."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from knowledge_base.training.texts import Row, Texts

_MOST_QUERIES = 1_000
_MOST_PASSAGES = 3_000


@dataclass(frozen=True)
class Task:
    """One held-out task: where its rows come from and what they are."""

    name: str
    source: str
    language: str
    origin: str


TASKS = (
    Task("held_out_law_en_zh", "qp_en_zh_law", "en", "English text of a law article → the article in Chinese."),
    Task("held_out_gazette_en_zh", "qp_en_zh_gazette", "en", "English title of a gazette notice → the notice."),
    Task("held_out_gazette_zh_zh", "qp_zh_gazette_title", "zh", "Chinese title of a gazette notice → the notice."),
    Task("held_out_keywords_zh_zh", "qp_zh_gazette_keywords", "zh", "Keywords of a gazette notice → the notice."),
    Task("held_out_articles_zh_zh", "qp_zh_twmd", "zh", "Title or summary of an article → a passage of it."),
    Task("held_out_articles_en_zh", "qp_en_zh_twmd", "en", "English title or summary of an article → a passage of it."),
)
_LICENCES = {
    "law": "laws are not copyrightable (Copyright Act, art. 9); dump under OGDL 1.0 by kong0107/mojLawSplitJSON",
    "gazette": "Open Government Data License, Taiwan, 1.0; Executive Yuan Gazette by kong0107/ey-gazette-data",
    "twmd": "CC BY-SA 4.0, frank890417/taiwan-md",
}


def export_tasks(texts: Texts, folder: Path, seed: int) -> None:
    """Write every held-out task: corpus.jsonl, queries.jsonl, README.md."""
    for task in TASKS:
        rows = texts.held_out[task.source]
        if rows:
            _export_task(task, rows, folder / task.name, random.Random(seed))


def _export_task(task: Task, rows: list[Row], folder: Path, draw: random.Random) -> None:
    passages = sorted({passage for _, passage in rows})
    if len(passages) > _MOST_PASSAGES:
        passages = sorted(draw.sample(passages, _MOST_PASSAGES))
    numbers = {passage: f"h{number}" for number, passage in enumerate(passages)}
    answers: dict[str, list[str]] = {}
    for query, passage in rows:
        if passage in numbers:
            answers.setdefault(query, []).append(numbers[passage])
    queries = sorted(answers)
    if len(queries) > _MOST_QUERIES:
        queries = sorted(draw.sample(queries, _MOST_QUERIES))
    folder.mkdir(parents=True, exist_ok=True)
    _write_lines(folder / "corpus.jsonl", [{"id": name, "text": text} for text, name in numbers.items()])
    _write_lines(
        folder / "queries.jsonl",
        [
            {
                "id": f"q{n}",
                "text": query,
                "lang": task.language,
                "answers": [],
                "relevant": sorted(set(answers[query])),
            }
            for n, query in enumerate(queries)
        ],
    )
    licence = next(text for key, text in _LICENCES.items() if key in task.source)
    (folder / "README.md").write_text(
        f"{task.origin} Held out of training by a hash of the law's title or of the passage.\n"
        f"Licence: {licence}.\ncorpus: {len(passages)} passages; queries: {len(queries)}\n",
        encoding="utf-8",
    )


def _write_lines(path: Path, items: Sequence[Mapping[str, object]]) -> None:
    path.write_text("".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items), encoding="utf-8")
