"""Reads a question: its parts, and the kind of thing each part asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from knowledge_base.tokens import normalise


class Kind(StrEnum):
    """What a question asks for; the sentence that answers must hold a thing of this kind."""

    PHONE = "phone"
    WEBSITE = "website"
    MONEY = "money"
    DURATION = "duration"
    WHEN = "when"
    NUMBER = "number"
    WHO = "who"
    WHERE = "where"
    WHY = "why"
    HOW = "how"
    MAY = "may"
    LIST = "list"
    WHAT = "what"


@dataclass(frozen=True)
class QuestionPart:
    """One thing asked. `context` is what the rest of the question says that this part leans on."""

    text: str
    context: str
    kind: Kind


# The first pattern that matches tells the kind; the patterns see normalised text (lower case, half width).
_ASKED: tuple[tuple[Kind, str], ...] = (
    (Kind.PHONE, r"電話|打幾號|打哪|撥幾|幾號分機|分機|專線是|號碼|phone|telephone|hotline number|\bnumber (?:do|can|should|to|reach)"
                 r"|which number|what number|\bcall\b.*\bnumber|who (?:do|can|should) i call"),
    (Kind.WEBSITE, r"網址|網站|官網|哪個網頁|website|web site|web page|\burl\b|\blink\b|what site|which site|\bfeed"),
    (Kind.MONEY, r"多少錢|幾元|幾塊|票價|費用|價格|怎麼收費|收費|車資|租金多少|預算多少|經費多少|利率|利息多少|幾趴|幾成"
                 r"|(?:補助|補貼|獎金|獎勵|貸款|額度|上限|最高|投資|金額|經費|預算|資本|營業額|產值|薪資|年產|房屋稅|保險|保障|理賠|賠|借|拿)[^，。？]{0,8}(?:多少|幾萬|幾)"
                 r"|多少(?:補助|補貼|獎金|經費|預算|投資)|how much|what(?:'s| is) the (?:fee|price|cost|fare|budget|interest|ceiling|maximum)"
                 r"|\bcosts?\b|\bfares?\b|\bfee\b|\bprice|how expensive|interest rate|\bcap\b|maximum"),
    (Kind.DURATION, r"多久|幾年|幾天|幾小時|幾分鐘|how long|how often|how many (?:years|months|days|hours|minutes)"),
    (Kind.WHEN, r"什麼時候|甚麼時候|哪時候|何時|何日|哪一?天|哪一?年|哪個月|幾月|幾號|幾點|日期|時間是|什麼時間|時候|開放時間|營業時間|期限|截止|到期"
                r"|\bwhen\b|what (?:date|day|time|year)|which (?:date|day|year|month)|what(?:'s| is| are) the (?:date|deadline|hours|opening)"
                r"|opening hours|open(?:ing)? (?:time|hour)|deadline|closing date|\bhours\b|how late|until what"),
    (Kind.NUMBER, r"幾(?:個|家|間|座|站|場|隊|組|人|名|位|次|件|處|節|台|輛|公里|公頃|戶|種|樓|層|坪|國|名)|多少(?!錢)|人數|數量|how many|how big|how large"
                  r"|how far|number of|what percentage|what share|how tall|how old"),
    (Kind.WHO, r"誰|哪位|何人|哪個(?:單位|機關|局處|部門|人)|哪一個(?:單位|機關)|什麼單位|哪些單位|主辦單位|哪家|哪間公司|\bwho\b|\bwhom\b|\bwhose\b|which (?:bureau|office|agency|department|authority|body|company)"),
    (Kind.WHERE, r"哪裡|哪裏|哪邊|在哪|到哪|去哪|何處|地點|地址|哪一區|哪個區|哪一?站|\bwhere\b|what address|which district|location"),
    (Kind.WHY, r"為什麼|為何|怎麼會|原因|\bwhy\b|what(?:'s| is) the reason"),
    (Kind.LIST, r"哪些|哪幾|有哪|列出|名單|種類|項目|which|what (?:are|were|kinds?|types?|fields|items|documents|companies)|list\b|name the|examples"),
    (Kind.MAY, r"可以|能不能|能否|可否|可不可以|是否|有沒有|是不是|需不需要|要不要|需要.*嗎|嗎|^(?:can|may|could|do|does|did|is|are|was|were|will|must|should|has|have)\b"
               r"|\b(?:can|may|am) i\b|eligible|allowed|qualify"),
    (Kind.HOW, r"怎麼|如何|怎樣|流程|步驟|方式|\bhow\b"),
)  # fmt: skip
_ASKED_PATTERNS = tuple((kind, re.compile(pattern)) for kind, pattern in _ASKED)

_MONTHS = "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
_SHOWN: dict[Kind, str] = {
    Kind.PHONE: r"\b0\d{1,3}-?\d{3,4}-?\d{3,4}|\b1999\b|\b1[01]\d\b|分機|ext\.? ?\d",
    Kind.WEBSITE: r"https?://|\w\.(?:gov|com|org|tw|travel|net)\b",
    Kind.MONEY: r"\d[\d,.]*\s*(?:萬|億|元|千)|nt\$|us\$|免費|\bfree\b|\d\s*%|百分|\d+折|一半|免租|半價|\bhalf\b|percent",
    Kind.DURATION: r"[\d一二兩三四五六七八九十半]+\s*個?(?:年|月|天|日|週|小時|分鐘|工作天)|\b(?:years?|months?|weeks?|days?|hours?|minutes?|year-round)\b|全天|永久",
    Kind.WHEN: rf"\d{{4}}年|\d+月|\d+日|第\d季|\d{{1,2}}:\d{{2}}|(?:19|20)\d\d|\b(?:{_MONTHS})\b|\bq[1-4]\b|每[天日週年月]|全天|24 ?小時|全年|星期|週[一二三四五六日]"
               r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day|24 hours|隔天|隔日|翌日|次日|next day|前\d|天內|個月內|within \d|\d+ (?:days|months|hours)",
    Kind.NUMBER: r"\d|[一二兩三四五六七八九十百千]+(?:個|家|間|座|站|場|隊|人|名|位|次|件|處|節|種|樓|層)|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen)\b",
    Kind.WHO: r"局|處|會|署|部|院|隊|公司|中心|大學|市長|基金會|公所|集團|單位|銀行|召集人|長|mayor|bureau|office|ministry|department|company|commission|council"
              r"|center|centre|team|alliance|bank|foundation|government|administration|agency|party|\b(?:audrey|ethan|chen|lin)\b|[A-Z]",
    Kind.WHERE: r"區|路|街|號|樓|館|位於|站|園區|碼頭|大樓|地點|處|設在|在[^，。]{1,12}(?:舉|設|辦)|https?://|櫃台|超商|商店|網站|app|district|road|street|building|located|center|centre|park|terrace"
               r"|pier|wharf|\bat\b|\bin\b|counter|shop|store|website",
}  # fmt: skip
_SHOWN_PATTERNS = {kind: re.compile(pattern) for kind, pattern in _SHOWN.items()}

_PART_END = re.compile(r"(?<=[?？;；\n。！!])\s*|(?<=\.)\s+(?=[A-Z])")
_AND_ASK = re.compile(
    r"[,，、]\s*(?:and |then |還有|另外|以及|那|又|且|而且|並且)?(?=\S)|\s+and\s+(?=(?:what|when|where|who|which|how|why|is|are|can|do|does)\b)",
    re.IGNORECASE,
)
_CUE = re.compile(
    r"什麼|甚麼|何時|何日|何人|何處|哪|幾(?!乎)|多少|多久|誰|怎麼|如何|怎樣|為何|嗎|是否|能否|可否|能不能|可不可以|有沒有|是不是|\?|？"
    r"|\b(?:what|when|where|who|whom|which|how|why)\b|\b(?:can|may|could|do|does|did|is|are|was|were)\s+(?:i|we|you|it|they|there|the)\b",
    re.IGNORECASE,
)

MAX_PARTS = 4


def read_kind(text: str) -> Kind:
    """Return the kind of thing a question asks for."""
    folded = normalise(text)
    return next((kind for kind, pattern in _ASKED_PATTERNS if pattern.search(folded)), Kind.WHAT)


def shows_kind(sentence: str, kind: Kind) -> bool:
    """Say whether a sentence holds a thing of this kind: a date for when, an amount for how much …"""
    pattern = _SHOWN_PATTERNS.get(kind)
    return pattern is None or bool(pattern.search(normalise(sentence)))


def split_question(text: str) -> list[QuestionPart]:
    """Return the things a question asks, at most MAX_PARTS.

    A sentence that asks nothing ("I am 35, my firm is in Fengshan.") is context of those that do.
    """
    pieces = [piece for sentence in _PART_END.split(text) for piece in _split_joined(sentence.strip()) if any(character.isalnum() for character in piece)]
    asked = [piece for piece in pieces if _CUE.search(piece)]
    if len(asked) < 2 or len(asked) > MAX_PARTS:
        return [QuestionPart(text.strip(), "", read_kind(" ".join(asked) or text))]
    told = [piece for piece in pieces if not _CUE.search(piece)]
    parts = []
    for number, piece in enumerate(asked):
        leans_on = [*told, asked[0]] if number else told
        parts.append(QuestionPart(piece, " ".join(leans_on), read_kind(piece)))
    return parts


def _split_joined(sentence: str) -> list[str]:
    """Cut at a comma or an "and" only where both sides ask something."""
    pieces = [piece.strip() for piece in _AND_ASK.split(sentence)]
    joined: list[str] = []
    for piece in pieces:
        if joined and not (_CUE.search(piece) and _CUE.search(joined[-1])):
            joined[-1] = f"{joined[-1]}，{piece}" if joined[-1] else piece
        else:
            joined.append(piece)
    return joined


def asks_something(text: str) -> bool:
    """Say whether a text has a question word or a question mark."""
    return bool(_CUE.search(text))
