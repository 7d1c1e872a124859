"""The translation table: what the alignment and the embedding learned, pruned to the likeliest few of each word.

A word's translations come from two learned sources: the aligned parallel texts (a pair counts only if enough
rows of running text speak for it; dictionary rows help EM to align, but are no support), and, for the words that the
texts hold too rarely, the nearest words of the other language in the trained embedding.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from knowledge_base.tokens import ENGLISH_STOP_WORDS, stem
from knowledge_base.training.alignment import Alignment

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
_ENGLISH = re.compile(r"▁([a-z]{2,})")

Translations = dict[str, list[tuple[str, float]]]


@dataclass(frozen=True)
class Pruning:
    """What is kept of the table."""

    support: float = 0.3
    chance: float = 0.005
    mutual: float = 0.0005
    kept: int = 7
    neighbours: int = 4
    closeness: float = 0.45
    neighbour_weight: float = 0.5


@dataclass
class Table:
    """Translations from English stems into Chinese words, and back."""

    into_chinese: Translations
    into_english: Translations


def make_table(alignment: Alignment, tokenizer: Tokenizer, matrix: NDArray[np.float32], pruning: Pruning) -> Table:
    """Merge both sources and prune."""
    pieces = {piece for piece in tokenizer.get_vocab() if _HAN.fullmatch(piece)}
    aligned = _from_alignment(alignment, pieces, pruning)
    near = _from_embedding(tokenizer, matrix, pruning)
    return Table(*(_merge(a, n, pruning) for a, n in zip(aligned, near, strict=True)))


def _from_alignment(alignment: Alignment, pieces: set[str], pruning: Pruning) -> tuple[Translations, Translations]:
    into_chinese: Translations = defaultdict(list)
    into_english: Translations = defaultdict(list)
    whole = np.array([word in pieces for word in alignment.chinese_words])
    mutual = alignment.chinese_given_english * alignment.english_given_chinese
    good = (alignment.support >= pruning.support) & (mutual >= pruning.mutual) & whole[alignment.chinese]
    for index in np.flatnonzero(good):
        english = alignment.english_words[alignment.english[index]]
        chinese = alignment.chinese_words[alignment.chinese[index]]
        forward, back = alignment.chinese_given_english[index], alignment.english_given_chinese[index]
        if forward >= pruning.chance:
            into_chinese[english].append((chinese, float((forward * back) ** 0.5)))
        if back >= pruning.chance:
            into_english[chinese].append((english, float((forward * back) ** 0.5)))
    return into_chinese, into_english


def _from_embedding(
    tokenizer: Tokenizer, matrix: NDArray[np.float32], pruning: Pruning
) -> tuple[Translations, Translations]:
    vocabulary = tokenizer.get_vocab()
    chinese = {piece: n for piece, n in vocabulary.items() if _HAN.fullmatch(piece) and len(piece) > 1}
    english = {
        match[1]: n for piece, n in vocabulary.items()
        if (match := _ENGLISH.fullmatch(piece)) and match[1] not in ENGLISH_STOP_WORDS
    }  # fmt: skip
    chinese_names, english_names = list(chinese), list(english)
    left = _unit(matrix[[english[name] for name in english_names]])
    right = _unit(matrix[[chinese[name] for name in chinese_names]])
    stems = [stem(name) for name in english_names]
    return (
        _nearest(left, right, stems, chinese_names, pruning),
        _nearest(right, left, chinese_names, stems, pruning),
    )


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return unit


def _nearest(
    sources: NDArray[np.float32], targets: NDArray[np.float32], names: list[str], others: list[str], pruning: Pruning
) -> Translations:
    """The closest words of the other language, weighted by how close."""
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for start in range(0, len(sources), 1_000):
        close = sources[start : start + 1_000] @ targets.T
        best = np.argpartition(-close, 2 * pruning.neighbours, axis=1)[:, : 2 * pruning.neighbours]
        for row, columns in enumerate(best):
            words = found[names[start + row]]
            for column in columns:
                if close[row, column] >= pruning.closeness:
                    words[others[column]] = max(words.get(others[column], 0.0), float(close[row, column]))
    return {
        name: sorted(words.items(), key=lambda item: (-item[1], item[0]))[: pruning.neighbours]
        for name, words in found.items() if words
    }  # fmt: skip


def _merge(aligned: Translations, near: Translations, pruning: Pruning) -> Translations:
    merged: Translations = {}
    for word in sorted({*aligned, *near}):
        weights: dict[str, float] = defaultdict(float)
        for other, weight in aligned.get(word, []):
            weights[other] += weight
        for other, close in near.get(word, []):
            weights[other] += pruning.neighbour_weight * max(0.0, close) ** 2
        best = sorted(weights.items(), key=lambda item: (-item[1], item[0]))[: pruning.kept]
        if best:
            top = best[0][1]
            merged[word] = [(other, weight) for other, weight in best if weight >= 0.08 * top]
    return merged


def write_table(path: Path, table: Table) -> None:
    """Write the table as arrays: the words once, then targets and weights (1 to 255) of each word."""
    words = sorted({w for part in (table.into_chinese, table.into_english) for w, ts in part.items()
                    for w in (w, *(t for t, _ in ts))})  # fmt: skip
    index = {word: n for n, word in enumerate(words)}
    arrays: dict[str, NDArray[np.generic]] = {"words": np.frombuffer("\n".join(words).encode(), dtype=np.uint8)}
    merged = {
        index[word]: targets for part in (table.into_chinese, table.into_english) for word, targets in part.items()
    }
    counts = [len(merged.get(n, ())) for n in range(len(words))]
    flat = [pair for n in range(len(words)) for pair in merged.get(n, ())]
    arrays["counts"] = np.array(counts, dtype=np.uint8)
    arrays["targets"] = np.array([index[word] for word, _ in flat], dtype=np.uint32)
    arrays["weights"] = np.array([max(1, round(min(1.0, weight) * 255)) for _, weight in flat], dtype=np.uint8)
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]
