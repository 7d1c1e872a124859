"""Finds the passages for a question: one function, `find_passages`, for every way in.

Both legs name candidates (BM25 over the question's terms and their translations; the nearest vectors), which are then
looked at closely. Reciprocal-rank fusion of the legs was measured and hurt (DRCD dev recall@1 0.944 → 0.825).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path

import yaml

from knowledge_base.chunking import Passage
from knowledge_base.documents import OFFICIAL, PRESS, has_expired, last_day
from knowledge_base.embedding import Vectors
from knowledge_base.language import CHINESE, ENGLISH
from knowledge_base.lexical_index import IndexedPassage
from knowledge_base.library import Library
from knowledge_base.query_terms import QueryTerms, TermReader
from knowledge_base.reranker import Reranker
from knowledge_base.rescoring import Candidate, Features, measure_most_promising

CANDIDATES_A_LEG = 30
# How many candidates are looked at closely for each passage that is wanted.
LOOKED_AT_A_RESULT = 2
# A passage in the question's language with this share of its terms makes a search in the other language needless.
ENOUGH_COVERAGE = 0.5
RERANKED = 12

OTHER_LANGUAGE_FACTOR = 0.85
EXPIRED_FACTOR = 0.9
TRUST_FACTOR = {OFFICIAL: 1.0, PRESS: 0.97}
OTHER_TRUST_FACTOR = 0.94
AGE_FACTOR_A_YEAR = 0.99
UNDATED_AGE_YEARS = 5.0

NEAR_DUPLICATE_SHARE = 0.85
NEAR_SCORE_SHARE = 0.9


@dataclass(frozen=True)
class FoundPassage:
    """A passage with its score and what the score is made of: the match, times factors about 1.

    `cosine` is that of the passage to the question, 0 without an embedding model.
    """

    passage: Passage
    score: float
    reasons: Mapping[str, float]
    cosine: float = 0.0


@dataclass(frozen=True)
class SearchWeights:
    """How much each feature counts, for passages in the question's language and in the other."""

    same_language: Mapping[str, float]
    other_language: Mapping[str, float]


@cache
def load_search_weights() -> SearchWeights:
    """Read search_weights.yaml."""
    return SearchWeights(**yaml.safe_load((Path(__file__).parent / "search_weights.yaml").read_text(encoding="utf-8")))


def find_passages(
    library: Library, text: str, *, language: str, today: date, limit: int = 8, weights: SearchWeights | None = None
) -> list[FoundPassage]:
    """Return the passages that most likely answer a question, best first.

    Valid, newer and more official passages are preferred, the question's language before the other; of near-duplicates
    and of a document in two languages one is kept.
    """
    search = _Search(library, text, language, weights or load_search_weights(), LOOKED_AT_A_RESULT * limit)
    matched = search.match_own_language()
    if not any(item.features.coverage >= ENOUGH_COVERAGE for item in matched):
        matched += search.match_other_language(without={item.passage.document_id for item in matched})
    found = [_rate(item, language, today) for item in matched]
    if library.reranker:
        found = _rerank(library.reranker, text, found)
    found.sort(key=lambda item: -item.score)
    return _drop_near_duplicates(found, limit)


@dataclass(frozen=True)
class Matched:
    """A candidate with its features and how well it matches."""

    passage: Passage
    features: Features
    match: float


class _Search:
    """One question against one library."""

    def __init__(self, library: Library, text: str, language: str, weights: SearchWeights, keep: int) -> None:
        self._library = library
        self._text = text
        self._language = language
        self._weights = weights
        self._keep = keep
        lexical = library.lexical
        self._reader = TermReader(lexical.frequency, lexical.passage_count, library.table, library.glossary)
        self._vector = library.dense.embeddings.embed_query(text) if library.dense else None
        self._nearest = self._find_nearest()

    def match_own_language(self) -> list[Matched]:
        terms = self._reader.read(self._text, self._language, self._language)
        candidates = self._candidates(terms, lambda item: item.language == self._language)
        return self._match(terms, candidates, self._weights.same_language)

    def match_other_language(self, without: set[str]) -> list[Matched]:
        """Match passages in the other language, but of documents that are there in the question's own."""
        other = ENGLISH if self._language == CHINESE else CHINESE
        terms = self._reader.read(self._text, self._language, other)
        candidates = self._candidates(
            terms, lambda item: item.language != self._language and item.document_id not in without
        )
        return self._match(terms, candidates, self._weights.other_language)

    def _find_nearest(self) -> list[IndexedPassage]:
        if self._library.dense is None or self._vector is None:
            return []
        ids = self._library.dense.index.search(self._vector, CANDIDATES_A_LEG)
        return list(self._library.lexical.get_passages(ids).values())

    def _candidates(self, terms: QueryTerms, wanted: Callable[[IndexedPassage], bool]) -> list[IndexedPassage]:
        named = [*self._library.lexical.search_terms(terms, CANDIDATES_A_LEG), *self._nearest]
        return list({item.id: item for item in named if wanted(item)}.values())

    def _match(
        self, terms: QueryTerms, candidates: Sequence[IndexedPassage], weights: Mapping[str, float]
    ) -> list[Matched]:
        texts = [_candidate(item, self._vector, self._library.lexical.mean_length) for item in candidates]
        return [
            Matched(candidates[number].passage, features, features.weigh(weights))
            for number, features in measure_most_promising(terms, texts, self._keep)
        ]


def _candidate(item: IndexedPassage, vector: Vectors | None, mean_length: float) -> Candidate:
    cosine = float(item.vector @ vector) if vector is not None and len(item.vector) else 0.0
    return Candidate(item.prepared_text, len(item.prepared_text) / mean_length, cosine)


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
    return FoundPassage(passage, score, reasons, matched.features.dense)


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
    kept: list[FoundPassage] = []
    for item in found:
        # Near-duplicates match a question nearly alike, so only neighbours in score need comparing.
        rivals = (other for other in reversed(kept) if item.score >= NEAR_SCORE_SHARE * other.score)
        if any(_are_near(item.passage.text, other.passage.text) for other in rivals):
            continue
        kept.append(item)
        if len(kept) == limit:
            break
    return kept


def _are_near(one: str, other: str) -> bool:
    shorter, longer = sorted((len(one), len(other)))
    if shorter < NEAR_DUPLICATE_SHARE * longer:
        return False
    pairs, others = (set(pairwise(text)) for text in (one, other))
    return len(pairs & others) >= NEAR_DUPLICATE_SHARE * len(pairs | others)
