"""What an answer must speak of: the names, numbers and words of a question, each with its weight."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from knowledge_base.glossary import NAME, Glossary, Mention, contains_form, fold
from knowledge_base.language import CJK
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

    A need is `known` if any document speaks of it: "通常" in a question is as unknown as a street nobody wrote about.
    """

    kind: NeedKind
    surface: str
    forms: tuple[str, ...]
    weight: float
    known: bool = True


NAME_WEIGHT = 1.3
CITY_WEIGHT = 0.15
MIN_WEIGHT = 0.1
UNKNOWN_WEIGHT = 2.0

_PHRASING = re.compile("|".join(load_question_cues()["phrasing"]))
_YEAR = re.compile(r"(?<![\d.])(?:19|20)\d{2}(?!\d)|(?<!\d)(?:民國)?1[01]\d(?=年)")
_CARDINAL = "一二三四五六七八九十"
_ORDINAL = re.compile(
    rf"第\s*[{_CARDINAL}\d]+\s*(?:次|屆|期|階段|季|號|類|型)"
    r"|\b(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|\d+(?:st|nd|rd|th))\b(?= \w)"
)
_CJK_RUN = re.compile(f"[{CJK}]{{2,}}")
_LATIN_RUN = re.compile(rf"[^\W_{CJK}]+(?:[.'-][^\W_{CJK}]+)*")
_ENGLISH_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_SPACE = " "


def read_needs(text: str, *, glossary: Glossary, index: LexicalIndex, city_names: Sequence[str]) -> list[Need]:
    """Return what an answer to this text must speak of, in the order of the text."""
    folded = fold(text)
    city = {fold(name) for name in city_names}
    remaining = folded
    needs: list[Need] = []

    for mention in glossary.find_mentions_in_folded(folded):
        if mention.entry.kind == NAME:
            needs.append(_name_need(mention, index, city))
            remaining = _blank(remaining, mention.start, mention.end)
    for pattern, forms_of in ((_YEAR, _year_forms), (_ORDINAL, _ordinal_forms)):
        for match in pattern.finditer(remaining):
            needs.append(Need(NeedKind.NUMBER, match.group(), forms_of(match.group()), 3.0))
            remaining = _blank(remaining, match.start(), match.end())
    remaining = _PHRASING.sub(lambda match: _SPACE * len(match.group()), remaining)
    for mention in glossary.find_mentions_in_folded(remaining):
        if _counts(mention):
            forms = tuple(dict.fromkeys((mention.form, *mention.entry.folded)))
            known = any(index.contains(token) for form in forms for token in tokenise(form) if len(token) > 1)
            needs.append(Need(NeedKind.WORD, mention.form, forms, _weigh_word(forms, index), known))
        remaining = _blank(remaining, mention.start, mention.end)
    for match in _CJK_RUN.finditer(remaining):
        needs.append(_text_need(match.group(), index))
    for match in _LATIN_RUN.finditer(remaining):
        if match.group() not in ENGLISH_STOP_STEMS and len(match.group()) > 1 and not match.group().isdigit():
            needs.append(_text_need(match.group(), index))
    return list({need.forms: need for need in needs}.values())


def cover(need: Need, folded_text: str, tokens: frozenset[str], index: LexicalIndex) -> float:
    """Return how much of a need a text has, 0 to 1. `tokens` are the text's own."""
    if any(contains_form(folded_text, form) for form in need.forms):
        return 1.0
    if need.kind in (NeedKind.NUMBER, NeedKind.NAME):
        return 0.0
    return max(_cover_partly(form, tokens, index) for form in need.forms[:1])


def _cover_partly(form: str, tokens: frozenset[str], index: LexicalIndex) -> float:
    wanted = [token for token in tokenise(form) if len(token) > 1]
    if not wanted:
        return 0.0
    weights = [index.inverse_document_frequency(token) for token in wanted]
    total = sum(weights)
    return sum(w for w, token in zip(weights, wanted, strict=True) if token in tokens) / total if total else 0.0


def _text_need(surface: str, index: LexicalIndex) -> Need:
    known = any(len(token) > 1 and index.contains(token) for token in tokenise(surface))
    return Need(NeedKind.TEXT, surface, (surface,), _weigh(surface, index) if known else UNKNOWN_WEIGHT, known)


def _name_need(mention: Mention, index: LexicalIndex, city: set[str]) -> Need:
    forms = tuple(dict.fromkeys((mention.form, *mention.entry.folded)))
    weight = CITY_WEIGHT if city & set(forms) else NAME_WEIGHT * _weigh(mention.form, index)
    return Need(NeedKind.NAME, mention.form, forms, weight)


def _counts(mention: Mention) -> bool:
    return not all(word in ENGLISH_STOP_STEMS for word in mention.form.split())


def _weigh_word(forms: Sequence[str], index: LexicalIndex) -> float:
    """A word is as common as its commonest form."""
    weights = [_weigh(form, index) for form in forms if any(index.contains(token) for token in tokenise(form))]
    return min(weights, default=_weigh(forms[0], index))


def _weigh(form: str, index: LexicalIndex) -> float:
    tokens = [token for token in tokenise(form) if len(token) > 1] or tokenise(form)
    weights = [index.inverse_document_frequency(token) for token in tokens]
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


def _blank(text: str, start: int, end: int) -> str:
    return text[:start] + _SPACE * (end - start) + text[end:]
