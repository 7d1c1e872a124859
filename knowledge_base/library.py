"""The library: everything search works on, held together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from knowledge_base.chunking import Passage
from knowledge_base.embedding import Embeddings, Vectors
from knowledge_base.glossary import Glossary
from knowledge_base.lexical_index import NO_VECTOR, LexicalIndex
from knowledge_base.piece_match import PieceMatcher
from knowledge_base.reranker import Reranker
from knowledge_base.translation import TranslationTable


class VectorSearch(Protocol):
    """What search and ingestion need of the vectors (knowledge_base.nearest has them)."""

    def replace(self, document_keys: Sequence[str], passages: Sequence[Passage], vectors: Vectors) -> None:
        """Take out all vectors of these documents and put in one row of `vectors` for each passage."""

    def search(self, vector: Vectors, limit: int) -> list[str]:
        """Return the ids of the passages nearest to a vector, nearest first."""

    def clear(self) -> None:
        """Remove every vector."""


@dataclass(frozen=True)
class Dense:
    """An embedding model and the index of its vectors."""

    embeddings: Embeddings
    index: VectorSearch


@dataclass(frozen=True)
class Library:
    """A lexical index always; an embedding model, its pieces, a translation table and a reranker where configured."""

    lexical: LexicalIndex
    glossary: Glossary
    dense: Dense | None = None
    pieces: PieceMatcher | None = None
    table: TranslationTable | None = None
    reranker: Reranker | None = None

    @property
    def is_filled(self) -> bool:
        """Whether there are passages."""
        return self.lexical.passage_count > 0

    def replace(self, replaced_keys: Sequence[str], passages: Sequence[Passage]) -> None:
        """Take out all passages of these documents and put these in, in every index."""
        texts = [f"{passage.title}\n{passage.heading}\n{passage.text}" for passage in passages]
        pieces = [self.pieces.describe(text) for text in texts] if self.pieces else []
        vectors = None
        if self.dense:
            vectors = self.dense.embeddings.embed_passages(texts) if texts else NO_VECTOR
            self.dense.index.replace(replaced_keys, passages, vectors)
        self.lexical.replace(replaced_keys, passages, vectors, pieces)

    def clear(self) -> None:
        """Remove every passage from every index."""
        self.lexical.clear()
        if self.dense:
            self.dense.index.clear()
