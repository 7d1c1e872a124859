"""Batches of pairs for contrastive training, drawn from one file at a time.

Half of a batch is drawn in runs of neighbouring rows: articles of one law, sentences of one article, notices of one
office. They are the hard negatives. Some batches are cloze tasks: a span of a text, with a question word, has to find
the rest of the text or its translation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from knowledge_base.training.encoding import EncodedRows, Ids

RUN = 8
TOKEN_LOSS = 0.1
"""The share of tokens that a batch leaves out at random, against learning pairs by heart."""
PLAN: dict[str, float] = {
    "par_law_segments": 10, "par_law_titles": 1, "par_law_headings": 1, "par_gazette_titles": 6, "par_tatoeba": 12,
    "par_twmd_sents": 10, "par_twmd_blocks": 5, "par_tico19": 2, "cedict_pairs": 16, "names_tw_roads": 2,
    "qp_zh_law_title": 3, "qp_zh_gazette_title": 4, "qp_zh_gazette_keywords": 3, "qp_zh_twmd": 1,
    "qp_en_zh_law": 4, "qp_en_zh_gazette": 4, "qp_en_zh_twmd": 1,
    "cloze par_twmd_blocks": 7, "cloze par_twmd_sents": 4, "cloze par_law_segments": 3, "cloze qp_zh_law_title": 1,
    "cloze qp_zh_gazette_title": 1,
}  # fmt: skip
"""How often a batch comes from each source (relative)."""

QUESTIONS = (
    ("什麼", "是什麼", "哪一個", "哪裡", "在哪裡", "何時", "什麼時候", "多少", "有多少", "幾個", "誰", "是誰", "為什麼", "為何", "如何",
     "怎麼", "怎麼辦", "請問", "有哪些", "哪些", "哪一年", "哪個", "可以嗎", "要去哪裡", "需要什麼", "嗎", "何者", "何種", "多久"),
    ("what", "what is", "what was the", "which", "who", "who was", "when", "when did", "where", "where is", "how many",
     "how much", "why", "how", "how do i", "what is the name of", "can i", "is there", "what type of", "how long",
     "what did", "in what year", "where can i", "what are the", "do i need to"),
)  # fmt: skip


@dataclass
class Batch:
    """Left and right texts of the pairs as rows of token shares, and which pairs are no negatives of each other."""

    left: sp.csr_matrix
    right: sp.csr_matrix
    tokens: NDArray[np.int64]
    alike: NDArray[np.bool_]


class BatchMaker:
    """Draws batches by the plan, the same ones for the same seed."""

    def __init__(self, texts: EncodedRows, questions: list[list[Ids]], size: int, seed: int) -> None:
        self._texts = texts
        self._questions = questions
        self._size = size
        self._draw = np.random.default_rng(seed)
        self._sources = [name for name in PLAN if len(texts.rows[name.split()[-1]]) > 1]
        shares = np.array([PLAN[name] for name in self._sources])
        self._shares = shares / shares.sum()

    def draw_batch(self) -> Batch:
        """One batch from one source."""
        name = self._sources[self._draw.choice(len(self._sources), p=self._shares)]
        rows = self._texts.rows[name.split()[-1]]
        chosen = rows[self._draw_rows(len(rows))]
        left, right = chosen[:, 0], chosen[:, 1]
        if name.startswith("cloze"):
            pairs = self._make_cloze(chosen, translated="par_" in name)
        else:
            pairs = [self._texts.tokens_of(n) for n in left], [self._texts.tokens_of(n) for n in right]
        batch = _make_batch(*pairs, left, right)
        for side in (batch.left, batch.right):
            side.data *= self._draw.random(side.nnz, dtype=np.float32) >= TOKEN_LOSS
        return batch

    def _draw_rows(self, count: int) -> NDArray[np.int64]:
        size = min(self._size, count)
        single = self._draw.integers(0, count, size // 2)
        runs = self._draw.integers(0, max(1, count - RUN), (size - size // 2) // RUN)
        return np.unique(np.concatenate([single, (runs[:, None] + np.arange(RUN)).ravel() % count]))

    def _make_cloze(self, chosen: Ids, translated: bool) -> tuple[list[Ids], list[Ids]]:
        """Spans of one text with a question word, and the text (or its translation) to find."""
        side = int(self._draw.integers(0, 2)) if translated else 1
        other = 1 - side if translated and self._draw.random() < 0.75 else side
        language = side if translated else 0
        spans: list[Ids] = []
        wholes: list[Ids] = []
        for row in chosen:
            tokens = self._texts.tokens_of(row[side])
            length = max(3, int(len(tokens) * self._draw.uniform(0.1, 0.5)))
            length = min(length, 16, len(tokens))
            start = int(self._draw.integers(0, len(tokens) - length + 1))
            asked = self._questions[language][int(self._draw.integers(0, len(self._questions[language])))]
            spans.append(np.concatenate([tokens[start : start + length], asked]))
            rest = np.concatenate([tokens[:start], tokens[start + length :]])
            keep = other != side or len(rest) < 8 or self._draw.random() < 0.3
            wholes.append(self._texts.tokens_of(row[other]) if keep else rest)
        return spans, wholes


def _make_batch(left: list[Ids], right: list[Ids], left_keys: Ids, right_keys: Ids) -> Batch:
    flat = np.concatenate([*left, *right])
    tokens, columns = np.unique(flat, return_inverse=True)
    lengths = np.array([len(text) for text in (*left, *right)])
    values = np.repeat((1.0 / lengths).astype(np.float32), lengths)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    both = sp.csr_matrix((values, columns.astype(np.int32), starts), shape=(len(lengths), len(tokens)))
    alike = (left_keys[:, None] == left_keys[None]) | (right_keys[:, None] == right_keys[None])
    np.fill_diagonal(alike, val=False)
    return Batch(both[: len(left)], both[len(left) :], tokens.astype(np.int64), alike)
