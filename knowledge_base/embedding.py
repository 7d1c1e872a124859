"""The port for embeddings: whatever turns texts into vectors stands behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Embeddings(Protocol):
    """Turns texts into vectors of length 1. `name` identifies model and version: vectors of two names never mix."""

    name: str
    dimensions: int

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one row per passage, shape (len(texts), dimensions)."""

    def embed_query(self, text: str) -> Vectors:
        """Return the vector of a question, shape (dimensions,)."""
