"""The passages a sentence cites, read for what they state."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, permutations

from knowledge_base.chunking import Passage
from knowledge_base.claims.aboutness import (
    find_clause,
    likeness,
    meaning_of,
    share,
    split_clauses,
    tokens_of,
)
from knowledge_base.claims.claim import Claim, ClaimKind
from knowledge_base.claims.contacts import normalise_address
from knowledge_base.claims.names import read_editions, read_names
from knowledge_base.claims.numerals import rewrite_numerals
from knowledge_base.claims.placing import MIN_AROUND, OUT_OF_PLACE_MARGIN, Places
from knowledge_base.claims.reading import read_values
from knowledge_base.claims.stated import count_days, count_months, find_weekday, is_stated
from knowledge_base.claims.words import drop_framing, read_word_classes
from knowledge_base.documents import last_day
from knowledge_base.glossary import NAME, Glossary, fold
from knowledge_base.language import count_cjk, detect_language
from knowledge_base.tokens import normalise

# Two Chinese characters that the source has, but not side by side, count this much.
PAIR_APART = 0.4
# A clause is taken from the clause of the source that has this much of it.
SAME_CLAUSE = 0.5
# Of a clause of so few tokens, the words of the title alone tell nothing.
SHORT_CLAUSE = 4

# Values whose unit is said once for several: "seven years, and the others ten".
_MEASURED = frozenset({ClaimKind.DURATION, ClaimKind.MONEY, ClaimKind.PERCENT, ClaimKind.AGE})

_OF_ITSELF = re.compile(
    r"公告|公布|發布|發佈|報導|新聞|刊登|說明|資料|更新|有效|收錄|消息|問答|\b(?:publish|report|announce|updat|valid|faq|page|as of|source|according|dated)",
    re.IGNORECASE,
)


def _days_of(claims: Sequence[Claim]) -> list[tuple[int | None, int | None, int | None]]:
    """Return the days a sentence names."""
    return [date for date in _dates_of(claims) if date[2]]


def _dates_of(claims: Sequence[Claim]) -> list[tuple[int | None, int | None, int | None]]:
    """Return the days and months a sentence names; one without a year is of the years that are named beside it."""
    dates = [claim.value for claim in claims if claim.kind is ClaimKind.DATE]
    years = {year for year, _, _ in dates if year}
    whole = [(own or year, month, day) for own, month, day in dates if month for year in years or {None}]
    return list(dict.fromkeys(whole))


@dataclass(frozen=True)
class NearClause:
    """A clause of a source: the classes of words it has, its line."""

    classes: frozenset[str]
    line: str


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
        heads = [f"{passage.title}\n{passage.heading}" for passage in passages]
        publishers = [passage.publisher for passage in passages]
        self._said = "\n".join([*self.lines, *heads])
        self._whole = "\n".join([self._said, *publishers])
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

    def folded_for(self, sentence: str) -> str:
        """Return what may be said of names, folded: who published it, only where the sentence speaks of that."""
        return self.folded if _OF_ITSELF.search(sentence) else self._folded_said

    @cached_property
    def _folded_said(self) -> str:
        return fold(self._said)

    @cached_property
    def plain(self) -> str:
        """Everything, normalised, with its spaces."""
        return normalise(self._whole)

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
    def editions(self) -> Mapping[str, set[int]]:
        """The years of what is named by its year."""
        years: dict[str, set[int]] = {}
        for word, year in read_editions(self._whole):
            years.setdefault(word, set()).add(year)
        return years

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
    def places(self) -> Places:
        """Where in the lines each value stands."""
        return Places(self.lines)

    @cached_property
    def clauses(self) -> tuple[tuple[frozenset[str], frozenset[str], str], ...]:
        """The clauses of the lines: tokens, classes of words, and the line each stands in."""
        return tuple(
            (meaning_of(clause), read_word_classes(self.drop_names(clause)), line)
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
        """Say whether a claim follows from what the source states: the weekday of a date, the days of a range."""
        match claim.kind:
            case ClaimKind.WEEKDAY if isinstance(claim.value, int):
                return any(find_weekday(day) == claim.value and self._states_day(day) for day in _days_of(beside))
            case ClaimKind.DURATION if claim.value[0] == "day":
                days = [day for day in _days_of(beside) if self._states_day(day)]
                return any(count_days(one, other) == claim.value[1] for one, other in combinations(days, 2))
            case ClaimKind.DURATION if claim.value[0] == "month":
                dates = _dates_of(beside)
                return any(count_months(one, other) == claim.value[1] for one, other in combinations(dates, 2))
            case ClaimKind.FRACTION:
                amounts = [other.value[1] for other in beside if other.kind is ClaimKind.MONEY]
                top, bottom = claim.value
                return any(bottom * one == top * other for one, other in permutations(amounts, 2))
            case ClaimKind.NUMBER:
                return any(
                    claim.value == stated.number
                    for other in beside
                    if other.kind in _MEASURED and other.start < claim.start
                    for stated in self.claims
                    if stated.kind is other.kind
                )
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

    def has_name_out_of_place(self, claim: Claim, sentence: str) -> bool:
        """Say whether what a sentence says of a name, the source says of another."""
        mine = {claim.text, *claim.value}
        said = frozenset(tokens_of(sentence)) - {token for form in mine for token in tokens_of(form)}
        here, there = 0.0, 0.0
        for line, names in self.names_by_line:
            fit = share(said, frozenset(tokens_of(line)))
            if names & mine:
                here = max(here, fit)
            elif (names := names - self._topic) and not any(name in fold(sentence) for name in names):
                there = max(there, fit)
        return bool(here) and len(said) >= MIN_AROUND and there > here + OUT_OF_PLACE_MARGIN

    def is_of_another_name(self, claim: Claim, sentence: str, known: frozenset[str]) -> bool:
        """Say whether a value stands only in lines of other names, and one of its kind where a name of the sentence is.

        `known` names are the city's own, and tell nothing.
        """
        if claim.kind is ClaimKind.DATE and claim.value[1] is None:
            # A year tells of when something was said as often as of what is told.
            return False
        text = rewrite_numerals(sentence)
        clause = text[slice(*find_clause(claim, text, read_values(sentence)))]
        in_clause, in_sentence = self._read_forms(clause), self._read_forms(sentence, known)
        return self._is_of_others(claim, in_sentence, self._topic) or self._is_of_others(claim, in_clause, frozenset())

    def _read_forms(self, text: str, known: frozenset[str] = frozenset()) -> set[str]:
        """Return every form of the names of a text, except of those that are known."""
        names = (named.value for named in read_names(text, self._glossary))
        return {form for forms in names if not known & set(forms) for form in forms}

    def _is_of_others(self, claim: Claim, named: set[str], topic: frozenset[str]) -> bool:
        """Say whether the lines of a value name others only; what is topic, or what all its lines name, tells nothing."""
        stating = {place.line for place in self.places.places if is_stated(claim, place.claim)}
        of_kind = {place.line for place in self.places.places if place.claim.kind is claim.kind} - stating
        theirs = [self.names_by_line[line][1] for line in stating]
        others = [self.names_by_line[line][1] for line in of_kind]
        everywhere = frozenset.intersection(*theirs, *others) if theirs and others else frozenset[str]()
        mine = named if topic else named - everywhere
        return (
            bool(mine and theirs)
            and all(names - topic - everywhere and not names & mine for names in theirs)
            and any(names & mine for names in others)
        )

    @cached_property
    def _topic(self) -> frozenset[str]:
        """Every form of the names in the titles: what all of it is about."""
        titles = "\n".join(passage.title for passage in self._passages)
        return frozenset(form for claim in read_names(titles, self._glossary) for form in claim.value)

    @cached_property
    def topic_tokens(self) -> frozenset[str]:
        """The tokens of the titles: to have those in common is not to say the same."""
        return frozenset(token for passage in self._passages for token in meaning_of(passage.title))

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
            lines |= {near.line for near in self.nearest_clauses(meaning_of(clause))}
        return lines

    def stating_lines(self, sentence: str) -> set[str]:
        """Return the lines that state a value of a sentence."""
        claims = read_values(sentence)
        return {
            self.lines[place.line]
            for place in self.places.places
            if any(is_stated(claim, place.claim) for claim in claims)
        }

    def is_foreign_to(self, sentence: str) -> bool:
        """Say whether the source is in another language than a sentence."""
        return any(passage.language != detect_language(sentence, passage.language) for passage in self._passages)

    def nearest_clauses(self, tokens: frozenset[str]) -> list[NearClause]:
        """Return the clauses nearest to one of a sentence; none where it is far from all."""
        rated = [
            ((likeness(tokens, own), share(own, tokens)), classes, line)
            for own, classes, line in self.clauses
            if len(tokens) > SHORT_CLAUSE or (tokens & own) - self.topic_tokens
        ]
        best = max((rate for rate, _, _ in rated), default=(0.0, 0.0))
        if best[0] < SAME_CLAUSE:
            return []
        # Of clauses that have as much of it, one that says little else is the one.
        is_one = best[1] >= SAME_CLAUSE
        return [
            NearClause(classes, line)
            for rate, classes, line in rated
            if rate[0] == best[0] and (not is_one or rate[1] == best[1])
        ]
