"""The training texts as token numbers, each text once, and the pieces each token is made of."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from tokenizers import Tokenizer

from knowledge_base.tokens import stem
from knowledge_base.training.texts import PASSAGE_LIMIT, Row

_BATCH = 4_000
_GRAM_ROWS = 20_000
_STEM_WEIGHT, _GRAM_WEIGHT, _CHARACTER_WEIGHT = 0.7, 0.6, 0.7

Ids = NDArray[np.int32]


@dataclass
class EncodedRows:
    """Texts as token numbers (one flat array), and the rows of each file as pairs of text numbers."""

    tokens: Ids
    starts: NDArray[np.int64]
    rows: dict[str, Ids]

    def tokens_of(self, text: int) -> Ids:
        """The token numbers of one text."""
        return self.tokens[self.starts[text] : self.starts[text + 1]]


def encode_rows(tokenizer: Tokenizer, rows: dict[str, list[Row]]) -> EncodedRows:
    """Encode every different text once; texts without a known token drop their rows."""
    numbers: dict[str, int] = {}
    pairs = {
        name: np.array(
            [[numbers.setdefault(text[:PASSAGE_LIMIT], len(numbers)) for text in row] for row in of_file],
            dtype=np.int32,
        )
        for name, of_file in rows.items()
    }
    pieces, lengths = _encode(tokenizer, list(numbers))
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    kept = {name: pair[(lengths[pair] > 0).all(axis=1)] for name, pair in pairs.items()}
    return EncodedRows(pieces, starts, kept)


def _encode(tokenizer: Tokenizer, texts: list[str]) -> tuple[Ids, NDArray[np.int64]]:
    flat: list[Ids] = []
    lengths: list[int] = []
    for start in range(0, len(texts), _BATCH):
        for encoding in tokenizer.encode_batch(texts[start : start + _BATCH], add_special_tokens=False):
            ids = np.array(encoding.ids, dtype=np.int32)
            ids = ids[ids > 0]
            flat.append(ids)
            lengths.append(len(ids))
    return np.concatenate(flat), np.array(lengths, dtype=np.int64)


def make_compositions(tokenizer: Tokenizer) -> sp.csr_matrix:
    """What each token shares with others: its characters (Chinese), its stem and letter groups (English).

    While training, a token's vector is its own row plus this matrix times the shared rows. So rare words learn from
    frequent relatives; afterwards the sum is folded into one plain matrix.
    """
    shared: dict[str, int] = {}
    entries: list[tuple[int, int, float]] = []
    for piece, token in sorted(tokenizer.get_vocab().items(), key=lambda item: item[1]):
        for part, weight in _parts(piece):
            entries.append((token, shared.setdefault(part, len(shared)), weight))
    rows, columns, weights = zip(*entries, strict=True)
    shape = (tokenizer.get_vocab_size(), len(shared))
    return sp.csr_matrix((np.array(weights, dtype=np.float32), (rows, columns)), shape=shape)


def _parts(piece: str) -> list[tuple[str, float]]:
    if re.fullmatch(r"[\u3400-\u9fff]+", piece):
        inner = [piece[i : i + n] for n in (1, 2) for i in range(len(piece) - n + 1) if n < max(len(piece), 2)]
        return [(part, _CHARACTER_WEIGHT / len(inner) ** 0.5) for part in inner]
    if not re.fullmatch(r"▁?[^\W\d_]{2,}", piece):
        return []
    grams = [piece[i : i + n] for n in (3, 4, 5) for i in range(len(piece) - n + 1)]
    buckets = [f"gram {zlib.crc32(gram.encode()) % _GRAM_ROWS}" for gram in grams]
    parts = [(bucket, _GRAM_WEIGHT / len(buckets) ** 0.5) for bucket in buckets]
    if piece.startswith("▁"):
        parts.append((f"stem {stem(piece[1:])}", _STEM_WEIGHT))
    return parts
