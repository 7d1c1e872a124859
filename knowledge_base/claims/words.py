"""Reads the words that turn what a sentence says: not, only, except, must, at least, up to, free, promises …"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from knowledge_base.tokens import normalise
from knowledge_base.yaml_files import load_yaml

_WHETHER = re.compile(r"(.)[不沒]\1")
# 只租不賣 says one thing twice.
_ONLY_ONE = re.compile(r"(只\w)不\w")
_NOT_OPEN = re.compile(
    r"(?P<zh>不(?:會|對外)?開放)|\b(?:is|are|do|does|did|was|were|will|would|can)(?: not|n['’]t) open\b|\bno longer open\b"
)
# Two denials are none: what is not exempt must, what nothing prevents may.
_TWICE_DENIED = re.compile(
    r"\b(?:not|n['’]t) (?:exempt(?:ed)?|excused)\b|\bnothing (?:prevent|stop|bar|forbid)\w*|\bnot (?:limited|restricted|confined) to\b|不(?:限於|侷限於)"
)
_NO_OTHER = re.compile(
    r"\bno(?:t|ne)? (?:different|other)\b(?! than (?:the|a) )|\bno difference between\b|\b(?:are|is) one (?:body|and the same)\b|沒有?(?:不同|差別)"
)
_COMFORT = re.compile(
    r"^(?:不是|不行|不會|不用|不需要|不必|不能|不可以|沒有)[,，]|沒關係|(?:別|不用|不必)擔心|\bdon['’]t worry\b|\bi['’]m (?:sorry|afraid)\b"
)


@dataclass(frozen=True)
class WordClass:
    """Words that say one thing. `stands_for` are the classes that may say it in the source; `turns`: leaving them
    away turns the meaning, so what the source has, the sentence must have.
    """

    name: str
    pattern: re.Pattern[str]
    stands_for: frozenset[str]
    turns: bool


@dataclass(frozen=True)
class ClaimWords:
    """The classes by name, those that must be sourced anywhere or near by, opposites, groups, rates, units, politeness."""

    classes: Mapping[str, WordClass]
    held: tuple[str, ...]
    held_near: tuple[str, ...]
    opposites: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]
    groups: tuple[re.Pattern[str], ...]
    rates: tuple[re.Pattern[str], ...]
    units: Mapping[str, re.Pattern[str]]
    framing: re.Pattern[str]


@cache
def load_claim_words() -> ClaimWords:
    """Read words.yaml."""
    content = load_yaml((Path(__file__).parent / "words.yaml").read_text("utf-8"))
    classes = {
        name: WordClass(
            name=name,
            pattern=re.compile("|".join(entry["patterns"])),
            stands_for=frozenset(entry["stands_for"]),
            turns=entry["turns"],
        )
        for name, entry in content["classes"].items()
    }
    pairs = [(re.compile(one), re.compile(other)) for one, other in content["opposites"]]
    return ClaimWords(
        classes=classes,
        held=tuple(content["held"]),
        held_near=tuple(content["held_near"]),
        groups=tuple(re.compile(pattern) for pattern in content["groups"]),
        opposites=(*pairs, *((other, one) for one, other in pairs)),
        rates=tuple(re.compile(pattern) for pattern in content["rates"]),
        units={name: re.compile(rf"^[\s-]?(?:{pattern})") for name, pattern in content["units"].items()},
        framing=re.compile("|".join(content["framing"])),
    )


@lru_cache(maxsize=8_192)
def read_word_classes(text: str) -> frozenset[str]:
    """Return the classes a text has words of."""
    folded = _drop_questions(text)
    return frozenset(name for name, known in load_claim_words().classes.items() if known.pattern.search(folded))


def _drop_questions(text: str) -> str:
    """Return a text, normalised, without what denies nothing: 要不要 asks whether, 沒關係 comforts."""
    plain = _COMFORT.sub(" ", normalise(text))
    plain = _ONLY_ONE.sub(r"\1", _WHETHER.sub(r"\1", plain))
    plain = _NO_OTHER.sub("the same", _TWICE_DENIED.sub("regardless of", plain))
    return _NOT_OPEN.sub(lambda match: "關閉" if match["zh"] else "closed", plain)


@lru_cache(maxsize=8_192)
def read_groups(text: str) -> frozenset[int]:
    """Return the groups of people and things a text names, as places in the list of groups."""
    plain = normalise(text)
    return frozenset(place for place, group in enumerate(load_claim_words().groups) if group.search(plain))


def find_other_group(text: str, source: str) -> str:
    """Return the word of a text for a group of people that the source does not name, or "". Both are normalised."""
    for group in load_claim_words().groups:
        match = group.search(text)
        if match and not group.search(source):
            return match.group()
    return ""


def find_opposite(text: str, source: str) -> str:
    """Return a word of a text whose opposite the source has in its place, or "". Both are normalised."""
    mine, theirs = _drop_questions(text), _drop_questions(source)
    for one, other in load_claim_words().opposites:
        match = one.search(mine)
        if match and other.search(theirs) and not one.search(theirs) and not other.search(mine):
            return match.group()
    return ""


@lru_cache(maxsize=8_192)
def read_rates(text: str) -> frozenset[int]:
    """Return what the amounts of a text count for: hours, people …, as places in the list of rates."""
    plain = normalise(text)
    return frozenset(place for place, rate in enumerate(load_claim_words().rates) if rate.search(plain))


@lru_cache(maxsize=8_192)
def read_unit(after: str) -> str:
    """Return the unit of measure that follows a number at once, by one name, or ""."""
    plain = normalise(after)
    return next((name for name, unit in load_claim_words().units.items() if unit.search(plain)), "")


@lru_cache(maxsize=8_192)
def count_negations(text: str) -> int:
    """Count how often a text denies something."""
    return len(load_claim_words().classes["negation"].pattern.findall(_drop_questions(text)))


def drop_framing(text: str) -> str:
    """Return a text, folded, without what politeness adds."""
    return load_claim_words().framing.sub(" ", normalise(text))
