"""Word translation probabilities from parallel texts: IBM Model 1 by EM, in both directions.

English words are stems without stop-words. Chinese words are the tokenizer's pieces, and the character pairs inside
the longer ones, so that a word found under another cut is still known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from knowledge_base.tokens import ENGLISH_STOP_WORDS, stem
from knowledge_base.training.texts import Row

LONGEST_SIDE = 40
"""Rows with more words on a side are left out: they align badly and cost the most."""

_HAN_PIECE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
_WORD = re.compile(r"[^\W\d_]+")
_NULL_SHARE = 0.02

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass
class Alignment:
    """For each pair of words that met: its probabilities and the number of rows that speak for it."""

    english_words: list[str]
    chinese_words: list[str]
    english: Ints
    chinese: Ints
    chinese_given_english: Floats
    english_given_chinese: Floats
    support: Floats


class WordSplitter:
    """Cuts texts into the words that are aligned."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    def split_chinese(self, texts: list[str]) -> list[list[str]]:
        """The Chinese words of each text, without repeats."""
        split = []
        for encoding in self._tokenizer.encode_batch(texts, add_special_tokens=False):
            words: dict[str, None] = {}
            for piece in encoding.tokens:
                if _HAN_PIECE.fullmatch(piece):
                    words[piece] = None
                    if len(piece) > 2:
                        words.update(dict.fromkeys(piece[i : i + 2] for i in range(len(piece) - 1)))
            split.append(list(words))
        return split

    def split_english(self, texts: list[str]) -> list[list[str]]:
        """The English stems of each text, without repeats and stop-words."""
        split = []
        for text in texts:
            words = [word for word in _WORD.findall(text.lower()) if word.isascii() and word not in ENGLISH_STOP_WORDS]
            split.append(list(dict.fromkeys(map(stem, words))))
        return split


@dataclass
class _Meetings:
    """Every meeting of an English and a Chinese word in a row."""

    pair: Ints
    english_group: Ints
    chinese_group: Ints
    row: Ints


def align_words(splitter: WordSplitter, rows: list[Row], counted: int, rounds: int = 6) -> Alignment:
    """Estimate both probability tables. Only the first ``counted`` rows count as support: the rest is dictionary."""
    chinese = splitter.split_chinese([row[0] for row in rows])
    english = splitter.split_english([row[1] for row in rows])
    english_index: dict[str, int] = {}
    chinese_index: dict[str, int] = {}
    coded = [
        (
            np.array([english_index.setdefault(word, len(english_index)) for word in e], dtype=np.int64),
            np.array([chinese_index.setdefault(word, len(chinese_index)) for word in z], dtype=np.int64),
            number < counted,
        )
        for number, (e, z) in enumerate(zip(english, chinese, strict=True))
        if e and z and len(e) <= LONGEST_SIDE and len(z) <= LONGEST_SIDE
    ]
    keys, meetings = _meet(coded, len(chinese_index))
    e_of, z_of = keys // len(chinese_index), keys % len(chinese_index)
    z_given_e = _expect(meetings.pair, meetings.chinese_group, e_of, rounds)
    e_given_z = _expect(meetings.pair, meetings.english_group, z_of, rounds)
    support = _support(meetings, z_given_e, e_given_z, np.array([known for _, _, known in coded]))
    return Alignment(
        list(english_index), list(chinese_index), e_of, z_of, z_given_e, e_given_z, support,
    )  # fmt: skip


def _meet(coded: list[tuple[Ints, Ints, bool]], width: int) -> tuple[Ints, _Meetings]:
    keys, english_groups, chinese_groups, numbers = [], [], [], []
    english_start = chinese_start = 0
    for number, (e, z, _) in enumerate(coded):
        keys.append((e[:, None] * width + z[None]).ravel())
        english_groups.append(np.repeat(np.arange(len(e), dtype=np.int32) + np.int32(english_start), len(z)))
        chinese_groups.append(np.tile(np.arange(len(z), dtype=np.int32) + np.int32(chinese_start), len(e)))
        numbers.append(np.full(len(e) * len(z), number, dtype=np.int32))
        english_start += len(e)
        chinese_start += len(z)
    unique, pair = np.unique(np.concatenate(keys), return_inverse=True)
    groups = np.concatenate(english_groups), np.concatenate(chinese_groups)
    return unique, _Meetings(pair.astype(np.int32), *groups, np.concatenate(numbers))


def _expect(pair: Ints, group: Ints, source: Ints, rounds: int) -> Floats:
    """EM of Model 1: the probability of the target word given the source word, for every pair."""
    chance = np.full(len(source), 1.0)
    counts = np.bincount(source)[source]
    chance /= counts
    for _ in range(rounds):
        gathered = chance[pair]
        total = np.bincount(group, weights=gathered)
        total += _NULL_SHARE * total.mean()
        expected = np.bincount(pair, weights=gathered / total[group], minlength=len(source))
        chance = expected / np.maximum(np.bincount(source, weights=expected), 1e-12)[source]
    return chance


def _support(meetings: _Meetings, z_given_e: Floats, e_given_z: Floats, counts: NDArray[np.bool_]) -> Floats:
    """The expected number of parallel rows in which the two words translate each other."""
    shares = []
    for chance, group in ((z_given_e, meetings.chinese_group), (e_given_z, meetings.english_group)):
        gathered = chance[meetings.pair]
        shares.append(gathered / np.maximum(np.bincount(group, weights=gathered), 1e-12)[group])
    both = np.sqrt(shares[0] * shares[1]) * counts[meetings.row]
    support: Floats = np.bincount(meetings.pair, weights=both, minlength=len(z_given_e)).astype(np.float64)
    return support
