"""Reads every claim of a text; what one kind has taken is blank for the next."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache, partial

from knowledge_base.claims.amounts import (
    read_ages,
    read_durations,
    read_money,
    read_numbers,
    read_ordinals,
    read_shares,
)
from knowledge_base.claims.claim import Claim
from knowledge_base.claims.contacts import read_emails, read_phones, read_street_addresses, read_web_addresses
from knowledge_base.claims.dates import read_clock_times, read_dates, read_parts, read_weekdays
from knowledge_base.claims.numerals import rewrite_numerals

_HALF_OF_A_WORD = re.compile(r"[A-Za-z]+-?\d+(?:\.\d+)?[A-Za-z]*|\d+(?:\.\d+)?[A-Z]+[a-z]*\b|\d+[a-z]{1,2}\b(?=-)")


@lru_cache(maxsize=8_192)
def read_values(text: str, today: date | None = None) -> tuple[Claim, ...]:
    """Return the values a text states: contacts, dates, times, amounts, numbers; not its names.

    Relative days ("tomorrow") count from `today`. Positions are in the text with its numerals rewritten.
    """
    readers: tuple[Callable[[str], Iterator[Claim]], ...] = (
        read_emails, read_web_addresses, read_street_addresses, read_phones, read_shares, read_money, read_ages,
        read_clock_times, read_durations, read_parts, partial(read_dates, today=today), read_weekdays, read_ordinals,
    )  # fmt: skip
    remaining = rewrite_numerals(text)
    claims: list[Claim] = []
    for reader in readers:
        found = list(reader(remaining))
        claims.extend(found)
        for claim in found:
            remaining = remaining[: claim.start] + " " * (claim.end - claim.start) + remaining[claim.end :]
    # What is part of a code ("5G", "COVID-19", "2.0E") is no number; the code is a name.
    remaining = _HALF_OF_A_WORD.sub(lambda match: "_" * len(match.group()), remaining)
    return (*claims, *read_numbers(remaining))
