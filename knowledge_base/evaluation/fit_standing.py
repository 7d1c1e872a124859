"""Fits the standing: from which signs to believe that a passage answers; and shows what abstaining costs and saves.

The best passage of every question is an example for where it is the right one, and an example against where it is not
or the right one was taken away (knowledge_base.evaluation.removal). What is printed and plotted is two-fold by article:
the standing alone, and the judge as it is (its section of weights.yaml) with the standing as fitted on the other half.

    python -m knowledge_base.evaluation.fit_standing TASKS/drcd_dev TASKS/xquad_zh_zh … --plot FILE.svg
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from knowledge_base.evaluation.plot_abstention import Line, Panel, draw
from knowledge_base.evaluation.removal import DOCUMENT, NOTHING, PASSAGE, Asked, Rated, ask_with_removals
from knowledge_base.evaluation.tasks import read_task
from knowledge_base.judgement import load_judgement
from knowledge_base.standing import Standing
from knowledge_base.weights import write_weights

REGULARISATION = 0.05
# What is aimed at: at most so many wrongly answered, at least so many of the answerable answered.
WRONG_ALLOWED, ANSWERED_WANTED = 0.05, 0.88
PLOTTED_POINTS = 200
SECTIONS = {
    "same_language": "Question and passages in one language",
    "other_language": "Passages in the other language",
}


@dataclass(frozen=True)
class Scored:
    """A question asked once, with the confidence in its best passage, 0 to 1, and what that passage is."""

    task: str
    removed: str
    confidence: float
    right: bool
    holds_answer: bool


@dataclass(frozen=True)
class Curve:
    """Confidences where the passage is there, which of those are right; where it is gone, which hold an answer."""

    there: NDArray[np.float64]
    right: NDArray[np.bool_]
    gone: NDArray[np.float64]
    second: NDArray[np.bool_]

    def point(self, threshold: float) -> dict[str, float]:
        """Return the shares answered, answered right, answered wrongly, and of those last that hold an answer."""
        wrong = self.gone >= threshold
        return {
            "threshold": threshold,
            "answered": float(np.mean(self.there >= threshold)),
            "right": float(np.mean((self.there >= threshold) & self.right)),
            "wrong": float(np.mean(wrong)),
            "second": float(np.mean(self.second[wrong])) if wrong.any() else 0.0,
        }


def fit(asked: Sequence[Asked]) -> Standing:
    """Return the weights fitted on the best passages, and the threshold from which a passage answers."""
    names = list(asked[0].rated[0].signs)
    signs = np.array([list(one.rated[0].signs.values()) for one in asked])
    model = make_pipeline(StandardScaler(), LogisticRegression(C=REGULARISATION, max_iter=3_000))
    model.fit(signs, np.array([one.rated[0].right for one in asked]))
    scaler, logistic = model[0], model[1]
    weights = logistic.coef_[0] / scaler.scale_
    intercept = round(float(logistic.intercept_[0] - weights @ scaler.mean_), 3)
    rounded = {name: round(float(weight), 3) for name, weight in zip(names, weights, strict=True)}
    standing = Standing(rounded, intercept, threshold=0.0)
    shares: dict[str, list[float]] = {NOTHING: [], PASSAGE: [], DOCUMENT: []}
    for one in asked:
        best = one.rated[0]
        shares[one.removed].append(-1.0 if best.ruled_out else standing.weigh(best.signs))
    # As strict as the answers wanted allow, and at least so strict that no more than the wrong allowed are wrong.
    wanted = np.quantile(shares[NOTHING], 1 - ANSWERED_WANTED)
    allowed = np.quantile(shares[DOCUMENT], 1 - WRONG_ALLOWED)
    return replace(standing, threshold=round(float(max(wanted, allowed)), 3))


def score_held_out(asked: Sequence[Asked], same_language: bool) -> dict[str, list[Scored]]:
    """Return every question's confidence by a standing fitted on the other half: of that alone, and of the judge."""
    judgement = load_judgement()
    groups = [one.group for one in asked]
    scored: dict[str, list[Scored]] = {"standing": [], "judge": []}
    for train, test in GroupKFold(2).split(asked, groups=groups):
        standing = fit([asked[number] for number in train])

        def judge(rated: Rated, standing: Standing = standing) -> float:
            if rated.ruled_out:
                return 0.0
            stands = standing.weigh(rated.signs)
            confidence = judgement.confidence_by_standing(standing.log_odds_above(stands))
            own = judgement.confidence(replace(rated.signals, standing=stands)) if same_language else 0.0
            return max(confidence, own)

        for one in (asked[number] for number in test):
            first, best = one.rated[0], max(one.rated, key=judge)
            for name, rated, value in (
                ("standing", first, (1 + standing.weigh(first.signs)) / 2),
                ("judge", best, judge(best)),
            ):
                scored[name].append(Scored(one.task, one.removed, value, rated.right, rated.holds_answer))
    return scored


