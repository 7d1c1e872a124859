"""Finds texts that give the assistant orders, also where they are hidden or encoded.

Two uses: a question that gives orders is declined; a paragraph of a document that does is left out of the index, so that
it is neither found, nor quoted, nor shown to a language model.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from urllib.parse import unquote

from knowledge_base.language import CJK
from knowledge_base.tokens import normalise
from knowledge_base.yaml_files import load_yaml

# Characters of the "tags" block (U+E0000) carry ASCII that nobody sees.
_TAG_BASE = 0xE0000
_TAGS = re.compile("[\U000e0020-\U000e007e]+")
# Not shown: joiners, marks of direction, variation selectors, soft hyphens. The joiner stays, it makes emoji.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]"
)
_JOINERS = re.compile("[\u200b\u200c\u200d\u2060\ufeff\ufe00-\ufe0f\u00ad]")
# Characters that can carry bytes nobody sees.
_PAYLOAD = re.compile("[\U000e0020-\U000e007e\U000e0100-\U000e01ef]")
MIN_PAYLOAD = 4
_COMBINING = re.compile("[\u0300-\u036f\u20d0-\u20ff]")
_CJK_GAP = re.compile(f"(?<=[{CJK}\u2e80-\u2fdf，。「」]) (?=[{CJK}\u2e80-\u2fdf，。「」])")
_HTML_COMMENT = re.compile(r"<!--(.*?)(?:-->|\Z)|\[//\]:\s*#\s*[(\"'](.*?)[)\"']", re.DOTALL)

_BASE64 = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/_-]{16,}={0,2}")
_HEX = re.compile(r"(?<![0-9a-fA-F])(?:[0-9a-fA-F]{2}[\s:]?){8,}(?![0-9a-fA-F])")
_ESCAPES = re.compile(r"(?:\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|&#x?[0-9a-fA-F]{2,6};){3,}")
_PERCENTS = re.compile(r"(?:%[0-9a-fA-F]{2}[\w.+-]*){3,}")
_SPACED = re.compile(r"(?:(?<![\w])[^\W\d_][ .\-_*|·]){5,}[^\W\d_](?![\w])")
_LATIN_WORDS = re.compile(r"[a-z]{2,}\W+[a-z]{2,}\W+[a-z]{2,}")
_MORSE = re.compile(r"(?:[.\-−·]{1,5}[ /|]+){6,}[.\-−·]{1,5}")
_BACKWARDS = re.compile("[\u202e\u2067]|倒|反|\\b(?:backwards?|reverse\\w*|right to left|mirror\\w*)\\b", re.IGNORECASE)
_MORSE_LETTERS = dict(
    zip(
        [
            ".-",
            "-...",
            "-.-.",
            "-..",
            ".",
            "..-.",
            "--.",
            "....",
            "..",
            ".---",
            "-.-",
            ".-..",
            "--",
            "-.",
            "---",
            ".--.",
            "--.-",
            ".-.",
            "...",
            "-",
            "..-",
            "...-",
            ".--",
            "-..-",
            "-.--",
            "--..",
        ],
        "abcdefghijklmnopqrstuvwxyz",
        strict=True,
    )
)
# Letters of other alphabets that look like Latin ones (unicode.org/Public/security, the common ones), and leetspeak.
_LOOKALIKES = str.maketrans("авгдеёікмнорстухьясјѕһӏԁԛԝɡαβεικνορτυχωѵıɩ", "abrdeeikmhopctyxbrcjshidqwgabeikvoptuxwvii")
_LEET = str.maketrans("0134578@$!|", "oieastbasil")


@cache
def _load_pattern(section: str) -> re.Pattern[str]:
    content = load_yaml((Path(__file__).parent / "instructions.yaml").read_text("utf-8"))
    return re.compile("|".join(f"(?:{pattern})" for pattern in content[section]))


def show_hidden(text: str) -> str:
    """Return a text with what its characters hide: tags as the ASCII they carry, everything unseen taken out."""
    shown = _TAGS.sub(lambda match: "".join(chr(ord(character) - _TAG_BASE) for character in match.group()), text)
    return _UNSEEN.sub("", shown)


def drop_hidden(text: str) -> str:
    """Return a text without what nobody sees."""
    return _UNSEEN.sub("", text)


def is_instruction(text: str, *, in_document: bool = False) -> bool:
    """Say whether a text, or anything hidden or encoded in it, gives orders to an assistant."""
    # What a citizen asked is not kept, not even in a cache.
    return _is_instruction_in_document(text) if in_document else _has_orders(text, in_document=False)


@lru_cache(maxsize=8_192)
def _is_instruction_in_document(text: str) -> bool:
    return _has_orders(text, in_document=True)


def _has_orders(text: str, *, in_document: bool) -> bool:
    if len(_PAYLOAD.findall(text)) >= MIN_PAYLOAD:
        # Nobody writes so many characters that nobody sees.
        return True
    return any(_gives_orders(normalise(reading), in_document=in_document) for reading in _read_every_way(text))


def _gives_orders(folded: str, *, in_document: bool) -> bool:
    if _load_pattern("anywhere").search(folded):
        return True
    if not in_document:
        return bool(_load_pattern("questions").search(folded))
    if _load_pattern("machines").search(folded) and _load_pattern("orders").search(folded):
        return True
    return bool(_load_pattern("documents").search(folded))


def _read_every_way(text: str) -> Iterator[str]:
    """Yield a text as it stands, and as it reads when decoded."""
    shown = show_hidden(text)
    yield shown
    yield _CJK_GAP.sub("", _COMBINING.sub("", shown))
    plain = unicodedata.normalize("NFKC", shown)
    yield from _decode(plain)
    folded = plain.casefold()
    lookalike = folded.translate(_LOOKALIKES)
    if lookalike != folded:
        yield lookalike
    yield lookalike.translate(_LEET)
    if spaced := _SPACED.search(plain):
        yield re.sub(r"[ .\-_*|·]", "", spaced.group())
    if _BACKWARDS.search(text):
        yield plain[::-1]
    if _LATIN_WORDS.search(folded):
        yield codecs.encode(plain, "rot13")


def _decode(text: str) -> Iterator[str]:
    for match in _BASE64.finditer(text):
        yield from _decode_bytes(
            lambda run: base64.b64decode(
                run + "=" * (-len(run) % 4), altchars=b"-_" if "-" in run or "_" in run else None
            ),
            match.group().rstrip("="),
        )
    for match in _HEX.finditer(text):
        yield from _decode_bytes(bytes.fromhex, re.sub(r"[\s:]", "", match.group()))
    for match in _ESCAPES.finditer(text):
        codes = re.findall(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})|&#x([0-9a-fA-F]+);|&#(\d+);", match.group())
        yield "".join(
            chr(int(a or b or c, 16) if a or b or c else int(d)) for a, b, c, d in codes if len(a + b + c + d) < 7
        )
    for match in _PERCENTS.finditer(text):
        yield unquote(match.group())
        yield unquote(match.group(), encoding="cp950")
    for match in _MORSE.finditer(text):
        yield "".join(_MORSE_LETTERS.get(letter, " ") for letter in re.split(r"[ ]", match.group().replace("/", " ")))


def _decode_bytes(decode: object, run: str) -> Iterator[str]:
    try:
        yield decode(run).decode("utf-8")  # type: ignore[operator]
    except (ValueError, binascii.Error):
        return
