"""The tokenizer: a unigram model over Chinese words, English words and their pieces.

Candidates are counted in the texts, segmented by their own probabilities a few times (hard EM), and the most used
ones are kept. Chinese pieces hold one to five characters, so names and the words of the law stay whole.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

LONGEST_CHINESE_PIECE = 5
_COMMON_NGRAM = 40
_COMMON_NUMBER = 30
_RARE_CHARACTER = 4
_COHESION = 50.0
_UNLISTED = 0.12
"""What a use of a Chinese piece counts that is no headword: most are cuts through the set phrases of the law."""
_PIECE_COUNT = 6_000
_FLOOR = 0.05
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
_ENGLISH_WORD = re.compile(r"▁[^\W\d_]+")
_UNKNOWN = "[UNK]"


def make_normalizer() -> normalizers.Normalizer:
    """NFKC, lower case, 臺→台, no punctuation; a mark before each word in Latin letters."""
    return normalizers.Sequence(
        [
            normalizers.NFKC(),
            normalizers.Lowercase(),
            normalizers.Replace("臺", "台"),
            normalizers.Replace(Regex(r"(?<=\p{N}),(?=\p{N})"), ""),
            normalizers.Replace(Regex(r"[^\p{L}\p{N}\p{M}]+"), " "),
            normalizers.Replace(Regex(r"(?<!\p{Latin})(?=\p{Latin})"), "▁"),
        ]
    )


def make_tokenizer(scores: dict[str, float]) -> Tokenizer:
    """A tokenizer that cuts a text into the most probable pieces."""
    pieces = [(_UNKNOWN, min(scores.values()) - 5.0), *scores.items()]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=0, byte_fallback=False))
    tokenizer.normalizer = make_normalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(" ", "removed"),
            pre_tokenizers.Split(Regex(r"▁\p{Latin}+|\p{Han}+|\p{N}+"), "isolated"),
        ]
    )
    return tokenizer


def learn_tokenizer(texts: list[str], headwords: Iterable[str], size: int, rounds: int = 3) -> Tokenizer:
    """Choose the ``size`` most useful pieces for these texts; ``headwords`` are candidates whatever their count."""
    normalizer = make_normalizer()
    clean = [normalizer.normalize_str(text) for text in texts]
    known = {normalizer.normalize_str(word) for word in headwords}
    known = {word for word in known if _HAN.fullmatch(word) and 2 <= len(word) <= LONGEST_CHINESE_PIECE}
    counts = _count_candidates(clean, known)
    singles = {piece for piece in counts if len(piece.removeprefix("▁")) <= 1}
    for round_number in range(rounds):
        tokenizer = make_tokenizer(_log_probabilities(counts))
        counts = _count_pieces(tokenizer, clean, singles | (known if round_number < rounds - 1 else set()))
        counts = _keep_top(counts, singles, known, size if round_number == rounds - 1 else 2 * size)
    return make_tokenizer(_log_probabilities(counts))


def _count_candidates(clean: list[str], known: set[str]) -> dict[str, float]:
    han: Counter[str] = Counter(run for text in clean for run in _HAN.findall(text))
    words: Counter[str] = Counter(word for text in clean for word in _ENGLISH_WORD.findall(text))
    others: Counter[str] = Counter()
    for text in clean:
        others.update(re.findall(r"\d+", text))
        others.update(set(text) - {" "})
    counts = {
        piece: float(n) for piece, n in others.items()
        if n >= (_RARE_CHARACTER if len(piece) == 1 else _COMMON_NUMBER) and len(piece) <= 4
    }  # fmt: skip
    counts.update({word: float(n) for word, n in words.items() if n >= 3})
    counts.update(_chinese_words(han, known))
    counts.update(_english_pieces(words))
    return counts


def _chinese_words(runs: Counter[str], known: set[str]) -> dict[str, float]:
    """Character runs that hold together: the whole is far more frequent than its parts by chance."""
    grams: Counter[str] = Counter()
    for run, n in runs.items():
        for length in range(1, LONGEST_CHINESE_PIECE + 1):
            for start in range(len(run) - length + 1):
                grams[run[start : start + length]] += n
    total = sum(n for gram, n in grams.items() if len(gram) == 1)

    def cohesion(gram: str) -> float:
        return min(
            grams[gram] * total / (grams[gram[:cut]] * grams[gram[cut:]]) for cut in range(1, len(gram))
        )  # fmt: skip

    words = {
        gram: float(n) for gram, n in grams.items()
        if len(gram) > 1 and (gram in known or (n >= _COMMON_NGRAM and cohesion(gram) >= _COHESION))
    }  # fmt: skip
    return words | {word: 1.0 for word in known if word not in words}


def _english_pieces(words: Counter[str]) -> dict[str, float]:
    """Beginnings, middles and ends of words, for the words that are not in the vocabulary themselves."""
    pieces: Counter[str] = Counter()
    for word in words:
        for start in range(len(word)):
            for end in range(start + 2, min(len(word), start + 7) + 1):
                pieces[word[start:end]] += end - start
    common = [item for item in pieces.most_common(4 * _PIECE_COUNT) if item[0] not in words][:_PIECE_COUNT]
    return {piece: n * 0.02 for piece, n in common} | {letter: 1.0 for letter in "abcdefghijklmnopqrstuvwxyz▁"}


def _count_pieces(tokenizer: Tokenizer, clean: list[str], always: set[str]) -> dict[str, float]:
    tokenizer.normalizer = normalizers.Sequence([])
    used: Counter[int] = Counter()
    for batch in _batches(clean, 2_000):
        for encoding in tokenizer.encode_batch(batch, add_special_tokens=False):
            used.update(encoding.ids)
    names = {index: piece for piece, index in tokenizer.get_vocab().items()}
    counts = {names[index]: float(n) for index, n in used.items() if index}
    return counts | {piece: _FLOOR for piece in always if piece not in counts}


def _keep_top(counts: dict[str, float], singles: set[str], known: set[str], size: int) -> dict[str, float]:
    def worth(item: tuple[str, float]) -> float:
        piece, n = item
        if piece in singles:
            return math.inf
        return n * (1.0 if piece in known or not _HAN.match(piece) else _UNLISTED)

    return dict(sorted(counts.items(), key=lambda item: (-worth(item), item[0]))[: size - 1])


def _log_probabilities(counts: dict[str, float]) -> dict[str, float]:
    total = sum(counts.values())
    return {piece: round(math.log(max(n, _FLOOR) / total), 3) for piece, n in counts.items()}


def _batches(items: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
