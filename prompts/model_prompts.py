"""The prompts for language models: one Markdown file each, with what it is for, its inputs and its version."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

_FOLDER = Path(__file__).parent
_FILE = re.compile(r"\A---\n(?P<front>.*?)\n---\n# System\n(?P<system>.*?)\n# Human\n(?P<human>.*)\Z", re.DOTALL)

NAMES = ("compose_answer", "rewrite_question", "judge_answer")


@dataclass(frozen=True)
class ModelPrompt:
    """A prompt. `system` and `human` are templates, `{question}` and the like are filled in; `inputs` names them."""

    name: str
    version: int
    purpose: str
    inputs: tuple[str, ...]
    system: str
    human: str

    @property
    def label(self) -> str:
        """Name and version, as they are recorded with each use."""
        return f"{self.name}@{self.version}"


@cache
def load_model_prompt(name: str) -> ModelPrompt:
    """Read a prompt. Raises ValueError for a file that is not in the form of the others."""
    text = (_FOLDER / f"{name}.md").read_text(encoding="utf-8")
    match = _FILE.match(text)
    if not match:
        raise ValueError(f"prompts/{name}.md: expected front matter, then '# System' and '# Human'")
    front = yaml.safe_load(match["front"])
    return ModelPrompt(
        name=front["name"],
        version=int(front["version"]),
        purpose=" ".join(front["purpose"].split()),
        inputs=tuple(front["inputs"]),
        system=match["system"].strip(),
        human=match["human"].strip(),
    )
