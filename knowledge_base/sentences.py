"""Cuts text into sentences as Chinese and English write them, and lists into their items."""

from __future__ import annotations

import re

from knowledge_base.language import CJK

_CHINESE_END = re.compile(r"(?<=[。！？])(?![」』）”’\)])|(?<=[。！？][」』）])")
_ENGLISH_END = re.compile(rf"(?<=[.!?])(?<!\.\.)[\"'”’)\]]*\s+(?=[\"'“‘(\[]?[A-Z0-9{CJK}])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|No|Nos|Co|Ltd|Inc|Corp|Sec|Rd|Ave|Dept|ext|Ext|tel|Tel|approx|vs|etc|Jan|Feb|Mar|Apr"
    r"|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)|\b[A-Z]|\b[ei]\.[eg]|\b[ap]\.m)\.$"
)
LIST_ITEM = re.compile(
    r"^\s*(?:[-*•‧・●○]|\(?\d{1,2}[.)、]|[（(][一二三四五六七八九十]+[）)]|[一二三四五六七八九十]+、)\s*"
)


def split_sentences(text: str) -> list[str]:
    """Return the sentences of a text. Lines are never joined; a list item is a sentence of its own."""
    sentences: list[str] = []
    for line in text.splitlines():
        line = line.strip()
        if not line:
            continue
        for part in _CHINESE_END.split(line):
            sentences.extend(_split_english(part))
    return [sentence for sentence in (s.strip() for s in sentences) if sentence]


def _split_english(text: str) -> list[str]:
    pieces: list[str] = []
    for piece in _ENGLISH_END.split(text):
        if pieces and _ABBREVIATION.search(pieces[-1]):
            pieces[-1] = f"{pieces[-1]} {piece}"
        else:
            pieces.append(piece)
    return pieces
