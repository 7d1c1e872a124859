"""What matches a question: candidates from both legs, looked at closely.

Both legs name candidates (BM25 over the question's terms and their translations; the nearest vectors), which are then
scored by a weighted sum of features. Reciprocal-rank fusion of the legs was measured and hurt (DRCD dev recall@1
0.944 → 0.825).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from knowledge_base.chunking import Passage
from knowledge_base.embedding import Vectors
from knowledge_base.language import CHINESE, ENGLISH
from knowledge_base.lexical_index import IndexedPassage
from knowledge_base.library import Library
from knowledge_base.piece_match import NO_PIECES, PieceFeatures
from knowledge_base.query_terms import QueryTerms, TermReader
from knowledge_base.rescoring import Candidate, Features, look_closer, pick_most_promising

CANDIDATES_A_LEG = 30


@dataclass(frozen=True)
class SearchWeights:
    """How much each feature counts, for passages in the question's language and in the other."""

    same_language: Mapping[str, float]
    other_language: Mapping[str, float]


@cache
def load_search_weights() -> SearchWeights:
    """Read search_weights.yaml."""
    return SearchWeights(**yaml.safe_load((Path(__file__).parent / "search_weights.yaml").read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Matched:
    """A candidate with its features and how well it matches."""

    passage: Passage
    features: Features
    match: float


class Matcher:
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
        """Match passages in the question's language."""
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
        picked = pick_most_promising(terms, texts, self._keep)
        pieces = self._match_pieces([candidates[number] for number, _ in picked])
        matched = []
        for (number, glance), piece_features in zip(picked, pieces, strict=True):
            features = look_closer(terms, texts[number], glance, piece_features)
            matched.append(Matched(candidates[number].passage, features, features.weigh(weights)))
        return matched

    def _match_pieces(self, candidates: Sequence[IndexedPassage]) -> list[PieceFeatures]:
        if self._library.pieces is None:
            return [NO_PIECES] * len(candidates)
        return self._library.pieces.measure(self._text, [item.pieces for item in candidates])


def _candidate(item: IndexedPassage, vector: Vectors | None, mean_length: float) -> Candidate:
    cosine = float(item.vector @ vector) if vector is not None and len(item.vector) else 0.0
    return Candidate(item.prepared_text, len(item.prepared_text) / mean_length, cosine)
