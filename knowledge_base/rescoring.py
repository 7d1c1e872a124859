"""How well a passage matches a question: a few cheap features, summed with fixed weights.

The lexical and the dense search each name candidates; this looks at their texts, prepared once when they were indexed.
The weights stand in weights.yaml.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from knowledge_base.piece_match import PieceFeatures
from knowledge_base.query_terms import QueryTerms

K1, B = 1.2, 0.75


@dataclass(frozen=True)
class Candidate:
    """A passage that a search named: prepared text, length over the mean of all, cosine to the question."""

    text: str
    relative_length: float
    dense: float


@dataclass(frozen=True)
class Features:
    """What is known of a passage for a question, each a share of what could be reached; dense ones are cosines.

    The last four are those of knowledge_base.piece_match.
    """

    bm25: float
    coverage: float
    dense: float
    piece_match: float
    piece_sentence: float
    dense_sentence: float
    dense_two: float

    def weigh(self, weights: Mapping[str, float]) -> float:
        """Return the weighted sum."""
        return float(sum([weights[name] * value for name, value in vars(self).items()]))


def measure(terms: QueryTerms, candidate: Candidate, pieces: PieceFeatures) -> Features:
    """Return the features of a candidate."""
    bm25, coverage = _count_terms(terms, candidate)
    return Features(bm25=bm25 / terms.total, coverage=coverage / terms.total, dense=candidate.dense, **vars(pieces))


def _count_terms(terms: QueryTerms, candidate: Candidate) -> tuple[float, float]:
    """Return BM25, and the weight of the terms that are there."""
    slow = K1 * (1.0 - B + B * candidate.relative_length)
    bm25 = coverage = 0.0
    for term in terms.terms:
        often = surest = 0.0
        for needle, weight in term.needles:
            count = candidate.text.count(needle)
            if count:
                often += weight * count
                surest = surest or weight
        if often:
            bm25 += term.idf * often / (often + slow)
            coverage += term.idf * surest / term.needles[0][1]
    return bm25, coverage
