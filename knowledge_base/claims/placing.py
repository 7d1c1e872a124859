"""Where in a source each value stands, and whether a sentence has it in that place: the adult's fare is not the child's.

All of it is likeness: the words around a value are laid beside those around the values of its kind in the source.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise

from knowledge_base.claims.aboutness import (
    find_clause,
    find_counted,
    find_ranges,
    share,
    tokens_after,
    tokens_and_numbers,
    tokens_around,
    tokens_beside,
    tokens_of,
    tokens_without_values,
)
from knowledge_base.claims.bounds import Bound, read_bound
from knowledge_base.claims.claim import Claim, ClaimKind
from knowledge_base.claims.numerals import rewrite_numerals
from knowledge_base.claims.reading import read_values
from knowledge_base.claims.stated import is_stated
from knowledge_base.claims.words import count_negations, drop_framing, find_opposite, read_rates
from knowledge_base.tokens import normalise

PLACED_KINDS = frozenset({ClaimKind.MONEY, ClaimKind.PERCENT, ClaimKind.DATE, ClaimKind.CLOCK, ClaimKind.PHONE, ClaimKind.NUMBER, ClaimKind.DURATION, ClaimKind.AGE, ClaimKind.WEEKDAY, ClaimKind.URL, ClaimKind.EMAIL})  # fmt: skip
# A value is out of place where another of its kind fits there better by this much.
OUT_OF_PLACE_MARGIN = 0.3
# What stands right beside a value fits another one better by this much; what their lines say counts so much less.
BESIDE_MARGIN = 0.3
SAME_LINE = 0.1
# Where several words beside a value stand only beside the other one, they name that one.
ONLY_THERE = 1.0
# Fewer words beside a value do not tell its place.
MIN_AROUND = 3

# What need not be written in digits.
_WORDED = frozenset({ClaimKind.WEEKDAY, ClaimKind.URL, ClaimKind.EMAIL})
_TIMES = frozenset({ClaimKind.DATE, ClaimKind.CLOCK})
_MAY_BE_BOUND = frozenset({ClaimKind.DATE, ClaimKind.CLOCK, ClaimKind.DURATION, ClaimKind.PHONE})
_SHUT = re.compile(r"休[息館園]|關[閉門]|停[止售]|\b(?:closed|shut|over)\b", re.IGNORECASE)
_JOINED = re.compile(r"(?:\band|[、,及和與]|\bor|或)[^,、]{0,8}$", re.IGNORECASE)
# Who reaches an amount may have more.
_REACHED = re.compile(r"(?<!未)達到?\s?$|\breach(?:es|ed|ing)? (?:nt)?$", re.IGNORECASE)
_RATED = frozenset({ClaimKind.MONEY, ClaimKind.PERCENT, ClaimKind.NUMBER})
_DIGIT = re.compile(r"\d")


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
    clause: str = ""


def _form_of(claim: Claim) -> object:
    """Return what two values must have in common to stand for each other: a year and a day do not."""
    if claim.kind is ClaimKind.DATE:
        return tuple(part is None for part in claim.value)
    if claim.kind is ClaimKind.WEEKDAY:
        return type(claim.value)
    return claim.value[0] if claim.kind in (ClaimKind.MONEY, ClaimKind.DURATION) else None


def _tell_which(kind: ClaimKind, claims: Sequence[Claim]) -> frozenset[object]:
    """Return the years that some claims name, or the ordinals; "last year" is no name of one."""
    values = (claim.value for claim in claims if claim.kind is kind and _DIGIT.search(claim.text))
    return frozenset(value[0] for value in values if value[0]) if kind is ClaimKind.DATE else frozenset(values)


def _read_bounds(text: str, claims: Sequence[Claim]) -> dict[Claim, frozenset[Bound | None]]:
    """Return what bounds the values of a text are: as ends of ranges, or by the word before them, which "and" shares."""
    bounds = {
        claim: frozenset({read_bound(text, claim), *((Bound.FROM,) if _REACHED.search(text[: claim.start]) else ())})
        for claim in claims
    }
    for first, last in find_ranges(text, claims):
        if first.kind in _TIMES:
            bounds[first], bounds[last] = frozenset({Bound.FROM}), frozenset({Bound.TO})
        else:
            bounds[first], bounds[last] = bounds[first] | {Bound.FROM}, bounds[last] | {Bound.TO}
    for one, other in pairwise(sorted(claims, key=lambda claim: claim.start)):
        is_shared = one.kind is other.kind and _JOINED.search(text[one.end : other.start])
        if is_shared and bounds[other] == {None}:
            bounds[other] |= bounds[one]
    return bounds


class Places:
    """The values of some lines, each with what stands around it."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines

    @cached_property
    def places(self) -> tuple[Placed, ...]:
        """The claims that stand in lines, each with the tokens of its clause and of its line."""
        found: list[Placed] = []
        for number, line in enumerate(self._lines):
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
                    clause=normalise(text[slice(*find_clause(claim, text, claims))]),
                )
                for claim in claims
                if claim.kind in PLACED_KINDS
            )
        return tuple(found)

    def turns_bound(self, claim: Claim, sentence: str, beside: Sequence[Claim]) -> bool:
        """Say whether a value is a lower bound here and an upper one wherever the source states it, or the reverse.

        Ranges are held against ranges (`find_turned_ranges`).
        """
        text = rewrite_numerals(sentence)
        is_end = any(claim in pair for pair in find_ranges(text, beside))
        bound = read_bound(text, claim) if claim.kind in PLACED_KINDS and not is_end else None
        theirs = {
            bound
            for place in self.places
            if is_stated(claim, place.claim) or (claim.kind is place.claim.kind and is_stated(place.claim, claim))
            for bound in place.bounds
        }
        # A day without a word may be the last one; an amount without one is no least or most.
        neutral = {None} if claim.kind in _MAY_BE_BOUND else set()
        if bound is None or not theirs or theirs & {bound, *neutral}:
            return False
        # "Open until five" is "closed after five".
        return claim.kind not in _TIMES or not (count_negations(sentence) or _SHUT.search(sentence))

    def shares_bound(self, bound: Bound, sentence: str) -> bool:
        """Say whether the values a sentence bounds so are bounds of that side in the source, too, by whatever words."""
        text = rewrite_numerals(sentence)
        mine = [claim for claim in read_values(sentence) if read_bound(text, claim) is bound]
        return bool(mine) and all(
            any(bound in place.bounds for place in self.places if is_stated(claim, place.claim)) for claim in mine
        )

    def find_turned_ranges(self, sentence: str, claims: Sequence[Claim]) -> list[Claim]:
        """Return an end of each range that the source has the other way round, or only with another end."""
        turned = []
        for first, last in find_ranges(rewrite_numerals(sentence), claims):
            states = [(is_stated(first, a) and is_stated(last, b)) for a, b in self._ranges]
            reverse = [(is_stated(first, b) and is_stated(last, a)) for a, b in self._ranges]
            if any(states):
                continue
            if any(reverse) or all(self._ends_range(claim) for claim in (first, last)):
                turned.append(first)
        return turned

    def _ends_range(self, claim: Claim) -> bool:
        return any(is_stated(claim, end) for pair in self._ranges for end in pair)

    @cached_property
    def _ranges(self) -> list[tuple[Claim, Claim]]:
        return [pair for line in self._lines for pair in find_ranges(rewrite_numerals(line), read_values(line))]

    def is_out_of_place(self, claim: Claim, sentence: str, beside: Sequence[Claim]) -> bool:
        """Say whether a value belongs somewhere else in the source than the sentence has it.

        `beside` is all that the sentence states.
        """
        if claim.kind not in PLACED_KINDS or not (claim.kind in _WORDED or _DIGIT.search(claim.text)):
            return False
        return (
            self.is_of_another(claim, beside)
            or self._stands_by_opposite(claim, sentence, beside)
            or self._has_another_rate(claim, sentence, beside)
            or self._fits_better(claim, sentence, beside)
            or self._belongs_elsewhere(claim, sentence, beside)
        )

    def is_of_another(self, claim: Claim, beside: Sequence[Claim]) -> bool:
        """Say whether a sentence that names years, or the first or second, has a value the source tells of others only."""
        lines = [place.line for place in self.places if is_stated(claim, place.claim)]
        for kind in (ClaimKind.DATE, ClaimKind.ORDINAL):
            mine = _tell_which(kind, beside)
            theirs = [self._which_by_line[kind][line] for line in lines]
            if kind is not claim.kind and mine and theirs and all(which and not which & mine for which in theirs):
                return True
        return False

    @cached_property
    def _which_by_line(self) -> Mapping[ClaimKind, list[frozenset[object]]]:
        read = [read_values(line) for line in self._lines]
        return {kind: [_tell_which(kind, claims) for claims in read] for kind in (ClaimKind.DATE, ClaimKind.ORDINAL)}

    def _stands_by_opposite(self, claim: Claim, sentence: str, beside: Sequence[Claim]) -> bool:
        """Say whether the clause of a value has a word whose opposite the source has there: cash for by card."""
        text = rewrite_numerals(sentence)
        clause = normalise(text[slice(*find_clause(claim, text, beside))])
        theirs = [place.clause for place in self.places if is_stated(claim, place.claim)]
        return bool(theirs) and all(find_opposite(clause, other) for other in theirs)

    def _has_another_rate(self, claim: Claim, sentence: str, beside: Sequence[Claim]) -> bool:
        """Say whether an amount is by the hour here, and by the day, or by nothing, wherever the source states it."""
        if claim.kind not in _RATED:
            return False
        text = rewrite_numerals(sentence)
        mine = read_rates(text[slice(*find_clause(claim, text, beside))])
        places = [place for place in self.places if is_stated(claim, place.claim)]
        return bool(mine and places) and not any(
            mine & (read_rates(place.clause) or read_rates(self._lines[place.line])) for place in places
        )

    def _fits_better(self, claim: Claim, sentence: str, beside: Sequence[Claim]) -> bool:
        """Say whether another value of this kind fits better where the sentence has this one."""
        around = tokens_around(claim, rewrite_numerals(sentence), beside)
        if len(around) < MIN_AROUND:
            around |= frozenset(tokens_of(drop_framing(sentence)))
        mine = [place for place in self.places if is_stated(claim, place.claim)]
        # What only a day of the document itself states has no place in it.
        here = max(
            mine,
            key=lambda place: (self._fit(around, place.line_tokens), self._fit(around, place.clause_tokens)),
            default=Placed(claim, -1, frozenset(), frozenset()),
        )
        said = [other for other in beside if other.kind is claim.kind]
        for place in self.places:
            if place.claim.kind is not claim.kind or (
                claim.kind is ClaimKind.WEEKDAY and _form_of(claim) != _form_of(place.claim)
            ):
                continue
            if any(is_stated(other, place.claim) or is_stated(place.claim, other) for other in said):
                continue
            if place.line == here.line:
                there, fit = share(around, place.clause_tokens), share(around, here.clause_tokens)
            else:
                there, fit = self._fit(around, place.line_tokens), self._fit(around, here.line_tokens)
            if there > fit + OUT_OF_PLACE_MARGIN:
                return True
        return False

    def _fit(self, around: frozenset[str], tokens: frozenset[str]) -> float:
        """Return how much of what is around a value other tokens have; what stands in few lines counts more."""
        weights = {token: 1 / self._lines_with[token] for token in around if token in self._lines_with}
        found = sum(weight for token, weight in weights.items() if token in tokens)
        return found / sum(weights.values()) if weights else 0.0

    @cached_property
    def _lines_with(self) -> Counter[str]:
        """How many lines have a token."""
        return Counter(token for line in self._lines for token in set(tokens_and_numbers(rewrite_numerals(line))))

    def _belongs_elsewhere(self, claim: Claim, sentence: str, beside: Sequence[Claim]) -> bool:
        """Say whether what stands right beside a value, the source has beside another one: "20 in cash, 40 by card"."""
        same = [place for place in self.places if place.claim.kind is claim.kind]
        mine = [place for place in same if is_stated(claim, place.claim)]
        others = [
            place
            for place in same
            if _form_of(place.claim) == _form_of(claim)
            and not is_stated(claim, place.claim)
            and not is_stated(place.claim, claim)
        ]
        surroundings = _Surroundings(claim, sentence, beside, same)
        return any(
            min((surroundings.compare(other, place) for place in mine), default=0.0) > BESIDE_MARGIN
            and self._gives_its_place(other, mine, sentence, beside)
            for other in others
        )

    def _gives_its_place(self, other: Placed, mine: Sequence[Placed], sentence: str, beside: Sequence[Claim]) -> bool:
        """Say whether another value may stand here: where the sentence has it, too, it is not where it belongs."""
        said = [claim for claim in beside if claim.kind is other.claim.kind and is_stated(claim, other.claim)]
        same = [place for place in self.places if place.claim.kind is other.claim.kind]
        return not said or any(
            _Surroundings(claim, sentence, beside, same).compare(place, other) >= 0 for claim in said for place in mine
        )


