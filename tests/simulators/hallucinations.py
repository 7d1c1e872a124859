"""Turns honest sentences into false ones, one kind of lie at a time, by seeded chance.

Nothing here knows the claim check: a lie is made by hand-written rules on the text, and told by what it planted.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

CHINESE = "zh-TW"


class Lie(StrEnum):
    WRONG_DATE = "wrong date"
    WRONG_AMOUNT = "wrong amount"
    WRONG_PERCENT = "wrong percentage"
    WRONG_PHONE = "wrong phone"
    INVENTED_PHONE = "invented phone"
    WRONG_NAME = "swapped names"
    FOREIGN_URL = "foreign URL"
    INVENTED_EMAIL = "invented e-mail"
    WRONG_ADDRESS = "wrong address"
    TURNED = "negation turned"
    SIMPLIFIED = "simplified characters"
    PROMISE = "promise in the city's name"


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
_PHONES = re.compile(r"\(?0\d{1,3}\)?[- ]?\d{3,4}[- ]?\d{3,4}")
_ADDRESSES = re.compile(r"(?<=[路街段巷])\d+(?=號)|(?<=No\. )\d+")
_NEGATIONS = (("不需要", "需要"), ("不得", "可以"), ("不用", "必須"), ("不能", "可以"), ("無須", "必須"), ("免費", "收費"), ("不可以", "可以"),
              ("沒有", "有"), ("尚未", "已經"), ("不必", "必須"), ("cannot", "can"), ("need not", "must"), (" not ", " "), ("does not", "does"),
              ("no longer", "still"), ("without", "with"), ("free of charge", "for a fee"), (" free", " paid"))  # fmt: skip
_TURNS = (("可以申請", "不可以申請"), ("可以", "不可以"), ("提供", "不提供"), ("開放", "不開放"), (" is ", " is not "), (" are ", " are not "), (" can ", " cannot "),
          (" may ", " may not "), (" was ", " was not "))  # fmt: skip
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
_PROMISES = {
    CHINESE: ("市府保證您一定會通過。", "高雄市政府承諾全額補助，絕對沒問題。"),
    "en": (
        "The city guarantees that you will be approved.",
        "We promise that you will certainly get the full subsidy.",
    ),
}


def make_lies(text: str, language: str, names: Sequence[str], chance: random.Random) -> list[Hallucination]:
    """Return every lie that can be made of a sentence. `names` are names the source does not have."""
    lies: list[Hallucination] = []

    def replace(pattern: re.Pattern[str], lie: Lie, change: Callable[[str], str]) -> None:
        found = list(pattern.finditer(text))
        if found:
            match = chance.choice(found)
            new = change(match.group())
            if new != match.group():
                lies.append(Hallucination(lie, text[: match.start()] + new + text[match.end() :], new))

    replace(_DATES, Lie.WRONG_DATE, lambda date: _change_digits(date, chance, dates=True))
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
    lies.extend(_turn(text))
    if is_chinese and (simple := text.translate(_SIMPLIFIED)) != text:
        lies.append(Hallucination(Lie.SIMPLIFIED, simple, simple))
    return lies


def _add(lie: Lie, text: str, more: str, planted: str) -> Hallucination:
    end = "。" if text.endswith("。") else "." if text.endswith(".") else ""
    return Hallucination(lie, text.rstrip("。.") + more + end, planted)


def _turn(text: str) -> list[Hallucination]:
    for old, new in _NEGATIONS:
        if old in text:
            turned = text.replace(old, new, 1)
            return [Hallucination(Lie.TURNED, turned, turned)]
    for old, new in _TURNS:
        if old in text:
            turned = text.replace(old, new, 1)
            return [Hallucination(Lie.TURNED, turned, turned)]
    return []


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
