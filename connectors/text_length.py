"""Counts and cuts text as the platforms count: UTF-16 units for messages, grapheme clusters for labels, bytes for data.

Nothing is ever cut within a grapheme cluster (Unicode Standard Annex 29), so no character or emoji is broken.
"""

from __future__ import annotations

from collections.abc import Iterator

import regex

_GRAPHEME = regex.compile(r"\X")
# Where a text may be cut, the best first: between paragraphs, lines, sentences, words.
_BREAKS = tuple(
    regex.compile(pattern) for pattern in (r"\n{2,}", r"\n", r"(?<=[。！？!?])|(?<=[.;；]) ", r"(?<=[，、,]) ?| ")
)
_ELLIPSIS = "…"


def count_utf16(text: str) -> int:
    """Count UTF-16 code units: a character outside the basic plane counts two."""
    return len(text) + sum(character > "\uffff" for character in text)


def count_graphemes(text: str) -> int:
    """Count what a reader takes for one character each."""
    return sum(1 for _ in _GRAPHEME.finditer(text))


def shorten(text: str, max_graphemes: int) -> str:
    """Return a one-line text of at most so many grapheme clusters, with an ellipsis where something is left out."""
    clusters = _GRAPHEME.findall(" ".join(text.split()))
    if len(clusters) <= max_graphemes:
        return "".join(clusters)
    return "".join(clusters[: max_graphemes - 1]).rstrip() + _ELLIPSIS


def shorten_utf16(text: str, max_units: int) -> str:
    """Return a text of at most so many UTF-16 units, with an ellipsis where something is left out."""
    if count_utf16(text) <= max_units:
        return text
    return _take(text, max_units - 1).rstrip() + _ELLIPSIS


def split_text(text: str, max_units: int) -> list[str]:
    """Cut a text into parts of at most so many UTF-16 units, at the best place there is; nothing is lost but spaces."""
    return [part for part in (piece.strip() for piece in _split(text, max_units)) if part]


def _split(text: str, max_units: int) -> Iterator[str]:
    while count_utf16(text) > max_units:
        head = _take(text, max_units)
        end = _find_break(text, len(head))
        yield text[:end]
        text = text[end:]
    yield text


def _take(text: str, max_units: int) -> str:
    """Return the longest beginning that fits and does not end within a grapheme cluster."""
    units = end = 0
    for match in _GRAPHEME.finditer(text):
        units += count_utf16(match.group())
        if units > max_units:
            break
        end = match.end()
    # A single cluster longer than the limit (hundreds of combining marks) has to be cut somewhere.
    return text[:end] if end else text[: max(1, max_units // 2)]


def _find_break(text: str, end: int) -> int:
    """Return where to cut at or before `end`: the last good place in its second half, else `end` itself."""
    for pattern in _BREAKS:
        places = [match.end() for match in pattern.finditer(text, 0, end) if match.end() > end // 2]
        if places:
            return places[-1]
    return end
