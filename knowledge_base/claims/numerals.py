"""Writes every number of a text in one way: narrow digits, no thousands commas, no 萬 or million, no words."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from knowledge_base.claims.spoken import write_spoken

_DIGITS = {
    "零": 0,
    "〇": 0,
    "○": 0,
    "一": 1,
    "二": 2,
    "兩": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
_SMALL_UNITS = {"十": 10, "百": 100, "千": 1_000}
_LARGE_UNITS = {"萬": 10_000, "億": 100_000_000, "兆": 1_000_000_000_000}
_CJK_DIGIT = "零〇一二兩三四五六七八九"
# What may follow a lone numeral that is meant as a number: 三項, but not 三民.
_COUNTED = (
    "元|塊錢|年|個|月|日|號|點|時|分|秒|歲|天|週|周|小時|人|名|位|家|間|件|案|次|類|項|種|期|屆|階段|公里|公尺|公頃|坪|倍|座|處"
    "|站|條|班|輛|台|艘|棟|樓|層|場|組|隊|張|份|本|支|款|所|校|縣|國|成|折|季|學期|梯|顆|棵|隻|頭|米(?!飯|糕|粉)|公斤|公噸|噸|公升|公分|公克|平方|包|袋|箱|瓶|杯|桶|戶|席|攤|堂|節|片|塊(?!厝)|英里|哩|趟|打(?!開|電話|造|算|擊|卡|掃|包|折|通)|門|科|步|級|度|頁|字|大(?:類|主|領|項|面)"
)
# Numerals that are no numbers.
_NO_NUMBER = re.compile(
    rf"(?<![{_CJK_DIGIT}])十分(?!鐘)|千萬(?=不|別|要|記|小心)|萬一|百姓|百貨|萬能|一百貨|四處|四周|三不五時|七上八下|五花八門|統一|萬用|千禧"
)
_MIXED_RUN = re.compile(
    r"(?:\d+(?:\.\d+)?[千百十]?[萬億兆]千?)+(?:\d+(?:\.\d+)?[百千]?)?|\d+(?:\.\d+)?[千百](?=元|萬|人|名|家|件|坪|個|多|餘)"
)
_CHINESE_RUN = re.compile(
    rf"[{_CJK_DIGIT}十百千萬億兆○]+(?:點[{_CJK_DIGIT}]+(?=[萬億%成]|$|[^{_CJK_DIGIT}十百半分整刻]))?"
)
_COUNTED_AFTER = re.compile(rf"(?:{_COUNTED})")
# A lone 一 counts before what is measured or dated; elsewhere it says "a", "all" or "the same".
_ONE_OF = re.compile(
    r"元|圓|塊錢?|成(?!不|為|立)|(?:年|天|週|周|個?星期)(?=以|內|之內|後|前|為限|期|，|。|、|,|$)|年半|個月|月|日|歲|個?小時|分鐘|公里|公尺|倍|折|%|萬|億|千|百"
)
_ONE_EN = re.compile(
    r"\bone(?=[\s-](?:dollars?|NT|New Taiwan|percent|per cent|hours?|minutes?|days?|weeks?|months?|years?|kilomet|met(?:er|re))\b)",
    re.IGNORECASE,
)
_LAST_UNIT = re.compile(r"(?P<unit>[百千萬億])[一二三四五六七八九1-9]$")
# 四億半 is 四億五千萬.
_LARGE_AND_A_HALF = re.compile(rf"(?<=[\d{_CJK_DIGIT}十百千])([億萬千百])半(?!數|年|天|小|個|價)")
_HALF_OF = {"億": "五千萬", "萬": "五千", "千": "五百", "百": "五十"}
# An extension of one numeral, and the number of a house behind another.
_EXTENSION = re.compile(r"(?<=[轉機])\s?([零一二三四五六七八九])(?=[，。、；;,.)）\s]|$)")
_SUB_NUMBER = re.compile(rf"(?<![\d{_CJK_DIGIT}十百])(\d+|[{_CJK_DIGIT}十百]+)之(\d+|[{_CJK_DIGIT}十]+)號")
_UNIT_BELOW = {"百": "十", "千": "百", "萬": "千", "億": "千萬"}
_THOUSANDS_COMMA = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_UNSEEN = dict.fromkeys((0x0000, 0x00AD, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF))
_DASHES = {code: "-" for code in (0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212, 0xFE63, 0xFF0D)} | {
    0xFF5E: "~",
    0x301C: "~",
}

_ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]  # fmt: skip
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_WORDS = {word: number for number, word in enumerate(_ONES)} | {word: 10 * place for place, word in enumerate(_TENS, 2)}
_MULTIPLIERS = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000, "trillion": 10**12}
_WORD = "|".join(sorted((*_WORDS, *_MULTIPLIERS), key=len, reverse=True))
# No number that is meant has more; patterns take the square of the length.
MAX_DIGITS = 24
_TOO_LONG = re.compile(rf"\d{{{MAX_DIGITS},}}|[{_CJK_DIGIT}十百千萬億兆○]{{{MAX_DIGITS},}}")
_ENGLISH_RUN = re.compile(
    rf"\b(?:{_WORD})(?:(?:[\s-]+|(?<=hundred)\s+and\s+|(?<=thousand)\s+and\s+)(?:{_WORD}))*\b", re.IGNORECASE
)
# The start of a range is a number after all: "one to three months".
_ONE_TO = re.compile(rf"\bone(?=(?: to | or | and |-)(?:{_WORD}|\d))", re.IGNORECASE)
_DIGITS_AND_WORD = re.compile(
    r"(?<![\w.])(\d+(?:\.\d+)?)[\s-]*(hundred|thousand|million|billion|trillion)\b|(?<=\$)(\d+(?:\.\d+)?)\s?(m|k|bn)\b",
    re.IGNORECASE,
)
_SHORT = {"m": 1_000_000, "k": 1_000, "bn": 1_000_000_000}


# "Nine-thirty" is a time, for no number is said so.
_SPOKEN_TIME = re.compile(rf"\b({'|'.join(_ONES[1:13])})[\s-](fifteen|thirty)\b", re.IGNORECASE)
# As banks write them; only where money follows, because 參 and 陸 are common characters.
_FORMAL = re.compile(r"[壹貳參叁肆伍陸柒捌玖拾佰仟萬億]{2,}(?=[元圓])")
_FORMAL_DIGITS = str.maketrans("壹貳參叁肆伍陸柒捌玖拾佰仟", "一二三三四五六七八九十百千")
# Units alone are an amount where money follows or something is surpassed: 百萬元, 破百萬, "a million dollars".
_UNITS_OF_MONEY = re.compile(
    r"(?<![\d一二兩三四五六七八九十百千萬億])[十百千]?[百千萬億]+(?=多?[元圓])"
    r"|(?<=[破逾])[十百千]?[百千萬億]+(?!年)|(?<=(?<![附最])近)[百千萬億]+(?![年貨姓])|(?<![\d一二兩三四五六七八九十百千萬億數幾上])[百千][萬億]?(?=[餘多來][家人名個件處間位次輛座項場種])|(?<=超過)[十百千]?[百千萬億]+(?!年)"
)
_A_MILLION = re.compile(
    rf"\b(half )?an? (hundred|thousand|million|billion)\b(?![\s-](?:and[\s-])?(?:{_WORD})\b)", re.IGNORECASE
)
# "A hundred and fifty" is one number.
_A_HUNDRED_AND = re.compile(rf"\ba(?= (?:hundred|thousand|million)[\s-](?:and[\s-])?(?:{_WORD})\b)", re.IGNORECASE)
# "Twenty-fifth".
_ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"]
_LONG_ORDINAL = re.compile(rf"\b({'|'.join(_TENS)})[\s-]({'|'.join(_ORDINALS)})\b", re.IGNORECASE)


def rewrite_numerals(text: str) -> str:
    """Return a text with its numbers as plain digits: "三千萬元", "3,000 萬元" and "３０００萬元" all as "30000000元".

    A lone "one" or 一 stays as it is where it measures nothing: it is rarely meant as a number then.
    """
    plain = unicodedata.normalize("NFKC", text.translate(_UNSEEN)).translate(_DASHES).replace("臺", "台")
    plain = _TOO_LONG.sub(lambda match: match.group()[:MAX_DIGITS], _THOUSANDS_COMMA.sub("", plain))
    plain = re.sub(r"(?<=\d) (?=[十百千萬億兆])", "", plain)
    plain = plain.replace("廿", "二十").replace("卅", "三十")
    plain = _write_halves(plain)
    plain = _FORMAL.sub(lambda match: match.group().translate(_FORMAL_DIGITS), plain)
    plain = _UNITS_OF_MONEY.sub(lambda match: str(_read_chinese(match.group())), plain)
    plain = _A_HUNDRED_AND.sub("one", plain)
    plain = _A_MILLION.sub(lambda m: _format(Decimal(_MULTIPLIERS[m[2].lower()]) / (2 if m[1] else 1)), plain)
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match.group())
        return "\x00"

    plain = _NO_NUMBER.sub(keep, plain)
    plain = _SPOKEN_TIME.sub(lambda match: f"{_WORDS[match[1].lower()]}:{_WORDS[match[2].lower()]} o'clock", plain)
    plain = _MIXED_RUN.sub(lambda match: _format(_read_mixed(match.group())), plain)
    plain = _CHINESE_RUN.sub(_rewrite_chinese, plain)
    plain = re.sub("\x00", lambda _: kept.pop(0), plain)
    plain = _ONE_EN.sub("1", _ONE_TO.sub("1", plain))
    plain = _DIGITS_AND_WORD.sub(_rewrite_multiplied, plain)
    plain = _LONG_ORDINAL.sub(_rewrite_ordinal, plain)
    plain = _ENGLISH_RUN.sub(_rewrite_english, plain)
    return write_spoken(plain)


def _write_halves(text: str) -> str:
    """Write a half behind a large unit, and single numerals that count only here: 四億半, 轉一, 二之一號."""
    text = _LARGE_AND_A_HALF.sub(lambda match: f"{match[1]}{_HALF_OF[match[1]]}", text)
    text = _EXTENSION.sub(lambda match: str(_DIGITS[match[1]]), text)
    return _SUB_NUMBER.sub(lambda match: f"{_read_digits(match[1])}之{_read_digits(match[2])}號", text)


def _read_digits(run: str) -> str:
    return run if run.isdigit() else str(_read_chinese(run))


def _format(value: Decimal | int) -> str:
    text = f"{Decimal(value):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _read_mixed(run: str) -> Decimal:
    """Read digits mixed with units: 1億5000萬, 3千萬, 2.5萬."""
    total, section, number = Decimal(0), Decimal(0), Decimal(0)
    run = _write_last_unit(run)
    for piece in re.findall(r"\d+(?:\.\d+)?|[十百千萬億兆]", run):
        if piece in _SMALL_UNITS:
            section += (number or 1) * _SMALL_UNITS[piece]
            number = Decimal(0)
        elif piece in _LARGE_UNITS:
            total += (section + number) * _LARGE_UNITS[piece]
            section = number = Decimal(0)
        else:
            number = Decimal(piece)
    return total + section + number


def _rewrite_chinese(match: re.Match[str]) -> str:
    run = match.group()
    whole, _, fraction = run.partition("點")
    after = match.string[match.end() : match.end() + 3]
    before = match.string[max(0, match.start() - 3) : match.start()]
    is_lone = len(run) == 1
    if is_lone and (run == "一" or run in "十百千萬億兆") and not (run == "十" and _COUNTED_AFTER.match(after)):
        is_number = run == "一" and (
            before.endswith(("第", "週", "周", "星期", "禮拜", "分之"))
            or (before[-1:] not in "那這哪同某另每" and bool(_ONE_OF.match(after)))
            or (before[-1:] in tuple("午晨早晚間") and after.startswith(("點", "時")))
        )
    elif is_lone:
        is_number = bool(_COUNTED_AFTER.match(after)) or before.endswith(("第", "分之", "週", "周", "星期", "禮拜"))
    elif all(character in _SMALL_UNITS or character in _LARGE_UNITS for character in run) and run[0] != "十":
        # 千萬, 百萬 behind digits were read before; alone they are "millions of".
        return run
    else:
        is_number = True
    if not is_number or before[-1:] in ("\x00",):
        return run
    if all(character in _DIGITS for character in whole):
        # Digit by digit, as in 二〇二六; two of them side by side are mostly "two or three".
        if len(whole) == 2 and "〇" not in whole and "零" not in whole and not after.startswith("折"):
            return run
        text = "".join(str(_DIGITS[character]) for character in whole)
    else:
        text = _format(_read_chinese(whole))
    return f"{text}.{''.join(str(_DIGITS[character]) for character in fraction)}" if fraction else text


def _read_chinese(run: str) -> int:
    total, section, digit = 0, 0, 0
    for character in _write_last_unit(run):
        if character in _DIGITS or character == "○":
            digit = _DIGITS[character]
        elif character in _SMALL_UNITS:
            section += (digit or 1) * _SMALL_UNITS[character]
            digit = 0
        else:
            total += ((section + digit) or 1) * _LARGE_UNITS[character]
            section = digit = 0
    return total + section + digit


def _write_last_unit(run: str) -> str:
    """Return a number with the unit that is left away at its end: 五萬五 is 五萬五千, 三百二 is 三百二十."""
    match = _LAST_UNIT.search(run)
    return run + _UNIT_BELOW[match["unit"]] if match else run


def _rewrite_multiplied(match: re.Match[str]) -> str:
    word = (match[2] or match[4]).lower()
    return _format(Decimal(match[1] or match[3]) * (_SHORT.get(word) or _MULTIPLIERS[word]))


def _rewrite_ordinal(match: re.Match[str]) -> str:
    return f"{_WORDS[match[1].lower()] + _ORDINALS.index(match[2].lower()) + 1}th"


def _rewrite_english(match: re.Match[str]) -> str:
    words = re.findall(r"[a-z]+", match.group().lower())
    numbers = [word for word in words if word != "and"]
    if numbers == ["one"] or all(word in _MULTIPLIERS for word in numbers):
        return match.group()
    total, section = 0, 0
    for word in numbers:
        if word in _WORDS:
            section += _WORDS[word]
        elif word == "hundred":
            section = (section or 1) * 100
        else:
            total += (section or 1) * _MULTIPLIERS[word]
            section = 0
    return str(total + section)
