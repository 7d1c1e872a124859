"""The passages a sentence cites, read for what they state."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from knowledge_base.chunking import Passage
from knowledge_base.claims.aboutness import (
    find_counted,
    likeness,
    share,
    split_clauses,
    tokens_and_numbers,
    tokens_around,
    tokens_beside,
    tokens_of,
    tokens_without_values,
)
from knowledge_base.claims.bounds import Bound, read_bound
from knowledge_base.claims.claim import Claim, ClaimKind
from knowledge_base.claims.contacts import normalise_address
from knowledge_base.claims.names import read_names
from knowledge_base.claims.numerals import rewrite_numerals
from knowledge_base.claims.reading import read_values
from knowledge_base.claims.stated import find_weekday, is_stated
from knowledge_base.claims.words import drop_framing, read_word_classes
from knowledge_base.documents import last_day
from knowledge_base.glossary import NAME, Glossary, fold
from knowledge_base.language import count_cjk, detect_language
from knowledge_base.tokens import normalise

# Two Chinese characters that the source has, but not side by side, count this much.
PAIR_APART = 0.4
# A value is out of place where another of its kind fits there better by this much.
OUT_OF_PLACE_MARGIN = 0.3
# What stands right beside a value fits another one better by this much; what their lines say counts so much less.
BESIDE_MARGIN = 0.3
SAME_LINE = 0.1
# Where several words beside a value stand only beside the other one, they name that one.
ONLY_THERE = 1.0
# A clause is taken from the clause of the source that has this much of it.
SAME_CLAUSE = 0.5
# Fewer words beside a value do not tell its place.
MIN_AROUND = 3
PLACED_KINDS = frozenset({ClaimKind.MONEY, ClaimKind.PERCENT, ClaimKind.DATE, ClaimKind.CLOCK, ClaimKind.PHONE, ClaimKind.NUMBER, ClaimKind.DURATION, ClaimKind.AGE})  # fmt: skip

_OF_ITSELF = re.compile(
    r"公告|公布|發布|發佈|報導|新聞|刊登|說明|資料|更新|有效|收錄|消息|問答|\b(?:publish|report|announce|updat|valid|faq|page|as of|source|according|dated)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Placed:
    """A value of a source: which line it stands in, and the tokens of its clause, of the line, and beside it."""

    claim: Claim
    line: int
    clause_tokens: frozenset[str]
    line_tokens: frozenset[str]
    beside: Mapping[str, float] = field(default_factory=dict)
    plain_line_tokens: frozenset[str] = frozenset()
    bound: Bound | None = None
    counted: str = ""


def _has_form(claim: Claim) -> object:
    """Return what two values must have in common to stand for each other: a year and a day do not."""
    if claim.kind is ClaimKind.DATE:
        return tuple(part is None for part in claim.value)
    return claim.value[0] if claim.kind in (ClaimKind.MONEY, ClaimKind.DURATION) else None


class Source:
    """The passages a sentence cites, read once."""

    def __init__(self, passages: Sequence[Passage], glossary: Glossary) -> None:
        self._passages = passages
        # A question states nothing.
        self.lines = [
            line
            for passage in passages
            for line in passage.text.splitlines()
            if line.strip() and line.strip()[-1] not in "?？"
        ]
        heads = [f"{passage.title}\n{passage.heading}\n{passage.publisher}" for passage in passages]
        self._whole = "\n".join([*self.lines, *heads])
        self.folded = fold(self._whole)
        self._glossary = glossary

    @cached_property
    def tokens(self) -> frozenset[str]:
        """The tokens of everything, widened by the glossary's everyday words."""
        found = set(tokens_of(self._whole))
        for mention in self._glossary.find_mentions_in_folded(self.folded):
            for form in mention.entry.folded:
                found.update(tokens_of(form))
        return frozenset(found)

    def has_share(self, token: str) -> float:
        """Return how much of a token the source has: of a pair of Chinese characters, half may be there."""
        if token in self.tokens:
            return 1.0
        return PAIR_APART * all(character in self.characters for character in token) if count_cjk(token) else 0.0

    @cached_property
    def characters(self) -> frozenset[str]:
        """The characters of everything."""
        return frozenset(self.folded)

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """What the passages state; relative days count from their publication."""
        claims: list[Claim] = []
        for passage in self._passages:
            published = last_day(passage.published_at)
            lines = [line for line in passage.text.splitlines() if line in self.lines]
            for text in ("\n".join(lines), passage.title, passage.heading):
                claims.extend(read_values(text, published))
            if passage.url:
                claims.append(Claim(ClaimKind.URL, normalise_address(passage.url), passage.url, 0, 0))
        return tuple(claims)

    @cached_property
    def own_days(self) -> tuple[Claim, ...]:
        """The days the documents tell of themselves: published, valid, looked at."""
        days = [
            day
            for passage in self._passages
            for day in (passage.published_at, passage.valid_from, passage.valid_until, passage.as_of)
            if day
        ]
        return tuple(
            Claim(ClaimKind.DATE, (*(int(part) for part in day.split("-")), None, None)[:3], day, 0, 0) for day in days
        )

    @cached_property
    def placed(self) -> tuple[Placed, ...]:
        """The claims that stand in lines, each with the tokens of its clause and of its line."""
        found: list[Placed] = []
        for number, line in enumerate(self.lines):
            text = rewrite_numerals(line)
            claims = read_values(line)
            whole = frozenset(tokens_and_numbers(text))
            plain = tokens_without_values(text, claims)
            found.extend(
                Placed(
                    claim=claim,
                    line=number,
                    clause_tokens=tokens_around(claim, text, claims),
                    line_tokens=whole,
                    beside=tokens_beside(claim, text, claims),
                    plain_line_tokens=plain,
                    bound=read_bound(text, claim),
                    counted=find_counted(claim, text),
                )
                for claim in claims
                if claim.kind in PLACED_KINDS
            )
        return tuple(found)

    @cached_property
    def clauses(self) -> tuple[tuple[frozenset[str], frozenset[str], str], ...]:
        """The clauses of the lines: tokens, classes of words, and the line each stands in."""
        return tuple(
            (frozenset(tokens_of(clause)), read_word_classes(self.drop_names(clause)), line)
            for line in self.lines
            for clause in split_clauses(line)
        )

    def drop_names(self, text: str) -> str:
        """Return a text, normalised, without the glossary's names: 未 in the name of a system denies nothing."""
        plain = normalise(text)
        for mention in self._glossary.find_mentions(text):
            if mention.entry.kind == NAME:
                for form in sorted(mention.entry.forms, key=len, reverse=True):
                    plain = plain.replace(normalise(form), " ")
        return plain

    def states(self, claim: Claim, sentence: str, beside: Sequence[Claim]) -> bool:
        """Say whether the source states a claim; `beside` is what the sentence states besides.

        The day of a document is stated where the sentence speaks of its publication or validity.
        """
        stated = self.claims
        if claim.kind is ClaimKind.DATE and _OF_ITSELF.search(sentence):
            stated = (*stated, *self.own_days)
        return any(is_stated(claim, other) for other in stated) or self._follows(claim, beside)

    def _follows(self, claim: Claim, beside: Sequence[Claim]) -> bool:
        """Say whether a claim follows from what the source states: the weekday of a date, the year of a day."""
        if claim.kind is ClaimKind.WEEKDAY and isinstance(claim.value, int):
            days = [other.value for other in beside if other.kind is ClaimKind.DATE]
            return any(find_weekday(day) == claim.value and self._states_day(day) for day in days)
        return claim.kind is ClaimKind.DATE and self._states_day(claim.value)

    def _states_day(self, value: tuple[int | None, int | None, int | None]) -> bool:
        """Say whether day and month are stated, and the year too, if only elsewhere in the source."""
        year, month, day = value
        dates = [stated.value for stated in self.claims if stated.kind is ClaimKind.DATE]
        if value in dates:
            return True
        if not (year and month):
            return False
        has_day = any(m == month and d == day and y in (None, year) for y, m, d in dates)
        years = {y for y, _, _ in dates} | {stated.value[0] for stated in self.own_days}
        return has_day and year in years

    def turns_bound(self, claim: Claim, sentence: str) -> bool:
        """Say whether a value is a lower bound here and an upper one wherever the source states it, or the reverse."""
        bound = read_bound(rewrite_numerals(sentence), claim) if claim.kind in PLACED_KINDS else None
        theirs = {
            place.bound
            for place in self.placed
            if is_stated(claim, place.claim) or (claim.kind is place.claim.kind and is_stated(place.claim, claim))
        }
        return bound is not None and bool(theirs) and not theirs & {bound, None}

    def has_out_of_place(self, claim: Claim, sentence: str, beside: Sequence[Claim]) -> bool:
        """Say whether another value of this kind fits better where the sentence has this one."""
        around = tokens_around(claim, rewrite_numerals(sentence), beside)
        if len(around) < MIN_AROUND:
            around |= frozenset(tokens_of(drop_framing(sentence)))
        mine = [place for place in self.placed if is_stated(claim, place.claim)]
        # What only a day of the document itself states has no place in it.
        here = max(
            mine,
            key=lambda place: (self._fit(around, place.line_tokens), self._fit(around, place.clause_tokens)),
            default=Placed(claim, -1, frozenset(), frozenset()),
        )
        said = [other for other in beside if other.kind is claim.kind]
        for place in self.placed:
            if place.claim.kind is not claim.kind:
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

    def belongs_elsewhere(self, claim: Claim, sentence: str, beside: Sequence[Claim]) -> bool:
        """Say whether what stands right beside a value, the source has beside another one: "20 in cash, 40 by card"."""
        text = rewrite_numerals(sentence)
        near = tokens_beside(claim, text, beside)
        counted = find_counted(claim, text)
        whole = tokens_without_values(text, beside)
        same = [place for place in self.placed if place.claim.kind is claim.kind]
        mine = [place for place in same if is_stated(claim, place.claim)]
        counts = Counter(token for place in same for token in place.beside)
        by_line = {place.line: place.plain_line_tokens for place in same}
        lines = Counter(token for line in by_line.values() for token in line)
        # What all of them speak of tells none of them.
        topic = {token for token, count in lines.items() if count == len(by_line) > 1}

        def fit(place: Placed) -> float:
            return sum(nearness * place.beside[t] / counts[t] for t, nearness in near.items() if t in place.beside)

        def fit_line(place: Placed) -> float:
            return SAME_LINE * sum(1 / lines[token] for token in whole & place.plain_line_tokens)

        def gain(other: Placed, place: Placed) -> float:
            if claim.kind is ClaimKind.NUMBER and counted == place.counted != other.counted:
                return 0.0
            is_near = other.line == place.line
            if is_near and not place.beside:
                # Where the line has nothing beside the value itself, it does not tell its place.
                return 0.0
            elsewhere = near.keys() & other.beside.keys() - place.beside.keys()
            elsewhere = {token for token in elsewhere if counts[token] == 1}
            if not is_near:
                elsewhere -= place.plain_line_tokens
            here = near.keys() & place.beside.keys() - other.beside.keys() - topic
            if not here and (len(elsewhere) > 1 or any(token.isascii() for token in elsewhere)):
                return ONLY_THERE
            return fit(other) - fit(place) + (0.0 if is_near else fit_line(other) - fit_line(place))

        return any(
            min((gain(other, place) for place in mine), default=0.0) > BESIDE_MARGIN
            for other in same
            if _has_form(other.claim) == _has_form(claim)
            and not is_stated(claim, other.claim)
            and not is_stated(other.claim, claim)
        )

    def _fit(self, around: frozenset[str], tokens: frozenset[str]) -> float:
        """Return how much of what is around a value other tokens have; what stands in few lines counts more."""
        weights = {token: 1 / self.lines_with[token] for token in around if token in self.lines_with}
        found = sum(weight for token, weight in weights.items() if token in tokens)
        return found / sum(weights.values()) if weights else 0.0

    @cached_property
    def lines_with(self) -> Counter[str]:
        """How many lines have a token."""
        return Counter(token for line in self.lines for token in set(tokens_and_numbers(rewrite_numerals(line))))

    def has_name_out_of_place(self, claim: Claim, sentence: str) -> bool:
        """Say whether what a sentence says of a name, the source says of another."""
        mine = {claim.text, *claim.value}
        said = frozenset(tokens_of(sentence)) - {token for form in mine for token in tokens_of(form)}
        here, there = 0.0, 0.0
        for line, names in self.names_by_line:
            fit = share(said, frozenset(tokens_of(line)))
            if names & mine:
                here = max(here, fit)
            elif names and not any(name in fold(sentence) for name in names):
                there = max(there, fit)
        return bool(here) and len(said) >= MIN_AROUND and there > here + OUT_OF_PLACE_MARGIN

    @cached_property
    def names_by_line(self) -> tuple[tuple[str, frozenset[str]], ...]:
        """The lines, each with every form of the names it mentions."""
        return tuple(
            (line, frozenset(form for claim in read_names(line, self._glossary) for form in claim.value))
            for line in self.lines
        )

    def nearest_line(self, sentence: str) -> str:
        """Return the line that has most of a sentence, by its words or, in another language, by what it states."""
        tokens = frozenset(tokens_of(sentence))
        values = [(claim.kind, claim.value) for claim in read_values(sentence)]

        def rate(line: str) -> tuple[float, int, float]:
            stated = {(claim.kind, claim.value) for claim in read_values(line)}
            own = frozenset(tokens_of(line))
            return share(tokens, own), sum(value in stated for value in values), share(own, tokens)

        rated = {line: rate(line) for line in self.lines}
        if self.is_foreign_to(sentence):
            return max(rated, key=lambda line: (rated[line][1], rated[line][0]), default="")
        return max(rated, key=lambda line: rated[line], default="")

    def near_lines(self, sentence: str) -> set[str]:
        """Return the lines nearest to a sentence or to one of its clauses."""
        lines = {self.nearest_line(sentence)}
        for clause in split_clauses(drop_framing(sentence)):
            lines |= {line for _, line in self.nearest_clauses(frozenset(tokens_of(clause)))}
        return lines

    def stating_lines(self, sentence: str) -> set[str]:
        """Return the lines that state a value of a sentence."""
        claims = read_values(sentence)
        return {
            self.lines[place.line] for place in self.placed if any(is_stated(claim, place.claim) for claim in claims)
        }

    def is_foreign_to(self, sentence: str) -> bool:
        """Say whether the source is in another language than a sentence."""
        return any(passage.language != detect_language(sentence, passage.language) for passage in self._passages)

    def nearest_clauses(self, tokens: frozenset[str]) -> list[tuple[frozenset[str], str]]:
        """Return the classes and lines of the clauses nearest to one of a sentence; none where it is far from all."""
        rated = [(likeness(tokens, own), classes, line) for own, classes, line in self.clauses]
        best = max((rate for rate, _, _ in rated), default=0.0)
        if best < SAME_CLAUSE:
            return []
        return [(classes, line) for rate, classes, line in rated if rate >= best - 1e-9]
