"""Simplified Chinese characters: found, and written as Taiwan writes them (by OpenCC, opencc.byvoid.com)."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

from knowledge_base.language import count_cjk

# Big5 has these as rare variants of other characters; in Taiwan nobody writes them, in simplified Chinese everybody.
_RARE_VARIANTS = frozenset("与万价优体党听吨圣坏怀怜惊愿扑扰机构气洁离种网确胜触赶虫蚕蜡适复异儿荐")

# Big5 lacks it, and Taiwan writes it all the same: 棧叁庫 at Kaohsiung's harbour.
_OF_BOTH = frozenset("叁")


@lru_cache(maxsize=8_192)
def _is_simplified(character: str) -> bool:
    """Say whether a character is simplified only: GB 2312 has it, Big5 has not, or as a rare variant."""
    if not count_cjk(character):
        return False
    if character in _RARE_VARIANTS or character in _OF_BOTH:
        return character in _RARE_VARIANTS
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    try:
        character.encode("cp950")
    except UnicodeEncodeError:
        return True
    return False


def has_simplified(text: str) -> bool:
    """Say whether a text has a character that only simplified Chinese has."""
    return any(_is_simplified(character) for character in text)


def write_traditional(text: str) -> str:
    """Return a text in traditional characters; one that has no simplified ones comes back as it is.

    Only then is it converted: on traditional text a converter guesses (里 may be 裡).
    """
    return str(_load_converter().convert(text)) if has_simplified(text) else text


@cache
def _load_converter() -> Any:
    # Loading takes 30 ms, and most processes never meet a simplified character.
    from opencc import OpenCC

    return OpenCC("s2tw")
