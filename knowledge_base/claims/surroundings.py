"""What stands beside a value of a sentence, laid beside what stands beside those of a source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

from knowledge_base.claims.aboutness import find_counted, tokens_after, tokens_beside, tokens_without_values
from knowledge_base.claims.claim import Claim, ClaimKind
from knowledge_base.claims.numerals import rewrite_numerals
from knowledge_base.claims.placed import Placed

# What the lines of values say counts so much less than what stands beside them.
SAME_LINE = 0.1
# Where several words beside a value stand only beside the other one, they name that one.
ONLY_THERE = 1.0


class Surroundings:
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
