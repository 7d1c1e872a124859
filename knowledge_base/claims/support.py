"""Checks a sentence against the passages it cites: whatever it states must stand there. No model is asked.

Checked are values and names (knowledge_base.claims.reading, names), words that turn the meaning (words), that a value
stands in the place the source gives it, and how much of the sentence the source speaks of at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from knowledge_base.chunking import Passage
from knowledge_base.claims.aboutness import content_tokens, is_joining, meaning_of, share, split_clauses, tokens_of
from knowledge_base.claims.bounds import Bound
from knowledge_base.claims.claim import Claim, ClaimKind
from knowledge_base.claims.names import (
    load_bodies,
    mentions_name,
    read_editions,
    read_joined,
    read_listed,
    read_names,
    read_other_names,
)
from knowledge_base.claims.numerals import rewrite_numerals
from knowledge_base.claims.reading import read_values
from knowledge_base.claims.source import NearClause, Source
from knowledge_base.claims.words import (
    count_negations,
    drop_framing,
    find_opposite,
    find_other_group,
    load_claim_words,
    read_groups,
    read_rates,
    read_word_classes,
)
from knowledge_base.glossary import Glossary, contains_form, fold

# This much of what a sentence says beside its values must be the source's, measured by its tokens.
MIN_GROUNDED = 0.45
MIN_GROUNDED_SHORT = 0.34
SHORT_TOKENS = 6
# A sentence that says little but an address, a phone number or a link (all of them sourced) needs few words for it.
MIN_GROUNDED_TELLING = 0.2
TELLING_KINDS = frozenset({ClaimKind.URL, ClaimKind.EMAIL, ClaimKind.PHONE, ClaimKind.ADDRESS})
# What a sentence without any value says beside the words of the title must be the source's at least so far: "the ferry
# is on fire" is not.
MIN_OWN_GROUNDED = 0.2
MAX_COUNTED = 9
# A sentence with more values is a table; each is laid beside all of its source, which would take seconds.
MAX_VALUES = 16
# A sentence that has this much of a line, and the line of it, says it again.
SAYS_AGAIN = 0.5
# What may stand for one "not".
STANDS_FOR_NO = frozenset({"over", "free", "only", "except"})
# For whom, or for how long, something is free.
CONDITIONS = frozenset({ClaimKind.AGE, ClaimKind.DURATION})
# Classes of words that a value's bound stands for.
BOUND_WORDS: Mapping[str, Bound] = {"at_least": Bound.FROM, "at_most": Bound.TO}
# A clause of so many tokens of which the source has less than this says something of its own.
CLAUSE_TOKENS = 4
MIN_CLAUSE_GROUNDED = 0.2

_SEPARATE_CLAUSE = re.compile(r"[，；;。！!？?\n]|[.:]\s|, ")
_ASIDE = re.compile(r"[(（][^)）]*[)）]")
_SUMS_UP = re.compile(r"(?:等|共|共計|這|以上|、[^、]*|\b(?:the|these|all|both)\s)\s*$")
_KINDS = re.compile(r"\s?[種項類地市國部]|\s?大[類項]")
_ITEM_END = re.compile(r"(?:,|，|、|；|;|\band\b|和|與|及|跟)+\s*(?:\band\b)?")

Translate = Callable[[str], Iterable[str]]


@dataclass(frozen=True)
class Problem:
    """Something a sentence states that its source does not: `kind` of claim, and how it is written."""

    kind: str
    text: str


@dataclass(frozen=True)
class SentenceCheck:
    """What the check found. `line` is the source's own sentence that is nearest, to quote instead."""

    problems: tuple[Problem, ...]
    line: str = ""

    @property
    def holds(self) -> bool:
        """Whether everything the sentence states stands in its source."""
        return not self.problems


