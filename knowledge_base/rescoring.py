"""How well a passage matches a question: a few cheap features, summed with fixed weights.

The lexical and the dense search each name candidates; this looks at their texts, prepared once when they were indexed.
The weights stand in search_weights.yaml.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from knowledge_base.piece_match import PieceFeatures
from knowledge_base.query_terms import QueryTerms

K1, B = 1.2, 0.75
# Only the most promising candidates are looked at closely; what makes a promise:
ROUGH_BM25, ROUGH_COVERAGE, ROUGH_DENSE = 1.0, 1.0, 2.0


@dataclass(frozen=True)
class Candidate:
    """A passage that a search named: prepared text, length over the mean of all, cosine to the question (0 without)."""

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
    sentence: float
    two_sentences: float
    longest_run: float
    dense: float
    piece_match: float
    piece_sentence: float
    dense_sentence: float
    dense_two: float

    def weigh(self, weights: Mapping[str, float]) -> float:
        """Return the weighted sum."""
        return float(sum([weights[name] * value for name, value in vars(self).items()]))


Found = list[tuple[float, list[tuple[str, float]]]]


@dataclass(frozen=True)
class Glance:
    """BM25 and coverage, both as a share of what the question could reach, and the needles found."""

    bm25: float
    coverage: float
    found: Found

    def promise(self, candidate: Candidate) -> float:
        """Return how much a closer look promises."""
        return ROUGH_BM25 * self.bm25 + ROUGH_COVERAGE * self.coverage + ROUGH_DENSE * candidate.dense


def pick_most_promising(terms: QueryTerms, candidates: Sequence[Candidate], keep: int) -> list[tuple[int, Glance]]:
    """Glance at every candidate; return the numbers and glances of the `keep` most promising."""
    glances = list(enumerate(_glance(terms, candidate) for candidate in candidates))
    glances.sort(key=lambda item: -item[1].promise(candidates[item[0]]))
    return glances[:keep]


def look_closer(terms: QueryTerms, candidate: Candidate, glance: Glance, pieces: PieceFeatures) -> Features:
    """Return all features of a candidate."""
    one, two = _best_sentences(candidate.text, glance.found)
    total = terms.total
    return Features(
        bm25=glance.bm25,
        coverage=glance.coverage,
        sentence=one / total,
        two_sentences=two / total,
        longest_run=_measure_longest_run(terms.units, candidate.text),
        dense=candidate.dense,
        **vars(pieces),
    )


def _glance(terms: QueryTerms, candidate: Candidate) -> Glance:
    text = candidate.text
    words = frozenset(text.split())
    slow = K1 * (1.0 - B + B * candidate.relative_length)
    bm25 = coverage = 0.0
    found: Found = []
    for term in terms.terms:
        here = [
            (needle, weight)
            for needle, weight in term.needles
            if (needle[1:-1] in words if needle[0] == " " and "  " not in needle else needle in text)
        ]
        if here:
            often = 0.0
            for needle, weight in here:
                often += weight * text.count(needle)
            bm25 += term.idf * often / (often + slow)
            coverage += term.idf * here[0][1] / term.needles[0][1]
            found.append((term.idf, here))
    return Glance(bm25 / terms.total, coverage / terms.total, found)


def _best_sentences(text: str, found: Found) -> tuple[float, float]:
    """Return the idf of the terms in the best sentence, and in the best two neighbours."""
    best = best_two = 0.0
    before = [False] * len(found)
    for sentence in text.split("\n"):
        now: list[bool] = []
        one = two = 0.0
        for (idf, needles), was_here in zip(found, before, strict=True):
            # The surest needle first: most terms have but one, and this runs for every sentence of every candidate.
            is_here = needles[0][0] in sentence or (
                len(needles) > 1 and any([needle in sentence for needle, _ in needles[1:]])
            )
            now.append(is_here)
            if is_here:
                one += idf
                two += idf
            elif was_here:
                two += idf
        best, best_two, before = max(best, one), max(best_two, two), now
    return best, best_two


def _measure_longest_run(units: Sequence[str], text: str) -> float:
    """Return how long the longest run of the question is that the text holds, as a share of the question."""
    longest, start, size = 0, 0, len(units)
    while start < size - longest:
        length, needle = 0, units[start]
        while needle in text:
            length += 1
            if start + length == size:
                break
            needle += units[start + length]
        longest = max(longest, length)
        start += max(1, length)
    return longest / size if size else 0.0
