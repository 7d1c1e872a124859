"""The passages nearest to a vector: read from the lexical index where they are few, by Chroma where they are many.

A scan of a thousand vectors takes a fraction of a millisecond and finds the true nearest; Chroma takes 70 MB before it
holds one.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING

import numpy as np
from filelock import FileLock

from knowledge_base.chunking import Passage
from knowledge_base.embedding import Vectors
from knowledge_base.lexical_index import LexicalIndex

if TYPE_CHECKING:
    from knowledge_base.vector_index import VectorIndex

logger = logging.getLogger(__name__)

MOST_SCANNED = 5_000
# Batches handed over to Chroma and not yet taken in; more would only fill the memory.
MOST_WAITING = 2
NO_STAMP = -1


class NearestPassages:
    """Finds neighbours among the vectors that the lexical index keeps, which is the truth.

    A Chroma collection follows it, in a thread of its own because its adds take longer than all the rest of indexing.
    Beside it stands the stamp of the state that it has. Where a batch does not go on from that state, after a crash, an
    error or the work of another process, the collection is filled anew.
    """

    def __init__(self, lexical: LexicalIndex, folder: Path, model_name: str) -> None:
        self._lexical = lexical
        self._parent = folder
        self._folder = folder / hashlib.sha256(model_name.encode()).hexdigest()[:12]
        self._model_name = model_name
        self._scanned: tuple[int, list[str], Vectors] | None = None
        # The open collection and the state it shows; only the worker changes them.
        self._chroma: VectorIndex | None = None
        self._seen = NO_STAMP
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="chroma")
        self._room = BoundedSemaphore(MOST_WAITING)
        self._lock = Lock()
        self._waiting = 0
        self._catching_up: Future[None] | None = None

    def follow(
        self, stamps: tuple[int, int], gone: Sequence[str], passages: Sequence[Passage], vectors: Vectors
    ) -> None:
        """Do as the lexical index has done between two stamps: take out these ids, put these passages in."""
        if self._lexical.passage_count <= MOST_SCANNED:
            return
        self._room.acquire()
        with self._lock:
            self._waiting += 1
        self._worker.submit(self._take_in, *stamps, gone, passages, vectors)

    def search(self, vector: Vectors, limit: int) -> list[str]:
        """Return the ids of the passages nearest to a vector, nearest first; none where Chroma fails."""
        if self._lexical.passage_count <= MOST_SCANNED:
            return self._scan(vector, limit)
        if self._seen != self._lexical.stamp and not self._waiting:
            caught_up = self._start_catching_up()
            if self._chroma is None:
                caught_up.result()
        try:
            return self._chroma.search(vector, limit) if self._chroma else []
        except Exception:
            # Another process has filled the collection anew, or the disk has failed: words alone find, this once.
            logger.exception("Chroma did not answer; it is opened again")
            self._seen = NO_STAMP
            return []

    def settle(self) -> None:
        """Wait until what was handed over is taken in."""
        self._worker.submit(lambda: None).result()

    def clear(self) -> None:
        """Remove every vector that is kept beside the lexical index."""
        self._worker.submit(self._remove).result()

    def _scan(self, vector: Vectors, limit: int) -> list[str]:
        scanned = self._scanned
        if scanned is None or scanned[0] != self._lexical.stamp:
            passages, vectors, stamp = self._lexical.read_vectors()
            self._scanned = scanned = (stamp, [passage.id for passage in passages], vectors)
        _, ids, vectors = scanned
        if not ids:
            return []
        return [ids[number] for number in np.argsort(-(vectors @ vector), kind="stable")[:limit]]

    def _start_catching_up(self) -> Future[None]:
        with self._lock:
            if self._catching_up is None or self._catching_up.done():
                self._catching_up = self._worker.submit(self._catch_up)
            return self._catching_up

    def _take_in(
        self, before: int, after: int, gone: Sequence[str], passages: Sequence[Passage], vectors: Vectors
    ) -> None:
        try:
            with self._hold_folder():
                there = self._read_stamp()
                if there == before == self._seen and self._chroma:
                    self._stamp_file.unlink()
                    self._chroma.replace(gone, passages, vectors)
                    self._write_stamp(after)
                elif there < after and self._waiting == 1:
                    # Once for all batches that wait.
                    self._fill()
        except Exception:
            logger.exception("Chroma did not take in %d passages; it is filled anew", len(passages))
        finally:
            with self._lock:
                self._waiting -= 1
            self._room.release()

    def _catch_up(self) -> None:
        try:
            with self._hold_folder():
                if self._read_stamp() >= self._lexical.stamp:
                    self._chroma, self._seen = self._open(), self._lexical.stamp
                else:
                    self._fill()
        except Exception:
            logger.exception("Chroma cannot be filled; words alone find")
            self._seen = self._lexical.stamp

    def _fill(self) -> None:
        passages, vectors, stamp = self._lexical.read_vectors()
        self._stamp_file.unlink(missing_ok=True)
        chroma = self._open()
        chroma.clear()
        chroma.replace([], passages, vectors)
        # Only now others may search it.
        self._chroma = chroma
        self._write_stamp(stamp)

    def _open(self) -> VectorIndex:
        # Chroma is imported only where there is much for it to hold.
        from knowledge_base.vector_index import VectorIndex

        return VectorIndex(self._folder, self._model_name)

    def _remove(self) -> None:
        self._scanned, self._chroma, self._seen = None, None, NO_STAMP
        shutil.rmtree(self._parent, ignore_errors=True)

    def _hold_folder(self) -> FileLock:
        self._folder.mkdir(parents=True, exist_ok=True)
        return FileLock(self._folder / "lock")

    @property
    def _stamp_file(self) -> Path:
        return self._folder / "stamp"

    def _read_stamp(self) -> int:
        return int(self._stamp_file.read_text()) if self._stamp_file.exists() else NO_STAMP

    def _write_stamp(self, stamp: int) -> None:
        self._stamp_file.write_text(str(stamp))
        self._seen = stamp
