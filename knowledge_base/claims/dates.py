"""Reads dates, weekdays and clock times, as Chinese and English write them, in both calendars.

All functions work on a text whose numerals are rewritten (knowledge_base.claims.numerals).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from knowledge_base.claims.bounds import Bound, read_bound
from knowledge_base.claims.claim import Claim, ClaimKind

ROC_OFFSET = 1911
# Two or three digits before 年 are a year of the Republic in this range, else a number of years.
ROC_YEARS = range(60, 151)
NOON_MINUTES = 12 * 60

_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")  # fmt: skip
_MONTH = (
    r"(?P<month>Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?|July?|Aug(?:ust|\.)?"
    r"|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"
)
_TO = r"\s*(?:至|到|-|~|–|及|、|與|和|to|and|until|through)\s*"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"

_CHINESE_DATE = re.compile(
    r"(?:(?P<roc>民國)?\s?(?P<year>\d{2,4})\s?年度?\s?(?:的)?)?(?<!\d)(?P<month>1[0-2]|0?[1-9])\s?月"
    r"(?:份|底|初|中旬|上旬|下旬)?(?:\s?(?P<day>3[01]|[12]\d|0?[1-9])\s?(?:[日號]|(?=[、及和與至到~-]\s?\d{1,2}\s?[日號])))?"
    rf"(?:(?:\s?[\(（][^)）]{{1,6}}[\)）])?{_TO}(?:(?P<month2>1[0-2]|0?[1-9])\s?月)?(?P<day2>3[01]|[12]\d|0?[1-9])\s?[日號])?"
)
_CHINESE_YEAR = re.compile(r"(?P<roc>民國)?\s?(?<![\d第.])(?P<year>\d{2,4})\s?年度?(?!期|級|以[上下內]|內|間)")
_YEAR_RANGE = re.compile(rf"(?<![\d第.])(?P<year>\d{{3,4}}){_TO}(?P<year2>\d{{3,4}})\s?年")
_NUMERIC = re.compile(
    r"(?<![\d/.-])(?P<year>(?:19|20)\d\d|1[0-4]\d)\s?(?P<sep>[-/.])\s?(?P<month>1[0-2]|0?[1-9])(?:\s?(?P=sep)\s?(?P<day>3[01]|[12]\d|0?[1-9]))?(?![\d/]|\.\d|-\d)"
)
_MONTH_AND_DAY = re.compile(r"(?<![\d/.-])(?P<month>1[0-2]|0?[1-9])/(?P<day>3[01]|[12]\d|0?[1-9])(?![\d/]|\.\d)")
_DAY_MONTH = re.compile(
    rf"(?<![\w.])(?P<day>{_DAY})(?:{_TO}(?P<day2>{_DAY}))?\s+(?:of\s+)?{_MONTH}(?![a-z])(?:,?\s+(?P<year>(?:19|20)\d\d)(?!\d))?"
)
_MONTH_DAY = re.compile(
    rf"(?<![A-Za-z]){_MONTH}\s+(?P<day>{_DAY})(?!\d|:)(?:{_TO}(?P<day2>{_DAY})(?![\d:]))?(?:,?\s+(?P<year>(?:19|20)\d\d)(?!\d))?"
)
_MONTH_YEAR = re.compile(rf"(?<![A-Za-z]){_MONTH}(?:,?\s+(?:of\s+)?(?P<year>(?:19|20)\d\d)(?!\d))?(?![a-z])")
# "may" is mostly a verb; other short months are rarely words.
_IS_MONTH_BEFORE = re.compile(
    r"(?:in|by|of|until|since|from|to|early|late|mid|and|through|each|every|between|before|after|during|end)[\s-]+$",
    re.IGNORECASE,
)
_ROC_ENGLISH = re.compile(
    r"\b(?:ROC|Minguo)\s+(?:year\s+)?(?P<year>\d{2,3})\b|\b(?:year\s+)?(?P<year2>\d{2,3})\s+of the Republic",
    re.IGNORECASE,
)
# 1999 is the hotline of Taiwan's cities; as a bare number it matches the year all the same.
_ENGLISH_YEAR = re.compile(
    r"(?<![\d.$/-])(?<!\d,)(?P<year>(?!1999)(?:19|20)\d\d)(?!\d|[.,]\d|\s?(?:元|人|名|家|個|間|場|坪|件|次|位|輛|座|people|persons|sq))(?:/\d\d)?"
)
# "On the 25th", not "the 25th year".
_DAY_ONLY_EN = re.compile(
    r"\b(?:on|until|till|from|by|to|and|through) the (?P<day>3[01]|[12]\d|[1-9])(?:st|nd|rd|th)(?=\s*(?:[,.;)]|$)|\s(?:of (?:the|that|each|every) |to |until |and ))",
    re.IGNORECASE,
)
_DAY_ONLY = re.compile(
    r"(?<![\d.])(?P<day>3[01]|[12]\d|0?[1-9])\s?[日號](?!內|以|之內|前|後|為|起算|遊|線|出口|碼頭|船)"
)

_RELATIVE_DAYS = {
    "今天": 0,
    "今日": 0,
    "today": 0,
    "明天": 1,
    "明日": 1,
    "tomorrow": 1,
    "大後天": 3,
    "後天": 2,
    "昨天": -1,
    "昨日": -1,
    "yesterday": -1,
}
_RELATIVE_YEARS = {"今年": 0, "本年度": 0, "this year": 0, "明年": 1, "next year": 1, "去年": -1, "last year": -1}
_RELATIVE = re.compile("|".join((*_RELATIVE_DAYS, *_RELATIVE_YEARS)), re.IGNORECASE)
# Days and months told from one that was told before, however they are called.
_VAGUE = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("next day", r"隔天|隔日|翌日|(?<!每)次日|\b(?:the )?(?:next|following) day\b|\bthe day after\b(?! tomorrow)"),
        ("next month", r"下個?月(?!台)|次月|隔月|翌月|\b(?:the )?(?:next|following) month\b|\bthe month after\b"),
        ("this month", r"本月|這個月|當月|同月|\b(?:this|the same) month\b"),
        ("last month", r"上個?月(?!台)|\b(?:the )?(?:last|previous) month\b(?! of)"),
        ("next week", r"下個?(?:週|周|星期|禮拜)(?![一二三四五六日天1-7])|\b(?:the )?(?:next|following) week\b"),
        ("this week", r"(?:本|這個?)(?:週|周|星期|禮拜)(?![一二三四五六日天1-7])|\bthis week\b"),
        ("last week", r"上個?(?:週|周|星期|禮拜)(?![一二三四五六日天1-7])|\blast week\b"),
    )
)

_WEEKDAY_ZH = re.compile(r"(?:週|周|星期|禮拜)(?P<day>[1-7日天末])(?!\d*(?:小時|次|年|內))")
_WEEKDAY_MORE_ZH = re.compile(
    r"(?:至|到|-|~|、|及|和|與)(?P<day>[1-6日一二三四五六])(?=[\s、及和與,，;；。)）\d上下晚早休開公停]|$)"
)
_WEEKDAY_EN = re.compile(
    r"\b(?P<day>mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?s?\b(?!\s?light)", re.IGNORECASE
)
_WEEKDAYS_EN = {"mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6, "sun": 7}
_DAY_KINDS = (
    ("weekend", re.compile(r"週末|周末|\bweekends?\b", re.IGNORECASE)),
    ("workday", re.compile(r"平日|上班日|\bweekdays?\b", re.IGNORECASE)),
    ("new year's eve", re.compile(r"除夕|大年夜|\bNew Year['’]s Eve\b", re.IGNORECASE)),
    (
        "spring festival",
        re.compile(
            r"春節|農曆新?年|過年|大年初|\b(?:Lunar|Chinese) New Year\b(?!['’]s Eve)|\bSpring Festival\b", re.IGNORECASE
        ),
    ),
    ("new year", re.compile(r"(?<!農曆)新年(?!度)|\b(?<!Lunar )(?<!Chinese )New Year\b(?!['’]s)")),
    ("new year's day", re.compile(r"元旦|\bNew Year['’]s Day\b", re.IGNORECASE)),
    ("tomb-sweeping day", re.compile(r"清明|\bTomb[- ]Sweeping\b", re.IGNORECASE)),
    ("dragon boat festival", re.compile(r"端午|\bDragon Boat\b", re.IGNORECASE)),
    ("mid-autumn festival", re.compile(r"中秋|\bMid-Autumn\b", re.IGNORECASE)),
    ("national day", re.compile(r"國慶|雙十節|\bNational Day\b", re.IGNORECASE)),
    ("mother's day", re.compile(r"母親節|\bMother['’]s Day\b", re.IGNORECASE)),
    ("father's day", re.compile(r"父親節|\bFather['’]s Day\b", re.IGNORECASE)),
    ("valentine's day", re.compile(r"情人節|七夕|\bValentine['’]s Day\b", re.IGNORECASE)),
    ("children's day", re.compile(r"兒童節|\bChildren['’]s Day\b", re.IGNORECASE)),
    ("april fools' day", re.compile(r"愚人節|\bApril Fool", re.IGNORECASE)),
    ("labour day", re.compile(r"勞動節|\bLabou?r Day\b", re.IGNORECASE)),
    ("teachers' day", re.compile(r"教師節|\bTeachers?['’]s? Day\b", re.IGNORECASE)),
    ("lantern festival", re.compile(r"元宵|\bLantern Festival\b", re.IGNORECASE)),
    ("ghost festival", re.compile(r"中元|\bGhost Festival\b", re.IGNORECASE)),
    ("double ninth", re.compile(r"重陽|\bDouble Ninth\b", re.IGNORECASE)),
    ("halloween", re.compile(r"萬聖節|\bHalloween\b", re.IGNORECASE)),
    ("christmas", re.compile(r"聖誕|耶誕|\bChristmas\b", re.IGNORECASE)),
    ("summer holidays", re.compile(r"暑假|暑期|\bsummer (?:holidays?|vacation|break)\b", re.IGNORECASE)),
    ("winter holidays", re.compile(r"寒假|\bwinter (?:holidays?|vacation|break)\b", re.IGNORECASE)),
    ("school start", re.compile(r"開學|\b(?:school|term|semester) (?:starts?|begins?)\b", re.IGNORECASE)),
    ("holiday", re.compile(r"(?:國定)?假日|例假|\b(?:public |national )?holidays?\b", re.IGNORECASE)),
)

_CLOCK_ZH = re.compile(
    r"(?P<part>上午|早上|清晨|凌晨|中午|下午|傍晚|晚上|晚間|夜間|夜晚)?\s?(?<![\d.])(?P<hour>2[0-4]|1\d|0?\d)\s?(?:點鐘?|時(?!間|候|數|程))"
    r"(?:(?P<minute>[0-5]?\d)分?|(?P<half>半)|整)?"
)
_CLOCK_COLON = re.compile(
    r"(?P<part>上午|早上|清晨|凌晨|中午|下午|傍晚|晚上|晚間)?\s?(?<![\d:.])(?P<hour>2[0-4]|1\d|0?\d):(?P<minute>[0-5]\d)(?![\d:])\s?(?P<ampm>[ap]\.?m\b\.?)?(?P<spoken>o'clock)?",
    re.IGNORECASE,
)
_CLOCK_EN = re.compile(
    r"(?<![\d:.$])(?P<hour>1[0-2]|0?[1-9])(?:[:.](?P<minute>[0-5]\d))?\s?(?P<ampm>[ap]\.?m\b\.?)", re.IGNORECASE
)
_CLOCK_EN_START = re.compile(
    r"(?<![\d:.$])(?P<hour>1[0-2]|0?[1-9])(?=\s?(?:-|to|until|and)\s?(?:1[0-2]|0?[1-9])(?::\d\d)?\s?[ap]\.?m\b)",
    re.IGNORECASE,
)
_CLOCK_WORDS = (
    (re.compile(r"正午|\b(?:at |until |till )?(?:noon|midday)\b", re.IGNORECASE), 720),
    (re.compile(r"午夜|子夜|\bmidnight\b", re.IGNORECASE), 0),
    # The old double hours, by their middle.
    *((re.compile(f"{name}時(?!候|間)"), 120 * place) for place, name in enumerate("子丑寅卯辰巳午未申酉戌亥")),
)
_NUMBER_BEFORE = re.compile(r"(\d{1,4})\s?[年月]$")
_PARTS_OF_DAY = (
    ("dawn", re.compile(r"天亮|破曉|(?<!\d)日出(?!席|版|資)|\bdawn\b|\bdaybreak\b|\bsunrise\b", re.IGNORECASE)),
    ("dusk", re.compile(r"天黑|(?<!\d)日落(?!幕|成)|黃昏|\bdusk\b|\bsunset\b|\bnightfall\b", re.IGNORECASE)),
    ("night", re.compile(r"半夜|深夜|三更|\bwee hours\b|\bsmall hours\b|\blate at night\b", re.IGNORECASE)),
    ("breakfast", re.compile(r"早餐(?:時間|時段)|\bbreakfast[- ]?time\b", re.IGNORECASE)),
    ("lunch", re.compile(r"午餐(?:時間|時段)|午休|中午時段|\blunch[- ]?(?:time|break|hour)\b", re.IGNORECASE)),
    ("tea", re.compile(r"下午茶|\btea[- ]?time\b", re.IGNORECASE)),
    ("dinner", re.compile(r"晚餐(?:時間|時段)|晚飯|宵夜|\b(?:dinner|supper|bed)[- ]?time\b", re.IGNORECASE)),
    ("closing", re.compile(r"下班(?:前|後|之前|以前)|打烊|\bclose of business\b|\bclosing time\b", re.IGNORECASE)),
    ("whole", re.compile(r"全天|整天|日夜|\b(?:a?round the clock|all day|24/7)\b", re.IGNORECASE)),
    ("morning", re.compile(r"上午|早上|早晨|清晨|\bmornings?\b", re.IGNORECASE)),
    ("afternoon", re.compile(r"下午|午後|\bafternoons?\b", re.IGNORECASE)),
    ("evening", re.compile(r"晚上|晚間|傍晚|夜間|夜晚|\bevenings?\b|\bat night\b", re.IGNORECASE)),
)
# Parts of a month or a year, by the day or the month.
_PARTS_ZH = {"初": "start", "上旬": "start", "中": "middle", "中旬": "middle", "下旬": "end", "底": "end", "末": "end"}
_LAST_DAY = "最後"
_PART_ZH = re.compile(
    r"(?<=(?P<unit>[年月]))份?(?P<part>的?最後(?:一|1)[天日]|上旬|中旬|下旬|初(?!始|期|次|賽|審|步|[一二三四五六七八九十])|底(?!下)|末|中(?=[，,。止前後]|$))"
)
_PARTS_EN = {"early": "start", "beginning": "start", "start": "start", "mid": "middle", "middle": "middle", "late": "end", "end": "end", "last day": "last", "last month": "last"}  # fmt: skip
_PART_EN = re.compile(
    r"\b(?:(?P<part>early|mid|late)|(?:the )?(?P<part2>beginning|start|middle|end|last day|last month)(?= of))(?:[\s-]+(?:of )?)"
    rf"(?=(?:the |this |that |each |every |next )?(?P<unit>year\b|month\b|{_MONTH}|(?:19|20)\d\d))",
    re.IGNORECASE,
)
_SEASONS = (
    (
        "spring",
        re.compile(
            r"春天|春季|入春|開春|初春|\b(?:in |last |next |this |every |by )?(?:early |late )?spring\b(?! festival)",
            re.IGNORECASE,
        ),
    ),
    ("summer", re.compile(r"夏天|夏季|入夏|盛夏|初夏|\bsummer\b(?! (?:holidays?|vacation|break))", re.IGNORECASE)),
    (
        "autumn",
        re.compile(
            r"(?<!中)秋天|(?<!中)秋季|入秋|初秋|深秋|\bautumn\b(?<!mid-autumn)|\b(?:in|this|next|by) (?:the )?fall\b(?! (?:of|to|short))",
            re.IGNORECASE,
        ),
    ),
    ("winter", re.compile(r"冬天|冬季|入冬|隆冬|\bwinter\b(?! (?:holidays?|vacation|break))", re.IGNORECASE)),
)
_YEAR_BEFORE = re.compile(r"((?:19|20)\d\d)\s?年?的?\s?$")
_YEAR_AFTER = re.compile(r"\s(?:of )?((?:19|20)\d\d)\b")
_AFTERNOON = frozenset({"下午", "傍晚", "晚上", "晚間", "夜間", "夜晚"})


def read_dates(text: str, today: date | None) -> Iterator[Claim]:
    """Yield the dates of a text; relative ones ("明天") are resolved by `today`, or else claimed as they stand."""
    yield from _read_full_dates(text)
    for match in _RELATIVE.finditer(text):
        yield Claim(ClaimKind.DATE, _resolve(match.group().lower(), today), match.group(), *match.span())
    for name, pattern in _VAGUE:
        yield from (Claim(ClaimKind.DATE, (name, None, None), m.group(), *m.span()) for m in pattern.finditer(text))


def _read_full_dates(text: str) -> Iterator[Claim]:
    taken: list[tuple[int, int]] = []
    for pattern in (
        _NUMERIC, _CHINESE_DATE, _YEAR_RANGE, _CHINESE_YEAR, _DAY_MONTH, _MONTH_DAY, _MONTH_YEAR, _ROC_ENGLISH,
        _MONTH_AND_DAY, _ENGLISH_YEAR, _DAY_ONLY, _DAY_ONLY_EN,
    ):  # fmt: skip
        for match in pattern.finditer(text):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            values = list(_values(pattern, match))
            if not values:
                continue
            taken.append(match.span())
            for value in values:
                yield Claim(ClaimKind.DATE, value, match.group(), *match.span())


def _values(pattern: re.Pattern[str], match: re.Match[str]) -> Iterator[tuple[int | None, int | None, int | None]]:
    found = match.groupdict()
    if pattern is _MONTH_YEAR and not found["year"] and not _is_month(match):
        return
    if pattern is _MONTH_AND_DAY and re.match(r"\s?(?:of|票|折|價|以)", match.string[match.end() :]):
        return
    year = _year(found.get("year") or found.get("year2"), has_roc=bool(found.get("roc")) or pattern is _ROC_ENGLISH)
    if found.get("year") and year is None and pattern is not _CHINESE_DATE:
        return
    month = _month(found.get("month"))
    day = _number(found.get("day"))
    yield (year, month, day)
    if found.get("day2") and not found.get("month2") and (_number(found["day2"]) or 0) <= (day or 0):
        # No range ends where it begins: whoever wrote this has lost a day, and no source will have it.
        yield (year, month, 0)
    elif found.get("day2"):
        yield (year, _month(found.get("month2")) or month, _number(found["day2"]))
    if pattern is _YEAR_RANGE:
        second = _year(found["year2"])
        if second:
            yield (second, None, None)


def _is_month(match: re.Match[str]) -> bool:
    word = match["month"]
    if word == "May" or len(word) <= 4:
        return bool(_IS_MONTH_BEFORE.search(match.string[: match.start()])) and word[0].isupper()
    return word[0].isupper()


def _year(text: str | None, *, has_roc: bool = False) -> int | None:
    if not text:
        return None
    number = int(text)
    if has_roc:
        return number + ROC_OFFSET
    if number >= 1000:
        return number
    return number + ROC_OFFSET if number in ROC_YEARS else None


def _month(text: str | None) -> int | None:
    if not text:
        return None
    if text.isdigit():
        return int(text)
    return next(place for place, name in enumerate(_MONTHS, 1) if name.startswith(text.lower().rstrip(".")[:3]))


def _number(text: str | None) -> int | None:
    return int(re.sub(r"\D", "", text)) if text else None


def _resolve(word: str, today: date | None) -> tuple[int | str | None, int | None, int | None]:
    if today is None:
        return (word, None, None)
    if word in _RELATIVE_YEARS:
        return (today.year + _RELATIVE_YEARS[word], None, None)
    day = today + timedelta(days=_RELATIVE_DAYS[word])
    return (day.year, day.month, day.day)


def read_parts(text: str) -> Iterator[Claim]:
    """Yield which part of a month or year a text speaks of: "at the end of May", 年底."""
    for match in _PART_ZH.finditer(text):
        unit = "year" if match["unit"] == "年" else "month"
        before = _NUMBER_BEFORE.search(text[: match.start()])
        of = before and (_year(before[1]) if unit == "year" else _month(before[1]))
        yield _make_part(unit, "last" if _LAST_DAY in match["part"] else _PARTS_ZH[match["part"]], of, text, match)
    for match in _PART_EN.finditer(text):
        unit = "year" if match["unit"].lower() == "year" or match["unit"].isdigit() else "month"
        part = _PARTS_EN[(match["part"] or match["part2"]).lower()]
        is_word = match["unit"].lower() in ("year", "month")
        of = None if is_word else int(match["unit"]) if match["unit"].isdigit() else _month(match["unit"])
        yield _make_part(unit, part, of, text, match)
    for name, pattern in _PARTS_OF_DAY:
        for match in pattern.finditer(text):
            yield Claim(ClaimKind.PART, ("day", name, None), match.group(), *match.span())
    for name, pattern in _SEASONS:
        for match in pattern.finditer(text):
            year = _YEAR_BEFORE.search(text[: match.start()]) or _YEAR_AFTER.match(text[match.end() :])
            yield Claim(ClaimKind.PART, ("year", name, int(year[1]) if year else None), match.group(), *match.span())


def _make_part(unit: str, part: str, of: int | None, text: str, match: re.Match[str]) -> Claim:
    claim = Claim(ClaimKind.PART, (unit, part, of), match.group(), *match.span())
    # "Until the end of May" is the last day, not one of the last ones.
    is_last = part == "end" and read_bound(text, claim) is Bound.TO
    return replace(claim, value=(unit, "last", of)) if is_last else claim


def read_weekdays(text: str) -> Iterator[Claim]:
    """Yield the weekdays of a text, and words for kinds of days."""
    for match in _WEEKDAY_ZH.finditer(text):
        if match["day"] != "末":
            yield Claim(
                ClaimKind.WEEKDAY, 7 if match["day"] in "日天7" else int(match["day"]), match.group(), *match.span()
            )
            more = _WEEKDAY_MORE_ZH.match(text, match.end())
            if more:
                day = "日一二三四五六".find(more["day"]) or 7
                yield Claim(ClaimKind.WEEKDAY, day if day > 0 else int(more["day"]), more.group(), *more.span())
    for match in _WEEKDAY_EN.finditer(text):
        is_short = not match.group().lower().rstrip("s").endswith("day")
        if is_short and not match.group()[0].isupper():
            continue
        yield Claim(ClaimKind.WEEKDAY, _WEEKDAYS_EN[match["day"].lower()[:3]], match.group(), *match.span())
    for name, pattern in _DAY_KINDS:
        for match in pattern.finditer(text):
            yield Claim(ClaimKind.WEEKDAY, name, match.group(), *match.span())


def read_clock_times(text: str) -> Iterator[Claim]:
    """Yield the clock times of a text; the end of a range takes its half of the day from the start."""
    taken: list[tuple[int, int]] = []
    claims: list[Claim] = []
    for pattern in (_CLOCK_COLON, _CLOCK_EN, _CLOCK_EN_START, _CLOCK_ZH):
        for match in pattern.finditer(text):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            taken.append(match.span())
            claims.append(Claim(ClaimKind.CLOCK, _minutes(match), match.group(), *match.span()))
    for pattern, minutes in _CLOCK_WORDS:
        claims.extend(Claim(ClaimKind.CLOCK, (minutes, True), m.group(), *m.span()) for m in pattern.finditer(text))
    claims.sort(key=lambda claim: claim.start)
    afternoon = False
    for claim in claims:
        minutes, is_certain = claim.value
        if is_certain:
            afternoon = minutes >= NOON_MINUTES
        elif afternoon and minutes < NOON_MINUTES:
            claim = Claim(claim.kind, (minutes + NOON_MINUTES, False), claim.text, claim.start, claim.end)
        yield claim


def _minutes(match: re.Match[str]) -> tuple[int, bool]:
    found = match.groupdict()
    hour = int(found["hour"])
    minutes = hour * 60 + (30 if found.get("half") else int(found.get("minute") or 0))
    half = (found.get("ampm") or "").lower()
    part = found.get("part") or ""
    if (part in _AFTERNOON or half.startswith("p") or (part == "中午" and hour < 3)) and hour < 12:
        minutes += NOON_MINUTES
    elif (half.startswith("a") or part == "凌晨") and hour == 12:
        minutes -= NOON_MINUTES
    is_certain = bool(part or half) or hour > 12 or (match.re is _CLOCK_COLON and not found["spoken"])
    return minutes, is_certain
