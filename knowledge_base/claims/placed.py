"""The values of a source, each with what stands around it: the words beside it, its clause, its line, its bounds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from knowledge_base.claims.aboutness import (
    find_clause,
    find_counted,
    find_ranges,
    tokens_after,
    tokens_and_numbers,
    tokens_around,
    tokens_beside,
    tokens_without_values,
)
from knowledge_base.claims.bounds import Bound, read_bound
from knowledge_base.claims.claim import Claim, ClaimKind
from knowledge_base.claims.numerals import rewrite_numerals
from knowledge_base.claims.reading import read_values
from knowledge_base.claims.words import read_unit
from knowledge_base.tokens import normalise

PLACED_KINDS = frozenset({ClaimKind.MONEY, ClaimKind.PERCENT, ClaimKind.DATE, ClaimKind.CLOCK, ClaimKind.PHONE, ClaimKind.NUMBER, ClaimKind.DURATION, ClaimKind.AGE, ClaimKind.WEEKDAY, ClaimKind.URL, ClaimKind.EMAIL})  # fmt: skip
UNIT_REACH = 14
TIMES = frozenset({ClaimKind.DATE, ClaimKind.CLOCK})

_JOINED = re.compile(r"(?:\band|[、,及和與]|\bor|或)[^,、]{0,8}$", re.IGNORECASE)
# Who reaches an amount may have more.
_REACHED = re.compile(r"(?<!未)達到?\s?$|\breach(?:es|ed|ing)? (?:nt)?$", re.IGNORECASE)


@dataclass(frozen=True)
class Placed:
    """A value of a source: which line it stands in, and the tokens of its clause, of the line, and beside it."""

    claim: Claim
    line: int
    clause_tokens: frozenset[str]
    line_tokens: frozenset[str]
    beside: Mapping[str, float] = field(default_factory=dict)
    plain_line_tokens: frozenset[str] = frozenset()
    bounds: frozenset[Bound | None] = frozenset({None})
    counted: str = ""
    after: frozenset[str] = frozenset()
    unit: str = ""
    clause: str = ""


def place_values(lines: Sequence[str]) -> tuple[Placed, ...]:
    """Return the values of some lines, each with what stands around it."""
    found: list[Placed] = []
    for number, line in enumerate(lines):
        text = rewrite_numerals(line)
        claims = read_values(line)
        whole = frozenset(tokens_and_numbers(text))
        bounds = _read_bounds(text, claims)
        plain = tokens_without_values(text, claims)
        found.extend(
            Placed(
                claim=claim,
                line=number,
                clause_tokens=tokens_around(claim, text, claims),
                line_tokens=whole,
                beside=tokens_beside(claim, text, claims),
                plain_line_tokens=plain,
                bounds=bounds[claim],
                counted=find_counted(claim, text),
                after=tokens_after(claim, text, claims),
                unit=read_unit(text[claim.end : claim.end + UNIT_REACH]),
                clause=normalise(text[slice(*find_clause(claim, text, claims))]),
            )
            for claim in claims
            if claim.kind in PLACED_KINDS
        )
    return tuple(found)


def _read_bounds(text: str, claims: Sequence[Claim]) -> dict[Claim, frozenset[Bound | None]]:
    """Return what bounds the values of a text are: as ends of ranges, or by the word before them, which "and" shares."""
    bounds = {
        claim: frozenset({read_bound(text, claim), *((Bound.FROM,) if _REACHED.search(text[: claim.start]) else ())})
        for claim in claims
    }
    for first, last in find_ranges(text, claims):
        if first.kind in TIMES:
            bounds[first], bounds[last] = frozenset({Bound.FROM}), frozenset({Bound.TO})
        else:
            bounds[first], bounds[last] = bounds[first] | {Bound.FROM}, bounds[last] | {Bound.TO}
    for one, other in pairwise(sorted(claims, key=lambda claim: claim.start)):
        is_shared = one.kind is other.kind and _JOINED.search(text[one.end : other.start])
        if is_shared and bounds[other] == {None}:
            bounds[other] |= bounds[one]
    return bounds
