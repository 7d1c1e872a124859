"""A claim: one checkable thing that a text states."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class ClaimKind(StrEnum):
    """What is claimed."""

    DATE = "date"
    WEEKDAY = "weekday"
    CLOCK = "clock"
    MONEY = "money"
    PERCENT = "percent"
    FRACTION = "fraction"
    DURATION = "duration"
    AGE = "age"
    ORDINAL = "ordinal"
    NUMBER = "number"
    PHONE = "phone"
    URL = "url"
    EMAIL = "email"
    ADDRESS = "address"
    NAME = "name"


@dataclass(frozen=True)
class Claim:
    """One claim. `value` is the same however it is written; `text` is how it is written, at [start, end).

    By kind, `value` is: DATE (year, month, day), None where not told; WEEKDAY 1 to 7 (Monday first) or a word; CLOCK
    (minutes since midnight, whether that is certain of morning or afternoon); MONEY (currency, amount); DURATION
    (unit, amount); PHONE and EMAIL and URL a string; ADDRESS (road, number); NAME the forms of the name; all others a
    number.
    """

    kind: ClaimKind
    value: Any
    text: str
    start: int
    end: int
