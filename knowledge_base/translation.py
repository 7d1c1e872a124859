"""Query words in the other language, from the learned translation table.

English words are looked up by their stem, Chinese ones as the words the table knows (the longest first).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge_base.language import CJK
from knowledge_base.tokens import ENGLISH_STOP_STEMS, normalise, stem

SHIPPED_TABLE = Path(__file__).parent / "static_model" / "translation_table.npz"

_HAN_RUN = re.compile(f"[{CJK}]+")
_WORD = re.compile(r"[a-z]{2,}")
_LONGEST = 5


@dataclass(frozen=True)
class WeightedTerm:
    """A word of the other language, and how surely it translates, 0 to 1."""

    term: str
    weight: float


class TranslationTable:
    """Looks up the translations of query words."""

    def __init__(
        self, words: list[str], starts: NDArray[np.int64], targets: NDArray[np.uint32], weights: NDArray[np.uint8]
    ) -> None:
        self._words = words
        self._index = {word: number for number, word in enumerate(words)}
        self._starts = starts
        self._targets = targets
        self._weights = weights

    def translate_word(self, word: str) -> list[WeightedTerm]:
        """The translations of one stem or Chinese word, the surest first."""
        number = self._index.get(word)
        if number is None:
            return []
        first, last = int(self._starts[number]), int(self._starts[number + 1])
        return [
            WeightedTerm(self._words[self._targets[place]], int(self._weights[place]) / 255.0)
            for place in range(first, last)
        ]

    def split_query(self, text: str) -> list[str]:
        """The words of a query that the table might know: stems, and the longest known Chinese words."""
        text = normalise(text)
        words = [stem(word) for word in _WORD.findall(text) if stem(word) not in ENGLISH_STOP_STEMS]
        for run in _HAN_RUN.findall(text):
            words.extend(self._split_chinese(run))
        return list(dict.fromkeys(words))

    def _split_chinese(self, run: str) -> list[str]:
        """The cut into known words that leaves the fewest characters unknown, in the fewest words."""
        best: list[tuple[float, int]] = [(0.0, 0)]
        for end in range(1, len(run) + 1):
            choices = [(best[end - 1][0] + 3.0, end - 1)]
            for start in range(max(0, end - _LONGEST), end):
                number = self._index.get(run[start:end])
                if number is not None and self._starts[number + 1] > self._starts[number]:
                    choices.append((best[start][0] + (1.0 if end - start > 1 else 2.0), start))
            best.append(min(choices))
        words, end = [], len(run)
        while end:
            start = best[end][1]
            words.append(run[start:end])
            end = start
        return words[::-1]


def load_translation_table(path: Path = SHIPPED_TABLE) -> TranslationTable:
    """Read the learned table."""
    with np.load(path) as arrays:
        words = arrays["words"].tobytes().decode().split("\n")
        starts = np.concatenate([[0], np.cumsum(arrays["counts"], dtype=np.int64)])
        return TranslationTable(words, starts, arrays["targets"], arrays["weights"])
