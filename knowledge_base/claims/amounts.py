"""Reads amounts of money, percentages, fractions, durations, ages, ordinals and plain numbers.

All functions work on a text whose numerals are rewritten (knowledge_base.claims.numerals).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from knowledge_base.claims.claim import Claim, ClaimKind

_N = r"(?P<number>\d+(?:\.\d+)?)"
_RANGE = r"(?P<first>\d+(?:\.\d+)?)\s*(?:-|~|至|到|to|and|or|或)\s*"
_LOCAL, _DOLLARS = "NT$", "US$"

_MONEY_BEFORE = re.compile(
    rf"(?P<currency>NT\s?\$|NTD\s?|TWD\s?|新台幣\s?|台幣\s?|US\s?\$|USD\s?|美金\s?|\$)\s?(?:約|近|達|至少|最高)?{_N}(?:\s*(?:-|~|至|到|to)\s*(?:NT\$|US\$|\$)?(?P<last>\d+(?:\.\d+)?))?\s?(?:元|圓|塊)?",
    re.IGNORECASE,
)
_MONEY_AFTER = re.compile(
    rf"(?:(?P<first>\d+(?:\.\d+)?)\s?(?:元|圓)?\s?(?:-|~|至|到|to|or|或)\s*)?{_N}\s?(?:多|餘)?\s?(?P<unit>元|圓|塊錢?美[元金]|美元|美金|塊錢?|(?:New )?Taiwan(?:ese)? dollars?|NT dollars?|(?:US |U\.S\. )?dollars?|NTD|TWD)",
    re.IGNORECASE,
)
_HINTED = re.compile(
    r"(?:上|好?幾|數)(?:\d+|[十百千萬億]+)(?:多|餘)?(?:元|圓|塊)|半[百千萬](?:元|圓|塊)|\b(?:several|a few|a couple of|many|tens of|dozens? of|a dozen|hundreds of|thousands of|millions of|billions of)\s(?:hundred |thousand |million |billion )?(?:NT |New Taiwan |Taiwan |US )?dollars?",
    re.IGNORECASE,
)
_HINTED_COUNT = re.compile(
    r"(?:數|好?幾|上(?=[百千萬億]))[十百千萬億]+(?=[\u4e00-\u9fff])(?!多?[元圓塊])|\b(?:dozens|scores|hundreds|thousands|millions) of\b|\b(?:a few|several) (?:hundred|thousand|million)\b",
    re.IGNORECASE,
)
_PERCENT = re.compile(
    rf"(?:(?P<first>\d+(?:\.\d+)?)%?\s?(?:-|~|至|到|to|and)\s?)?{_N}\s?(?:%|％|percent\b|per cent\b|個?百分點|(?:percentage )?points?\b)",
    re.IGNORECASE,
)
_PERCENT_ZH = re.compile(rf"百分之\s?{_N}")
_TENTHS = re.compile(
    r"(?<![\d.])(?P<number>\d(?:\.\d)?)\s?成(?!立|為|功|本|果|員|長|績|年|人|就|交|分|效|熟|真|家|形|型|套)(?:(?P<half>半)|(?P<tenth>[\d一二三四五六七八九]))?"
)
_WHOLE = re.compile(
    r"全額|整筆|全部(?:的)?費用|加倍|雙倍|翻倍|\b(?:twice (?=the|as|that)|doubled?(?! as\b)|tripled?|quadrupled?|the (?:whole|entire|full) (?:cost|amount|price|fee))\b",
    re.IGNORECASE,
)
_TIMES_AS_MUCH = {"triple": 3, "quadruple": 4}
# More than half, without a number.
MOST = "most"
_MOST = re.compile(r"過半|大半|大多數?|大部分|多數(?!據)|\bmost of\b|\b(?:the |a )?(?:vast )?majority\b", re.IGNORECASE)
_DISCOUNT = re.compile(r"(?<![\d.])(?P<number>\d\d?)\s?折")
_FRACTION_ZH = re.compile(r"(?P<bottom>\d+)\s?分之\s?(?P<top>\d+|[一])")
_FRACTION_EN = re.compile(
    r"\b(?P<top>a|one|another|\d+)[\s-](?P<bottom>half|third|quarter|fifth|tenth)s?\b(?!-?(?:price|fare|day|hour))|(?<![\d/])(?P<top2>\d)/(?P<bottom2>\d\d?)(?![\d/])|(?<![\d.,])(?P<top3>\d\d?) (?:in|out of) (?:every )?(?P<bottom3>\d\d?)(?! \w*\d|[\d:,.]\d|\s?(?:a|p)\.?m| (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|days?|months?|years?|hours?|minutes?))|\bhalf\b(?![\s-]?(?:an?\s|day|hour|fare|price))|\bhalv(?:e[sd]?|ing)\b|一半|半數|對半|打?對折|半價",
    re.IGNORECASE,
)
_BOTTOMS = {"half": 2, "third": 3, "quarter": 4, "fifth": 5, "tenth": 10}

_UNITS_ZH = (
    ("workday", "個?(?:工作天|工作日|上班日)", 1), ("month", "年(?!度|期|級|半|\\s?\\d{1,2}\\s?月)", 12), ("month", "季(?!節|度)", 3), ("month", "個月", 1),
    ("day", "(?:個)?(?:週|周|星期|禮拜)(?![日末天一二三四五六]|年)", 7), ("day", "天", 1), ("minute", "(?:個)?(?:小時|鐘頭)", 60),
    ("minute", "分鐘|分(?=內|以內)", 1), ("second", "秒鐘?", 1), ("day", "(?<!月)日(?=內|以內|之內|前|以上|後|為限|起算)", 1), ("term", "(?:個)?學期", 1),
)  # fmt: skip
_UNITS_EN = (
    ("workday", r"(?:working|business|work)[\s-]days?", 1), ("month", r"years?(?![\s-]olds?\b)", 12), ("month", r"months?", 1),
    ("day", r"weeks?", 7), ("day", r"days?", 1), ("minute", r"(?:hours?|hrs?)", 60), ("minute", r"(?:minutes?|mins?)", 1),
    ("second", r"seconds?", 1), ("term", r"semesters?", 1),
)  # fmt: skip
_DURATIONS = tuple(
    (re.compile(rf"(?<![\d.第月])(?:{_RANGE})?{_N}\s?(?:多|餘)?(?:{pattern})"), unit, size)
    for unit, pattern, size in _UNITS_ZH
) + tuple(
    (
        re.compile(
            rf"(?<![\d.$])(?:{_RANGE})?{_N}[\s-](?:full |consecutive |calendar )?(?:{pattern})\b", re.IGNORECASE
        ),
        unit,
        size,
    )
    for unit, pattern, size in _UNITS_EN
)
_HALVES = (
    (re.compile(r"半小時|半個小時|半個鐘頭|\bhalf[\s-](?:an[\s-])?hour\b", re.IGNORECASE), ("minute", Decimal(30))),
    (
        re.compile(r"(?<![上下前後])半天|半日(?!遊)|\bhalf[\s-](?:a[\s-])?day\b(?! (?:tour|trip))", re.IGNORECASE),
        ("day", Decimal("0.5")),
    ),
    (re.compile(r"半年|\bhalf[\s-](?:a[\s-])?year\b", re.IGNORECASE), ("month", Decimal(6))),
)
_YEARS_AND_A_HALF = re.compile(r"(?<![\d.第])(?P<years>\d{1,2})\s?年半")
# From here on a number before 年 is a calendar year, of the Republic or of our era, not a length of time.
_FIRST_CALENDAR_YEAR = 60
_AGE = re.compile(
    rf"(?:{_RANGE})?{_N}\s?(?:足)?歲|(?:{_RANGE.replace('first', 'first2')})?(?P<number2>\d+)[\s-]years?[\s-]olds?"
    r"|\b(?:aged?|ages)\s(?:between |from |of )?(?P<number3>\d+)(?:\s?(?:-|to|and)\s?(?P<last>\d+))?|(?P<number4>\d+)\s?years? of age"
    r"|\b(?:over|under)[\s-](?P<number5>\d\d)s\b",
    re.IGNORECASE,
)
_ORDINAL_WORDS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
    "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth",
)  # fmt: skip
_ORDINAL = re.compile(
    rf"第\s?(?P<number>\d+)|\b(?P<number2>\d+)(?:st|nd|rd|th)\b|\bQ(?P<number3>[1-4])\b|\b(?P<word>{'|'.join(_ORDINAL_WORDS[1:])})\b(?!-hand)",
    re.IGNORECASE,
)
_PLAIN = re.compile(
    r"(?<![\w.])\d+(?:\.\d+)?(?![\w]*[A-Za-z]{2,}\d)(?!\.\d)|(?<=[^\W\d_A-Za-z])\d+(?:\.\d+)?|\d+(?:\.\d+)?(?=[^\W\d_A-Za-z])"
)


def read_money(text: str) -> Iterator[Claim]:
    """Yield amounts of money; one that is only hinted at ("幾千元", "thousands of dollars") as the words it is told by."""
    taken: list[tuple[int, int]] = []
    for match in _HINTED.finditer(text):
        taken.append(match.span())
        yield Claim(ClaimKind.MONEY, (_LOCAL, match.group().casefold()), match.group(), *match.span())
    for match in (*_MONEY_BEFORE.finditer(text), *_MONEY_AFTER.finditer(text)):
        if any(match.start() < end and start < match.end() for start, end in taken):
            continue
        taken.append(match.span())
        found = match.groupdict()
        written = (found.get("currency") or found.get("unit") or "").upper().replace(" ", "")
        currency = _DOLLARS if written.startswith(("US", "U.S.", "美", "塊美", "塊錢美")) else _LOCAL
        for number in (found.get("first"), found.get("number"), found.get("last")):
            if number:
                yield Claim(ClaimKind.MONEY, (currency, Decimal(number)), match.group(), *match.span())


def read_shares(text: str) -> Iterator[Claim]:
    """Yield percentages and fractions."""
    for match in _PERCENT.finditer(text):
        for number in (match["first"], match["number"]):
            if number:
                yield Claim(ClaimKind.PERCENT, Decimal(number), match.group(), *match.span())
    for match in _PERCENT_ZH.finditer(text):
        yield Claim(ClaimKind.PERCENT, Decimal(match["number"]), match.group(), *match.span())
    for match in _TENTHS.finditer(text):
        tenth = match["tenth"] or ("5" if match["half"] else "0")
        digit = int(tenth) if tenth.isdecimal() else "零一二三四五六七八九".index(tenth)
        yield Claim(ClaimKind.PERCENT, Decimal(match["number"]) * 10 + digit, match.group(), *match.span())
    for match in _WHOLE.finditer(text):
        is_whole = match.group()[0] in "全整" or match.group().lower().startswith("the ")
        times = next((n for start, n in _TIMES_AS_MUCH.items() if match.group().lower().startswith(start)), 2)
        value = Decimal(100 if is_whole else 100 * times)
        yield Claim(ClaimKind.PERCENT, value, match.group(), *match.span())
    for match in _MOST.finditer(text):
        yield Claim(ClaimKind.PERCENT, MOST, match.group(), *match.span())
    for match in _DISCOUNT.finditer(text):
        number = Decimal(match["number"]) * (10 if len(match["number"]) == 1 else 1)
        yield Claim(ClaimKind.PERCENT, 100 - number, match.group(), *match.span())
    for match in _FRACTION_ZH.finditer(text):
        if match["bottom"] != "100":
            top = 1 if match["top"] == "一" else int(match["top"])
            yield Claim(ClaimKind.FRACTION, (top, int(match["bottom"])), match.group(), *match.span())
    for match in _FRACTION_EN.finditer(text):
        yield Claim(ClaimKind.FRACTION, _fraction(match), match.group(), *match.span())


def _fraction(match: re.Match[str]) -> tuple[int, int]:
    top = match["top"] or match["top2"] or match["top3"] or "1"
    bottom = match["bottom"] or match["bottom2"] or match["bottom3"] or "half"
    return (int(top) if top.isdigit() else 1, int(bottom) if bottom.isdigit() else _BOTTOMS[bottom.lower()])


def read_durations(text: str) -> Iterator[Claim]:
    """Yield lengths of time: (unit, amount), weeks as days, years as months, hours as minutes."""
    for pattern, unit, size in _DURATIONS:
        for match in pattern.finditer(text):
            if match.group().endswith("年") and (
                Decimal(match["number"]) >= _FIRST_CALENDAR_YEAR or text[: match.start()].rstrip().endswith("民國")
            ):
                continue
            for number in (match["first"], match["number"]):
                if number:
                    yield Claim(ClaimKind.DURATION, (unit, Decimal(number) * size), match.group(), *match.span())
    for match in _YEARS_AND_A_HALF.finditer(text):
        yield Claim(ClaimKind.DURATION, ("month", Decimal(match["years"]) * 12 + 6), match.group(), *match.span())
    for pattern, value in _HALVES:
        yield from (Claim(ClaimKind.DURATION, value, match.group(), *match.span()) for match in pattern.finditer(text))


def read_ages(text: str) -> Iterator[Claim]:
    """Yield ages in years."""
    for match in _AGE.finditer(text):
        for number in match.groupdict().values():
            if number:
                yield Claim(ClaimKind.AGE, Decimal(number), match.group(), *match.span())


def read_ordinals(text: str) -> Iterator[Claim]:
    """Yield ordinals; "first" is mostly no number."""
    for match in _ORDINAL.finditer(text):
        number = match["number"] or match["number2"] or match["number3"]
        value = int(number) if number else _ORDINAL_WORDS.index(match["word"].lower()) + 1
        if match["number"] == "1" and text[match.end() :].lstrip().startswith("次"):
            # 第一次 says "first" as a word.
            continue
        yield Claim(ClaimKind.ORDINAL, Decimal(value), match.group(), *match.span())


def read_numbers(text: str) -> Iterator[Claim]:
    """Yield the numbers that stand alone; one that is only hinted at ("dozens of") as the words it is told by."""
    for match in _HINTED_COUNT.finditer(text):
        yield Claim(ClaimKind.NUMBER, match.group().casefold(), match.group(), *match.span())
    for match in _PLAIN.finditer(text):
        yield Claim(ClaimKind.NUMBER, Decimal(match.group()), match.group(), *match.span())
