"""Masks personal data in a text before it is stored or logged."""

from __future__ import annotations

import re
from collections.abc import Callable

_CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<![A-Za-z0-9])[A-Za-z][12489]\d{8}(?!\d)"), "[ID]"),
    (re.compile(r"(?<!\d)(?:\+?886[- ]?|0)9\d{2}[- ]?\d{3}[- ]?\d{3}(?!\d)"), "[phone]"),
    (re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"), "[e-mail]"),
)


def mask_personal_data(text: str) -> str:
    """Replace Taiwanese ID numbers, mobile numbers, card numbers (by their check digit) and e-mail addresses."""
    masked = _CARD.sub(_mask_if(_passes_luhn, "[card]"), text)
    for pattern, mask in _PATTERNS:
        masked = pattern.sub(mask, masked)
    return masked


def _mask_if(check: Callable[[str], bool], mask: str) -> Callable[[re.Match[str]], str]:
    return lambda match: mask if check(match.group()) else match.group()


def _passes_luhn(number: str) -> bool:
    """The check digit of payment cards (ISO/IEC 7812-1)."""
    digits = [int(character) for character in number if character.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
