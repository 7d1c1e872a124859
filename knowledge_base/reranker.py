"""An optional last look at the best passages by a cross-encoder, which reads question and passage together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from knowledge_base.hub import load_named_model


class Reranker(Protocol):
    """Says how well each text answers a question, 0 to 1."""

    def rate(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return a number for each text."""


class CrossEncoderReranker:
    """Any sentence-transformers cross-encoder, a local folder or a hub name. Raises ModelUnavailable."""

    def __init__(self, model_name: str) -> None:
        # Imported here: the default run never loads torch.
        from sentence_transformers import CrossEncoder

        self._model: Any = load_named_model(
            model_name, lambda name, local: CrossEncoder(name, device="cpu", local_files_only=local)
        )

    def rate(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return a number for each text."""
        scores = np.asarray(self._model.predict([(question, text) for text in texts], show_progress_bar=False))
        return [float(value) for value in 1.0 / (1.0 + np.exp(-scores.reshape(len(texts), -1)[:, -1]))]
