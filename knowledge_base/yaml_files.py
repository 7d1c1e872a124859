"""Reads YAML with libyaml, which takes a tenth of the time, where PyYAML was built with it (its wheels are)."""

from __future__ import annotations

from typing import Any

import yaml

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_yaml(text: str) -> Any:
    """Return what a YAML text holds: plain values only. Raises yaml.YAMLError."""
    return yaml.load(text, _Loader)  # noqa: S506 (both loaders are safe ones)
