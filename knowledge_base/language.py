"""Which of the house's languages a text is in."""

from __future__ import annotations

import re

CHINESE = "zh-TW"
ENGLISH = "en"

CJK = "㐀-鿿豈-﫿"
_CJK_CHARACTER = re.compile(f"[{CJK}]")
_LATIN_WORD = re.compile(r"[A-Za-z]+")
_ENGLISH_FUNCTION_WORD = re.compile(
    r"\b(?:what|when|where|who|which|how|why|is|are|was|were|do|does|did|can|could|may|the|of|to|in|for|and|my|i|a|an)\b",
    re.IGNORECASE,
)


def count_cjk(text: str) -> int:
    """Count the Chinese characters of a text."""
    return len(_CJK_CHARACTER.findall(text))


def detect_language(text: str, default: str = CHINESE) -> str:
    """Return zh-TW or en; `default` where the text has neither Chinese characters nor Latin words.

    A name in the other script does not turn the language: "YouBike 2.0E 多少錢" is Chinese, "What is 亞灣?" English.
    """
    chinese = count_cjk(text)
    words = len(_LATIN_WORD.findall(text))
    if not chinese and not words:
        return default
    if not chinese:
        return ENGLISH
    if len(_ENGLISH_FUNCTION_WORD.findall(text)) >= 2:
        return CHINESE if chinese > 4 * words else ENGLISH
    return CHINESE if chinese >= words else ENGLISH
