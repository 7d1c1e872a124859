"""What matches a question: candidates from both legs, looked at closely.

Both legs name candidates (BM25 over the question's terms and their translations; the nearest vectors), which are then
scored by a weighted sum of features. Reciprocal-rank fusion of the legs was measured and hurt (DRCD dev recall@1
0.944 → 0.825).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from knowledge_base.chunking import Passage
from knowledge_base.language import CHINESE, ENGLISH
from knowledge_base.lexical_index import IndexedPassage
from knowledge_base.library import Library
from knowledge_base.query_terms import QueryTerms, TermReader
from knowledge_base.rescoring import Candidate, Features, measure
from knowledge_base.weights import read_weights

CANDIDATES_A_LEG = 24


@dataclass(frozen=True)
class SearchWeights:
    """How much each feature counts, for passages in the question's language and in the other.

    Candidates are named by BM25 and `promise_of_cosine` times the cosine. A passage in the question's language with
    `enough_coverage` of its terms makes a search in the other language needless.
    """

    promise_of_cosine: float
    enough_coverage: float

    same_language: Mapping[str, float]
    other_language: Mapping[str, float]


@cache
def load_search_weights() -> SearchWeights:
    """Read the weights of search."""
    return SearchWeights(**read_weights("search"))


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
        self._vector = library.embeddings.embed_query(text)
        self._nearest = library.nearest.search(self._vector, CANDIDATES_A_LEG)
        self._read: dict[str, IndexedPassage] = {}

    def match_own_language(self) -> list[Matched]:
        """Match passages in the question's language."""
        terms = self._reader.read(self._text, self._language, self._language)
        named = self._name_candidates(terms, lambda item: item.language == self._language)
        return self._match(terms, named, self._weights.same_language)

    def match_other_language(self, without: set[str]) -> list[Matched]:
        """Match passages in the other language, but of documents that are there in the question's own."""
        other = ENGLISH if self._language == CHINESE else CHINESE
        terms = self._reader.read(self._text, self._language, other)
        named = self._name_candidates(
            terms, lambda item: item.language != self._language and item.document_id not in without
        )
        return self._match(terms, named, self._weights.other_language)

    def _name_candidates(self, terms: QueryTerms, wanted: Callable[[IndexedPassage], bool]) -> list[IndexedPassage]:
        """Return the candidates of both legs that promise most, by BM25 over the best one's and by cosine."""
        hits = self._library.lexical.search_terms(terms, CANDIDATES_A_LEG)
        best = hits[0][1] if hits else 1.0
        # What the words do not name could still have almost the score of the last that they do.
        least = hits[-1][1] / best if len(hits) == CANDIDATES_A_LEG else 0.0
        shares = {item.id: score / best for item, score in hits}
        self._read |= {item.id: item for item, _ in hits}
        self._read |= self._library.lexical.get_passages([id_ for id_ in self._nearest if id_ not in self._read])
        named = [item for item in self._read.values() if wanted(item)]
        named.sort(
            key=lambda item: -(shares.get(item.id, least) + self._weights.promise_of_cosine * self._cosine(item))
        )
        return named[: self._keep]

    def _match(self, terms: QueryTerms, named: Sequence[IndexedPassage], weights: Mapping[str, float]) -> list[Matched]:
        mean_length = self._library.lexical.mean_length
        described = self._library.pieces.measure(self._text, [item.pieces for item in named])
        matched = []
        for item, pieces in zip(named, described, strict=True):
            text = item.prepared_text
            features = measure(terms, Candidate(text, len(text) / mean_length, self._cosine(item)), pieces)
            matched.append(Matched(item.passage, features, features.weigh(weights)))
        return matched

    def _cosine(self, item: IndexedPassage) -> float:
        return float(item.vector @ self._vector)
