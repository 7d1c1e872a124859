"""What an answer must speak of: the names, numbers and words of a question, each with its weight."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from knowledge_base.glossary import NAME, Glossary, contains_form, fold
from knowledge_base.language import CJK, count_cjk
from knowledge_base.lexical_index import LexicalIndex
from knowledge_base.tokens import ENGLISH_STOP_STEMS, load_question_cues, tokenise


class NeedKind(StrEnum):
    """A name and a number must be there; a word or text counts by how much of it is there."""

    NAME = "name"
    NUMBER = "number"
    WORD = "word"
    TEXT = "text"


@dataclass(frozen=True)
class Need:
    """Something the question speaks of. `forms` are folded; any of them will do. `weight` is how telling it is.

    `start` is where the surface begins in the folded text. A need is `known` if any document speaks of it: "通常" in a
    question is as unknown as a street nobody wrote of. `pieces` are tokens with weights, of which a part will do
    where the whole is not there. `rivals` are names of the same kind: who asks about one district is not answered by
    a sentence about another.
    """

    kind: NeedKind
    surface: str
    forms: tuple[str, ...]
    weight: float
    start: int
    known: bool = True
    is_focus: bool = False
    pieces: tuple[tuple[str, float], ...] = ()
    rivals: tuple[str, ...] = ()

    @property
    def is_other_city(self) -> bool:
        """Whether this names another city or county: nothing said here is about that."""
        return (
            self.kind is NeedKind.NAME
            and self.weight > CITY_WEIGHT
            and any(form.endswith(OTHER_CITY_ENDINGS) for form in self.forms)
        )

    @property
    def is_generic(self) -> bool:
        """Whether this only repeats the kind asked for: "the time", "what amount"."""
        return any(word in self.forms for word in _GENERIC)

    @property
    def is_year(self) -> bool:
        """Whether this is a calendar year, western or ROC."""
        return self.kind is NeedKind.NUMBER and self.surface.removeprefix("民國").isdigit()


NAME_WEIGHT = 1.3
NUMBER_WEIGHT = 0.5
CITY_WEIGHT = 0.02
DISTRICT = "區"
OTHER_CITY_ENDINGS = ("市", "縣")
MIN_WEIGHT = 0.02
# A word no document has may be chatter ("通常") or the very thing asked about; the longer, the more likely the latter.
UNKNOWN_WEIGHT_A_CHARACTER = 0.16
UNKNOWN_WORD_WEIGHT = 0.32
UNKNOWN_NAME_WEIGHT = 0.8
UNKNOWN_NAME_CHARACTERS = 4

_PHRASING = load_question_cues()["phrasing"]
_PHRASES = re.compile("|".join(phrase for phrase in _PHRASING if len(phrase) > 1))
_PARTICLES = re.compile("|".join(phrase for phrase in _PHRASING if len(phrase) == 1))
_YEAR = re.compile(r"(?<![\d.])(?:19|20)\d{2}(?!\d)|(?<!\d)(?:民國)?1[01]\d(?=年)")
_GENERIC = tuple(fold(word) for word in load_question_cues()["generic"])
_CARDINAL = "一二三四五六七八九十"
_ORDINAL = re.compile(
    rf"第\s*[{_CARDINAL}\d]+\s*(?:次|屆|期|階段|季|號|類|型)"
    r"|\b(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|\d+(?:st|nd|rd|th))\b(?= \w)"
)
_CJK_RUN = re.compile(f"[{CJK}]{{2,}}")
_LATIN_RUN = re.compile(rf"[^\W_{CJK}]+(?:[.'-][^\W_{CJK}]+)*")
# A capital within a sentence, or capitals and digits: a name, whether or not the glossary has it.
_PROPER = re.compile(r"(?<=[a-z,] )[A-Z][A-Za-z0-9]+|\b[A-Z][A-Z0-9]{2,}\b")
_FOCUS_CUE = re.compile(
    r"是誰|是哪|是什麼|是多少|在哪|多少|幾|誰|哪|什麼|何時|何日|怎麼"
    r"|\b(?:what|which|who|whom|how (?:much|many|long|often)|where|when|why)\b"
)
_ENGLISH_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_SPACE = " "


def read_needs(text: str, *, glossary: Glossary, index: LexicalIndex, city_names: Sequence[str]) -> list[Need]:
    """Return what an answer to this text must speak of: names first, then numbers, words, and the rest."""
    reader = _Reader(text, glossary, index, frozenset(fold(name) for name in city_names))
    needs = [*reader.read_names(), *reader.read_numbers(), *reader.read_words(), *reader.read_rest()]
    needs = list({need.forms: need for need in needs}.values())
    focus = _find_focus(reader.folded, needs)
    return [replace(need, is_focus=need is focus) for need in needs]


class _Reader:
    """Reads the needs of one text; what one kind has taken is blank for the next."""

    def __init__(self, text: str, glossary: Glossary, index: LexicalIndex, city_names: frozenset[str]) -> None:
        self.folded = fold(text)
        self._remaining = self.folded
        self._glossary = glossary
        self._index = index
        self._city_names = city_names
        self._proper = frozenset(fold(match.group()) for match in _PROPER.finditer(text))

    def read_names(self) -> Iterator[Need]:
        for mention in self._glossary.find_mentions_in_folded(self.folded):
            if mention.entry.kind != NAME:
                continue
            self._take(mention.start, mention.end)
            forms = tuple(dict.fromkeys((mention.form, *mention.entry.folded)))
            weight = CITY_WEIGHT if self._city_names & set(forms) else NAME_WEIGHT * _weigh(mention.form, self._index)
            yield Need(NeedKind.NAME, mention.form, forms, weight, mention.start, rivals=self._rivals(forms))

    def read_numbers(self) -> Iterator[Need]:
        for pattern, forms_of in ((_YEAR, _year_forms), (_ORDINAL, _ordinal_forms)):
            for match in pattern.finditer(self._remaining):
                self._take(match.start(), match.end())
                yield Need(NeedKind.NUMBER, match.group(), forms_of(match.group()), NUMBER_WEIGHT, match.start())

    def read_words(self) -> Iterator[Need]:
        self._remaining = _PHRASES.sub(_blank, self._remaining)
        for mention in self._glossary.find_mentions_in_folded(self._remaining):
            self._take(mention.start, mention.end)
            if all(word in ENGLISH_STOP_STEMS for word in mention.form.split()):
                continue
            forms = tuple(dict.fromkeys((mention.form, *mention.entry.folded)))
            known = any(self._is_known(form) for form in forms)
            yield Need(
                kind=NeedKind.WORD,
                surface=mention.form,
                forms=forms,
                weight=_weigh_word(forms, self._index),
                start=mention.start,
                known=known,
                pieces=self._pieces(mention.form),
            )

    def read_rest(self) -> Iterator[Need]:
        # Only now: "請" alone is politeness, but "申請" was a word.
        self._remaining = _PARTICLES.sub(_blank, self._remaining)
        for match in (*_CJK_RUN.finditer(self._remaining), *_LATIN_RUN.finditer(self._remaining)):
            surface = match.group()
            if surface in ENGLISH_STOP_STEMS or len(surface) < 2 or surface.isdigit():
                continue
            known = self._is_known(surface)
            if not known and (surface in self._proper or count_cjk(surface) >= UNKNOWN_NAME_CHARACTERS):
                yield Need(NeedKind.NAME, surface, (surface,), UNKNOWN_NAME_WEIGHT, match.start(), known)
                continue
            weight = _weigh(surface, self._index) if known else _weigh_unknown(surface)
            yield Need(NeedKind.TEXT, surface, (surface,), weight, match.start(), known, pieces=self._pieces(surface))

    def _rivals(self, forms: Sequence[str]) -> tuple[str, ...]:
        if not any(form.endswith(DISTRICT) for form in forms):
            return ()
        districts = (entry.folded for entry in self._glossary.entries if entry.folded[0].endswith(DISTRICT))
        return tuple(form for folded in districts for form in folded if form not in forms)

    def _take(self, start: int, end: int) -> None:
        self._remaining = self._remaining[:start] + _SPACE * (end - start) + self._remaining[end:]

    def _pieces(self, form: str) -> tuple[tuple[str, float], ...]:
        return tuple((token, self._index.weigh_token(token)) for token in tokenise(form) if len(token) > 1)

    def _is_known(self, form: str) -> bool:
        return any(len(token) > 1 and self._index.contains(token) for token in tokenise(form))


def _blank(match: re.Match[str]) -> str:
    return _SPACE * len(match.group())


def _find_focus(folded: str, needs: Sequence[Need]) -> Need | None:
    """Return the need that stands at the question word: what is asked of the rest ("…的[主任]是誰", "what [fee] …").

    In Chinese it is the one that ends just before the question word, in English the first one after it.
    """
    cue = _FOCUS_CUE.search(folded)
    if cue is None:
        return None
    if count_cjk(cue.group()):
        before = [need for need in needs if need.start + len(need.surface) <= cue.start()]
        return max(before, key=lambda need: need.start, default=None)
    after = [need for need in needs if need.start >= cue.end()]
    return min(after, key=lambda need: need.start, default=None)


def cover(need: Need, folded_text: str, tokens: frozenset[str]) -> float:
    """Return how much of a need a text has, 0 to 1. `tokens` are the text's own."""
    if any([contains_form(folded_text, form) for form in need.forms]):
        return 1.0
    if not need.pieces:
        return 0.0
    found = sum([weight for token, weight in need.pieces if token in tokens])
    return found / sum([weight for _, weight in need.pieces])


