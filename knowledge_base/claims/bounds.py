"""Reads whether a value is a lower or an upper bound: at least, from, after; at most, until, before."""

from __future__ import annotations

import re
from enum import StrEnum

from knowledge_base.claims.claim import Claim, ClaimKind
from knowledge_base.tokens import normalise


class Bound(StrEnum):
    """Which side of a value is meant."""

    FROM = "from"
    TO = "to"


# What is looked at on either side of a value.
REACH_CHARACTERS = 24

_TIMES = frozenset({ClaimKind.DATE, ClaimKind.CLOCK, ClaimKind.DURATION, ClaimKind.WEEKDAY, ClaimKind.PART})
_FILLER = r"(?:為|是|約|有|可|要|需|達|補助|貸款|新台幣|台幣|每案|第|年|資本額|金額|全市|人口|高雄市?|的|\s|:)*"
_ANY_BEFORE = (
    (Bound.TO, re.compile(rf"(?:至多|最多|最高|最長|最大|上限|不(?:得|可以?|能)?超過|不(?:得|能|可)?(?:高於|逾|多於)|未(?:超過|逾)|未滿|還沒滿|沒滿|不滿|未達|不到|(?<!不)(?<!不得)(?:低於|少於|小於)){_FILLER}$")),
    (Bound.FROM, re.compile(rf"(?:至少|最少|最低|起碼|(?<!未)超過|(?<!未)(?<!不)逾|大於|高於|多於|不(?:得)?(?:低於|少於)|(?<!未)(?<!屆)(?<!沒)(?<!不)滿|突破){_FILLER}$")),
    (Bound.TO, re.compile(r"\b(?:at most|(?<!add )(?<!adds )(?<!added )up to|as (?:much|many) as|(?:no|not|never) (?:more|later|longer|higher|older|taller|wider|larger) than|(?<!not )(?<!no )(?:less|fewer|younger|shorter|narrower|smaller|lighter|earlier|lower) than|under|below|maximum(?: of)?|max\.?|capped at|limit(?: of| is)?|ceiling(?: of| is)?|(?:can)?not (?:exceed|over|be (?:more|higher|older) than|be over)(?:ing)?|highest)\s(?:about |the |a |an |nt)?$")),
    (Bound.FROM, re.compile(r"\b(?:at least|(?<!no )(?<!not )(?<!never )(?<!not be )(?:more|greater|older|taller|wider|longer|larger|bigger|heavier|higher|later) than|above|exceed(?:s|ed|ing)?|(?:sur)?pass(?:ed|es)|minimum(?: of)?|(?:no|not) (?:less|fewer|lower) than|over)\s(?:about |the |a |an |nt)?$")),
)  # fmt: skip
_TIME_BEFORE = (
    (Bound.TO, re.compile(r"(?:截至|直到|(?<![遇碰達收得等])到|至(?!少|多)|(?:截止|結束|閉幕|落幕|打烊)(?:時間|日期?)?(?:為|是|於|在)?|\b(?:until|till|by|before|through|no later than|within|prior to|on or before|(?:end|close|finishe?|expire)[sd]?(?:ed)?(?: on| at)?)\s(?:the )?)\s*$")),
    (Bound.FROM, re.compile(r"(?:自|從|由|\b(?:from|since|after|(?:start|begin|open|launche?)(?:s|ed|ing)?(?: on| from| at)?|began(?: on| at)?)\s(?:the )?)\s*$")),
)  # fmt: skip
_ANY_AFTER = (
    (Bound.FROM, re.compile(r"^(?:多|餘)(?![少數了])|^起(?=[,，。;；、)\s]|$)|^[^，,。;；、\d]{0,4}?(?:以上|起跳)|^\s?(?:[a-z%]+ ){0,2}?(?:or|and) (?:more|above|older|over|higher|longer)\b(?! than| nt| \$| us| \d)|^\s?upwards?\b")),
    (Bound.TO, re.compile(r"^[^，,。;；、\d]{0,4}?(?:以下|以內|之內)|^\s?(?:[a-z%]+ ){0,2}?(?:or|and) (?:less|below|younger|under|fewer|lower|shorter)\b(?! than)")),
)  # fmt: skip
_TIME_AFTER = (
    (Bound.FROM, re.compile(r"^\)?\s?(?:\([^)]{1,6}\))?(?:以後|之後|過後|後(?!續|來|人)|起(?!點|源|步|飛)|開始|開放|開幕|登場|開跑)|^\s?(?:onwards?|later|after)\b")),
    (Bound.TO, re.compile(r"^\)?\s?(?:\([^)]{1,6}\))?(?:以前|之前|前(?!往|來|項|鎮|金|瞻|後)|止|為止|截止|到期|結束|落幕|閉幕|打烊|內(?!容))|^\s?(?:or )?(?:before|earlier|prior)\b")),
)  # fmt: skip


# As in 8萬多元, whose 多 is part of how the amount is written.
_AND_MORE = re.compile(r"\d(?:多|餘)")


def read_bound(text: str, claim: Claim) -> Bound | None:
    """Return the bound that a value of a text is; None where it is none, or both."""
    if _AND_MORE.search(claim.text):
        return Bound.FROM
    before = normalise(text[max(0, claim.start - REACH_CHARACTERS) : claim.start])
    after = normalise(text[claim.end : claim.end + REACH_CHARACTERS])
    is_time = claim.kind in _TIMES
    sides = (
        (before, (*_ANY_BEFORE, *(_TIME_BEFORE if is_time else ()))),
        (after, (*_ANY_AFTER, *(_TIME_AFTER if is_time else ()))),
    )
    found = {next((bound for bound, pattern in patterns if pattern.search(side)), None) for side, patterns in sides} - {
        None
    }
    return found.pop() if len(found) == 1 else None
