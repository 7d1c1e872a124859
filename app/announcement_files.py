"""Reads announcements from files that staff prepare: YAML (one, or a list) and CSV (a row each)."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

MAX_BYTES = 5_000_000
_LISTS = ("districts", "channels", "languages", "remind_before", "remind_before_deadline")
_WHEN = ("at", "repeat", "missed", "late_hours", "remind_before", "remind_before_deadline")
_TRUE, _FALSE = ("true", "yes", "1", "是"), ("false", "no", "0", "否")


class AnnouncementFileUnreadable(Exception):
    """A file is not there, too large, or neither YAML nor CSV; the message says which."""


def read_announcement_file(path: Path) -> list[Any]:
    """Return what a file says of each announcement, unchecked. Raises AnnouncementFileUnreadable.

    CSV has a column for each field: `title` and `text` in Chinese, `title_en` and `text_en` in English; several values
    in a field are parted by semicolons.
    """
    try:
        data = path.read_bytes()
        if len(data) > MAX_BYTES:
            raise AnnouncementFileUnreadable(f"{len(data)} bytes")
        text = data.decode("utf-8-sig")
        if path.suffix.lower() == ".csv":
            return [_read_row(row) for row in csv.DictReader(io.StringIO(text), strict=True)]
        content = yaml.load(text, Loader=_TextLoader)  # noqa: S506  a SafeLoader
    except OSError as error:
        raise AnnouncementFileUnreadable(error.strerror or type(error).__name__) from error
    except (ValueError, csv.Error, yaml.YAMLError) as error:
        raise AnnouncementFileUnreadable(str(error).splitlines()[0]) from error
    entries = content if isinstance(content, list) else [content]
    if not entries or not any(isinstance(entry, dict) for entry in entries):
        raise AnnouncementFileUnreadable(path.name)
    return entries


class _TextLoader(yaml.SafeLoader):
    """Leaves dates as they are written: a wrong one is told with its field, like any other mistake."""


_TextLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _read_row(row: Mapping[str | None, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    texts: dict[str, dict[str, str]] = {"title": {}, "text": {}}
    when: dict[str, Any] = {}
    for name, cell in row.items():
        value = (cell or "").strip() if isinstance(cell, str) else ""
        if name is None or not value:
            continue
        base, _, language = name.strip().partition("_")
        if base in texts and language in ("", "en", "zh"):
            texts[base]["en" if language == "en" else "zh-TW"] = value
        else:
            key = name.strip()
            (when if key in _WHEN else values)[key] = _read_cell(key, value)
    return {**texts, **values, **({"when": when} if when else {})}


def _read_cell(name: str, value: str) -> Any:
    if name in _LISTS:
        return [part.strip() for part in value.split(";") if part.strip()]
    if value.lower() in _TRUE and name in ("emergency", "everyone"):
        return True
    if value.lower() in _FALSE and name in ("emergency", "everyone"):
        return False
    return value
