"""MenuTexts: what stands in a channel's menu, by language; the first language is the default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.message import Button


@dataclass(frozen=True)
class MenuTexts:
    """Six tiles and the bar that opens them (LINE); commands with what they do, and descriptions (Telegram)."""

    tiles: Mapping[str, Sequence[Button]]
    bar: Mapping[str, str]
    commands: Mapping[str, Sequence[tuple[str, str]]]
    description: Mapping[str, str]
    short_description: Mapping[str, str]
