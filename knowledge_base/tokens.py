"""The tokens the judging of evidence works on; the lexical index is asked for the same ones.

CJK single characters and adjacent pairs, English stems, numbers; all over NFKC, lower case, 臺 written 台.
With these tokens BM25 finds the DRCD dev paragraph first for 94.4% of its questions; with jieba's words, 92%.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import snowballstemmer

from knowledge_base.language import CJK
from knowledge_base.yaml_files import load_yaml

_TOKEN = re.compile(rf"(?P<cjk>[{CJK}]+)|(?P<number>\d+(?:\.\d+)+[a-z]*)|(?P<word>[^\W_{CJK}]+)")
_THOUSANDS_COMMA = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_STEMMER = snowballstemmer.stemmer("english")


@cache
def load_question_cues() -> Mapping[str, Any]:
    """Read question_cues.yaml: how questions ask, and which words only say how."""
    content: Mapping[str, Any] = load_yaml((Path(__file__).parent / "question_cues.yaml").read_text("utf-8"))
    return content


def normalise(text: str) -> str:
    """Return the text as it is compared: NFKC, lower case, 臺 as 台, no commas within numbers."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("臺", "台")
    return _THOUSANDS_COMMA.sub("", folded)


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """Return the English stem of a lower-case word; words of other scripts come back as they are."""
    return str(_STEMMER.stemWord(word))


ENGLISH_STOP_WORDS = frozenset(load_question_cues()["stop_words"])
ENGLISH_STOP_STEMS = frozenset(stem(word) for word in ENGLISH_STOP_WORDS)


def split_runs(normalised_text: str) -> Iterator[tuple[bool, str]]:
    """Yield the runs of a normalised text: (True, Chinese characters) or (False, the stem of a word, a number)."""
    for match in _TOKEN.finditer(normalised_text):
        run = match.group()
        if match.lastgroup == "cjk":
            yield True, run
        else:
            yield False, stem(run) if match.lastgroup == "word" else run


def tokenise(text: str) -> list[str]:
    """Return every token of a text, in order, for indexing."""
    tokens: list[str] = []
    for is_chinese, run in split_runs(normalise(text)):
        if is_chinese:
            tokens.extend(run)
            tokens.extend(run[i : i + 2] for i in range(len(run) - 1))
        else:
            tokens.append(run)
    return tokens


def tokenise_query(text: str) -> list[str]:
    """Return the distinct tokens to search for, in order: as indexed, less the English stop-words."""
    found = dict.fromkeys(token for token in tokenise(text) if token not in ENGLISH_STOP_STEMS)
    return list(found) or list(dict.fromkeys(tokenise(text)))
