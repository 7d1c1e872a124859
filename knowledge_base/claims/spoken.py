"""Writes in digits what is counted and timed in words: a dozen, a fortnight, half past nine, Monday to Friday.

All work on a text whose numbers are digits already (knowledge_base.claims.numerals).
"""

from __future__ import annotations

import re
from collections.abc import Callable

Rewriting = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]


def _rule(pattern: str, replacement: str | Callable[[re.Match[str]], str]) -> Rewriting:
    return re.compile(pattern, re.IGNORECASE), replacement


def _count_dozens(match: re.Match[str]) -> str:
    dozens = {"一": 1, "兩": 2}.get(match[1])
    return str(12 * (int(match[1]) if dozens is None else dozens))


def _digit(numeral: str) -> str:
    return numeral if numeral.isdigit() else str(_TEN.index(numeral))


_COUNTS = (
    _rule(r"\bhalf a dozen\b", "6"),
    _rule(r"\b(?:a )?couple of dozen\b", "24"),
    _rule(r"\bseveral dozen\b|\ba few dozen\b", "dozens of"),
    _rule(r"\b(?:a|1) dozen\b", "12"),
    _rule(r"\b(\d+) dozen\b", lambda match: str(12 * int(match[1]))),
    _rule(r"半打(?!開)", "6"),
    _rule(r"(?<![\d.])(\d+|一|兩)打(?!開|電話|造|算|擊|卡|掃|包|折|通)", _count_dozens),
    _rule(r"\ba pair of\b|\b(?:a|the) duo\b", "2"),
    _rule(r"\b(?:a|the) trio\b", "3"),
    _rule(r"\btwice (?=an? (?:day|week|month|year)|per |each |every |dai|week|month|year)", "2 times "),
    # For the first time: a word, not a number.
    _rule(r"第1次(?!\w{0,2}(?:和|與|及|、)第)", "首次"),
)
_TEN = "零一二三四五六七八九"
_MEASURES = "元|塊錢?|公里|公尺|公分|米|公斤|公噸|噸|公頃|坪|小時|鐘頭|天|週|歲|倍|度|英里"
_HALVES = (
    # 六公尺半, 10小時半; 一個半小時, 三個半月.
    _rule(rf"(?<![\d.])(\d+)(個?(?:{_MEASURES}))半(?!數|價|票|天|日|年)", r"\1.5\2"),
    _rule(r"(?:(?<![\d.])(\d+)|一)個半(?=小時|鐘頭|月|星期|百分點)", lambda match: f"{match[1] or 1}.5個"),
    _rule(r"半個(?=百分點)", "0.5個"),
    _rule(r"\bhalf an? (?=(?:percent|per cent|percentage point|point)\b)", "0.5 "),
    # 五元五角, 十塊五.
    _rule(rf"(?<![\d.])(\d+)[元塊]([\d{_TEN}])角", lambda match: f"{match[1]}.{_digit(match[2])}元"),
    _rule(rf"(?<![\d.])(\d+)塊([{_TEN}])(?=[，。、；;,)）\s]|$)", lambda match: f"{match[1]}.{_digit(match[2])}塊"),
    # 兩成五五.
    _rule(rf"(?<![\d.])(\d)成([\d{_TEN}])([\d{_TEN}])(?!\d)", lambda m: f"{m[1]}{_digit(m[2])}.{_digit(m[3])}%"),
)
_LENGTHS = (
    _rule(r"\b(?:a|1) decade\b", "10 years"),
    _rule(r"\b(\d{1,2}) decades\b", lambda match: f"{match[1]}0 years"),
    _rule(r"\bhalf a century\b", "50 years"),
    _rule(r"\b(?:a|1) century\b", "100 years"),
    _rule(r"半個?世紀", "50年"),
    _rule(r"(?:1|(?<!\d)一)刻鐘?", "15分鐘"),
    _rule(r"\bevery other (day|week|month|year)\b", r"every 2 \1s"),
    _rule(r"\b(?:a|the|one|1) (?:whole|full|entire) (hour|day|week|month|year)\b", r"1 \1"),
    _rule(r"(?:整整)?(?:一|1)整(?=個?(?:小時|天|週|星期|月|年))|整整(?:一|1)(?=個?(?:小時|天|週|星期|月|年))", "1"),
    _rule(r"\b(?:a )?fortnight\b", "14 days"),
    _rule(r"\b(?:a |1 )?quarter of an hour\b", "15 minutes"),
    # The first two years are years one and two.
    _rule(r"\b(?:the |its |your |their )?first (\d) (year|month)s\b", r"\2s 1 to \1"),
    _rule(r"(?<![從以之先目])(?:頭|前)([2-9])年(?!度|級)", r"第1至\1年"),
    # So much in a month is a rate, no length of time.
    _rule(r"(?<![第\d])(?:1|一)個月(?=(?:大?約|就|要|可|有|各|補助?|付|給|領|收|繳)?\d+(?:元|圓|塊))", "每月"),
)
_DAYS = (
    _rule(r"(?:每?[週周]|星期|禮拜)[一1](?:至|到|-|~)(?:[週周]|星期|禮拜)?[五5](?!\d)", "平日"),
    _rule(r"\bmon(?:day)?s? ?(?:to|through|until|-) ?fri(?:day)?s?\b", "weekdays"),
)
_ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth",
    "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth",
)  # fmt: skip
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_DAY_OF_MONTH = _rule(
    rf"\b(?:the )?({'|'.join(_ORDINALS)}) of (?=(?:{_MONTHS})\b)",
    lambda match: f"{_ORDINALS.index(match[1].lower()) + 1} ",
)
_HOUR = r"(1[0-2]|\d)"
_HOURS = (
    # Two bare numbers are hours where they open something or a day follows.
    _rule(
        rf"\b(open(?:s|ed)?(?: daily)?(?: from)?) {_HOUR} (to|until|till|-) {_HOUR}(?=[,.;]|$| from| on| every| daily)",
        r"\1 \2:00 o'clock \3 \4:00 o'clock",
    ),
    _rule(
        rf"\b(from|between) {_HOUR} (to|until|till|and) {_HOUR}"
        r"(?= (?:on|the evening|the night|the day|every|each|in the|at night)\b)",
        r"\1 \2:00 o'clock \3 \4:00 o'clock",
    ),
    _rule(
        rf"\b((?:mornings?|afternoons?|evenings?|nights?|days?|[a-z]+days?)(?: from| between)?) {_HOUR} (to|until|till|and) {_HOUR}"
        r"(?![\d:]| [a-z]+s\b)",
        r"\1 \2:00 o'clock \3 \4:00 o'clock",
    ),
    _rule(rf"\bfrom {_HOUR}(?= (?:to|until|till) (?:noon|midnight)\b)", r"from \1:00 o'clock"),
    _rule(rf"\bhalf past {_HOUR}\b", r"\1:30 o'clock"),
    _rule(rf"\b(?:a )?quarter past {_HOUR}\b", r"\1:15 o'clock"),
    _rule(rf"\b(?:a )?quarter to {_HOUR}\b", lambda match: f"{int(match[1]) - 1 or 12}:45 o'clock"),
    _rule(rf"\b{_HOUR} o['’]?clock\b", r"\1:00 o'clock"),
    _rule(rf"\b{_HOUR}(:\d\d)?(?: o'clock)? in the morning\b", r"\1\2 a.m."),
    _rule(rf"\b{_HOUR}(:\d\d)?(?: o'clock)? (?:in the (?:afternoon|evening)|at night)\b", r"\1\2 p.m."),
)


def write_spoken(text: str) -> str:
    """Return a text with its dozens, decades, half hours and the like in digits."""
    for pattern, replacement in (*_COUNTS, *_HALVES, *_LENGTHS, *_DAYS, _DAY_OF_MONTH, *_HOURS):
        text = pattern.sub(replacement, text)
    return text
