"""The tokens both the lexical index and the judging of evidence work on.

CJK single characters and adjacent pairs, English stems, numbers; all over NFKC, lower case, 臺 written 台.
With these tokens BM25 finds the DRCD dev paragraph first for 94.4% of its questions; with jieba's words, 92%.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import snowballstemmer

from knowledge_base.language import CJK

_TOKEN = re.compile(rf"(?P<cjk>[{CJK}]+)|(?P<number>\d+(?:\.\d+)+[a-z]*)|(?P<word>[^\W_{CJK}]+)")
_THOUSANDS_COMMA = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_STEMMER = snowballstemmer.stemmer("english")

ENGLISH_STOP_WORDS = frozenset(
    """a about after all am an and any are as at be been before being but by can could did do does doing for from had has
    have he her here his how i if in into is it its itself just may me might more most my no nor not now of off on once only
    or other our out over own please same she should so some such tell than that the their them then there these they this
    those through to too under until up us very was we were what when where which while who whom why will with would you
    your much many get got there's what's i've i'm im ive s t re ve ll d m please kindly actually really currently still also just
    one two want wants wanted need needs know tell give gave say says said see read think like thing things way someone somebody anyone""".split()
)


def normalise(text: str) -> str:
    """Return the text as it is compared: NFKC, lower case, 臺 as 台, no commas within numbers."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("臺", "台")
    return _THOUSANDS_COMMA.sub("", folded)


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """Return the English stem of a lower-case word; words of other scripts come back as they are."""
    return str(_STEMMER.stemWord(word))


def tokenise(text: str) -> list[str]:
    """Return every token of a text, in order, for indexing."""
    tokens: list[str] = []
    for match in _TOKEN.finditer(normalise(text)):
        run = match.group()
        if match.lastgroup == "cjk":
            tokens.extend(run)
            tokens.extend(run[i : i + 2] for i in range(len(run) - 1))
        elif match.lastgroup == "word":
            tokens.append(stem(run))
        else:
            tokens.append(run)
    return tokens


def tokenise_query(text: str) -> list[str]:
    """Return the distinct tokens to search for, in order: as indexed, less the English stop-words."""
    stop = ENGLISH_STOP_STEMS
    found = dict.fromkeys(token for token in tokenise(text) if token not in stop)
    return list(found) or list(dict.fromkeys(tokenise(text)))


ENGLISH_STOP_STEMS = frozenset(stem(word) for word in ENGLISH_STOP_WORDS)
