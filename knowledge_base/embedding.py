"""Embeddings: the shipped model, or any sentence-transformers model by name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from knowledge_base.hub import describe_version, load_named_model
from knowledge_base.static_embedding import StaticModel, Vectors, load_static_model

__all__ = ["Embeddings", "StaticEmbeddings", "Vectors", "load_embeddings"]

SHIPPED_MODEL = Path(__file__).parent / "static_model"
SHIPPED = "shipped"
BATCH_TEXTS = 64
_IS_E5 = re.compile(r"(^|[-_])e5([-_]|$)", re.IGNORECASE)


class Embeddings(Protocol):
    """Turns texts into vectors of length 1. `name` identifies model and version: vectors of two names never mix."""

    name: str

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one row per passage, shape (len(texts), dimensions)."""

    def embed_query(self, text: str) -> Vectors:
        """Return the vector of a question, shape (dimensions,)."""


class StaticEmbeddings:
    """The shipped model: a tokenizer and one matrix, read without torch."""

    def __init__(self, folder: Path = SHIPPED_MODEL) -> None:
        self.model: StaticModel = load_static_model(folder)
        self.name = self.model.name

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one row per passage, shape (len(texts), 256)."""
        return self.model.embed(texts)

    def embed_query(self, text: str) -> Vectors:
        """Return the vector of a question, shape (256,)."""
        vector: Vectors = self.model.embed([text])[0]
        return vector


class SentenceTransformerEmbeddings:
    """Any sentence-transformers model, a local folder or a hub name, with its own query and passage prompts.

    Raises ModelUnavailable where it does not load.
    """

    def __init__(self, model_name: str) -> None:
        # Imported here: the default run never loads torch.
        from sentence_transformers import SentenceTransformer

        self._model: Any = load_named_model(
            model_name, lambda name, local: SentenceTransformer(name, device="cpu", local_files_only=local)
        )
        if _IS_E5.search(Path(model_name).name) and not any(self._model.prompts.values()):
            # The E5 models need these words, and most of their folders do not say so.
            self._model.prompts = {"query": "query: ", "document": "passage: "}
        self.name = f"{model_name}@{describe_version(model_name)}@{_prompts_digest(self._model.prompts)}"

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one row per passage, by the model's passage prompt."""
        vectors = self._model.encode_document(
            list(texts), batch_size=BATCH_TEXTS, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32)

    def embed_query(self, text: str) -> Vectors:
        """Return the vector of a question, by the model's query prompt."""
        vector = self._model.encode_query([text], normalize_embeddings=True, show_progress_bar=False)[0]
        return np.asarray(vector, dtype=np.float32)


def load_embeddings(model_name: str) -> Embeddings:
    """Return the shipped embeddings ("shipped" or nothing), or those of a named model. Raises ModelUnavailable."""
    return StaticEmbeddings() if model_name in ("", SHIPPED) else SentenceTransformerEmbeddings(model_name)


def _prompts_digest(prompts: object) -> str:
    return hashlib.sha256(repr(prompts).encode()).hexdigest()[:8]
