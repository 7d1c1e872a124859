"""The vector index: Chroma, embedded in the process, telemetry off."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar, cast

import chromadb
from chromadb.config import Settings

from knowledge_base.chunking import Passage
from knowledge_base.embedding import Embeddings

BATCH_PASSAGES = 1_000

T = TypeVar("T")


class VectorIndex:
    """A Chroma collection of one embedding model's vectors, in a folder.

    The collection's name carries the model's, so that vectors of two models never stand in one index. It holds ids and
    vectors only: Chroma's `where` filters took 166 ms a query at 100,000 passages, so passages are filtered after they
    are read from the lexical index.
    """

    def __init__(self, folder: Path, embeddings: Embeddings) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        settings = Settings(anonymized_telemetry=False, is_persistent=True, persist_directory=str(folder))
        self._embeddings = embeddings
        self._client = chromadb.PersistentClient(path=str(folder), settings=settings)
        digest = hashlib.sha256(embeddings.name.encode()).hexdigest()[:16]
        self._collection = self._client.get_or_create_collection(
            name=f"passages-{digest}",
            embedding_function=None,
            metadata={"hnsw:space": "cosine", "model": embeddings.name},
        )

    @property
    def passage_count(self) -> int:
        """The number of vectors in the index."""
        return int(self._collection.count())

    def replace(self, document_keys: Iterable[str], passages: Iterable[Passage]) -> None:
        """Take out all vectors of these documents and put those of these passages in."""
        for keys in _batches(document_keys, BATCH_PASSAGES):
            self._collection.delete(where=cast("Any", {"document_key": {"$in": list(keys)}}))
        for batch in _batches(passages, BATCH_PASSAGES):
            vectors = self._embeddings.embed_passages([f"{p.title}\n{p.heading}\n{p.text}" for p in batch])
            self._collection.upsert(
                ids=[passage.id for passage in batch],
                embeddings=vectors,
                metadatas=[{"document_key": passage.document_key} for passage in batch],
            )

    def search(self, text: str, limit: int) -> list[tuple[str, float]]:
        """Return (passage id, cosine similarity) of the nearest passages, best first."""
        if not self._collection.count():
            return []
        found = self._collection.query(
            query_embeddings=self._embeddings.embed_query(text)[None, :], n_results=limit, include=["distances"]
        )
        distances = found["distances"] or [[]]
        return [(id_, 1.0 - float(distance)) for id_, distance in zip(found["ids"][0], distances[0], strict=True)]

    def clear(self) -> None:
        """Remove every vector of this model, and the collections of other models."""
        for collection in self._client.list_collections():
            self._client.delete_collection(collection.name)
        self._collection = self._client.get_or_create_collection(
            name=self._collection.name, embedding_function=None, metadata=self._collection.metadata
        )


def _batches(items: Iterable[T], size: int) -> Iterator[Sequence[T]]:
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch
