"""Turns honest sentences into false ones, one kind of lie at a time, by seeded chance.

Nothing here knows the claim check: a lie is made by hand-written rules on the text, and told by what it planted.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

CHINESE = "zh-TW"


class Lie(StrEnum):
    WRONG_DATE = "wrong date"
    WRONG_CLOCK = "wrong time of day"
    WRONG_AMOUNT = "wrong amount"
    WRONG_UNIT = "wrong unit of an amount"
    WRONG_PERCENT = "wrong percentage"
    WRONG_PHONE = "wrong phone"
    INVENTED_PHONE = "invented phone"
    WRONG_NAME = "swapped names"
    FOREIGN_URL = "foreign URL"
    TOUCHING_URL = "foreign URL that touches the text"
    INVENTED_EMAIL = "invented e-mail"
    WRONG_ADDRESS = "wrong address"
    TURNED = "negation turned"
    BOUND = "bound turned"
    OPPOSITE = "opposite"
    SWAPPED = "values swapped"
    MOVED = "value from elsewhere in the document"
    SIMPLIFIED = "simplified characters"
    PROMISE = "promise in the city's name"


# What the check finds by likeness, not with certainty: the words and values are the document's own, put together anew.
MOVED_MEANING = frozenset({Lie.TURNED, Lie.BOUND, Lie.OPPOSITE, Lie.SWAPPED, Lie.MOVED})


@dataclass(frozen=True)
class Hallucination:
    """A false sentence; `planted` is what must not reach a citizen."""

    lie: Lie
    text: str
    planted: str


_DATES = re.compile(
    r"(?:(?:民國)?\d{2,4}年)?\d{1,2}月\d{1,2}日|\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{4}年"
    r"|\d{1,2} (?:January|February|March|April|May|June|July|August|September|October|November|December)(?: \d{4})?"
    r"|(?:January|February|March|April|May|June|July|August|September|October|November|December) \d{1,2}(?:, \d{4})?|\b20[0-2]\d\b"
)
_AMOUNTS = re.compile(r"NT\$[\d,.]+|\d[\d,.]*(?=\s?(?:萬|億)?元)|[\d.]+(?= million New)")
_PERCENTS = re.compile(r"\d+(?:\.\d+)?(?=\s?(?:%|percent))|(?<=百分之)[一二三四五六七八九十]+")
_CLOCKS = re.compile(
    r"(?<![\d:])\d{1,2}:\d{2}(?!\d)|(?<=[午上晚晨])[一二三四五六七八九\d]{1,2}(?=[時點])|\b\d{1,2}(?= ?[ap]\.?m\b)"
)
_UNITS = (("億元", "萬元"), ("萬元", "億元"), (" million", " billion"), (" billion", " million"))
_PHONES = re.compile(r"\(?0\d{1,3}\)?[- ]?\d{3,4}[- ]?\d{3,4}")
_ADDRESSES = re.compile(r"(?<=[路街段巷])\d+(?=號)|(?<=No\. )\d+")
_NEGATIONS = (("不需要", "需要"), ("不得", "可以"), ("不用", "必須"), ("不能", "可以"), ("無須", "必須"), ("免費", "收費"), ("不可以", "可以"),
              ("沒有", "有"), ("尚未", "已經"), ("不必", "必須"), ("cannot", "can"), ("need not", "must"), (" not ", " "), ("does not", "does"),
              ("no longer", "still"), ("without", "with"), ("free of charge", "for a fee"), (" free", " paid"))  # fmt: skip
_TURNS = (("可以申請", "不可以申請"), ("可以", "不可以"), ("提供", "不提供"), ("開放", "不開放"), (" is ", " is not "), (" are ", " are not "), (" can ", " cannot "),
          (" may ", " may not "), (" was ", " was not "))  # fmt: skip
_BOUNDS = (("以上", "以下"), ("以下", "以上"), ("至少", "至多"), ("最高", "最低"), ("最多", "最少"), ("不超過", "超過"), ("未滿", "年滿"), ("以前", "以後"),
           ("日前", "日後"), ("月前", "月後"), ("日內", "日後"), ("天內", "天後"), ("日起", "日止"), ("日止", "日起"), ("超過", "不到"), ("截止", "開始"),
           ("at least", "at most"), ("at most", "at least"), ("up to", "at least"), ("no more than", "more than"), ("more than", "less than"),
           ("less than", "more than"), (" before ", " after "), (" after ", " before "), ("within", "after"),
           ("under NT", "over NT"), (" over NT", " under NT"), ("or more", "or less"), ("and above", "and below"), ("or older", "or younger"))  # fmt: skip
_OPPOSITES = (("平日", "假日"), ("假日", "平日"), ("上午", "下午"), ("下午", "上午"), ("開放", "關閉"), ("免費", "收費"), ("增加", "減少"), ("全部", "部分"),
              ("開始", "結束"), ("單程", "來回"), ("北部", "南部"), ("付現", "刷卡"), ("刷卡", "付現"), ("weekdays", "weekends"), ("weekends", "weekdays"),
              (" open ", " closed "), ("adults", "children"), ("increase", "decrease"), ("a.m.", "p.m."), (" starts ", " ends "), ("opens", "closes"), ("in cash", "by card"),
              ("by card", "in cash"))  # fmt: skip
_SIMPLIFIED = str.maketrans(
    "臺灣為這個會後請電話時間國說與實業務對應開關費報營運點門員體區樓辦無須證號線車輕軌鐵題農產資訊聯絡億萬補貼師",
    "台湾为这个会后请电话时间国说与实业务对应开关费报营运点门员体区楼办无须证号线车轻轨铁题农产资讯联络亿万补贴师",
)
_FOREIGN = (
    "https://kaohsiung-refund.example/apply",
    "https://bit.example/x7k",
    "www.kcg-gov-tw.example",
    "https://line-pay.example/claim?id=7",
)
_TOUCHING = {
    CHINESE: ("請到{}申請", "詳見{}。", "（{}）", "至{}報名"),
    "en": ("; apply at {}", " (see {})", ", details: {}"),
}
_HOSTS = ("kcs-pay.com", "高雄渡輪.台灣", "www.kaohsiung-refund.tw", "bit.ly/x7k", "kcg[.]gov-tw[.]com", "@kcg_refund")
_PROMISES = {
    CHINESE: ("市府保證您一定會通過。", "高雄市政府承諾全額補助，絕對沒問題。"),
    "en": (
        "The city guarantees that you will be approved.",
        "We promise that you will certainly get the full subsidy.",
    ),
}


def make_lies(
    text: str, language: str, names: Sequence[str], chance: random.Random, document: str = ""
) -> list[Hallucination]:
    """Return every lie that can be made of a sentence.

    `names` are names the source does not have; `document` is the text whose other values may be put in.
    """
    lies: list[Hallucination] = []

    def replace(pattern: re.Pattern[str], lie: Lie, change: Callable[[str], str]) -> None:
        found = list(pattern.finditer(text))
        if found:
            match = chance.choice(found)
            new = change(match.group())
            if new != match.group():
                lies.append(Hallucination(lie, text[: match.start()] + new + text[match.end() :], new))

    replace(_DATES, Lie.WRONG_DATE, lambda date: _change_digits(date, chance, dates=True))
    replace(_CLOCKS, Lie.WRONG_CLOCK, lambda time: _change_digits(time, chance))
    replace(_AMOUNTS, Lie.WRONG_AMOUNT, lambda amount: _change_digits(amount, chance))
    replace(_PERCENTS, Lie.WRONG_PERCENT, lambda share: _change_digits(share, chance))
    replace(_PHONES, Lie.WRONG_PHONE, lambda phone: _change_digits(phone, chance, keep=3))
    replace(_ADDRESSES, Lie.WRONG_ADDRESS, lambda number: str(int(number) + chance.randint(1, 40)))
    phone = f"07-{chance.randint(200, 799)}-{chance.randint(1000, 9999)}"
    is_chinese = language == CHINESE
    lies.append(_add(Lie.INVENTED_PHONE, text, f"，詳情請撥{phone}" if is_chinese else f", or call {phone}", phone))
    url = chance.choice(_FOREIGN)
    lies.append(_add(Lie.FOREIGN_URL, text, f"，請到 {url} 申請" if is_chinese else f"; apply at {url}", url))
    mail = f"help{chance.randint(10, 99)}@kcg-service.example"
    lies.append(_add(Lie.INVENTED_EMAIL, text, f"，請寄信到 {mail}" if is_chinese else f"; write to {mail}", mail))
    promise = chance.choice(_PROMISES[language])
    lies.append(
        Hallucination(
            Lie.PROMISE, f"{text} {promise}" if not is_chinese else text.rstrip("。") + "，" + promise, promise
        )
    )
    present = [name for name in names if name in text]
    absent = [name for name in names if name not in text]
    if present and absent:
        old, new = max(present, key=len), chance.choice(absent)
        lies.append(Hallucination(Lie.WRONG_NAME, text.replace(old, new), new))
    host = chance.choice(_HOSTS)
    touching = chance.choice(_TOUCHING[language]).format(host)
    lies.append(_add(Lie.TOUCHING_URL, text, f"，{touching.rstrip('。')}" if is_chinese else touching, host))
    lies.extend(_replace_first(text, (*_NEGATIONS, *_TURNS), Lie.TURNED))
    lies.extend(_replace_first(text, _BOUNDS, Lie.BOUND))
    lies.extend(_replace_first(text, _OPPOSITES, Lie.OPPOSITE))
    lies.extend(_replace_first(text, _UNITS, Lie.WRONG_UNIT))
    lies.extend(_move_values(text, document, chance))
    if is_chinese and (simple := text.translate(_SIMPLIFIED)) != text:
        lies.append(Hallucination(Lie.SIMPLIFIED, simple, simple))
    return lies


def _add(lie: Lie, text: str, more: str, planted: str) -> Hallucination:
    end = "。" if text.endswith("。") else "." if text.endswith(".") else ""
    return Hallucination(lie, text.rstrip("。.") + more + end, planted)


def _replace_first(text: str, pairs: Sequence[tuple[str, str]], lie: Lie) -> list[Hallucination]:
    for old, new in pairs:
        if old in text:
            turned = text.replace(old, new, 1)
            return [Hallucination(lie, turned, turned)]
    return []


def _move_values(text: str, document: str, chance: random.Random) -> list[Hallucination]:
    """Swap two values of a form within a sentence, and put another one of the document in the place of one."""
    lies = []
    for pattern in (_AMOUNTS, _DATES, _PERCENTS, _PHONES, _CLOCKS):
        found = list(pattern.finditer(text))
        pairs = [(a, b) for a, b in pairwise(found) if a.group() != b.group() and _shape(a) == _shape(b)]
        if pairs:
            one, other = chance.choice(pairs)
            swapped = text[: one.start()] + other.group() + text[one.end() : other.start()] + one.group()
            lies.append(Hallucination(Lie.SWAPPED, swapped + text[other.end() :], swapped))
        said = {match.group() for match in found}
        moves = [
            (one, other.group())
            for one in found
            for other in pattern.finditer(document)
            if _shape(one) == _shape(other) and other.group() not in said
        ]
        if moves:
            one, other_text = chance.choice(moves)
            moved = text[: one.start()] + other_text + text[one.end() :]
            lies.append(Hallucination(Lie.MOVED, moved, other_text))
    return lies


def _shape(match: re.Match[str]) -> str:
    """A year in the place of its own day would be no lie."""
    return re.sub(r"\d+", "0", re.sub(r"[A-Z][a-z]{2,}", "M", match.group()))


def _change_digits(text: str, chance: random.Random, *, dates: bool = False, keep: int = 0) -> str:
    """Change one number of a text so that it stays of its form."""
    numbers = [match for match in re.finditer(r"\d+", text) if match.end() > keep]
    if not numbers:
        return text.translate(str.maketrans("一二三四五六七八九", "二三四五六七八九一"))
    match = chance.choice(numbers)
    number = match.group()
    if dates:
        top = 2026 if len(number) == 4 else 12
        new = str(int(number) - chance.choice([1, 2, 3])) if int(number) > min(top, 9) else str(int(number) % 9 + 1)
    else:
        place = chance.randrange(max(0, keep - match.start()), len(number)) if len(number) > keep - match.start() else 0
        digit = str((int(number[place]) + chance.randint(1, 8)) % 9 + 1)
        if digit == number[place]:
            digit = str(int(digit) % 9 + 1)
        new = number[:place] + digit + number[place + 1 :]
    return text[: match.start()] + new + text[match.end() :]
