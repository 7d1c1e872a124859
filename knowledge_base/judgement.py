"""How much each sign that a passage answers counts, and the confidence from which it does: a part of weights.yaml.

The numbers are fitted by knowledge_base.evaluation.fit_judgement on questions with known answers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from knowledge_base.weights import read_weights


@dataclass(frozen=True)
class Signals:
    """The signs that a passage answers, larger is better unless the name says lack.

    Each is about 0 to 1; `margin` and `standing`, which hold the passage against the others, are -1 to 1.
    """

    coverage: float
    sentence_coverage: float
    title_coverage: float
    matched: float
    shows_kind: float
    term_match: float
    name_lack: float
    number_lack: float
    unknown_lack: float
    margin: float
    standing: float
    overall: float
    focus_lack: float
    focus_far: float


@dataclass(frozen=True)
class Judgement:
    """How much each signal counts, and the confidence from which a passage answers."""

    weights: Mapping[str, float]
    intercept: float
    threshold: float

    def confidence(self, signals: Signals) -> float:
        """Return the probability that a passage with these signals answers."""
        return _logistic(self.intercept + sum(self.weights[name] * value for name, value in vars(signals).items()))

    def confidence_by_standing(self, above: float) -> float:
        """Return the probability for a passage that stands so far above where it is taken to answer, in log-odds."""
        return _logistic(above + math.log(self.threshold / (1.0 - self.threshold)))


def _logistic(log_odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-log_odds))


@cache
def load_judgement() -> Judgement:
    """Read the weights of the judgement."""
    content = read_weights("judgement")
    return Judgement(content["weights"], content["intercept"], content["threshold"])