@dataclass(frozen=True)
class Checker:
    """Checks sentences. `today` resolves "tomorrow"; `known_names` (folded) need no source: the city's own name.

    `translate` gives the other language's words for a word, where source and sentence differ in language.
    """

    glossary: Glossary
    today: date
    known_names: frozenset[str] = frozenset()
    translate: Translate = lambda word: ()

    def read(self, passages: Sequence[Passage]) -> Source:
        """Return passages as a source to check sentences against."""
        return Source(passages, self.glossary)

    def check(self, sentence: str, source: Source) -> SentenceCheck:
        """Check one sentence against the passages it cites."""
        if len(read_values(sentence)) > MAX_VALUES:
            return SentenceCheck((Problem("length", sentence[:80]),))
        problems = [
            *self._check_values(sentence, source),
            *self._check_names(sentence, source),
            *_check_words(sentence, source),
            *_check_opposites(sentence, source),
            *_check_groups(sentence, source),
            *self._check_grounding(sentence, source),
        ]
        return SentenceCheck(tuple(dict.fromkeys(problems)), source.nearest_line(sentence))

    def _check_values(self, sentence: str, source: Source) -> Iterable[Problem]:
        claims = read_values(sentence, self.today)
        turned = (
            *source.places.find_turned_ranges(sentence, claims),
            *source.places.find_turned_joins(sentence, claims),
        )
        yield from (Problem("range", claim.text.strip()) for claim in turned)
        for claim in claims:
            if _counts_items(claim, sentence):
                continue
            if not source.states(claim, sentence, claims):
                yield Problem(claim.kind, claim.text.strip())
            elif source.places.turns_bound(claim, sentence, claims):
                yield Problem(f"{claim.kind}_bound", claim.text.strip())
            elif fold(claim.text) in self.glossary.by_form:
                # 1999 is the name of the hotline.
                continue
            elif source.places.is_out_of_place(claim, sentence, claims) or source.is_of_another_name(
                claim, sentence, self.known_names
            ):
                yield Problem(f"{claim.kind}_out_of_place", claim.text.strip())

    def _check_names(self, sentence: str, source: Source) -> Iterable[Problem]:
        yield from self._find_unknown_items(sentence, source)
        folded = source.folded_for(sentence)
        for claim in read_names(sentence, self.glossary):
            if not (set(claim.value) & self.known_names) and not mentions_name(folded, claim):
                yield Problem(ClaimKind.NAME, claim.text)
            elif source.has_name_out_of_place(claim, sentence):
                yield Problem(f"{ClaimKind.NAME}_out_of_place", claim.text)
        for claim in read_names(sentence, load_bodies()):
            if not mentions_name(folded, claim):
                yield Problem(ClaimKind.NAME, claim.text)
        for word, year in read_editions(sentence):
            if year not in source.editions.get(word, {year}):
                yield Problem(f"{ClaimKind.NAME}_out_of_place", f"{word} {year}")
        for claim in read_other_names(sentence):
            (name,) = claim.value
            if (
                not contains_form(folded, name)
                and name not in self.known_names
                and not self._is_translated(name, source)
            ):
                yield Problem(ClaimKind.NAME, claim.text)

    def _find_unknown_items(self, sentence: str, source: Source) -> Iterable[Problem]:
        """Find an item of a list that the source has no word of."""
        for claim in read_listed(sentence):
            tokens = tokens_of(claim.value[0])
            if tokens and not any(token in source.tokens for token in tokens):
                yield Problem(ClaimKind.NAME, claim.value[0])
        if source.is_foreign_to(sentence):
            return
        for claim in read_joined(sentence):
            (name,) = claim.value
            if not any(source.has_share(name[place : place + 2]) for place in range(len(name) - 1)):
                yield Problem(ClaimKind.NAME, name)

    def _is_translated(self, name: str, source: Source) -> bool:
        """Say whether a name is a form of one the source has in the other language (checked as such before)."""
        mentioned = [claim for claim in read_names(name, self.glossary) if len(claim.text) >= len(name)]
        return any(mentions_name(source.folded, claim) for claim in mentioned)

    def _check_grounding(self, sentence: str, source: Source) -> Iterable[Problem]:
        tokens = content_tokens(sentence)
        values = read_values(sentence)
        needed = MIN_GROUNDED if len(tokens) >= SHORT_TOKENS else MIN_GROUNDED_SHORT
        if any(claim.kind in TELLING_KINDS for claim in values):
            needed = MIN_GROUNDED_TELLING
        if not tokens or (tokens and self._measure_grounding(tokens, source) < needed):
            yield Problem("unsourced", sentence)
        own = [token for token in tokens if token not in source.topic_tokens and not is_joining(token)]
        has_value = any(fold(claim.text) not in self.glossary.by_form for claim in values)
        if own and not has_value and self._measure_grounding(own, source) < MIN_OWN_GROUNDED:
            yield Problem("unsourced", sentence)
        for clause in _SEPARATE_CLAUSE.split(sentence):
            tokens = content_tokens(clause)
            if len(tokens) >= CLAUSE_TOKENS and self._measure_grounding(tokens, source) < MIN_CLAUSE_GROUNDED:
                yield Problem("unsourced", clause.strip())

    def _measure_grounding(self, tokens: Sequence[str], source: Source) -> float:
        return sum(max(source.has_share(token), self._translates(token, source)) for token in tokens) / len(tokens)

    def _translates(self, token: str, source: Source) -> bool:
        return any(word in source.tokens or word in source.folded for word in self.translate(token))


