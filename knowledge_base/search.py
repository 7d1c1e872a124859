"""Finds the passages for a question: one function, `find_passages`, for every way in."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from knowledge_base.chunking import Passage
from knowledge_base.documents import OFFICIAL, PRESS, has_expired, last_day
from knowledge_base.glossary import NAME, Glossary
from knowledge_base.library import Library
from knowledge_base.tokens import ENGLISH_STOP_STEMS, tokenise, tokenise_query

CANDIDATES = 50

NAME_FORM_WEIGHT = 0.6
WORD_FORM_WEIGHT = 0.3

OTHER_LANGUAGE_FACTOR = 0.75
EXPIRED_FACTOR = 0.9
TRUST_FACTOR = {OFFICIAL: 1.0, PRESS: 0.97}
OTHER_TRUST_FACTOR = 0.94
AGE_FACTOR_A_YEAR = 0.99
UNDATED_AGE_YEARS = 5.0

NEAR_DUPLICATE_SHARE = 0.85


@dataclass(frozen=True)
class FoundPassage:
    """A passage with its score (1.0 is the best of this search before factors) and what the score is made of."""

    passage: Passage
    score: float
    reasons: dict[str, float]


def find_passages(library: Library, text: str, *, language: str, today: date, limit: int = 8) -> list[FoundPassage]:
    """Return the passages that most likely answer a question, best first.

    BM25 over the question's tokens, widened by the city's glossary in both directions; valid, newer and more official
    passages are preferred, the question's language before the other, near-duplicates dropped.
    """
    hits = library.lexical.search(weigh_query(text, library.glossary), CANDIDATES)
    if not hits:
        return []
    best = hits[0][1]
    found = [_rate(passage, score, best, language, today) for passage, score in hits]
    found = _keep_one_language(found, language)
    found.sort(key=lambda item: -item.score)
    return _drop_near_duplicates(found, limit)


def weigh_query(text: str, glossary: Glossary) -> dict[str, float]:
    """Return the tokens to search for with their weights: the question's own at 1, other forms of its names less."""
    weights = dict.fromkeys(tokenise_query(text), 1.0)
    for mention in glossary.find_mentions(text):
        weight = NAME_FORM_WEIGHT if mention.entry.kind == NAME else WORD_FORM_WEIGHT
        for form in mention.entry.forms:
            for token in _form_tokens(form):
                weights.setdefault(token, weight)
    return weights


def _form_tokens(form: str) -> list[str]:
    # Single characters and stop-words of another form would match everywhere.
    return [token for token in tokenise(form) if len(token) > 1 and token not in ENGLISH_STOP_STEMS]


def _rate(passage: Passage, score: float, best: float, language: str, today: date) -> FoundPassage:
    reasons = {
        "bm25": score,
        "share_of_best": score / best,
        "language": 1.0 if passage.language == language else OTHER_LANGUAGE_FACTOR,
        "validity": EXPIRED_FACTOR if has_expired(passage.valid_until, passage.status, today) else 1.0,
        "trust": TRUST_FACTOR.get(passage.trust, OTHER_TRUST_FACTOR),
        "age": AGE_FACTOR_A_YEAR ** _age_years(passage.published_at, today),
    }
    factors = (value for name, value in reasons.items() if name != "bm25")
    return FoundPassage(passage, math.prod(factors), reasons)


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
    kept = []
    raised: set[str] = set()
    for item in found:
        id_ = item.passage.document_id
        if item.passage.language != language:
            if id_ not in spoken:
                kept.append(item)
            continue
        score = item.score if id_ in raised else best_of_document[id_]
        raised.add(id_)
        kept.append(replace(item, score=max(score, item.score)))
    return kept


def _drop_near_duplicates(found: Iterable[FoundPassage], limit: int) -> list[FoundPassage]:
    kept: list[FoundPassage] = []
    kept_tokens: list[set[str]] = []
    for item in found:
        tokens = set(tokenise(item.passage.text))
        if any(_overlap(tokens, others) >= NEAR_DUPLICATE_SHARE for others in kept_tokens):
            continue
        kept.append(item)
        kept_tokens.append(tokens)
        if len(kept) == limit:
            break
    return kept


def _overlap(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other) if one or other else 0.0
