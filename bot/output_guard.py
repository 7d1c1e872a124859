"""Decides what of a language model's writing may reach a citizen, sentence by sentence. Whatever is in doubt may not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.model_contract import MAX_SENTENCE_CHARACTERS
from bot.steps.screen_question import clean_text
from knowledge_base.chunking import Passage
from knowledge_base.claims.source import Source
from knowledge_base.claims.support import Checker, Problem, SentenceCheck
from knowledge_base.instructions import is_instruction
from knowledge_base.language import CHINESE, count_cjk, detect_language
from knowledge_base.sentences import split_sentences
from knowledge_base.traditional import has_simplified, write_traditional

# Of more passages for one sentence the first ones count.
MAX_CITATIONS = 4
# Marks of footnotes that models put into the sentence itself.
_FOOTNOTE = re.compile(
    r"\s*[\[【(（](?:passage|段落|來源|source)?\s*\d{1,2}(?:\s*[,、，]\s*\d{1,2})*[\])】）](?=\s*[。.!！?？]?\s*$)",
    re.IGNORECASE,
)
_EMPHASIS = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
_LIST_MARK = re.compile(r"^\s*(?:[-*•・]\s+|#+\s+)")
# Markup has no place in a sentence: a picture or link in it would load or lead somewhere.
_MARKUP = re.compile(
    r"!?\[[^\]]*\]\([^)]*\)|<[^>]{1,200}>|```|\{\{|\}\}|<\||\|>|^\s*[\[{]|\bdata:|javascript:", re.IGNORECASE
)
_QUOTED = re.compile(r"[\"“「『](?P<inside>[^\"”」』]{2,80})[\"”」』]")
_ADDRESS_OR_NUMBER = re.compile(r"[\w%+~#?&=-]*[./@][\w%+~#?&=./@-]*|\d+", re.ASCII)
_LATIN_WORD = re.compile(r"[A-Za-z]+")


@dataclass(frozen=True)
class Guarded:
    """A sentence as it may go out, the passages that say it, or what is wrong with it; `line` could be quoted instead."""

    text: str
    passages: tuple[int, ...]
    problems: tuple[Problem, ...]
    line: str = ""

    @property
    def passes(self) -> bool:
        """Whether it may go out."""
        return not self.problems


@dataclass(frozen=True)
class OutputGuard:
    """Guards the writing in one language from numbered passages."""

    checker: Checker
    language: str
    passages: Sequence[Passage]
    _sources: dict[tuple[int, ...], Source] = field(default_factory=dict, init=False, repr=False)

    def guard(self, text: str, numbers: Sequence[int]) -> Guarded:
        """Judge a sentence that cites passages by their numbers, from 1."""
        plain = _clean(text, self.language)
        cited = tuple(dict.fromkeys(numbers[:MAX_CITATIONS]))
        if not cited:
            return Guarded(plain, (), (Problem("uncited", plain),))
        if not all(1 <= number <= len(self.passages) for number in cited):
            return Guarded(plain, (), (Problem("citation", str(list(cited))),))
        if problem := self._find_bad_form(text, plain, cited):
            return Guarded(plain, (), (problem,))
        return self._check(plain, cited)

    def _find_bad_form(self, text: str, plain: str, cited: Sequence[int]) -> Problem | None:
        if not plain or len(plain) > MAX_SENTENCE_CHARACTERS:
            return Problem("length", plain[:80])
        if _MARKUP.search(text) or _MARKUP.search(plain):
            return Problem("markup", plain)
        if is_instruction(self._drop_own_titles(plain, cited)):
            return Problem("instruction", plain)
        if has_simplified(plain) or not _is_in_language(plain, self.language):
            return Problem("language", plain)
        return None

    def _drop_own_titles(self, text: str, cited: Sequence[int]) -> str:
        """Return a text without what it quotes of its passages: to name a title is no order to say it.

        An order that a passage has is one all the same.
        """
        passages = [self.passages[number - 1] for number in cited]
        known = "\n".join(f"{passage.title}\n{passage.text}" for passage in passages)
        return _QUOTED.sub(
            lambda match: " " if match["inside"] in known and not is_instruction(match["inside"]) else match.group(),
            text,
        )

    def _check(self, text: str, cited: tuple[int, ...]) -> Guarded:
        """Check against each passage alone, then against all of a document: a sentence is never pieced together of several.

        What one passage says in full cites only that one.
        """
        check = SentenceCheck((Problem("uncited", text),))
        documents = {number: self.passages[number - 1].document_id for number in cited}
        together = [
            tuple(n for n in cited if documents[n] == document) for document in dict.fromkeys(documents.values())
        ]
        for numbers in (*((number,) for number in cited), *(numbers for numbers in together if len(numbers) > 1)):
            check = self._check_all(text, self._read(numbers))
            if check.holds:
                return Guarded(text, numbers, (), check.line)
        return Guarded(text, (), check.problems, check.line)

    def _read(self, numbers: tuple[int, ...]) -> Source:
        if numbers not in self._sources:
            self._sources[numbers] = self.checker.read([self.passages[number - 1] for number in numbers])
        return self._sources[numbers]

    def _check_all(self, text: str, source: Source) -> SentenceCheck:
        """Check every sentence of what was given as one."""
        checks = [self.checker.check(sentence, source) for sentence in split_sentences(text)]
        problems = tuple(problem for check in checks for problem in check.problems)
        return SentenceCheck(problems, checks[0].line if checks else "")


def _clean(text: str, language: str) -> str:
    """Return a sentence without marks nobody sees, footnotes and emphasis; Chinese in traditional characters."""
    plain = clean_text(_EMPHASIS.sub(r"\2", text)).replace("\n", " ")
    plain = _LIST_MARK.sub("", _FOOTNOTE.sub("", plain)).strip()
    return write_traditional(plain) if language == CHINESE or count_cjk(plain) else plain


def _is_in_language(text: str, language: str) -> bool:
    """Say whether a sentence is in a language; a name in the other one does not make it foreign."""
    plain = _ADDRESS_OR_NUMBER.sub(" ", text)
    if language != CHINESE:
        return detect_language(plain, default=language) == language
    return count_cjk(plain) >= len(_LATIN_WORD.findall(plain))
