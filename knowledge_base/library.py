"""The library: everything search works on, held together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from knowledge_base.chunking import Passage
from knowledge_base.embedding import SHIPPED_MODEL, Embeddings, StaticEmbeddings, Vectors
from knowledge_base.glossary import Glossary
from knowledge_base.lexical_index import NO_VECTOR, LexicalIndex
from knowledge_base.nearest import NearestPassages
from knowledge_base.piece_match import PieceMatcher
from knowledge_base.reranker import Reranker
from knowledge_base.static_embedding import load_static_model
from knowledge_base.translation import TranslationTable, load_translation_table


class VectorSearch(Protocol):
    """What search and ingestion need of the vectors (knowledge_base.nearest has them)."""

    def follow(
        self, stamps: tuple[int, int], gone: Sequence[str], passages: Sequence[Passage], vectors: Vectors
    ) -> None:
        """Do as the lexical index has done between two stamps: take out these ids, put these passages in."""

    def settle(self) -> None:
        """Wait until what was handed over is taken in."""

    def search(self, vector: Vectors, limit: int) -> list[str]:
        """Return the ids of the passages nearest to a vector, nearest first."""

    def clear(self) -> None:
        """Remove every vector."""


@dataclass(frozen=True)
class Library:
    """The passages by their words, by their vectors and by their pieces; what words mean; a reranker if configured."""

    lexical: LexicalIndex
    nearest: VectorSearch
    embeddings: Embeddings
    pieces: PieceMatcher
    table: TranslationTable
    glossary: Glossary
    reranker: Reranker | None = None

    @property
    def is_filled(self) -> bool:
        """Whether there are passages."""
        return self.lexical.passage_count > 0

    def replace(self, replaced_keys: Sequence[str], passages: Sequence[Passage]) -> None:
        """Take out all passages of these documents and put these in, in every index."""
        self.put(replaced_keys, passages, *self.describe(passages))

    def describe(self, passages: Sequence[Passage]) -> tuple[Vectors, list[bytes]]:
        """Return the passages' vectors, one row each, and what is stored of their pieces."""
        texts = [f"{passage.title}\n{passage.heading}\n{passage.text}" for passage in passages]
        described = [self.pieces.describe(text) for text in texts]
        if self.pieces.name == self.embeddings.name:
            # The shipped model has met the pieces already.
            vectors = np.array([item.vector for item in described], dtype=np.float32)
        else:
            vectors = self.embeddings.embed_passages(texts) if texts else NO_VECTOR
        return vectors, [item.stored for item in described]

    def put(
        self, replaced_keys: Sequence[str], passages: Sequence[Passage], vectors: Vectors, pieces: Sequence[bytes]
    ) -> None:
        """Do as `replace` with passages that have been described."""
        gone = self.lexical.find_passage_ids(replaced_keys)
        stamps = self.lexical.replace(replaced_keys, passages, vectors, pieces)
        self.nearest.follow(stamps, gone, passages, vectors)

    def clear(self) -> None:
        """Remove every passage from every index."""
        self.lexical.clear()
        self.nearest.clear()


def open_library(
    folder: Path, glossary: Glossary, *, embeddings: Embeddings | None = None, reranker: Reranker | None = None
) -> Library:
    """Open or make the indexes in a folder, for the shipped embeddings or others.

    Folder and collection carry the models' names: vectors and pieces of two models never stand side by side.
    """
    embeddings = embeddings or StaticEmbeddings()
    model = embeddings.model if isinstance(embeddings, StaticEmbeddings) else load_static_model(SHIPPED_MODEL)
    lexical = LexicalIndex(folder / "lexical", f"{embeddings.name} {model.name}")
    return Library(
        lexical=lexical,
        nearest=NearestPassages(lexical, folder / "vectors", embeddings.name),
        embeddings=embeddings,
        pieces=PieceMatcher(model),
        table=load_translation_table(),
        glossary=glossary,
        reranker=reranker,
    )
