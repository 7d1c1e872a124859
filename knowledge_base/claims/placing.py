"""Where in a source each value stands, and whether a sentence has it in that place: the adult's fare is not the child's.

All of it is likeness: the words around a value are laid beside those around the values of its kind in the source.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property

from knowledge_base.claims.aboutness import (
    find_clause,
    find_joined,
    find_ranges,
    read_label,
    share,
    tokens_after,
    tokens_and_numbers,
    tokens_around,
    tokens_of,
)
from knowledge_base.claims.bounds import Bound, read_bound
from knowledge_base.claims.claim import Claim, ClaimKind
from knowledge_base.claims.numerals import rewrite_numerals
from knowledge_base.claims.placed import PLACED_KINDS, TIMES, UNIT_REACH, Placed, place_values
from knowledge_base.claims.reading import read_values
from knowledge_base.claims.stated import is_stated
from knowledge_base.claims.surroundings import Surroundings
from knowledge_base.claims.words import (
    count_negations,
    drop_framing,
    find_opposite,
    read_rates,
    read_unit,
    read_word_classes,
)
from knowledge_base.tokens import normalise

# A value is out of place where another of its kind fits there better by this much.
OUT_OF_PLACE_MARGIN = 0.3
# What stands right beside a value fits another one better by this much.
BESIDE_MARGIN = 0.3
# The other bound of a value fits here where so many words stand only beside that.
MIN_OTHER_BOUND = 2
BOUND_REACH = 4
# Fewer words beside a value do not tell its place.
MIN_AROUND = 3

# What need not be written in digits.
_WORDED = frozenset({ClaimKind.WEEKDAY, ClaimKind.URL, ClaimKind.EMAIL})
_MAY_BE_BOUND = frozenset({ClaimKind.DATE, ClaimKind.CLOCK, ClaimKind.DURATION, ClaimKind.PHONE})
_SHUT = re.compile(r"休[息館園業]|[公店]休|關[閉門]|停[止售]|\b(?:closed|shut|over)\b", re.IGNORECASE)
_GIVEN = frozenset({ClaimKind.MONEY, ClaimKind.PERCENT})
_RATED = frozenset({ClaimKind.MONEY, ClaimKind.PERCENT, ClaimKind.NUMBER})
_DIGIT = re.compile(r"\d")


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


class Places:
    """The values of some lines, each with what stands around it."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines

    @cached_property
    def places(self) -> tuple[Placed, ...]:
        """The values that stand in lines, in order."""
        return place_values(self._lines)

    def turns_bound(self, claim: Claim, sentence: str, beside: Sequence[Claim]) -> bool:
        """Say whether a value is a lower bound here and an upper one wherever the source states it, or the reverse; or an
        amount that the source has only as the most stands here as the amount itself.

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
        if bound is None and claim.kind in _GIVEN and not is_end:
            # Up to 80,000 is not 80,000.
            return theirs == {Bound.TO} and "at_most" not in read_word_classes(sentence)
        if (
            bound is not None
            and {Bound.FROM, Bound.TO} <= theirs
            and self._has_bound_elsewhere(claim, bound, text, beside)
        ):
            return True
        if bound is None or not theirs or theirs & {bound, *neutral}:
            return False
        # "Open until five" is "closed after five".
        return claim.kind not in TIMES or not (count_negations(sentence) or _SHUT.search(sentence))

    def _has_bound_elsewhere(self, claim: Claim, bound: Bound, text: str, beside: Sequence[Claim]) -> bool:
        """Say whether the source, which has a value as either bound, has the other one where a sentence has this."""
        stated = [place for place in self.places if place.bounds and is_stated(claim, place.claim)]
        own, other = (
            frozenset(
                token for place in stated if (bound in place.bounds) is is_own for token in tokens_of(place.clause)
            )
            for is_own in (True, False)
        )
        start, end = find_clause(claim, text, beside)
        # The words of the bound itself, right beside the value, tell nothing.
        far = f"{text[start : max(start, claim.start - BOUND_REACH)]} {text[claim.end + BOUND_REACH : end]}"
        for tokens in (tokens_after(claim, text, beside), frozenset(tokens_of(far))):
            here, there = len(tokens & (own - other)), len(tokens & (other - own))
            if here or there:
                return there >= MIN_OTHER_BOUND and not here
        return False

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

    def find_turned_joins(self, sentence: str, claims: Sequence[Claim]) -> list[Claim]:
        """Return the first of two values that "and" joins here and only "or" in the source, or the reverse."""
        if count_negations(sentence):
            # "Not on A or B" is "not on A and not on B".
            return []
        theirs = [pair for line in self._lines for pair in find_joined(rewrite_numerals(line), read_values(line))]
        turned = []
        for first, last, join in find_joined(rewrite_numerals(sentence), claims):
            joins = {j for a, b, j in theirs if is_stated(first, a) and is_stated(last, b)}
            if joins and join not in joins:
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
            or self._has_another_unit(claim, sentence)
            or self._has_label_of_another(claim, sentence, beside)
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

    def _has_label_of_another(self, claim: Claim, sentence: str, beside: Sequence[Claim]) -> bool:
        """Say whether two values bear one label here, which in the source only the other bears: "card 40, card 20"."""
        text = rewrite_numerals(sentence)
        label = read_label(claim, text)
        twice = [
            other
            for other in beside
            if other.kind is claim.kind
            and other.value != claim.value
            and other.start != claim.start
            and label
            and read_label(other, text) == label
        ]
        return any(label in self._labels_of(other) - self._labels_of(claim) for other in twice)

    def _labels_of(self, claim: Claim) -> set[str]:
        return {
            read_label(place.claim, rewrite_numerals(self._lines[place.line]))
            for place in self.places
            if is_stated(claim, place.claim)
        }

    def _has_another_unit(self, claim: Claim, sentence: str) -> bool:
        """Say whether a number is in metres here, and in kilometres wherever the source states it."""
        text = rewrite_numerals(sentence)
        unit = read_unit(text[claim.end : claim.end + UNIT_REACH])
        theirs = {place.unit for place in self.places if is_stated(claim, place.claim)} - {""}
        return claim.kind is ClaimKind.NUMBER and bool(unit and theirs) and unit not in theirs

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
        surroundings = Surroundings(claim, sentence, beside, same)
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
            Surroundings(claim, sentence, beside, same).compare(place, other) >= 0 for claim in said for place in mine
        )
