"""How much a sentence of a document sounds like an order to the assistant: a small linear model over its words.

The patterns of knowledge_base.instructions are sure and miss much; this one catches most of what they miss and is wrong
now and then. So what it suspects stays in the index and can be quoted where it answers best, but it is not shown beside
other sentences, and no language model gets to see it or what stands next to it.
Fitted by knowledge_base.evaluation.fit_suspicion; the figures are in docs/language_model.md.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge_base.instructions import show_hidden
from knowledge_base.tokens import tokenise

WEIGHTS = Path(__file__).parent / "suspicion.npz"
BUCKETS = 2**14


@dataclass(frozen=True)
class SuspicionModel:
    """A weight for each bucket of words, and from which sum on a sentence is suspected."""

    weights: NDArray[np.float32]
    threshold: float

    def rate(self, text: str) -> float:
        """Return how suspicious a text is."""
        features = read_features(text)
        return float(sum(value * self.weights[bucket] for bucket, value in features.items()))


def read_features(text: str) -> dict[int, float]:
    """Return a text's tokens and pairs of neighbours as buckets with values, a vector of length 1."""
    tokens = tokenise(show_hidden(text))
    counts = Counter(zlib.crc32(piece.encode()) % BUCKETS for piece in [*tokens, *map(" ".join, pairwise(tokens))])
    values = {bucket: 1 + math.log(count) for bucket, count in counts.items()}
    length = math.sqrt(sum(value**2 for value in values.values())) or 1.0
    return {bucket: value / length for bucket, value in values.items()}


@cache
def load_suspicion_model() -> SuspicionModel:
    """Read the fitted weights."""
    with np.load(WEIGHTS) as arrays:
        return SuspicionModel(arrays["weights"].astype(np.float32), float(arrays["threshold"]))


@lru_cache(maxsize=8_192)
def is_suspicious(text: str) -> bool:
    """Say whether a sentence of a document had better not be shown to a language model."""
    model = load_suspicion_model()
    return model.rate(text) > model.threshold


def drop_suspicious(text: str) -> str:
    """Return the lines of a passage without those that are suspected and their neighbours: orders come in runs."""
    lines = text.splitlines()
    suspected = {place for place, line in enumerate(lines) if is_suspicious(line)}
    left_out = {near for place in suspected for near in (place - 1, place, place + 1)}
    return "\n".join(line for place, line in enumerate(lines) if place not in left_out)
