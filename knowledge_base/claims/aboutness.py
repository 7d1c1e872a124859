"""What a piece of text is about, as tokens, and how much two pieces share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

from knowledge_base.claims.claim import Claim, ClaimKind
from knowledge_base.claims.numerals import rewrite_numerals
from knowledge_base.claims.reading import read_values
from knowledge_base.claims.words import drop_framing
from knowledge_base.language import count_cjk
from knowledge_base.tokens import ENGLISH_STOP_STEMS, tokenise

# Pieces that have fewer tokens in common tell nothing of each other.
MIN_COMMON = 3
# Kinds whose digits are left in the text as tokens.
_BARE = frozenset({ClaimKind.NUMBER, ClaimKind.ORDINAL, ClaimKind.URL})
_JOINING = frozenset("的是了在也就都還會要可以能不沒未於與和及或之其這那使由被把給有所而且但如果若即並")
WINDOW_CHARACTERS = 14

JOIN_REACH = 24
_JOINS = {
    "or": re.compile(r"或|\bor\b", re.IGNORECASE),
    "and": re.compile(r"且|並(?!非)|\band\b|又|以及", re.IGNORECASE),
}
_RANGE = re.compile(r"\s*(?:到|至|-|–|~|～|\bto\b|\band\b|\bthrough\b)\s*$")
_CLAUSE_END = re.compile(
    r"[，,；;。！!？?、\n]|\.\s|\.$|：|:\s|\band\b|\bbut\b|\bwhile\b|\bor\b|但|而(?!且)|或|及|和|與"
)


_LABEL_BEFORE = re.compile(r"([\u4e00-\u9fff]{2,4})[是為要付收:：]?\s*$")
_LABEL_AFTER = re.compile(r"\s?((?:by|in|with|for) [a-z]+)\b")


@lru_cache(maxsize=16_384)
def tokens_of(text: str) -> tuple[str, ...]:
    """Return the tokens that say what a text is about: pairs of Chinese characters, stems that are no stop-words."""
    return tuple(
        token
        for token in tokenise(text)
        if not (len(token) == 1 and count_cjk(token)) and token not in ENGLISH_STOP_STEMS and not token[0].isdigit()
    )


def content_tokens(sentence: str) -> list[str]:
    """Return the tokens of a sentence without its values and without what politeness adds."""
    text = rewrite_numerals(sentence)
    for claim in read_values(sentence):
        text = text[: claim.start] + " " * (claim.end - claim.start) + text[claim.end :]
    return list(dict.fromkeys(tokens_of(drop_framing(text))))


def tokens_around(claim: Claim, text: str, claims: Sequence[Claim]) -> frozenset[str]:
    """Return the tokens beside a value, within its clause, without other values."""
    bare = (ClaimKind.NUMBER, ClaimKind.ORDINAL)
    blanked = _blank_values(text, [other for other in claims if other.kind not in bare or other is claim])
    before = re.split(r"[，,；;。\n]", blanked[: claim.start])[-1]
    after = re.split(r"[，,；;。\n]|\.\s", blanked[claim.end :])[0]
    reach = WINDOW_CHARACTERS if count_cjk(text) > len(text) // 4 else 4 * WINDOW_CHARACTERS
    beside = f"{before[-reach:]} {after[: reach // 2]}".replace("\x01", " ")
    return frozenset(tokens_and_numbers(drop_framing(beside)))


def tokens_beside(claim: Claim, text: str, claims: Sequence[Claim]) -> dict[str, float]:
    """Return the tokens of the clause around a value, up to the next value of its kind, with how near each stands.

    The nearest one on either side is 1, the next one half, then a third. The ends of a range stand together. Values of
    other kinds are tokens, too: "5 to 8 are paid 10%" tells which 10% that is.
    """
    blanked = _blank_values(text, [other for other in claims if other.kind not in _BARE or other is claim])
    start, end = find_clause(claim, text, claims)
    near: dict[str, float] = {}
    for piece, turn in ((blanked[start : claim.start], -1), (blanked[claim.end : end], 1)):
        tokens = tokens_and_numbers(drop_framing(piece.replace("\x01", " ")))
        for place, token in enumerate(tokens[::turn], start=1):
            near[token] = max(near.get(token, 0), 1 / place)
    others = (
        o for o in claims if o.kind is not claim.kind and o.kind not in _BARE and start <= o.start and o.end <= end
    )
    return near | {f"{other.kind} {other.value}": 1.0 for other in others}


def tokens_after(claim: Claim, text: str, claims: Sequence[Claim]) -> frozenset[str]:
    """Return the tokens of the clause after a value; none where another value of its kind follows in the clause."""
    _, end = find_clause(claim, text, claims)
    if any(other.kind is claim.kind and other.start == end for other in claims):
        return frozenset()
    blanked = _blank_values(text, [other for other in claims if other.kind not in _BARE or other is claim])
    return frozenset(tokens_and_numbers(drop_framing(blanked[claim.end : end].replace("\x01", " "))))


def find_clause(claim: Claim, text: str, claims: Sequence[Claim]) -> tuple[int, int]:
    """Return where the clause around a value starts and ends, up to the next value of its kind."""
    blanked = _blank_values(text, [other for other in claims if other.kind not in _BARE or other is claim])
    start, end = 0, len(blanked)
    for match in _CLAUSE_END.finditer(blanked):
        if match.end() <= claim.start:
            start = match.end()
        elif match.start() >= claim.end:
            end = match.start()
            break
    for other in claims:
        if other.kind is not claim.kind or other is claim:
            continue
        if other.end <= claim.start and not _RANGE.match(text[other.end : claim.start]):
            start = max(start, other.end)
        elif other.start >= claim.end and not _RANGE.match(text[claim.end : other.start]):
            end = min(end, other.start)
    return start, end


def _blank_values(text: str, claims: Iterable[Claim]) -> str:
    for claim in claims:
        text = text[: claim.start] + "\x01" * (claim.end - claim.start) + text[claim.end :]
    return text


def find_ranges(text: str, claims: Sequence[Claim]) -> list[tuple[Claim, Claim]]:
    """Return the values of a text that are the two ends of a range: read as one, or joined by "to"."""
    ordered = sorted(claims, key=lambda claim: claim.start)
    return [
        (first, last)
        for first, last in pairwise(ordered)
        if first.kind is last.kind
        and ((first.start, first.end) == (last.start, last.end) or _RANGE.match(text[first.end : last.start]))
    ]


def find_joined(text: str, claims: Sequence[Claim]) -> list[tuple[Claim, Claim, str]]:
    """Return the neighbouring values of a text that "and" or "or" joins, with which of them."""
    ordered = sorted(claims, key=lambda claim: claim.start)
    joined = []
    for first, last in pairwise(ordered):
        between = text[first.end : last.start]
        joins = {name for name, pattern in _JOINS.items() if pattern.search(between)}
        if len(between) <= JOIN_REACH and len(joins) == 1:
            joined.append((first, last, joins.pop()))
    return joined


def read_label(claim: Claim, text: str) -> str:
    """Return what stands at once before a value, or in English how it is paid, as its label; "" where nothing does."""
    before = _LABEL_BEFORE.search(text[: claim.start])
    after = _LABEL_AFTER.match(text[claim.end :])
    return (before[1] if before else "") or (after[1].lower() if after else "")


def find_counted(claim: Claim, text: str) -> str:
    """Return what a number counts, as the token that follows it at once, or ""."""
    return next(iter(tokens_of(text[claim.end : claim.end + WINDOW_CHARACTERS])), "")


def tokens_without_values(text: str, claims: Sequence[Claim]) -> frozenset[str]:
    """Return the tokens of a text, without its values but with its bare numbers."""
    for claim in claims:
        if claim.kind not in _BARE:
            text = text[: claim.start] + " " * (claim.end - claim.start) + text[claim.end :]
    return frozenset(tokens_and_numbers(drop_framing(text)))


def tokens_and_numbers(text: str) -> list[str]:
    """Do as `tokens_of`, with the numbers: "type 4" is not "type 2"."""
    return [*tokens_of(text), *(token for token in tokenise(text) if token[0].isdigit())]


def meaning_of(text: str) -> frozenset[str]:
    """Return the tokens of a text that carry meaning: of Chinese, no pair with a character that only joins others."""
    return frozenset(token for token in tokens_of(text) if not is_joining(token))


def is_joining(token: str) -> bool:
    """Say whether a pair of Chinese characters has one that only joins others."""
    return bool(_JOINING & set(token))


def share(tokens: frozenset[str], of: frozenset[str]) -> float:
    """Return how much of some tokens others have, 0 to 1."""
    return len(tokens & of) / len(tokens) if tokens else 0.0


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Return how much two pieces share, of the shorter one; very short ones tell nothing."""
    common, shorter = len(one & other), min(len(one), len(other))
    return common / shorter if common >= MIN_COMMON or 2 <= common == shorter else 0.0


def split_clauses(text: str) -> list[str]:
    """Return the clauses of a text."""
    return [clause for clause in _CLAUSE_END.split(text) if clause and clause.strip()]
