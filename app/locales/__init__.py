"""The words of the web page and the command line, one file a language."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from knowledge_base.yaml_files import load_yaml

LANGUAGES = ("zh-TW", "en")


@cache
def load_locale(language: str) -> Mapping[str, Any]:
    """Return the words in a language, by section; an unknown language gets the first."""
    name = language if language in LANGUAGES else LANGUAGES[0]
    content: Mapping[str, Any] = load_yaml((Path(__file__).parent / f"{name}.yaml").read_text(encoding="utf-8"))
    return content


def choose_language(accepted: str) -> str:
    """Return the house's language that an Accept-Language header prefers (RFC 9110, 12.5.4)."""
    ranked = []
    for position, entry in enumerate(accepted.split(",")[:20]):
        tag, _, quality = entry.strip().partition(";q=")
        try:
            ranked.append((-float(quality or 1), position, tag.lower()))
        except ValueError:
            continue
    for _, _, tag in sorted(ranked):
        if tag.startswith("zh"):
            return "zh-TW"
        if tag.startswith("en"):
            return "en"
    return LANGUAGES[0]
