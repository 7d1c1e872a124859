"""Every weight and threshold of search and judging, in one file, a section for each script that fits one.

`search`: knowledge_base.evaluation.fit_search; `standing`: fit_standing; `judgement`: fit_judgement.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from knowledge_base.yaml_files import load_yaml

WEIGHTS_FILE = Path(__file__).parent / "weights.yaml"
_HEADER = """# Written by the scripts of knowledge_base/evaluation, each its own section; what the names mean stands in:
# search: rescoring.py, matching.py; standing: standing.py; judgement: judgement.py.
"""


def read_weights(section: str) -> Mapping[str, Any]:
    """Return a section of weights.yaml."""
    content: Mapping[str, Mapping[str, Any]] = load_yaml(WEIGHTS_FILE.read_text(encoding="utf-8"))
    return content[section]


def write_weights(section: str, content: Mapping[str, Any]) -> None:
    """Put a section in the place of the one that is there."""
    whole = load_yaml(WEIGHTS_FILE.read_text(encoding="utf-8"))
    whole[section] = dict(content)
    WEIGHTS_FILE.write_text(_HEADER + yaml.safe_dump(whole, sort_keys=False), encoding="utf-8")