def _check_words(sentence: str, source: Source) -> Iterable[Problem]:
    yield from _check_turns(sentence, source)
    words = load_claim_words()
    plain = source.drop_names(sentence)
    mine = read_word_classes(plain)
    lines = sorted(source.near_lines(sentence) | source.stating_lines(sentence))
    said = read_word_classes("\n".join(lines))
    if not count_negations(plain):
        # "Not free for everyone" is no evidence for "everyone".
        said -= {"everybody"} - read_word_classes("\n".join(line for line in lines if not count_negations(line)))
    rates = read_rates(plain) - read_rates("\n".join(lines))
    if rates:
        yield Problem("rate", sentence)
    nearest = read_word_classes(source.drop_names(source.nearest_line(sentence)))
    for names, where in ((words.held, said), (words.held_near, nearest)):
        for known in (words.classes[name] for name in names if name in mine):
            if not known.stands_for & where:
                bound = BOUND_WORDS.get(known.name)
                if bound and source.places.shares_bound(bound, sentence):
                    continue
                match = known.pattern.search(plain)
                yield Problem(known.name, match.group() if match else sentence)


def _check_groups(sentence: str, source: Source) -> Iterable[Problem]:
    """Find people the source does not speak of: "foreigners can apply" where it says who can, and not that."""
    if word := find_other_group(source.drop_names(drop_framing(sentence)), source.plain):
        yield Problem("group", word)
    free = [line for line in source.lines if "free" in read_word_classes(line)]
    if "free" in read_word_classes(sentence) and (near := source.near_lines(sentence) & set(free)):
        told = {(claim.kind, claim.value) for claim in read_values(sentence)}
        asked = [{(c.kind, c.value) for c in read_values(line) if c.kind in CONDITIONS} for line in near]
        if all(conditions and not conditions & told for conditions in asked):
            yield Problem("free", sentence)
    is_for_all = "free" in read_word_classes(sentence) and not read_groups(sentence)
    if free and is_for_all and all(read_groups(line) for line in free):
        yield Problem("free", sentence)


def _check_opposites(sentence: str, source: Source) -> Iterable[Problem]:
    """Find a word that stands where the source has its opposite: "before" for "after", weekdays for weekends."""
    if source.is_foreign_to(sentence):
        return
    lines = sorted(source.near_lines(sentence))
    if "condition" in read_word_classes(sentence):
        # What holds only under a condition is held against what the source says under one.
        lines = [line for line in lines if "condition" in read_word_classes(line)] or lines
    near = source.drop_names("\n".join(lines))
    if word := find_opposite(source.drop_names(drop_framing(sentence)), near):
        yield Problem("opposite", word)


