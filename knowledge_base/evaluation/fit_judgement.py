"""Fits the judgement: how much each signal counts, and the confidence from which a passage answers.

A passage of a document that answers a question is an example for, every other passage found for it an example against;
that includes what is found for questions nothing answers, and for questions whose answering documents are taken out.
The threshold is chosen on the printed curve, which is by cross-validation; what the judge's rules exclude counts as not
answered there, whatever its signals.

    python -m knowledge_base.evaluation.fit_judgement cities/kaohsiung/questions.jsonl
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict

from knowledge_base.chunking import chunk_document
from knowledge_base.evidence import Judge, RatedPassage
from knowledge_base.glossary import load_glossary
from knowledge_base.judgement import Judgement, Signals
from knowledge_base.language import detect_language
from knowledge_base.library import Library, open_library
from knowledge_base.question import split_question
from knowledge_base.readers import read_file
from knowledge_base.search import find_passages
from knowledge_base.standing import load_standings
from knowledge_base.weights import write_weights
from knowledge_base.yaml_files import load_yaml

TODAY = date(2026, 11, 20)
NAMES = [field.name for field in fields(Signals)]
UNWEIGHED = Judgement(dict.fromkeys(NAMES, 0.0), 0.0, 0.5)
REGULARISATION = 1.0
# These never reach the judge: they are screened before the search.
SCREENED_KINDS = ("off-topic", "injection")


@dataclass(frozen=True)
class Example:
    """The signals of one passage for one question part, whether the judge's rules exclude it, whether it answers."""

    question: str
    answerable: bool
    signals: Signals
    ruled_out: bool
    answers: bool


def index_city(city: Path, folder: Path) -> Library:
    """Index a city's documents into a folder of their own."""
    library = open_library(folder, load_glossary(city / "glossary.yaml"))
    documents = [doc for path in sorted((city / "documents").rglob("*.md")) for doc in read_file(path)]
    library.replace([], [passage for document in documents for passage in chunk_document(document)])
    return library


def collect_examples(library: Library, questions: Iterable[dict[str, Any]], city_names: Sequence[str]) -> list[Example]:
    """Return an example for every passage found for every part of every question."""
    judge = Judge(library, tuple(city_names), UNWEIGHED)
    examples = []
    for entry in questions:
        answering = entry["answer_fact_ids"] if isinstance(entry["answer_fact_ids"], list) else []
        text = entry["question"]
        for number, part in enumerate(split_question(text)):
            found = find_passages(
                library, f"{part.context} {part.text}".strip(), language=detect_language(text), today=TODAY
            )
            name = f"{entry['id']}.{number}"
            without = [item for item in found if item.passage.document_id not in answering]
            examples += [
                _make_example(name, bool(answering), rated, answering) for rated in judge.judge(part, found).rated
            ]
            if answering:
                examples += [
                    _make_example(f"{name}-", False, rated, answering) for rated in judge.judge(part, without).rated
                ]
    return examples


def _make_example(question: str, answerable: bool, rated: RatedPassage, answering: Sequence[str]) -> Example:
    # Unweighed, only what the rules exclude has no confidence at all.
    answers = rated.found.passage.document_id in answering
    return Example(question, answerable, rated.signals, rated.confidence == 0.0, answers)


def fit(examples: Sequence[Example], threshold: float) -> dict[str, Any]:
    """Return the section of weights.yaml."""
    signals = np.array([list(asdict(example.signals).values()) for example in examples])
    answers = np.array([example.answers for example in examples])
    groups = np.array([example.question.split(".")[0] for example in examples])
    model = LogisticRegression(C=REGULARISATION, max_iter=5_000)
    folds = GroupKFold(n_splits=10)
    held_out = cross_val_predict(model, signals, answers, groups=groups, cv=folds, method="predict_proba")[:, 1]
    ruled_out = np.array([example.ruled_out for example in examples])
    stands_out = signals[:, NAMES.index("standing")] >= load_standings().same_language.threshold
    _print_curve(examples, np.where(ruled_out, 0.0, np.where(stands_out, 1.0, held_out)))
    model.fit(signals, answers)
    return {
        "weights": {name: round(float(weight), 3) for name, weight in zip(NAMES, model.coef_[0], strict=True)},
        "intercept": round(float(model.intercept_[0]), 3),
        "threshold": threshold,
    }


def _print_curve(examples: Sequence[Example], confidence: np.ndarray[Any, Any]) -> None:
    """Print how many would be answered, right and wrongly, at each threshold."""
    right: dict[str, tuple[float, bool]] = {}
    without: dict[str, float] = {}
    silent: dict[str, float] = {}
    for example, value in zip(examples, confidence, strict=True):
        if example.answerable:
            if value > right.get(example.question, (-1.0, False))[0]:
                right[example.question] = (value, example.answers)
        else:
            group = without if example.question.endswith("-") else silent
            group[example.question] = max(value, group.get(example.question, 0.0))
    print("threshold  answered  answered right  wrong without document  wrong unanswerable")
    for step in range(20, 96, 5):
        threshold = step / 100
        answered = np.mean([value >= threshold for value, _ in right.values()])
        correct = np.mean([value >= threshold and good for value, good in right.values()])
        removed = np.mean([value >= threshold for value in without.values()])
        unanswerable = np.mean([value >= threshold for value in silent.values()])
        print(f"{threshold:9.2f}  {answered:8.3f}  {correct:14.3f}  {removed:22.3f}  {unanswerable:18.3f}")


def main() -> None:
    """Fit on question files and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("questions", nargs="+", type=Path)
    parser.add_argument("--city", type=Path, default=Path("cities/kaohsiung"))
    parser.add_argument("--threshold", type=float, default=0.45, help="chosen on the printed curve")
    parser.add_argument("--dry", action="store_true", help="print, write nothing")
    options = parser.parse_args()
    lines = [line for path in options.questions for line in path.read_text(encoding="utf-8").splitlines() if line]
    city_names = load_yaml((options.city / "city.yaml").read_text(encoding="utf-8"))["name_forms"]
    with tempfile.TemporaryDirectory() as folder:
        library = index_city(options.city, Path(folder))
        asked = [entry for entry in map(json.loads, lines) if entry["kind"] not in SCREENED_KINDS]
        content = fit(collect_examples(library, asked, city_names), options.threshold)
    print(yaml.safe_dump(content, sort_keys=False))
    if not options.dry:
        write_weights("judgement", content)


if __name__ == "__main__":
    main()
