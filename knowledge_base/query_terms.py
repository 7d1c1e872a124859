"""The terms of a question to search for: its own for passages in its language, translations for the other.

A term is what a passage may say in any of several ways (needles), the surest first: "補助" in Chinese text, "grant" in
English, by the learned translation table and the city's glossary.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from knowledge_base.glossary import NAME, Glossary
from knowledge_base.language import CHINESE, CJK, count_cjk
from knowledge_base.tokens import (
    ENGLISH_STOP_STEMS,
    load_question_cues,
    normalise,
    split_runs,
    stem,
)
from knowledge_base.translation import TranslationTable

_QUESTION_WORDS = re.compile("|".join(load_question_cues()["question_words"]))
# A word that no passage has is taken for one that this share of them has.
UNKNOWN_FREQUENCY_SHARE = 0.01
GLOSSARY_NAME_WEIGHT = 1.0
GLOSSARY_WORD_WEIGHT = 0.4


@dataclass(frozen=True)
class Term:
    """A term: its needles as they stand in a prepared passage, each with a weight, and how telling the term is."""

    needles: tuple[tuple[str, float], ...]
    idf: float


@dataclass(frozen=True)
class QueryTerms:
    """The terms of a question for passages of one language."""

    terms: tuple[Term, ...]

    @cached_property
    def total(self) -> float:
        """How much a passage with every term could reach."""
        return sum(term.idf for term in self.terms) or 1.0


@dataclass(frozen=True)
class TermReader:
    """Reads the terms of a question over an index of `passage_count` passages."""

    frequency: Callable[[str], int]
    passage_count: int
    table: TranslationTable
    glossary: Glossary

    def read(self, question: str, question_language: str, passage_language: str) -> QueryTerms:
        """Return the terms to look for in passages of a language."""
        text = _QUESTION_WORDS.sub(" ", normalise(question))
        terms = self._own_terms(text) if question_language == passage_language else self._translated_terms(text)
        return QueryTerms((*terms, *self._glossary_terms(question, passage_language, terms)))

    def _own_terms(self, text: str) -> list[Term]:
        needles: dict[str, str] = {}
        for is_chinese, run in split_runs(text):
            if is_chinese:
                needles |= {gram: gram for gram in (*run, *(run[i : i + 2] for i in range(len(run) - 1)))}
            elif run not in ENGLISH_STOP_STEMS:
                needles[run] = f" {run} "
        return [Term(((needle, 1.0),), self._idf(self.frequency(token))) for token, needle in needles.items()]

    def _translated_terms(self, text: str) -> list[Term]:
        numbers = dict.fromkeys(run for is_chinese, run in split_runs(text) if not is_chinese and run[0].isdigit())
        terms = [Term(((f" {number} ", 1.0),), self._idf(self.frequency(number))) for number in numbers]
        return [*terms, *map(self._translate, self.table.split_query(text))]

    def _translate(self, word: str) -> Term:
        choices = [(term.term, term.weight) for term in self.table.translate_word(word)]
        if not count_cjk(word):
            # A name is often written in Latin letters in Chinese text too.
            choices.append((word, max((weight for _, weight in choices), default=1.0)))
        total = sum(weight for _, weight in choices)
        found = [(term, weight, self._frequency_of_word(term)) for term, weight in choices]
        expected = sum(weight * count for _, weight, count in found) / total if total else 0.0
        needles = tuple((_as_needle(term), weight / total) for term, weight, count in found if count)
        return Term(needles, self._idf(expected or self.passage_count * UNKNOWN_FREQUENCY_SHARE))

    def _glossary_terms(self, question: str, language: str, own: Sequence[Term]) -> Iterator[Term]:
        """Yield the city's other forms of the names and words the question mentions, in the passages' language."""
        have = {needle for term in own for needle, _ in term.needles}
        for mention in self.glossary.find_mentions(question):
            weight = GLOSSARY_NAME_WEIGHT if mention.entry.kind == NAME else GLOSSARY_WORD_WEIGHT
            forms = [form for form in mention.entry.folded if bool(count_cjk(form)) == (language == CHINESE)]
            needles = {_as_needle(form): self._frequency_of_phrase(form) for form in forms if form != mention.form}
            there = {needle: count for needle, count in needles.items() if count and needle not in have}
            if there:
                idf = self._idf(max(there.values()))
                yield Term(tuple((needle, 1.0) for needle in there), weight * idf)

    def _frequency_of_word(self, term: str) -> int:
        if len(term) <= 2 or not count_cjk(term):
            return self.frequency(term)
        return min(self.frequency(term[i : i + 2]) for i in range(len(term) - 1))

    def _frequency_of_phrase(self, form: str) -> int:
        pieces = [run for _, run in split_runs(form)]
        return min((self._frequency_of_word(piece) for piece in pieces), default=0)

    def _idf(self, frequency: float) -> float:
        return math.log(1.0 + (self.passage_count - frequency + 0.5) / (frequency + 0.5))


def prepare_text(text: str) -> str:
    """Return a text as needles are searched in it: Chinese characters as they are, every other word or number as its
    stem between spaces, one sentence a line.
    """
    return _BESIDE_CHINESE.sub(_prepare_match, normalise(text))


# Everything but Chinese characters, which are most of a text and stay as they are.
_BESIDE_CHINESE = re.compile(
    rf"(?P<end>[。！？；!?;\n]|\.(?=\s|$))|(?P<number>\d+(?:\.\d+)+[a-z]*)|(?P<word>[^\W_{CJK}]+)|[^{CJK}]"
)


def _prepare_match(match: re.Match[str]) -> str:
    kind = match.lastgroup
    if kind == "word":
        return f" {stem(match.group())} "
    if kind == "number":
        return f" {match.group()} "
    return "\n" if kind == "end" else ""


def _as_unit(run: tuple[bool, str]) -> str:
    is_chinese, word = run
    return word if is_chinese else f" {word} "


def _as_needle(form: str) -> str:
    return "".join(map(_as_unit, split_runs(form))) if " " in form or not count_cjk(form) else form