def _weigh_unknown(surface: str) -> float:
    return UNKNOWN_WEIGHT_A_CHARACTER * len(surface) if count_cjk(surface) else UNKNOWN_WORD_WEIGHT


def _weigh_word(forms: Sequence[str], index: LexicalIndex) -> float:
    """A word is as common as its commonest form."""
    weights = [_weigh(form, index) for form in forms if any(index.contains(token) for token in tokenise(form))]
    return min(weights, default=_weigh(forms[0], index))


def _weigh(form: str, index: LexicalIndex) -> float:
    tokens = [token for token in tokenise(form) if len(token) > 1] or tokenise(form)
    weights = [index.weigh_token(token) for token in tokens]
    return max(MIN_WEIGHT, sum(weights) / len(weights)) if weights else MIN_WEIGHT


def _year_forms(surface: str) -> tuple[str, ...]:
    number = int(re.sub(r"\D", "", surface))
    western, roc = (number, number - 1911) if number > 1900 else (number + 1911, number)
    return (str(western), f"民國{roc}", f"{roc}年", f"roc year {roc}")


def _ordinal_forms(surface: str) -> tuple[str, ...]:
    plain = surface.replace(_SPACE, "")
    if plain in _ENGLISH_ORDINALS:
        return (plain, f"{_ENGLISH_ORDINALS.index(plain) + 1}th")
    if not plain.startswith("第"):
        return (plain,)
    digits = re.search(rf"[{_CARDINAL}\d]+", plain)
    if digits and digits.group() in _CARDINAL:
        return (plain, plain.replace(digits.group(), str(_CARDINAL.index(digits.group()) + 1)))
    return (plain,)