def make_curve(scored: Sequence[Scored], removed: str) -> Curve:
    """Return the curve of questions as they are against the same with their passage or document removed."""
    there = [item for item in scored if item.removed == NOTHING]
    gone = [item for item in scored if item.removed == removed]
    return Curve(
        np.array([item.confidence for item in there]),
        np.array([item.right for item in there]),
        np.array([item.confidence for item in gone]),
        np.array([item.holds_answer for item in gone]),
    )


def print_table(scored: dict[str, list[Scored]]) -> None:
    """Print what is reached, by task: at the wrong allowed, at the answers wanted, and at the judge's threshold."""
    print(
        f"{'':26}{'removed':10}{'5% wrong: answered right':>26}{'88% answered: wrong (hold answer)':>40}  at threshold"
    )
    for name, items in scored.items():
        for task in ("all", *dict.fromkeys(item.task for item in items)):
            chosen = [item for item in items if task in ("all", item.task)]
            for removed in (PASSAGE, DOCUMENT):
                curve = make_curve(chosen, removed)
                few = curve.point(np.nextafter(np.quantile(curve.gone, 1 - WRONG_ALLOWED), 1))
                many = curve.point(float(np.quantile(curve.there, 1 - ANSWERED_WANTED)))
                print(
                    f"{name:12}{task:14}{removed:10}{few['answered']:17.3f} {few['right']:8.3f}",
                    f"{many['wrong']:32.3f} ({many['second']:.2f})" if many["threshold"] else f"{'not reached':>39}",
                    _describe(curve.point(load_judgement().threshold)) if name == "judge" else "",
                )


def _describe(point: dict[str, float]) -> str:
    return " ".join(f"{name} {value:.3f}" for name, value in point.items())


def make_panel(title: str, scored: dict[str, list[Scored]]) -> Panel:
    """Return the plot of one section: colour for what is removed, dashes for the judge, a dot at its threshold."""
    lines = []
    for name, items in scored.items():
        for removed in (PASSAGE, DOCUMENT):
            curve = make_curve(items, removed)
            thresholds = np.quantile(curve.there, np.linspace(0, 1, PLOTTED_POINTS))
            points = [curve.point(float(threshold)) for threshold in thresholds]
            chosen = curve.point(load_judgement().threshold) if name == "judge" else None
            lines.append(
                Line(
                    label=f"{name}, {removed} removed",
                    points=tuple((point["wrong"], point["right"]) for point in points),
                    mark=(chosen["wrong"], chosen["right"]) if chosen else None,
                )
            )
    return Panel(title, tuple(lines))


def _read_sections(folders: Sequence[Path]) -> Iterator[tuple[str, list[Asked]]]:
    tasks = [read_task(folder) for folder in folders]
    for section in SECTIONS:
        same = section == "same_language"
        chosen = [
            folder
            for folder, task in zip(folders, tasks, strict=True)
            if (task.query_language == task.corpus_language) is same
        ]
        yield section, [one for folder in chosen for one in ask_with_removals(folder)]


def main() -> None:
    """Fit on tasks (folders with corpus.jsonl and queries.jsonl), print what is reached, write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tasks", nargs="+", type=Path)
    parser.add_argument("--plot", type=Path, help="write the curves here as SVG")
    parser.add_argument("--dry", action="store_true", help="print and plot, write no weights")
    options = parser.parse_args()
    content: dict[str, Any] = {}
    panels = []
    for section, asked in _read_sections(options.tasks):
        print(section)
        scored = score_held_out(asked, section == "same_language")
        print_table(scored)
        panels.append(make_panel(SECTIONS[section], scored))
        content[section] = asdict(fit(asked))
    if options.plot:
        options.plot.write_text(draw(panels, (WRONG_ALLOWED, ANSWERED_WANTED)), encoding="utf-8")
    if not options.dry:
        write_weights("standing", content)


if __name__ == "__main__":
    main()
