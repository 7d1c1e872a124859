"""Finds the passages for a question: one function, `find_passages`, for every way in.

What matches the question (knowledge_base.matching) is rated by validity, source, age and language; of passages that say
the same, one is kept.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import pairwise

from knowledge_base.chunking import Passage
from knowledge_base.documents import OFFICIAL, PRESS, has_expired, last_day
from knowledge_base.library import Library
from knowledge_base.matching import Matched, Matcher, load_search_weights
from knowledge_base.reranker import Reranker

# How many candidates are looked at closely for each passage that is wanted.
LOOKED_AT_A_RESULT = 2
RERANKED = 12

OTHER_LANGUAGE_FACTOR = 0.85
EXPIRED_FACTOR = 0.9
TRUST_FACTOR = {OFFICIAL: 1.0, PRESS: 0.97}
OTHER_TRUST_FACTOR = 0.94
AGE_FACTOR_A_YEAR = 0.99
UNDATED_AGE_YEARS = 5.0

NEAR_DUPLICATE_SHARE = 0.85
NEAR_SCORE_SHARE = 0.9
NEAR_COSINE = 0.1


@dataclass(frozen=True)
class FoundPassage:
    """A passage with its score and what the score is made of: the match, times factors about 1."""

    passage: Passage
    score: float
    reasons: Mapping[str, float]


def find_passages(library: Library, text: str, *, language: str, today: date, limit: int = 8) -> list[FoundPassage]:
    """Return the passages that most likely answer a question, best first.

    Valid, newer and more official passages are preferred, the question's language before the other; of near-duplicates
    and of a document in two languages one is kept.
    """
    library.lexical.look_for_changes()
    weights = load_search_weights()
    matcher = Matcher(library, text, language, weights, LOOKED_AT_A_RESULT * limit)
    matched = matcher.match_own_language()
    if not any(item.features.coverage >= weights.enough_coverage for item in matched):
        matched += matcher.match_other_language(without={item.passage.document_id for item in matched})
    found = [_rate(item, language, today) for item in matched]
    if library.reranker:
        found = _rerank(library.reranker, text, found)
    found.sort(key=lambda item: -item.score)
    return _drop_near_duplicates(found, limit)


def _rate(matched: Matched, language: str, today: date) -> FoundPassage:
    passage = matched.passage
    factors = {
        "language": 1.0 if passage.language == language else OTHER_LANGUAGE_FACTOR,
        "validity": EXPIRED_FACTOR if has_expired(passage.valid_until, passage.status, today) else 1.0,
        "trust": TRUST_FACTOR.get(passage.trust, OTHER_TRUST_FACTOR),
        "age": AGE_FACTOR_A_YEAR ** _age_years(passage.published_at, today),
    }
    score = max(0.0, matched.match) * math.prod(factors.values())
    reasons = {"match": matched.match, **vars(matched.features), **factors}
    return FoundPassage(passage, score, reasons)


def _rerank(reranker: Reranker, text: str, found: list[FoundPassage]) -> list[FoundPassage]:
    found = sorted(found, key=lambda item: -item.score)
    best, rest = found[:RERANKED], found[RERANKED:]
    if not best:
        return found
    ratings = reranker.rate(text, [f"{item.passage.title}\n{item.passage.text}" for item in best])
    top = rest[0].score if rest else 0.0
    # The reranked stay before the rest; within them the reranker's rating decides.
    reranked = [
        replace(item, score=top + rating + 1e-6, reasons={**item.reasons, "reranker": rating})
        for item, rating in zip(best, ratings, strict=True)
    ]
    return [*reranked, *rest]


def _age_years(published_at: str, today: date) -> float:
    published = last_day(published_at)
    return max(0.0, (today - published).days / 365.25) if published else UNDATED_AGE_YEARS


def _drop_near_duplicates(found: Sequence[FoundPassage], limit: int) -> list[FoundPassage]:
    kept: list[_Kept] = []
    for item in found:
        # Near-duplicates match a question nearly alike, so only neighbours in score need comparing.
        candidate = _Kept(item)
        rivals = (other for other in reversed(kept) if item.score >= NEAR_SCORE_SHARE * other.found.score)
        if any(candidate.is_near(other) for other in rivals):
            continue
        kept.append(candidate)
        if len(kept) == limit:
            break
    return [item.found for item in kept]


@dataclass(frozen=True)
class _Kept:
    """A passage held against others."""

    found: FoundPassage

    @cached_property
    def pairs(self) -> frozenset[tuple[str, str]]:
        """Every two characters that stand side by side."""
        return frozenset(pairwise(self.found.passage.text))

    def is_near(self, other: _Kept) -> bool:
        shorter, longer = sorted(len(item.found.passage.text) for item in (self, other))
        apart = abs(self.found.reasons["dense"] - other.found.reasons["dense"])
        if shorter < NEAR_DUPLICATE_SHARE * longer or apart > NEAR_COSINE:
            return False
        common = len(self.pairs & other.pairs)
        return common >= NEAR_DUPLICATE_SHARE * (len(self.pairs) + len(other.pairs) - common)
