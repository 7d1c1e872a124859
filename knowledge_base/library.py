"""The library: the indexes and the glossary that search works on, held together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from knowledge_base.chunking import Passage
from knowledge_base.glossary import Glossary
from knowledge_base.lexical_index import LexicalIndex


class Vectors(Protocol):
    """What search and ingestion need of a vector index (knowledge_base.vector_index is one)."""

    @property
    def passage_count(self) -> int:
        """The number of vectors in the index."""

    def replace(self, document_keys: Iterable[str], passages: Iterable[Passage]) -> None:
        """Take out all vectors of these documents and put those of these passages in."""

    def search(self, text: str, limit: int) -> list[tuple[str, float]]:
        """Return (passage id, cosine similarity) of the nearest passages, best first."""


@dataclass(frozen=True)
class Library:
    """A lexical index always, a vector index where an embedding model is configured, the city's glossary."""

    lexical: LexicalIndex
    glossary: Glossary
    vectors: Vectors | None = None

    @property
    def is_filled(self) -> bool:
        """Whether each index holds passages."""
        return self.lexical.passage_count > 0 and (self.vectors is None or self.vectors.passage_count > 0)
