"""Says whether one claim of a source states what a sentence claims."""

from __future__ import annotations

from collections.abc import Container
from datetime import date
from decimal import Decimal

from knowledge_base.claims.amounts import MOST
from knowledge_base.claims.claim import Claim, ClaimKind
from knowledge_base.claims.contacts import same_road

_SAME_NUMBER = frozenset({ClaimKind.NUMBER, ClaimKind.AGE, ClaimKind.ORDINAL})
_DAY_MINUTES, _HALF_DAY_MINUTES = 24 * 60, 12 * 60
# In minutes; people differ on where an evening starts.
_PARTS_OF_DAY = {
    "dawn": range(240, 421),
    "dusk": range(1020, 1171),
    "night": (*range(301), *range(22 * 60, 24 * 60)),
    "breakfast": range(360, 601),
    "lunch": range(660, 841),
    "tea": range(840, 1021),
    "dinner": range(1020, 1201),
    "closing": range(16 * 60, 18 * 60 + 1),
    "whole": range(0),
    "morning": range(12 * 60 + 1),
    "afternoon": range(12 * 60, 18 * 60 + 1),
    "evening": range(17 * 60, 24 * 60),
}
_PARTS_OF_MONTH = {"start": range(1, 11), "middle": range(10, 22), "end": range(20, 32), "last": range(28, 32)}
_PARTS_OF_YEAR: dict[str, Container[int]] = {
    "start": range(1, 4),
    "middle": range(5, 9),
    "end": range(11, 13),
    "last": range(12, 13),
    "spring": range(3, 6),
    "summer": range(6, 9),
    "autumn": range(9, 12),
    "winter": (12, 1, 2),
}
_MONTH_DAYS, _MONTH_SLACK_DAYS = 30.44, 2
HALF = 50
_LOCAL_NUMBER_DIGITS = (7, 8)


def is_stated(claim: Claim, stated: Claim) -> bool:
    """Say whether one claim of a source states what a sentence claims."""
    match claim.kind:
        case ClaimKind.DATE:
            return _is_date_stated(claim, stated)
        case ClaimKind.PART:
            return _is_part_stated(claim.value, stated)
        case ClaimKind.CLOCK:
            return stated.kind is ClaimKind.CLOCK and _is_clock_stated(claim.value, stated.value)
        case ClaimKind.NUMBER:
            if stated.kind is ClaimKind.DATE:
                return bool(stated.value == (claim.value, None, None))
            if stated.kind is ClaimKind.PHONE:
                return bool(stated.value.partition("#")[2] == str(claim.value))
            return stated.kind in _SAME_NUMBER and bool(stated.value == claim.value)
        case ClaimKind.MONEY:
            if stated.kind is ClaimKind.NUMBER:
                return bool(claim.value[0] == "NT$" and claim.value[1] == stated.value)
        case ClaimKind.PERCENT if claim.value == MOST:
            return _is_most(stated)
        case ClaimKind.PERCENT if stated.value == MOST:
            return False
        case ClaimKind.PERCENT if stated.kind is ClaimKind.FRACTION:
            return _is_fraction(claim.value, stated.value)
        case ClaimKind.FRACTION if stated.kind is ClaimKind.PERCENT and stated.value != MOST:
            return _is_fraction(stated.value, claim.value)
        case ClaimKind.AGE | ClaimKind.ORDINAL:
            return stated.kind in _SAME_NUMBER and bool(stated.value == claim.value)
        case ClaimKind.DURATION:
            if stated.kind is ClaimKind.DATE and claim.value[0] == "day":
                return bool(stated.value == (None, None, claim.value[1]))
        case ClaimKind.PHONE:
            return stated.kind is ClaimKind.PHONE and _is_phone_stated(claim.value, stated.value)
        case ClaimKind.URL:
            if stated.kind is not ClaimKind.URL:
                return False
            return _is_address_stated(claim.value, stated.value)
        case ClaimKind.ADDRESS:
            return stated.kind is ClaimKind.ADDRESS and (
                claim.value[1] == stated.value[1] and same_road(claim.value[0], stated.value[0])
            )
    return claim.kind is stated.kind and bool(claim.value == stated.value)


