"""A claim: one checkable thing that a text states."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any


class ClaimKind(StrEnum):
    """What is claimed."""

    DATE = "date"
    PART = "part"
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

    By kind, `value` is: DATE (year, month, day), None where not told; PART ("month", "year" or "day", which part of it,
    which month or year or None); WEEKDAY 1 to 7 (Monday first) or a word; CLOCK (minutes since midnight, whether that
    is certain of morning or afternoon); MONEY (currency, amount); FRACTION (top, bottom); DURATION (unit, amount); PHONE
    and EMAIL and URL a string; ADDRESS (road, number); NAME the forms of the name; all others a number, or words where
    it is only hinted at ("dozens of", "most of").
    """

    kind: ClaimKind
    value: Any
    text: str
    start: int
    end: int

    @cached_property
    def number(self) -> Decimal | None:
        """The first number of how it is written, or None."""
        match = re.search(r"\d+(?:\.\d+)?", self.text)
        return Decimal(match.group()) if match else None
