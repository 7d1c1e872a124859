"""Loads a sentence-transformers model that the operator has named: a local folder, one in the cache, or one of the hub.

The hub is asked once, briefly, before anything is downloaded: the library's own retries take a minute and a half and a
page of messages where the network is closed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

HUB_TIMEOUT_SECONDS = 10.0
CONFIG_FILES = ("modules.json", "config.json")

Model = TypeVar("Model")


class ModelUnavailable(Exception):
    """A model does not load; the message says which and why, in a line."""


def load_named_model(name: str, load: Callable[[str, bool], Model]) -> Model:
    """Return `load(name, local_files_only)`. Raises ModelUnavailable."""
    local = Path(name).is_dir() or _is_cached(name)
    if not local:
        _ask_hub(name)
    try:
        return load(name, local)
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, ImportError) as error:
        raise ModelUnavailable(f"{name}: {_first_line(error)}") from error


def _is_cached(name: str) -> bool:
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        return any(isinstance(try_to_load_from_cache(name, file), str) for file in CONFIG_FILES)
    except HFValidationError as error:
        raise ModelUnavailable(f"{name}: no such folder") from error


def _ask_hub(name: str) -> None:
    from huggingface_hub import HfApi

    try:
        HfApi().model_info(name, timeout=HUB_TIMEOUT_SECONDS)
    except Exception as error:
        # The hub's client and its two HTTP libraries share no base of their errors but this one.
        raise ModelUnavailable(f"{name}: huggingface.co: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
