"""How well a passage matches a question: a few cheap features, summed with fixed weights.

The lexical and the dense search each name candidates; this looks at their texts, prepared once when they were indexed.
The weights stand in search_weights.yaml.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from knowledge_base.query_terms import QueryTerms

K1, B = 1.2, 0.75
# Only the most promising candidates are looked at closely; what makes a promise:
ROUGH_BM25, ROUGH_COVERAGE, ROUGH_DENSE = 1.0, 1.0, 2.0
_RUN_POWER = 1.5


@dataclass(frozen=True)
class Candidate:
    """A passage that a search named: prepared text, length over the mean of all, cosine to the question (0 without)."""

    text: str
    relative_length: float
    dense: float


@dataclass(frozen=True)
class Features:
    """What is known of a passage for a question, each a share of what could be reached; dense is a cosine."""

    bm25: float
    coverage: float
    sentence: float
    two_sentences: float
    runs: float
    longest_run: float
    dense: float

    def weigh(self, weights: Mapping[str, float]) -> float:
        """Return the weighted sum."""
        return float(sum([weights[name] * value for name, value in vars(self).items()]))


Found = list[tuple[float, list[tuple[str, float]]]]


@dataclass(frozen=True)
class _Glance:
    """BM25 and coverage, both as a share of what the question could reach, and the needles found."""

    bm25: float
    coverage: float
    found: Found

    def promise(self, candidate: Candidate) -> float:
        return ROUGH_BM25 * self.bm25 + ROUGH_COVERAGE * self.coverage + ROUGH_DENSE * candidate.dense


def measure_most_promising(terms: QueryTerms, candidates: Sequence[Candidate], keep: int) -> list[tuple[int, Features]]:
    """Return (number, features) of the `keep` most promising candidates."""
    glances = [_glance(terms, candidate) for candidate in candidates]
    order = sorted(range(len(candidates)), key=lambda number: -glances[number].promise(candidates[number]))
    return [(number, _look_closer(terms, candidates[number], glances[number])) for number in order[:keep]]


def _glance(terms: QueryTerms, candidate: Candidate) -> _Glance:
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
    return _Glance(bm25 / terms.total, coverage / terms.total, found)


def _look_closer(terms: QueryTerms, candidate: Candidate, glance: _Glance) -> Features:
    one, two = _best_sentences(candidate.text, glance.found)
    runs, longest = _match_runs(terms.units, candidate.text)
    total = terms.total
    return Features(glance.bm25, glance.coverage, one / total, two / total, runs, longest, candidate.dense)


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


def _match_runs(units: Sequence[str], text: str) -> tuple[float, float]:
    """Return how long the longest runs of the question are that the text holds, together and at most, as shares."""
    total, longest, start, size = 0.0, 0, 0, len(units)
    while start < size:
        length, needle = 0, units[start]
        while needle in text:
            length += 1
            if start + length == size:
                break
            needle += units[start + length]
        total += length**_RUN_POWER
        longest = max(longest, length)
        start += max(1, length)
    return (total / size**_RUN_POWER, longest / size) if size else (0.0, 0.0)
