"""Texts for language models and the assistant's canned wording: data, with the few lines that read it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

_FOLDER = Path(__file__).parent
LANGUAGES = ("zh-TW", "en")


@dataclass(frozen=True)
class Wording:
    """The assistant's wording in one language, by name; `{city}` and the like are filled in."""

    language: str
    texts: Mapping[str, str]

    def say(self, name: str, /, **values: object) -> str:
        """Return a text with its values filled in. Raises KeyError for an unknown name."""
        return self.texts[name].format(**values).strip()


@dataclass(frozen=True)
class Screen:
    """One kind of message that gets a canned reply: the status it leads to and the patterns that tell it."""

    status: str
    patterns: tuple[re.Pattern[str], ...]
    max_characters: int | None
    only_without_question: bool

    def matches(self, folded_text: str, *, asks: bool) -> bool:
        """Say whether a message (normalised text) is of this kind."""
        if (self.only_without_question and asks) or (self.max_characters and len(folded_text) > self.max_characters):
            return False
        return any(pattern.search(folded_text) for pattern in self.patterns)


@cache
def load_wording(language: str) -> Wording:
    """Read what the assistant says in a language: replies, chat and announcements."""
    texts: dict[str, str] = {}
    for name in ("replies", "chat", "announcements"):
        texts |= yaml.safe_load((_FOLDER / f"{name}.{language}.yaml").read_text(encoding="utf-8"))
    return Wording(language, texts)


@dataclass(frozen=True)
class CommandPattern:
    """How a command is written: after a slash, or as a whole message."""

    name: str
    slash: tuple[str, ...]
    patterns: tuple[re.Pattern[str], ...]


@cache
def load_commands() -> tuple[CommandPattern, ...]:
    """Read commands.yaml; the first command that matches wins."""
    entries = yaml.safe_load((_FOLDER / "commands.yaml").read_text(encoding="utf-8"))
    return tuple(
        CommandPattern(entry["name"], tuple(entry["slash"]), tuple(re.compile(text) for text in entry["patterns"]))
        for entry in entries
    )


@cache
def load_screens() -> tuple[Screen, ...]:
    """Read screening.yaml; the first screen that matches wins."""
    entries = yaml.safe_load((_FOLDER / "screening.yaml").read_text(encoding="utf-8"))
    return tuple(
        Screen(
            status=entry["status"],
            patterns=tuple(re.compile(pattern) for pattern in entry["patterns"]),
            max_characters=entry.get("max_characters"),
            only_without_question=entry.get("only_without_question", False),
        )
        for entry in entries
    )