def _is_word(tokens: Collection[str]) -> bool:
    """Say whether tokens make a word: of Chinese it takes two at least; one pair of characters may be chance."""
    return len(tokens) > 1 or any(token.isascii() for token in tokens)


def _tokens_up_to_values(claim: Claim, text: str, claims: Sequence[Claim]) -> frozenset[str]:
    """Return the tokens around a value from the one of its kind before to the one after, whatever stands between."""
    others = [other for other in claims if other.kind is claim.kind and other is not claim]
    start = max((other.end for other in others if other.end <= claim.start), default=0)
    end = min((other.start for other in others if other.start >= claim.end), default=len(text))
    inside = [other for other in claims if start <= other.start and other.end <= end]
    moved = [replace(other, start=other.start - start, end=other.end - start) for other in inside]
    return tokens_without_values(text[start:end], moved)


class _Surroundings:
    """What stands beside a value of a sentence, to be compared with what stands beside those of a source."""

    def __init__(self, claim: Claim, sentence: str, beside: Sequence[Claim], places: Sequence[Placed]) -> None:
        text = rewrite_numerals(sentence)
        self._near = tokens_beside(claim, text, beside)
        self._segment = _tokens_up_to_values(claim, text, beside)
        self._whole = tokens_without_values(text, beside)
        self._after = tokens_after(claim, text, beside)
        self._counted = find_counted(claim, text) if claim.kind is ClaimKind.NUMBER else ""
        self._places_with = Counter(token for place in places for token in place.beside)
        by_line = {place.line: place.plain_line_tokens for place in places}
        self._lines_with = Counter(token for line in by_line.values() for token in line)
        # What all of them speak of tells none of them.
        self._topic = {token for token, count in self._lines_with.items() if count == len(by_line) > 1}

    def compare(self, other: Placed, place: Placed) -> float:
        """Return how much better another value fits here than the sentence's own, at one of its places."""
        if self._counted and self._counted == place.counted != other.counted:
            return 0.0
        is_near = other.line == place.line
        if not place.beside:
            # Where the source has nothing beside the value itself, it does not tell its place; its line may.
            return ONLY_THERE if not is_near and self._names_only_line(other, place) else 0.0
        if self._names_only(other, place, is_near=is_near):
            return ONLY_THERE
        gained = self._fit(other) - self._fit(place)
        return gained if is_near else gained + self._fit_line(other) - self._fit_line(place)

    def _names_only(self, other: Placed, place: Placed, *, is_near: bool) -> bool:
        """Say whether words that stand beside no other value name the other one, and none names this one."""
        there = {token for token in self._near if token in other.beside and self._places_with[token] == 1}
        there -= place.beside.keys() if is_near else place.beside.keys() | place.plain_line_tokens
        here = self._near.keys() & place.beside.keys() - other.beside.keys() - self._topic
        if is_near and _is_word(self._after & other.after - place.beside.keys()):
            return True
        return not here and (_is_word(there) or (not is_near and self._names_only_line(other, place)))

    def _names_only_line(self, other: Placed, place: Placed) -> bool:
        """Do the same by what only the line of the other one says, and what only the line of this one does."""
        there = {token for token in self._segment & other.plain_line_tokens if self._lines_with[token] == 1}
        return _is_word(there) and not self._segment & place.plain_line_tokens - other.plain_line_tokens

    def _fit(self, place: Placed) -> float:
        return sum(
            nearness * place.beside[token] / self._places_with[token]
            for token, nearness in self._near.items()
            if token in place.beside
        )

    def _fit_line(self, place: Placed) -> float:
        return SAME_LINE * sum(1 / self._lines_with[token] for token in self._whole & place.plain_line_tokens)
