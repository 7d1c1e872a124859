"""The passages nearest to a vector: read from the lexical index where they are few, by Chroma where they are many.

A scan of five thousand vectors takes a millisecond and finds the true nearest; Chroma takes 70 MB before it holds one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from knowledge_base.chunking import Passage
from knowledge_base.embedding import Vectors
from knowledge_base.lexical_index import LexicalIndex

if TYPE_CHECKING:
    from knowledge_base.vector_index import VectorIndex

MOST_SCANNED = 5_000


class NearestPassages:
    """Finds neighbours among the vectors that the lexical index keeps.

    That index is the truth; the Chroma collection in `folder` follows it and is filled from it where it is behind.
    """

    def __init__(self, lexical: LexicalIndex, folder: Path, model_name: str) -> None:
        self._lexical = lexical
        self._folder = folder
        self._model_name = model_name
        self._scanned: tuple[int, list[str], Vectors] | None = None
        self._opened: VectorIndex | None = None

    def replace(self, document_keys: Sequence[str], passages: Sequence[Passage], vectors: Vectors) -> None:
        """Take out all vectors of these documents and put in one row of `vectors` for each passage."""
        if self._folder.exists() or self._lexical.passage_count + len(passages) > MOST_SCANNED:
            self._open_chroma().replace(document_keys, passages, vectors)

    def search(self, vector: Vectors, limit: int) -> list[str]:
        """Return the ids of the passages nearest to a vector, nearest first."""
        count = self._lexical.passage_count
        if count <= MOST_SCANNED:
            return self._scan(vector, limit)
        chroma = self._open_chroma()
        if chroma.passage_count != count:
            chroma.clear()
            chroma.fill(*self._lexical.read_vectors())
        return chroma.search(vector, limit)

    def clear(self) -> None:
        """Remove every vector that is kept beside the lexical index."""
        self._scanned = None
        if self._folder.exists():
            self._open_chroma().clear()

    def _scan(self, vector: Vectors, limit: int) -> list[str]:
        generation = self._lexical.generation
        if self._scanned is None or self._scanned[0] != generation:
            passages, vectors = self._lexical.read_vectors()
            self._scanned = (generation, [passage.id for passage in passages], vectors)
        _, ids, vectors = self._scanned
        if not ids:
            return []
        return [ids[number] for number in np.argsort(-(vectors @ vector), kind="stable")[:limit]]

    def _open_chroma(self) -> VectorIndex:
        if self._opened is None:
            # Chroma is imported only where there is much for it to hold.
            from knowledge_base.vector_index import VectorIndex

            self._opened = VectorIndex(self._folder, self._model_name)
        return self._opened
