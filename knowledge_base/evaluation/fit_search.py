"""Fits the weights of search: how much each feature of a candidate counts, within a language and across languages.

The weights make the passage that answers stand above the other candidates: softmax over the candidates of a question,
every task counting alike, those given by --aside a tenth; none is negative. The figures printed are by two-fold
cross-validation, halves of a corpus.

    python -m knowledge_base.evaluation.fit_search TASKS [--aside TASKS]
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray
from scipy.optimize import minimize

from knowledge_base.evaluation.tasks import Task, list_tasks, open_task, read_task
from knowledge_base.matching import Matched, Matcher, load_search_weights
from knowledge_base.rescoring import Features
from knowledge_base.weights import read_weights, write_weights

NAMES = [field.name for field in fields(Features)]
EVERY_CANDIDATE = 1_000
REGULARISATION = 1e-4
# Titles and keywords are not what citizens write, but rare words are in them.
ASIDE = 0.1
DEPTHS = (1, 5, 10)

Floats = NDArray[np.float64]


class Example:
    """The candidates of one question: features (candidate × feature), which are relevant, the half it is in."""

    def __init__(self, matched: Sequence[Matched], relevant: frozenset[str], half: int) -> None:
        self.features = np.array([list(vars(item.features).values()) for item in matched])
        self.relevant = np.array([item.passage.id in relevant for item in matched])
        self.half = half

    def rank(self, weights: Floats) -> int:
        """Return the place of the best relevant candidate, from 1."""
        scores = self.features @ weights
        return int((scores > scores[self.relevant].max()).sum()) + 1 if self.relevant.any() else EVERY_CANDIDATE


def collect_examples(task: Task) -> list[Example]:
    """Return an example for every question of a task."""
    same = task.query_language == task.corpus_language
    halves = {id_: number * 2 // len(task.corpus) for number, id_ in enumerate(task.corpus)}
    examples = []
    with tempfile.TemporaryDirectory() as folder:
        library = open_task(task, Path(folder))
        for query in task.queries:
            matcher = Matcher(library, query.text, task.query_language, load_search_weights(), EVERY_CANDIDATE)
            matched = matcher.match_own_language() if same else matcher.match_other_language(without=set())
            if matched:
                examples.append(Example(matched, query.relevant, halves[min(query.relevant)]))
    return examples


def fit(tasks: Iterable[tuple[float, Sequence[Example]]]) -> Floats:
    """Return the weights that set the relevant candidates apart best, over tasks that each count so much."""
    useful = [(count, [example for example in examples if example.relevant.any()]) for count, examples in tasks]

    def loss(weights: Floats) -> tuple[float, Floats]:
        total, gradient = REGULARISATION * float(weights @ weights), 2 * REGULARISATION * weights
        for count, examples in useful:
            for example in examples:
                part, slope = _softmax_loss(example, weights)
                total += count * part / len(examples)
                gradient = gradient + count * slope / len(examples)
        return total, gradient

    found = minimize(loss, np.full(len(NAMES), 5.0), jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * len(NAMES))
    weights: Floats = found.x
    return weights


def _softmax_loss(example: Example, weights: Floats) -> tuple[float, Floats]:
    scores = example.features @ weights
    shares = np.exp(scores - scores.max())
    shares /= shares.sum()
    right = np.where(example.relevant, shares, 0.0)
    reached = max(float(right.sum()), 1e-300)
    return -float(np.log(reached)), example.features.T @ (shares - right / reached)


def cross_validate(tasks: Mapping[str, tuple[float, Sequence[Example]]]) -> None:
    """Print recall at several depths, each half of a corpus judged by weights fitted on the other halves."""
    fitted = [
        fit((count, [example for example in examples if example.half != half]) for count, examples in tasks.values())
        for half in (0, 1)
    ]
    for name, (_, examples) in tasks.items():
        ranks = np.array([example.rank(fitted[example.half]) for example in examples])
        print(f"{name:28}", *(f"@{depth} {np.mean(ranks <= depth):.4f}" for depth in DEPTHS))


def main() -> None:
    """Fit on folders of tasks and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tasks", type=Path, help="folder of tasks whose queries are questions")
    parser.add_argument("--aside", type=Path, help="folder of tasks whose queries are titles or keywords")
    parser.add_argument("--dry", action="store_true", help="print, write nothing")
    options = parser.parse_args()
    folders = [(1.0, path) for path in list_tasks(options.tasks)]
    folders += [(ASIDE, path) for path in (list_tasks(options.aside) if options.aside else [])]
    tasks = [(count, read_task(path)) for count, path in folders]
    # These two are chosen by `make bench-retrieval`, not fitted.
    content: dict[str, Any] = {name: read_weights("search")[name] for name in ("promise_of_cosine", "enough_coverage")}
    for section, same in (("same_language", True), ("other_language", False)):
        chosen = [item for item in tasks if (item[1].query_language == item[1].corpus_language) is same]
        examples = {task.name: (count, collect_examples(task)) for count, task in chosen}
        cross_validate(examples)
        weights = fit(examples.values())
        content[section] = {name: round(float(value), 3) for name, value in zip(NAMES, weights, strict=True)}
    print(yaml.safe_dump(content, sort_keys=False))
    if not options.dry:
        write_weights("search", content)


if __name__ == "__main__":
    main()
