"""How closely a passage meets the words of a question by meaning: each piece of the question looks for the nearest one,
sentence by sentence (late interaction as in ColBERT, Khattab and Zaharia 2020, with static vectors).

Passages are cut into pieces once, when they are indexed; a question then costs about a millisecond for twenty of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge_base.static_embedding import StaticModel, Vectors

_SENTENCE_END = re.compile(r"[。！？；!?;\n]|\.(?=\s|$)")
_SMALLEST_NORM = 1e-9
# Everything is stored in two bytes: piece numbers, sentence lengths and, as float16, the norms of sentence vectors.
_STORED = np.uint16
_LARGEST_NORM = 65_000.0
_MOST_PIECES = 60_000


@dataclass(frozen=True)
class PieceFeatures:
    """What a passage's pieces say for a question.

    `piece_match` is how closely the question's pieces are met anywhere in the passage, `piece_sentence` in its best
    sentence, 0 to 1; `dense_sentence` and `dense_two` are the cosines of its best sentence, and best two neighbours.
    """

    piece_match: float = 0.0
    piece_sentence: float = 0.0
    dense_sentence: float = 0.0
    dense_two: float = 0.0


NO_PIECES = PieceFeatures()


@dataclass(frozen=True)
class DescribedPassage:
    """What is stored of a passage's pieces, and its vector by the same model: that of all its pieces, length 1."""

    stored: bytes
    vector: Vectors


@dataclass(frozen=True)
class _Sentences:
    """The sentences of a passage: pieces in order, and for each sentence its length, its norm, that with the next."""

    pieces: NDArray[np.uint16]
    lengths: NDArray[np.uint16]
    norms: NDArray[np.float16]
    norms_with_next: NDArray[np.float16]


class PieceMatcher:
    """Matches questions and passages piece by piece, with the vectors of the shipped model."""

    def __init__(self, model: StaticModel) -> None:
        self.name = model.name
        self._model = model

    def describe(self, text: str) -> DescribedPassage:
        """Cut a passage into pieces."""
        sentences = [pieces for pieces in self._model.cut(_SENTENCE_END.split(text)) if pieces]
        pieces = np.array([piece for sentence in sentences for piece in sentence][:_MOST_PIECES], dtype=_STORED)
        if not len(pieces):
            return DescribedPassage(b"", np.zeros(self._model.dimensions, dtype=np.float32))
        lengths = np.array([len(sentence) for sentence in sentences], dtype=np.int64)
        lengths = np.diff(np.minimum(np.cumsum(lengths), _MOST_PIECES), prepend=0)
        lengths = lengths[lengths > 0]
        sums = np.add.reduceat(self._model.rows_of(pieces), np.cumsum(lengths) - lengths, axis=0)
        with_next = sums.copy()
        with_next[:-1] += sums[1:]
        norms = [
            np.minimum(np.linalg.norm(vectors, axis=1), _LARGEST_NORM).astype(np.float16).view(_STORED)
            for vectors in (sums, with_next)
        ]
        stored = [np.array([len(lengths)], dtype=_STORED), lengths.astype(_STORED), *norms, pieces]
        vector = sums.sum(axis=0)
        vector /= max(float(np.linalg.norm(vector)), _SMALLEST_NORM)
        return DescribedPassage(np.concatenate(stored).tobytes(), vector)

    def measure(self, question: str, passages: Sequence[bytes]) -> list[PieceFeatures]:
        """Return the features of each described passage for a question."""
        (asked,) = self._model.cut([question])
        filled = [number for number, stored in enumerate(passages) if stored]
        features = [NO_PIECES] * len(passages)
        if asked and filled:
            measured = self._measure(np.array(asked), [_unpack(passages[number]) for number in filled])
            for number, values in zip(filled, measured.tolist(), strict=True):
                features[number] = PieceFeatures(*values)
        return features

    def _measure(self, asked: NDArray[np.int64], passages: Sequence[_Sentences]) -> NDArray[np.float32]:
        """Return the four features (passage × feature)."""
        question = self._model.rows_of(asked)
        weights = np.linalg.norm(question, axis=1)
        pieces, where = np.unique(np.concatenate([passage.pieces for passage in passages]), return_inverse=True)
        rows = self._model.rows_of(pieces)
        row_norms = np.maximum(np.linalg.norm(rows, axis=1), _SMALLEST_NORM)
        near = np.maximum(question @ rows.T / np.maximum(weights, _SMALLEST_NORM)[:, None] / row_norms, 0.0)

        lengths = np.concatenate([passage.lengths for passage in passages]).astype(np.int64)
        starts = np.cumsum(lengths) - lengths
        counts = np.array([len(passage.lengths) for passage in passages])
        firsts = np.cumsum(counts) - counts

        in_sentence = np.maximum.reduceat(near[:, where], starts, axis=1)
        in_passage = np.maximum.reduceat(in_sentence, firsts, axis=1)
        shares = weights / max(float(weights.sum()), _SMALLEST_NORM)
        summed: Vectors = question.sum(axis=0)
        summed /= max(float(np.linalg.norm(summed)), _SMALLEST_NORM)
        along = np.add.reduceat((rows @ summed)[where], starts)
        along_with_next = along + np.append(along[1:], 0.0)
        last = firsts + counts - 1
        along_with_next[last] = along[last]
        norms, norms_with_next = (
            np.maximum(np.concatenate(arrays).astype(np.float32), _SMALLEST_NORM)
            for arrays in ([item.norms for item in passages], [item.norms_with_next for item in passages])
        )
        columns = (
            shares @ in_passage,
            np.maximum.reduceat(shares @ in_sentence, firsts),
            np.maximum.reduceat(along / norms, firsts),
            np.maximum.reduceat(along_with_next / norms_with_next, firsts),
        )
        return np.stack(columns, axis=1).astype(np.float32)


def _unpack(stored: bytes) -> _Sentences:
    numbers = np.frombuffer(stored, dtype=_STORED)
    count = int(numbers[0])
    lengths, norms, with_next = (numbers[1 + count * part : 1 + count * (part + 1)] for part in range(3))
    return _Sentences(numbers[1 + 3 * count :], lengths, norms.view(np.float16), with_next.view(np.float16))
