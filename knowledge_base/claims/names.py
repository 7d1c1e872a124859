"""Reads names: those of the glossary, and what looks like a name without standing there."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from knowledge_base.claims.claim import Claim, ClaimKind
from knowledge_base.glossary import NAME, Glossary, contains_form, fold, make_glossary
from knowledge_base.language import count_cjk
from knowledge_base.tokens import ENGLISH_STOP_STEMS, stem
from knowledge_base.yaml_files import load_yaml

# The end of an organisation's name: "衛生局" in "高雄市政府衛生局".
_ORGANISATION = re.compile(
    r"(?:(?![個這該的在歸與和及由到向是為各某本此有請洽導給讓把被從找去問跟一二三四五六七八九十百千家間所月年日])[\u4e00-\u9fff]){2}(?:局|創新中心|研究中心|策略中心|研究院|研究所|處(?=[，。、；：長的與和及]|$|決定|提供|負責|辦理|審查|公布|受理)|委員會|基金會|(?<![簽部連])署(?!名)|公司|大學|醫院|公所|協會|公會|工會|商會|學會|聯盟|學院|銀行|商圈|博物館|圖書館|美術館)"
)
_TITLE = "(?:主任委員|副主委|主委|委員|科長|組長|代表|大使|創辦人|召集人|發言人|導演|市長|副市長|局長|副局長|處長|主任|院長|校長|董事長|總經理|執行長|理事長|署長|部長|總統|議員|教授|秘書長|里長|區長)"
_SURNAMES = "陳林黃張李王吳劉蔡楊許鄭謝洪郭邱曾廖賴徐周葉蘇莊呂江何蕭羅高潘簡朱鍾游彭詹胡施沈余趙盧梁顏柯翁魏孫戴范方宋鄧杜傅侯曹薛丁卓馬董温溫唐藍石蔣古紀姚連馮歐程湯田康姜白汪鄒尤巫鐘黎涂史龔嚴韓袁金童陸夏柳錢"
_TITLED = re.compile(
    rf"{_TITLE}(?P<after>[{_SURNAMES}][\u4e00-\u9fff])(?![會部局])|(?P<before>[{_SURNAMES}][\u4e00-\u9fff]{{1,2}}){_TITLE}"
    rf"|{_TITLE}(?:是|為|:|叫)\s?(?P<told>[{_SURNAMES}][\u4e00-\u9fff]{{1,2}})(?=[，。,.；\s]|$)"
)
_LINK = re.compile(r"[a-z]\.(?:gov|com|org|net|edu|tw|travel|io)\b")
# Roads told apart by a number: 五福三路 is not 五福二路.
_ROAD = re.compile(
    r"[\u4e00-\u9fff]{2}[一二三四五六七八九十]路(?!口?公車)|(?P<road>[A-Z][A-Za-z'’-]+ \d(?:st|nd|rd|th)) (?:Road|Rd|Street|St)\b"
)
# Any other road: its name is two characters, and what only ends in 路 is none.
_ANY_ROAD = re.compile(
    r"(?:[\u4e00-\u9fff][區里市在到於]|^|[，。、；：:\s])?(?P<road>(?![一二三四五六七八九十這那哪此該每各條同在到於的往沿][\u4e00-\u9fff])[\u4e00-\u9fff](?![網線公鐵道馬通電上走迷半後前出退銷思水陸航管問帶順沿銀套岔絲小大老舊新山回來去過條的之開修養])[\u4e00-\u9fff])(?:路(?!口|線|面|邊|燈|段|網|程|過|徑|況|權|竹|平|由|障|人|標|樹|透|跑|旁|不|壞)|街(?!口|道|頭))"
)
# Of a district, its east is not its west.
_HALF_DISTRICT = re.compile(r"[\u4e00-\u9fff]{2}[東西南北]區")
# Countries, states and counties: of the name, the last two characters tell enough.
_LAND = re.compile(
    r"(?P<land>(?![我本各全外多兩某該他九亞三五])[\u4e00-\u9fff][州省縣])(?!市|長|級|政|府|道|議|民|立)|(?P<country>[美英法德日韓泰越印中俄加澳荷瑞義][國本](?!小|中|際|家|語))"
)
# Items of a list: each is something of its own.
_LIST = re.compile(
    r"(?P<items>(?:[\u4e00-\u9fff]{2,8}、)+(?:(?![和與及])[\u4e00-\u9fff]){2,8})(?:[和與及]|以及)(?P<last>(?:(?!的)[\u4e00-\u9fff]){2,8})(?=[,。;]|$)"
)
# What is joined to something else: "唐鳳和施振榮主談"; and who does something: "由施振榮主持".
_JOINED = re.compile(
    r"(?<=[\w」』）)])(?:和|與|及|、)(?P<item>(?![一二兩三四五六七八九十百千第上下不沒未有他她它你您我那這其各還也再可要會])(?:(?![和與及、])[\u4e00-\u9fff]){2,3})"
    r"|(?P<first>(?:(?![一二兩三四五六七八九十百千萬、])[\u4e00-\u9fff]){2,3})(?=、)"
    rf"|(?:由|邀請|請到)(?P<invited>[{_SURNAMES}][\u4e00-\u9fff]{{2}})"
    rf"|(?P<doer>[{_SURNAMES}][\u4e00-\u9fff]{{2}})(?=出席|主持|致詞|揭牌|主談|主講|剪綵|表示|指出|擔任|上任)"
)
# An app that is called so with a plus is another one than without.
_WITH_PLUS = re.compile(r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9]*\+(?![\w+])")
# What a letter tells apart: "plots D and E", B棟.
_LETTERED = re.compile(
    r"\b(?:plots?|zones?|gates?|exits?|halls?|blocks?|lots?|areas?|sites?|lines?|platforms?|buildings?|towers?|groups?|grades?)"
    r" (?P<letters>[A-Z](?:(?:, | and | or | to )[A-Z])*)\b|(?<![A-Za-z])(?P<letter>[A-Z])(?=[區棟館級組](?!域)|基地|出口|坵塊)"
)
# A month before a year is a date, and no name.
_EDITION = re.compile(
    r"\b(?!(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sep|Oct|Nov|Dec|In|Since|By|Year|Early|Late|Mid|The|From|Until|As|For)[a-z]*\b)"
    r"(?P<word>[A-Z][A-Za-z]+) (?P<year>20\d\d)\b|(?<!\d)(?P<year2>20\d\d)(?P<start>(?!年)[\u4e00-\u9fff]{2})"
)
_QUOTED = re.compile(r"[「『《〈“](?P<inside>[^」』》〉”]{2,40})[」』》〉”]")
_CAPITALISED = re.compile(r"(?<![A-Za-z0-9'’])[A-Z][A-Za-z]*(?:[0-9-]\w*)?")
_NEXT_NAME = re.compile(r"(?:-[A-Z][a-z]+)? (?:[A-Z]\. )?(?P<word>[A-Z][a-z]+)")
_LATIN = re.compile(r"[A-Za-z]")
_LATIN_WORD = re.compile(r"(?<![A-Za-z0-9@./:_-])[a-z][a-z]{2,}(?![A-Za-z0-9@./:_-])")
_COMMON_IN_CHINESE = frozenset(["app", "email", "mail", "line", "web", "ext", "and", "the", "http", "https", "www"])
_ABBREVIATION = re.compile(r"\b[A-Z]{2,}[0-9]*\b|\b[A-Z][a-z]+[A-Z]\w*")
_SENTENCE_START = re.compile(r"(?:^|[.!?:;]\s+|[\n•·*-]\s*|[\"“(（「])$")
# Capitalised, but no names of anything in particular.
_COMMON = frozenset(
    [
        "i",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "english",
        "chinese",
        "mandarin",
        "taiwan",
        "taiwanese",
        "new",
        "nt",
        "ntd",
        "twd",
        "us",
        "usd",
        "roc",
        "minguo",
        "no",
        "rd",
        "st",
        "sec",
        "a",
        "am",
        "pm",
        "yes",
        "the",
        "you",
        "your",
        "if",
        "please",
        "city",
        "government",
        "bureau",
        "department",
        "district",
        "programme",
        "program",
        "project",
        "centre",
        "center",
        "office",
        "hotline",
        "commission",
        "committee",
        "division",
        "section",
        "plan",
        "line",
        "q1",
        "q2",
        "q3",
        "q4",
    ]
)


def read_names(text: str, glossary: Glossary) -> Iterator[Claim]:
    """Yield the names of the glossary that a text mentions; `value` is every form of the name, folded.

    A link is no mention of whose it is, except where the text itself says the link.
    """
    for mention in glossary.find_mentions(text):
        if mention.entry.kind == NAME:
            forms = tuple(f for f in mention.entry.folded if f == mention.form or not _LINK.search(f))
            yield Claim(ClaimKind.NAME, forms, mention.form, mention.start, mention.end)


@cache
def load_bodies() -> Glossary:
    """Read bodies.yaml."""
    return make_glossary(load_yaml((Path(__file__).parent / "bodies.yaml").read_text("utf-8")), ())


def read_listed(text: str) -> Iterator[Claim]:
    """Yield the items of the lists of a Chinese text: "A、B和C"."""
    plain = unicodedata.normalize("NFKC", text)
    for match in _LIST.finditer(plain):
        for item in (*match["items"].split("、"), match["last"]):
            if item:
                yield _claim(item, match)


def read_joined(text: str) -> Iterator[Claim]:
    """Yield the starts of what a Chinese text joins to something ("、B", "和B"), and of persons who do something."""
    for match in _JOINED.finditer(unicodedata.normalize("NFKC", text)):
        yield _claim(match["item"] or match["first"] or match["invited"] or match["doer"], match)


def read_editions(text: str) -> list[tuple[str, int]]:
    """Return what is named by its year, with it: ("expo", 2025) of "the Smart City Expo 2025", ("智慧", 2025) of 2025智慧城市展."""
    plain = unicodedata.normalize("NFKC", text)
    return [
        ((match["word"] or match["start"]).casefold(), int(match["year"] or match["year2"]))
        for match in _EDITION.finditer(plain)
    ]


def read_other_names(text: str) -> Iterator[Claim]:
    """Yield what looks like a name; `value` is the part of it, folded, that must stand in the source."""
    plain = unicodedata.normalize("NFKC", text)
    for match in _ORGANISATION.finditer(plain):
        yield _claim(match.group(), match)
    for match in _TITLED.finditer(plain):
        yield _claim(match["after"] or match["before"] or match["told"], match)
    for match in _ROAD.finditer(plain):
        yield _claim(match["road"] or match.group(), match)
    for match in _ANY_ROAD.finditer(plain):
        yield _claim(match["road"], match)
    for match in _LETTERED.finditer(plain):
        for letter in re.findall("[A-Z]", match["letters"] or match["letter"]):
            yield _claim(letter, match)
    for match in _HALF_DISTRICT.finditer(plain):
        yield _claim(match.group(), match)
    for match in _WITH_PLUS.finditer(plain):
        yield _claim(match.group(), match)
    for match in _LAND.finditer(plain):
        yield _claim(match["land"] or match["country"], match)
    for match in _QUOTED.finditer(text):
        yield _claim(match["inside"].rstrip("，。,."), match)
    if count_cjk(plain) * 2 > len(_LATIN.findall(plain)):
        # In a Chinese sentence a Latin word is a name, however it is written: "apple pay".
        for match in _LATIN_WORD.finditer(plain):
            if match.group().casefold() not in _COMMON_IN_CHINESE:
                yield _claim(match.group(), match)
    for match in _CAPITALISED.finditer(plain):
        word = match.group()
        starts = bool(_SENTENCE_START.search(plain[: match.start()]))
        # A capital at the start tells nothing, except of the first of two: "Kai-Fu Lee says".
        following = _NEXT_NAME.match(plain[match.end() :])
        is_first_name = (
            following is not None
            and following["word"].casefold() not in _COMMON
            and stem(word.casefold()) not in ENGLISH_STOP_STEMS
        )
        if word.casefold() in _COMMON or len(word) < 2:
            continue
        if starts and not (is_first_name or _ABBREVIATION.fullmatch(word)):
            continue
        yield _claim(word, match)


def _claim(name: str, match: re.Match[str]) -> Claim:
    return Claim(ClaimKind.NAME, (fold(name),), match.group(), match.start(), match.end())


def mentions_name(folded_source: str, claim: Claim) -> bool:
    """Say whether a folded source has any form of a claimed name."""
    return any(contains_form(folded_source, form) for form in claim.value if form)
