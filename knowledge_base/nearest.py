"""The passages nearest to a vector: read from the lexical index where they are few, by Chroma where they are many.

A scan of five thousand vectors takes a millisecond and finds the true nearest; Chroma takes 70 MB before it holds one.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING

import numpy as np

from knowledge_base.chunking import Passage
from knowledge_base.embedding import Vectors
from knowledge_base.lexical_index import LexicalIndex

if TYPE_CHECKING:
    from knowledge_base.vector_index import VectorIndex

logger = logging.getLogger(__name__)

MOST_SCANNED = 5_000
# Batches handed over to Chroma and not yet taken in; more would only fill the memory.
MOST_WAITING = 2


class NearestPassages:
    """Finds neighbours among the vectors that the lexical index keeps, which is the truth.

    The Chroma collection in `folder` follows it in a thread of its own, because its adds take longer than all the rest
    of indexing. A file there says that it is behind: after a crash, or where it fails, it is filled anew.
    """

    def __init__(self, lexical: LexicalIndex, folder: Path, model_name: str) -> None:
        self._lexical = lexical
        self._folder = folder
        self._model_name = model_name
        self._scanned: tuple[int, list[str], Vectors] | None = None
        self._opened: VectorIndex | None = None
        self._checked_generation = -1
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="chroma")
        self._room = BoundedSemaphore(MOST_WAITING)
        self._lock = Lock()
        self._waiting = 0

    def replace(self, document_keys: Sequence[str], passages: Sequence[Passage], vectors: Vectors) -> None:
        """Take out all vectors of these documents and put in one row of `vectors` for each passage."""
        if not self._folder.exists() and self._lexical.passage_count + len(passages) <= MOST_SCANNED:
            return
        chroma = self._open_chroma()
        self._room.acquire()
        with self._lock:
            self._waiting += 1
            self._behind.touch()
        self._worker.submit(self._take_in, chroma, document_keys, passages, vectors)

    def search(self, vector: Vectors, limit: int) -> list[str]:
        """Return the ids of the passages nearest to a vector, nearest first."""
        if self._lexical.passage_count <= MOST_SCANNED:
            return self._scan(vector, limit)
        chroma = self._open_chroma()
        if not self._waiting and self._checked_generation != self._lexical.generation:
            self._catch_up(chroma)
        return chroma.search(vector, limit)

    def settle(self) -> None:
        """Wait until what was handed over is taken in."""
        self._worker.submit(lambda: None).result()

    def clear(self) -> None:
        """Remove every vector that is kept beside the lexical index."""
        self._scanned = None
        if self._folder.exists():
            self.settle()
            self._open_chroma().clear()

    @property
    def _behind(self) -> Path:
        return self._folder / "behind"

    def _take_in(
        self, chroma: VectorIndex, document_keys: Sequence[str], passages: Sequence[Passage], vectors: Vectors
    ) -> None:
        complete = False
        try:
            chroma.replace(document_keys, passages, vectors)
            complete = True
        except Exception:
            logger.exception("Chroma did not take in %d passages; it is filled anew at the next search", len(passages))
        with self._lock:
            self._waiting -= 1
            if complete and not self._waiting:
                self._behind.unlink(missing_ok=True)
        self._room.release()

    def _catch_up(self, chroma: VectorIndex) -> None:
        self._checked_generation = self._lexical.generation
        if self._behind.exists() or chroma.passage_count != self._lexical.passage_count:
            chroma.clear()
            chroma.replace([], *self._lexical.read_vectors())
            self._behind.unlink(missing_ok=True)

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
