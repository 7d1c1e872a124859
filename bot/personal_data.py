"""Masks personal data in a text before it is stored or logged."""

from __future__ import annotations

import re
from collections.abc import Callable

Check = Callable[[str], bool]

# Full-width letters, digits and marks count as the narrow ones; one character each, so that places stay the same.
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " "}
# What people write between the groups of a number.
_GAP = r"[ .\-\u2010-\u2015\u00b7()/]{0,2}"


def _passes_luhn(number: str) -> bool:
    """The check digit of payment cards (ISO/IEC 7812-1)."""
    digits = [int(character) for character in number if character.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _always(number: str) -> bool:
    return True


_PATTERNS: tuple[tuple[re.Pattern[str], str, Check], ...] = (
    (re.compile(rf"(?<!\d)\d(?:{_GAP}\d){{12,18}}(?!\d)"), "[card]", _passes_luhn),
    # ID number: a letter, 1 or 2 (8 or 9: residents), eight digits. Older residents: two letters, eight digits.
    (re.compile(rf"(?<![A-Za-z0-9])[A-Za-z]{_GAP}[1289](?:{_GAP}\d){{8}}(?!\d)"), "[ID]", _always),
    (re.compile(r"(?<![A-Za-z0-9])[A-Za-z][A-Da-d]\d{8}(?!\d)"), "[ID]", _always),
    (
        re.compile(
            rf"(?<!\d)(?:\+?886{_GAP}0?|\(?0)9\d{{2}}{_GAP}(?:\d{{3}}{_GAP}\d{{3}}|\d{{2}}{_GAP}\d{{2}}{_GAP}\d{{2}})(?!\d)"
        ),
        "[phone]",
        _always,
    ),
    (re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"), "[e-mail]", _always),
)
_LANDLINE = (
    re.compile(rf"(?<!\d)(?:\+?886{_GAP}|\(?0)(?:8(?:2|9|26|36)|37|49|[2-8]){_GAP}\d{{3,4}}{_GAP}\d{{3,4}}(?!\d)"),
    "[phone]",
    _always,
)


def mask_personal_data(text: str, *, landlines: bool = True) -> str:
    """Replace Taiwanese ID numbers, phone numbers, card numbers (by their check digit) and e-mail addresses.

    `landlines=False` is for what the assistant says itself: offices have landlines, and everybody may know them.
    """
    for pattern, mask, is_one in (*_PATTERNS, _LANDLINE) if landlines else _PATTERNS:
        text = _replace(text, pattern, mask, is_one)
    return text


def _replace(text: str, pattern: re.Pattern[str], mask: str, is_one: Check) -> str:
    pieces, done = [], 0
    for match in pattern.finditer(text.translate(_NARROW)):
        if is_one(match.group()):
            pieces += [text[done : match.start()], mask]
            done = match.end()
    return "".join((*pieces, text[done:]))
