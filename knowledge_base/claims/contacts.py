"""Reads web addresses, e-mail addresses, phone numbers and street addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from knowledge_base.claims.claim import Claim, ClaimKind

_URL = re.compile(
    r"https?\s?://[^\s<>\"'（）()「」『』，。；、\u3000\u4e00-\u9fff]+(?:/[\u4e00-\u9fff]+)?"
    r"|(?<![A-Za-z0-9_@.-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?!(?:m|g|e)\b)[a-z]{2,}(?::\d+)?(?:/[^\s<>\"'（）()「」『』，。；、\u4e00-\u9fff]*(?:(?<=/)[\u4e00-\u9fff]+(?:/[\w-]*)?)?)?(?![A-Za-z0-9_@])",
    re.IGNORECASE,
)
_NOT_A_DOMAIN = re.compile(
    r"(?:^|\.)(?:ltd|inc|corp|co|etc|vs|no|dr|mr|ms|st|rd|a\.m|p\.m)\.?$|^(?:e\.g|i\.e)", re.IGNORECASE
)
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+\s?(?:@|＠|\[at\]|\(at\))\s?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", re.IGNORECASE)
_EXTENSION = r"(?:[\s，,]?\s?(?:轉接?|分機|ext\.?|extension|#|x)\s?(?P<ext>\d{1,6}))?"
_PHONE = re.compile(
    rf"(?<![\d.$-])(?P<digits>(?:\+?886[\s-]?\(?0?\)?\d{{1,2}}|\(0\d{{1,3}}\)|0\d{{1,3}})[\s-]?\d{{3,4}}[\s-]?\d{{3,4}})(?!\d){_EXTENSION}"
    rf"|(?<![\d.$-])(?P<local>[2-8]\d{{2,3}}-\d{{4}})(?![\d-]){_EXTENSION.replace('ext>', 'ext2>')}",
    re.IGNORECASE,
)
_STAR_CODE = re.compile(r"[*#]\d{2,}#?")
_EXTENSION_ALONE = re.compile(r"(?:分機|\bext(?:ension|\.)?)\s?(?P<ext>\d{1,6})", re.IGNORECASE)

_CJK_DIGITS = str.maketrans("一二三四五六七八九", "123456789")
_ADDRESS_ZH = re.compile(
    r"(?P<road>[\u4e00-\u9fff]{1,7}?(?:[一二三四五六七八九]?路|街|大道)(?:[一二三四五六七八九十\d]+段)?(?:\d+巷)?(?:\d+弄)?)\s?(?P<number>\d+(?:[-之]\d+)?)\s?號"
)
_ADDRESS_EN = re.compile(
    r"\b(?:No\.?\s?)?(?P<number>\d+(?:-\d+)?),?\s+(?:(?:Lane|Ln\.?|Alley)\s?\d+,?\s+)?(?P<road>(?:[A-Z][\w'-]*\.?\s|\d+(?:st|nd|rd|th)\s|Sec\.?\s?\d+,\s)+?(?:Rd|Road|St|Street|Blvd|Boulevard|Ave|Avenue))\b",
)


def read_web_addresses(text: str) -> Iterator[Claim]:
    """Yield web addresses without their scheme, lower case."""
    for match in _URL.finditer(text):
        address = normalise_address(match.group())
        if not _NOT_A_DOMAIN.search(address) and "." in address:
            yield Claim(ClaimKind.URL, address, match.group(), *match.span())
    for match in _DISGUISED.finditer(text):
        if match.group().isascii() and _URL.fullmatch(match.group()):
            # Read as what it is above.
            continue
        yield Claim(ClaimKind.URL, match.group().casefold(), match.group(), *match.span())


def normalise_address(address: str) -> str:
    """Return a web address as it is compared: without scheme, "www." and what ends a sentence."""
    bare = re.sub(r"^https?\s?://", "", address.strip().casefold()).removeprefix("www.")
    return bare.rstrip(".,;:!?/)]}'\"")


# Domains in Chinese, and what is written so that no pattern sees it: 渡輪.台灣, "kcs-pay [dot] com", "@kcs_ferry".
_ENDINGS = "com|net|org|tw|cn|info|biz|xyz|top|shop|online|site|app|me|io|cc|link|商店|рф"
_CHATS = "line|telegram|ig|instagram|facebook|fb|wechat|微信|賴"
_DISGUISED = re.compile(
    # another scheme than the web's
    r"\b[a-z][a-z0-9+.-]*\s?://(?!\s?[a-z0-9])[^\s，。；]+|\b(?!https?\b)[a-z][a-z0-9+-]{1,15}\s?://[^\s，。；]+|\bhxxps?:"
    # letters that are not Latin, a full-width stop, or a gap at the dot
    rf"|[^\W_][\w-]*[.．](?:{_ENDINGS})(?![A-Za-z0-9])|[A-Za-z0-9-]+。(?:{_ENDINGS})(?![A-Za-z0-9])"
    r"|[\w-]+[.。．](?:台灣|台湾|香港|中國|中国|公司|網路|网络|商城|网址)|[A-Za-z0-9-]{2,}(?:\s[.,]|[.,]\s|,)(?:com|net|org|tw|cn)\b(?! [a-z])"
    # the dot as a word
    r"|[\w-]+\s?[\[(（{]\s?(?:dot|點|[.。．])\s?[\])）}]\s?\w+|[A-Za-z][\w-]*(?:\s(?:dot|點)\s|點)[A-Za-z][\w-]*"
    # accounts of chats, and of mail with the sign as a word
    rf"|(?<![A-Za-z0-9_.%+-])@[A-Za-z0-9_.-]{{3,}}|(?<![A-Za-z])(?:{_CHATS})\s?(?:id|帳號|好友)\s?[:：]?\s?[A-Za-z0-9_.-]{{3,}}"
    rf"|加[^，。]{{0,4}}(?:{_CHATS})\s?[:：]\s?[A-Za-z0-9_.-]{{3,}}|[A-Za-z0-9._-]+\s?小老鼠\s?[A-Za-z0-9._-]+|\b\w+ at \w+ dot \w+\b",
    re.IGNORECASE,
)


def read_emails(text: str) -> Iterator[Claim]:
    """Yield e-mail addresses, lower case."""
    for match in _EMAIL.finditer(text):
        value = re.sub(r"\s?(?:＠|\[at\]|\(at\)|@)\s?", "@", match.group(), flags=re.IGNORECASE).casefold().rstrip(".")
        yield Claim(ClaimKind.EMAIL, value, match.group(), *match.span())


def read_phones(text: str) -> Iterator[Claim]:
    """Yield phone numbers as digits, with "#" before an extension; an extension alone as "#123"."""
    taken: list[tuple[int, int]] = []
    for match in _PHONE.finditer(text):
        taken.append(match.span())
        digits = re.sub(r"\D", "", match["digits"] or match["local"])
        if (match["digits"] or "").lstrip("+").startswith("886"):
            digits = "0" + digits.removeprefix("886").removeprefix("0")
        extension = match["ext"] or match["ext2"]
        yield Claim(ClaimKind.PHONE, digits + (f"#{extension}" if extension else ""), match.group(), *match.span())
    for match in _STAR_CODE.finditer(text):
        yield Claim(ClaimKind.PHONE, match.group(), match.group(), *match.span())
    for match in _EXTENSION_ALONE.finditer(text):
        if not any(start <= match.start() < end for start, end in taken):
            yield Claim(ClaimKind.PHONE, f"#{match['ext']}", match.group(), *match.span())


def read_street_addresses(text: str) -> Iterator[Claim]:
    """Yield street addresses as (road, number). Chinese numerals in the road are digits: 四維三路 as 4維3路."""
    for match in _ADDRESS_ZH.finditer(text):
        value = (match["road"].translate(_CJK_DIGITS), match["number"].replace("之", "-"))
        yield Claim(ClaimKind.ADDRESS, value, match.group(), *match.span())
    for match in _ADDRESS_EN.finditer(text):
        road = re.sub(r"\b(?:road|rd)\b\.?", "rd", match["road"].casefold())
        road = re.sub(r"\b(?:street|st)\b\.?", "st", road)
        yield Claim(ClaimKind.ADDRESS, (" ".join(road.split()), match["number"]), match.group(), *match.span())


def same_road(one: str, other: str) -> bool:
    """Say whether two roads are the same; a district or city may stand before one of them."""
    if one.isascii():
        return one == other
    return _road_itself(one) == _road_itself(other)


def _road_itself(road: str) -> str:
    """The two characters of the name with what follows: 蓬萊路 of 位於蓬萊路, 維3路 of 苓雅區4維3路."""
    found = re.search(r"[^\d]\d?(?:[^\d]\d?)?(?:路|街|大道).*$", road)
    return found.group()[-8:] if found else road