def _is_date_stated(claim: Claim, stated: Claim) -> bool:
    if stated.kind is ClaimKind.NUMBER:
        year, month, day = claim.value
        return month is None and day is None and bool(year == stated.value)
    if stated.kind is not ClaimKind.DATE:
        return False
    return all(mine is None or mine == theirs for mine, theirs in zip(claim.value, stated.value, strict=True))


def _is_most(stated: Claim) -> bool:
    if stated.kind is ClaimKind.FRACTION:
        return bool(2 * stated.value[0] > stated.value[1])
    return stated.kind is ClaimKind.PERCENT and (stated.value == MOST or stated.value > HALF)


def _is_fraction(percent: Decimal, fraction: tuple[int, int]) -> bool:
    return percent * fraction[1] == 100 * fraction[0]


def _is_part_stated(part: tuple[str, str, int | None], stated: Claim) -> bool:
    unit, which, of = part
    if stated.kind is ClaimKind.DURATION:
        return which == "whole" and bool(stated.value == ("minute", _DAY_MINUTES))
    if stated.kind is ClaimKind.CLOCK and unit == "day":
        minutes, is_certain = stated.value
        return is_certain and minutes % _DAY_MINUTES in _PARTS_OF_DAY[which]
    if stated.kind is ClaimKind.DATE and unit != "day":
        return _is_in_part(unit, which, of, stated.value)
    if stated.kind is not ClaimKind.PART or stated.value[0] != unit:
        return False
    return _same_part(which, stated.value[1]) and (None in (of, stated.value[2]) or of == stated.value[2])


def _is_in_part(unit: str, which: str, of: int | None, day: tuple[int | None, int | None, int | None]) -> bool:
    """Say whether a day lies in a part of its month, or a month in one of its year; `of` is which month or year."""
    if of is not None and (day[1] if unit == "month" else day[0]) not in (None, of):
        return False
    bounds, number = (_PARTS_OF_MONTH, day[2]) if unit == "month" else (_PARTS_OF_YEAR, day[1])
    if number is None or number not in bounds[which]:
        return False
    return not (unit == "year" and which == "last") or day[2] in (None, 31)


def _same_part(one: str, other: str) -> bool:
    return one == other or {one, other} == {"end", "last"}


def _is_clock_stated(claim: tuple[int, bool], stated: tuple[int, bool]) -> bool:
    (mine, mine_certain), (theirs, theirs_certain) = claim, stated
    if mine_certain and theirs_certain:
        return mine == theirs or (mine % _DAY_MINUTES == 0 == theirs % _DAY_MINUTES)
    return mine % _HALF_DAY_MINUTES == theirs % _HALF_DAY_MINUTES


def _is_address_stated(claim: str, stated: str) -> bool:
    host, _, path = claim.partition("/")
    return claim == stated or (not path and stated.partition("/")[0] == host)


def _is_phone_stated(claim: str, stated: str) -> bool:
    number, _, extension = claim.partition("#")
    stated_number, _, stated_extension = stated.partition("#")
    if not number:
        return extension == stated_extension
    same = number == stated_number or (
        len(number) in _LOCAL_NUMBER_DIGITS and number[:1] != "0" and stated_number.endswith(number)
    )
    return same and (not extension or extension == stated_extension)


Day = tuple[int | str | None, int | None, int | None]


def find_weekday(value: Day) -> int | None:
    """Return the weekday (1 to 7) of a whole date, or None."""
    day = _make_date(value)
    return day.isoweekday() if day else None


def count_days(one: Day, other: Day) -> int | None:
    """Return how many days it is from one day to another, both counted; None where one is no whole date."""
    first, last = _make_date(one), _make_date(other)
    return abs((last - first).days) + 1 if first and last else None


def count_months(one: Day, other: Day) -> int | None:
    """Return how many months it is from one day, or month, to another; None where it is no number of months."""
    (year, month, day), (last_year, last_month, last_day) = one, other
    if not (isinstance(year, int) and isinstance(last_year, int) and month and last_month):
        return None
    months = 12 * (last_year - year) + last_month - month
    if day is None and last_day is None:
        return abs(months)
    days = count_days(one, other) or 0
    whole = round(days / _MONTH_DAYS)
    return whole if abs(days - whole * _MONTH_DAYS) <= _MONTH_SLACK_DAYS else None


def _make_date(value: Day) -> date | None:
    year, month, day = value
    if not (isinstance(year, int) and month and day):
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None