def _check_turns(sentence: str, source: Source) -> Iterable[Problem]:
    """Find a "not" that came in or went away: clause by clause, against the clause it is taken from."""
    if source.is_foreign_to(sentence):
        yield from _check_turns_abroad(sentence, source)
        return
    words = load_claim_words()
    negation = words.classes["negation"]
    whole = source.drop_names(sentence)
    mine = read_word_classes(whole)
    nearest = source.nearest_line(sentence)
    near_lines = {nearest}
    # A clause that names a price is not the one that says "free"; whether the price is right is seen elsewhere.
    has_price = any(claim.kind is ClaimKind.MONEY for claim in read_values(sentence))
    gone: list[Problem] = []
    added: list[Problem] = []
    for clause in split_clauses(drop_framing(sentence)):
        plain = source.drop_names(clause)
        near = source.nearest_clauses(meaning_of(clause))
        near_lines |= {one.line for one in near}
        for known in words.classes.values():
            said = read_word_classes(plain) if known is negation else mine
            lacks = not known.stands_for & said and not (known.name == "free" and has_price)
            if known.turns and near and lacks and all(known.name in one.classes for one in near):
                gone.append(Problem(known.name, clause.strip()))
        if near and count_negations(plain) and not any(_denies(one, plain) for one in near):
            added.append(Problem(negation.name, clause.strip()))
    denials = count_negations(whole)
    denied = source.drop_names("\n".join(near_lines))
    yield from (problem for problem in gone if problem.kind != negation.name or denials < count_negations(denied))
    if denials > count_negations(source.drop_names(nearest)):
        yield from added
    if denials != count_negations(denied) and _is_turned_round(sentence, nearest, source):
        yield Problem(negation.name, sentence)
    stands_in = (read_word_classes(denied) & STANDS_FOR_NO) - mine
    if denials > count_negations(denied) and not (denials == 1 and stands_in):
        yield Problem(negation.name, sentence)


def _denies(near: NearClause, clause: str) -> bool:
    """Say whether a clause of the source denies what a clause of a sentence denies, in a word that this one lacks."""
    stand_in = STANDS_FOR_NO - read_word_classes(clause)
    return "negation" in near.classes or bool(stand_in & near.classes)


def _is_turned_round(sentence: str, line: str, source: Source) -> bool:
    """Say whether a sentence that says a line again, word for word mostly, has one "not" more or less."""
    line = _ASIDE.sub(" ", line)
    mine, theirs = meaning_of(drop_framing(sentence)), meaning_of(line)
    if min(share(mine, theirs), share(theirs, mine)) < SAYS_AGAIN:
        return False
    sentence, line = source.drop_names(sentence), source.drop_names(line)
    own, its = (read_word_classes(text) & STANDS_FOR_NO for text in (sentence, line))
    more = count_negations(sentence) - count_negations(line)
    # "Free" may stand for one "not" less, and one "not" more for the line's "free".
    return more % 2 == 1 and not (its - own if more > 0 else own - its)


def _check_turns_abroad(sentence: str, source: Source) -> Iterable[Problem]:
    """Do the same across languages, where clauses cannot be laid side by side: the nearest line denies, or both do not.

    The passage must not deny anything where no line can be told to be the nearest.
    """
    line = source.nearest_line(sentence)
    stated = {(claim.kind, claim.value) for claim in read_values(line)}
    is_known = any((claim.kind, claim.value) in stated for claim in read_values(sentence))
    denied = line if is_known else "\n".join(source.lines)
    if bool(count_negations(source.drop_names(sentence))) != bool(count_negations(source.drop_names(denied))):
        yield Problem("negation", sentence)


def _counts_items(claim: Claim, sentence: str) -> bool:
    """Say whether a small number counts what the sentence itself lists: "two cities, Taipei and Kaohsiung"."""
    if claim.kind is not ClaimKind.NUMBER or isinstance(claim.value, str) or not 2 <= claim.value <= MAX_COUNTED:
        return False
    text = rewrite_numerals(sentence)
    before = re.split(r"[，,；;。：:]", text[: claim.start])[-1]
    after = re.split(r"[：:，,]", text[claim.end :], maxsplit=1)
    sums_up = _SUMS_UP.search(before) or _KINDS.match(text[claim.end :])
    listed = len(_ITEM_END.split(before)) if sums_up else 0
    return claim.value in (listed, len(_ITEM_END.split(after[1])) if len(after) > 1 else 0)
