"""How far a passage stands above the next ones found: the sign that an answer is there, from what search knows anyway.

A right passage stands apart; where no passage answers, the best few stand alike. Its weights are
fitted by knowledge_base.evaluation.fit_standing on questions whose answering passages are taken away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache

from knowledge_base.rescoring import Features
from knowledge_base.search import FoundPassage
from knowledge_base.weights import read_weights

# A passage is held against so many of the others.
RIVALS = 3
MEASURED = ("match", *(field.name for field in fields(Features)))
# More log-odds than this, either way, say no more.
SURE = 8.0


@dataclass(frozen=True)
class Standing:
    """How much each sign counts: a logistic regression's weights.

    From `threshold` on a passage is taken to answer: on the development tasks, 88% of the questions reach it, or 5% of
    those whose answering document is removed, whichever is stricter.
    """

    weights: Mapping[str, float]
    intercept: float
    threshold: float

    def weigh(self, signs: Mapping[str, float]) -> float:
        """Return the log-odds that the passage with these signs answers, as a share of SURE, -1 to 1."""
        total = self.intercept + sum([weight * signs[name] for name, weight in self.weights.items()])
        return max(-1.0, min(1.0, total / SURE))

    def log_odds_above(self, share: float) -> float:
        """Return how far a share lies above the threshold, in log-odds."""
        return SURE * (share - self.threshold)


@dataclass(frozen=True)
class Standings:
    """One for passages in the question's language, one for those in the other, where words must be translated."""

    same_language: Standing
    other_language: Standing

    def of(self, item: FoundPassage) -> Standing:
        """Return the one for a found passage."""
        return self.same_language if is_in_own_language(item) else self.other_language


def is_in_own_language(item: FoundPassage) -> bool:
    """Say whether a passage is in the language of the question it was found for."""
    return item.reasons["language"] == 1.0


def read_signs(item: FoundPassage, found: Sequence[FoundPassage]) -> dict[str, float]:
    """Return the search's features of a passage, and the lead of each over its mean in the best of other documents."""
    document = item.passage.document_id
    rivals = [other.reasons for other in found if other.passage.document_id != document][:RIVALS]
    own = item.reasons
    signs = {name: own[name] for name in MEASURED}
    for name in MEASURED:
        # Alone, a passage leads by nothing.
        mean = sum([rival[name] for rival in rivals]) / len(rivals) if rivals else own[name]
        signs[f"{name}_lead"] = own[name] - mean
    return signs


@cache
def load_standings() -> Standings:
    """Read the weights of the standing."""
    return Standings(**{name: Standing(**entry) for name, entry in read_weights("standing").items()})
