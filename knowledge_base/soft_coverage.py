"""How the pieces of a question are matched by a passage in meaning: for each piece the closest piece of the passage.

"打字" and "文字" are no match by letters and a near one by vectors. A question whose most telling piece has no
counterpart has no source here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from knowledge_base.language import count_cjk
from knowledge_base.static_embedding import StaticModel, Vectors
from knowledge_base.tokens import normalise, stem

_SMALL = 1e-9


@dataclass(frozen=True)
class SoftCoverage:
    """Shares of the question's pieces, by weight: matched in the passage, in its best sentence, in its best two; the
    most telling piece that is missing; the cosine of question and best sentence.
    """

    whole: float
    one_sentence: float
    two_sentences: float
    worst: float
    worst_near: float
    cosine: float


NOTHING = SoftCoverage(0.0, 0.0, 0.0, 1.0, 1.0, 0.0)


@dataclass(frozen=True)
class SpeltQuestion:
    """The pieces of a question as unit rows, their weights (sum 1), and the vector of the whole."""

    rows: Vectors
    weights: Vectors
    vector: Vectors


class PieceMatcher:
    """Matches questions with passages by the shipped model's pieces. `weigh` says how telling a token is."""

    def __init__(self, model: StaticModel, weigh: Callable[[str], float]) -> None:
        self._model = model
        self._weigh = weigh
        self._spell = lru_cache(maxsize=8_192)(model.spell_ids)

    def spell_question(self, text: str) -> SpeltQuestion:
        """Spell a question without its question words."""
        pieces, rows = self._model.spell(text)
        norms = np.linalg.norm(rows, axis=1)
        weights = np.sqrt(norms) * np.array([self._weigh_piece(piece) for piece in pieces], dtype=np.float32)
        vector = rows.sum(axis=0)
        return SpeltQuestion(
            rows=(rows / np.maximum(norms, _SMALL)[:, None]).astype(np.float32),
            weights=(weights / max(float(weights.sum()), _SMALL)).astype(np.float32),
            vector=(vector / max(float(np.linalg.norm(vector)), _SMALL)).astype(np.float32),
        )

    def match(self, question: SpeltQuestion, sentences: Sequence[str]) -> SoftCoverage:
        """Match a question with the sentences of a passage."""
        spelt = [ids for ids in (self._spell(normalise(sentence)) for sentence in sentences) if ids]
        if not spelt or not len(question.weights):
            return NOTHING
        starts = np.cumsum([0, *(len(ids) for ids in spelt[:-1])])
        rows = self._model.rows(np.fromiter((id_ for ids in spelt for id_ in ids), dtype=np.int64))
        cosine = _best_cosine(question.vector, np.add.reduceat(rows, starts, axis=0))
        rows = rows / np.maximum(np.linalg.norm(rows, axis=1), _SMALL)[:, None]
        one = np.maximum.reduceat(question.rows @ rows.T, starts, axis=1)
        two = np.maximum(one, np.concatenate([one[:, 1:], one[:, -1:]], axis=1))
        return _summarise(question.weights, one, two, cosine)

    def _weigh_piece(self, piece: str) -> float:
        word = piece.removeprefix("▁")
        return self._weigh(word if count_cjk(word) else stem(word))


def _best_cosine(vector: Vectors, sentences: Vectors) -> float:
    return float((sentences @ vector / np.maximum(np.linalg.norm(sentences, axis=1), _SMALL)).max())


def _summarise(weights: Vectors, one: Vectors, two: Vectors, cosine: float) -> SoftCoverage:
    whole = one.max(axis=1)
    of_two = weights @ two
    near = two[:, of_two.argmax()]
    return SoftCoverage(
        whole=float(weights @ whole),
        one_sentence=float((weights @ one).max()),
        two_sentences=float(of_two.max()),
        worst=float((weights * (1.0 - whole)).max()),
        worst_near=float((weights * (1.0 - near)).max()),
        cosine=cosine,
    )
