"""The city's names and everyday words in all their forms, to widen a search in both directions."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from knowledge_base.language import count_cjk
from knowledge_base.tokens import normalise, stem
from knowledge_base.yaml_files import load_yaml

NAME = "name"
WORD = "word"


@dataclass(frozen=True)
class Entry:
    """Forms of one name, or words for one idea. `forms` are as written, `folded` as compared."""

    kind: str
    forms: tuple[str, ...]
    folded: tuple[str, ...]


@dataclass(frozen=True)
class Mention:
    """A form of an entry that stands in a text, at [start, end) of the folded text."""

    entry: Entry
    form: str
    start: int
    end: int


@dataclass(frozen=True)
class Glossary:
    """All entries, with a look-up by folded form; `lengths_by_start` has the lengths of the forms that begin alike."""

    entries: tuple[Entry, ...] = ()
    by_form: Mapping[str, Entry] = field(default_factory=dict)
    lengths_by_start: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def find_mentions(self, text: str) -> list[Mention]:
        """Return the entries a text mentions, longest form first, none overlapping, in order."""
        return self.find_mentions_in_folded(fold(text))

    def find_mentions_in_folded(self, folded: str) -> list[Mention]:
        """Do the same for a text that is folded already; positions count in it."""
        mentions: list[Mention] = []
        position = 0
        while position < len(folded):
            mention = self._match_at(folded, position)
            if mention:
                mentions.append(mention)
                position = mention.end
            else:
                position += 1
        return mentions

    def _match_at(self, folded: str, start: int) -> Mention | None:
        lengths = self.lengths_by_start.get(folded[start : start + 2])
        if lengths is None or (start and _is_latin(folded[start]) and _is_latin(folded[start - 1])):
            return None
        for length in lengths:
            end = start + length
            if end > len(folded):
                continue
            if end < len(folded) and _is_latin(folded[end]) and _is_latin(folded[end - 1]):
                continue
            entry = self.by_form.get(folded[start:end])
            if entry:
                return Mention(entry, folded[start:end], start, end)
        return None


_SPACES = re.compile(r"\s+")
_LATIN_WORD = re.compile(r"[a-z]+")


def fold(text: str) -> str:
    """Return the text as glossary forms are compared: normalised, English words stemmed, one space between."""
    spaced = _SPACES.sub(" ", normalise(text))
    return _LATIN_WORD.sub(lambda match: stem(match.group()), spaced)


def load_glossary(path: Path) -> Glossary:
    """Read glossary.yaml: lists of forms under `names` and `words`. A missing file is an empty glossary."""
    if not path.exists():
        return Glossary()
    content = load_yaml(path.read_text(encoding="utf-8")) or {}
    return make_glossary(content.get("names") or [], content.get("words") or [])


def make_glossary(names: Iterable[Iterable[str]], words: Iterable[Iterable[str]]) -> Glossary:
    """Make a glossary from lists of forms; where one form stands in two lists, the name wins, then the first."""
    entries = [_entry(NAME, forms) for forms in names] + [_entry(WORD, forms) for forms in words]
    by_form: dict[str, Entry] = {}
    for entry in entries:
        for form in entry.folded:
            if len(form) > 1:
                by_form.setdefault(form, entry)
    lengths: dict[str, set[int]] = defaultdict(set)
    for form in by_form:
        lengths[form[:2]].add(len(form))
    return Glossary(
        entries=tuple(entries),
        by_form=by_form,
        lengths_by_start={start: tuple(sorted(found, reverse=True)) for start, found in lengths.items()},
    )


def contains_form(folded_text: str, folded_form: str) -> bool:
    """Say whether a folded text has a folded form, as whole words where it is Latin."""
    position = folded_text.find(folded_form)
    while position >= 0:
        end = position + len(folded_form)
        clear_before = not (position and _is_latin(folded_text[position - 1]) and _is_latin(folded_form[0]))
        clear_after = not (end < len(folded_text) and _is_latin(folded_text[end]) and _is_latin(folded_form[-1]))
        if clear_before and clear_after:
            return True
        position = folded_text.find(folded_form, position + 1)
    return False


def _entry(kind: str, forms: Iterable[str]) -> Entry:
    written = tuple(str(form) for form in forms)
    return Entry(kind, written, tuple(fold(form) for form in written))


@lru_cache(maxsize=10_000)
def _is_latin(character: str) -> bool:
    return character.isalnum() and not count_cjk(character)
