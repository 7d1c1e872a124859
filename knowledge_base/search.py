"""Finds the passages for a question: one function, `find_passages`, for every way in.

Both legs name candidates (BM25 over the question's terms and their translations; the nearest vectors), which are then
looked at closely. Reciprocal-rank fusion of the legs was measured and hurt (DRCD dev recall@1 0.944 → 0.825).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
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
from knowledge_base.rescoring import Candidate, Features, measure_most_promising

CANDIDATES_A_LEG = 30
LOOKED_AT_CLOSELY = 20
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
    library: Library,
    text: str,
    *,
    language: str,
    today: date,
    limit: int = 8,
    weights: SearchWeights | None = None,
    passage_languages: Sequence[str] = (CHINESE, ENGLISH),
) -> list[FoundPassage]:
    """Return the passages that most likely answer a question, best first.

    Valid, newer and more official passages are preferred, the question's language before the other; of near-duplicates
    and of a document in two languages one is kept.
    """
    terms = _read_terms(library, text, language, passage_languages)
    vector = library.dense.embeddings.embed_query(text) if library.dense else None
    candidates = find_candidates(library, terms, vector)
    matched = match_candidates(library, terms, candidates, vector, language, weights or load_search_weights())
    found = [_rate(item, language, today) for item in matched]
    if library.reranker:
        found = _rerank(library, text, found)
    found = _keep_one_language(found, language)
    found.sort(key=lambda item: -item.score)
    return _drop_near_duplicates(found, limit)


@dataclass(frozen=True)
class Matched:
    """A candidate with its features and how well it matches."""

    passage: Passage
    features: Features
    match: float


def _read_terms(library: Library, text: str, language: str, passage_languages: Sequence[str]) -> dict[str, QueryTerms]:
    reader = TermReader(library.lexical.frequency, library.lexical.passage_count, library.table, library.glossary)
    return {other: reader.read(text, language, other) for other in passage_languages}


def find_candidates(
    library: Library, terms: Mapping[str, QueryTerms], vector: Vectors | None
) -> dict[str, IndexedPassage]:
    """Return the passages that either leg names, by id."""
    candidates: dict[str, IndexedPassage] = {}
    for wanted in terms.values():
        candidates |= {item.id: item for item in library.lexical.search_terms([wanted], CANDIDATES_A_LEG)}
    if library.dense and vector is not None:
        nearest = library.dense.index.search(vector, CANDIDATES_A_LEG)
        candidates |= library.lexical.get_passages([id_ for id_ in nearest if id_ not in candidates])
    return candidates


def match_candidates(
    library: Library,
    terms: Mapping[str, QueryTerms],
    candidates: Mapping[str, IndexedPassage],
    vector: Vectors | None,
    language: str,
    weights: SearchWeights,
) -> list[Matched]:
    """Look at the most promising candidates of each language and weigh what they show."""
    matched = []
    for passage_language, wanted in terms.items():
        group = [item for item in candidates.values() if _is_in(item.language, passage_language, terms)]
        texts = [_candidate(item, vector, library.lexical.mean_length) for item in group]
        chosen = weights.same_language if passage_language == language else weights.other_language
        for number, features in measure_most_promising(wanted, texts, LOOKED_AT_CLOSELY):
            matched.append(Matched(group[number].passage, features, features.weigh(chosen)))
    return matched


def _is_in(spoken: str, language: str, terms: Mapping[str, QueryTerms]) -> bool:
    # A passage in a third language is looked at with the terms of the first.
    return spoken == language or (spoken not in terms and language == next(iter(terms)))


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


def _rerank(library: Library, text: str, found: list[FoundPassage]) -> list[FoundPassage]:
    found = sorted(found, key=lambda item: -item.score)
    best, rest = found[:RERANKED], found[RERANKED:]
    if not library.reranker or not best:
        return found
    ratings = library.reranker.rate(text, [f"{item.passage.title}\n{item.passage.text}" for item in best])
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


def _keep_one_language(found: Sequence[FoundPassage], language: str) -> list[FoundPassage]:
    """Of a document that is there in both languages keep the question's, with the better of the two scores."""
    best_of_document: dict[str, float] = {}
    spoken: set[str] = set()
    for item in found:
        id_ = item.passage.document_id
        best_of_document[id_] = max(best_of_document.get(id_, 0.0), item.score)
        if item.passage.language == language:
            spoken.add(id_)
    kept: list[FoundPassage] = []
    raised: set[str] = set()
    for item in sorted(found, key=lambda item: -item.score):
        id_ = item.passage.document_id
        if item.passage.language == language and id_ not in raised:
            raised.add(id_)
            kept.append(replace(item, score=best_of_document[id_]))
        elif item.passage.language == language or id_ not in spoken:
            kept.append(item)
    return kept


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
