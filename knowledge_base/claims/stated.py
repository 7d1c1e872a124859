"""Says whether one claim of a source states what a sentence claims."""

from __future__ import annotations

from datetime import date

from knowledge_base.claims.claim import Claim, ClaimKind
from knowledge_base.claims.contacts import same_road

_SAME_NUMBER = frozenset({ClaimKind.NUMBER, ClaimKind.AGE, ClaimKind.ORDINAL})
_DAY_MINUTES, _HALF_DAY_MINUTES = 24 * 60, 12 * 60
_LOCAL_NUMBER_DIGITS = (7, 8)


def is_stated(claim: Claim, stated: Claim) -> bool:
    """Say whether one claim of a source states what a sentence claims."""
    match claim.kind:
        case ClaimKind.DATE:
            return _is_date_stated(claim, stated)
        case ClaimKind.CLOCK:
            return stated.kind is ClaimKind.CLOCK and _is_clock_stated(claim.value, stated.value)
        case ClaimKind.NUMBER:
            if stated.kind is ClaimKind.DATE:
                return bool(stated.value == (int(claim.value), None, None))
            return stated.kind in _SAME_NUMBER and bool(stated.value == claim.value)
        case ClaimKind.MONEY:
            if stated.kind is ClaimKind.NUMBER:
                return bool(claim.value[0] == "NT$" and claim.value[1] == stated.value)
        case ClaimKind.PERCENT if claim.value == 50 and stated.kind is ClaimKind.FRACTION:
            return bool(stated.value == (1, 2))
        case ClaimKind.FRACTION if claim.value == (1, 2) and stated.kind is ClaimKind.PERCENT:
            return bool(stated.value == 50)
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


def find_weekday(value: tuple[int | str | None, int | None, int | None]) -> int | None:
    """Return the weekday (1 to 7) of a whole date, or None."""
    year, month, day = value
    if not (isinstance(year, int) and month and day):
        return None
    try:
        return date(year, month, day).isoweekday()
    except ValueError:
        return None
