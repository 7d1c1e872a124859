"""Masks personal data in a text before it is stored or logged."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Full-width letters, digits and marks count as the narrow ones; one character each, so that places stay the same.
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " "}
# So do numerals that are written out one by one: 零九一二…
_NARROW |= str.maketrans("零〇○一二三四五六七八九", "000123456789")
# Marks that nobody sees can part a number; the joiner stays, which makes one emoji of several.
_UNSEEN = dict.fromkeys((0x00AD, 0x200B, 0x200C, 0x200E, 0x200F, 0x2060, 0xFEFF))
# What people write between the groups of a number.
_GAP = r"[\s_,.\-\u2010-\u2015\u00b7()/、，*]{0,3}"

_CARD = re.compile(rf"\d(?:{_GAP}\d){{12,60}}")
# A letter, 1 or 2 (8 or 9: residents), eight digits. Older residents: two letters, eight digits.
_ID = re.compile(rf"[A-Za-z]{_GAP}[1289](?:{_GAP}\d){{8}}(?!\d)")
_OLD_RESIDENT = re.compile(r"(?<![A-Za-z0-9])[A-Za-z][A-Da-d]\d{8}(?!\d)")
_MOBILE = re.compile(rf"(?<!\d)(?:(?:\+|00)?886{_GAP}0?|\(?0){_GAP}9(?:{_GAP}\d){{8}}(?!\d)")
_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]+\s?(?:@|[\[(]\s?(?:at|@|小老鼠)\s?[\])]|小老鼠)\s?[\w-]+(?:\s?(?:[.。]|[\[(]\s?(?:dot|點)\s?[\])])\s?[A-Za-z0-9-]+)+",
    re.IGNORECASE,
)
# Of a passport only who says that it is one gives it away: nine digits, or a letter and eight.
_PASSPORT = re.compile(
    r"(?:護照|passport)(?:號碼|號|\s?(?:number|no\.?))?(?:\s?(?:是|為|:|is|#)){0,2}\s?(?P<number>[A-Z]{0,2}\d{7,9})(?!\d)",
    re.IGNORECASE,
)
# What its owner names: an account, a health card, a day of birth, a name in a chat.
_IS = r"(?:是|為|在|:|：|is|\s){0,3}"
_NAMED = tuple(
    (re.compile(rf"(?:{name}){_IS}(?P<own>{value})", re.IGNORECASE), mask)
    for name, value, mask in (
        (r"帳號|帳戶|健保卡(?:號碼?)?|\baccount(?: number| no\.?)?", r"\d[\d\s-]{8,22}\d", "[number]"),
        (
            r"生日|出生(?:年月日|日期)?|\bbirthday|\bborn on|\bdate of birth",
            r"(?:民國)?\d{2,4}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}\s?日?",
            "[date of birth]",
        ),
        (r"\bline\s?(?:id|帳號)", r"@?[A-Za-z0-9._-]{4,20}", "[LINE ID]"),
    )
)
_LANDLINE = re.compile(
    rf"(?<!\d)(?:\+?886{_GAP}|\(?0)(?:8(?:2|9|26|36)|37|49|[2-8]){_GAP}\d{{3,4}}{_GAP}\d{{3,4}}(?!\d)"
)
_ABROAD = re.compile(rf"\+\d{{1,3}}(?:{_GAP}\d){{7,12}}(?!\d)")
_DATE = re.compile(r"(?:19|20)\d\d[-/.]\d")

_ID_LETTERS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
_ID_WEIGHTS = (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)

Span = tuple[int, int, str]


def mask_personal_data(text: str, *, landlines: bool = True) -> str:
    """Replace Taiwanese ID numbers, phone numbers, card numbers (by their check digit) and e-mail addresses.

    So are accounts, health cards, days of birth and names in chats that are called so. `landlines=False` is for what
    the assistant says itself: offices have landlines and accounts, and everybody may know them.
    """
    seen = text.translate(_UNSEEN)
    finders = (_find_emails, _find_cards, _find_passports, _find_ids, _find_old_ids, _find_phones)
    for find in (_find_named, *finders, _find_landlines) if landlines else finders:
        seen = _replace(seen, find(seen.translate(_NARROW)))
    return seen


def _replace(text: str, spans: Iterator[Span]) -> str:
    pieces, done = [], 0
    for start, end, mask in spans:
        pieces += [text[done:start], mask]
        done = end
    return "".join((*pieces, text[done:]))


def _find_cards(text: str) -> Iterator[Span]:
    """Yield card numbers, also where other numbers (a date, a check value) stand beside them."""
    for match in _CARD.finditer(text):
        places = [place for place in range(*match.span()) if text[place].isdigit()]
        begins = [number for number, place in enumerate(places) if place == 0 or not text[place - 1].isdigit()]
        ends = {number for number, place in enumerate(places) if not text[place + 1 : place + 2].isdigit()}
        done = 0
        for begin in begins:
            fits = (last for last in range(begin + 18, begin + 11, -1) if last in ends)
            last = next((last for last in fits if _passes_luhn([int(text[p]) for p in places[begin : last + 1]])), None)
            if last is not None and begin >= done:
                yield places[begin], places[last] + 1, "[card]"
                done = last + 1


def _find_passports(text: str) -> Iterator[Span]:
    yield from ((*match.span("number"), "[ID]") for match in _PASSPORT.finditer(text))


def _find_named(text: str) -> Iterator[Span]:
    found = ((*match.span("own"), mask) for pattern, mask in _NAMED for match in pattern.finditer(text))
    yield from sorted(found)


def _find_ids(text: str) -> Iterator[Span]:
    for match in _ID.finditer(text):
        before = text[match.start() - 1 : match.start()] if match.start() else ""
        # Behind other letters it may be a part of a longer code, unless its check digit says otherwise.
        if not (before.isascii() and before.isalnum()) or _passes_id_check(match.group()):
            yield *match.span(), "[ID]"


def _find_old_ids(text: str) -> Iterator[Span]:
    text = _ID.sub(lambda match: " " * len(match.group()), text)
    yield from ((*match.span(), "[ID]") for match in _OLD_RESIDENT.finditer(text))


def _find_phones(text: str) -> Iterator[Span]:
    for match in _MOBILE.finditer(text):
        if not _DATE.search(match.group()):
            yield *match.span(), "[phone]"


def _find_emails(text: str) -> Iterator[Span]:
    yield from ((*match.span(), "[e-mail]") for match in _EMAIL.finditer(text))


def _find_landlines(text: str) -> Iterator[Span]:
    yield from ((*match.span(), "[phone]") for match in re.finditer(f"{_LANDLINE.pattern}|{_ABROAD.pattern}", text))


def _passes_luhn(digits: list[int]) -> bool:
    """The check digit of payment cards (ISO/IEC 7812-1)."""
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _passes_id_check(number: str) -> bool:
    """The check digit of Taiwanese ID numbers."""
    letter, *digits = (character for character in number.upper() if character.isalnum())
    code = _ID_LETTERS.index(letter) + 10
    values = [code // 10, code % 10, *map(int, digits)]
    return sum(weight * value for weight, value in zip(_ID_WEIGHTS, values, strict=True)) % 10 == 0
