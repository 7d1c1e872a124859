"""Loads a sentence-transformers model that the operator has named: a local folder, one in the cache, or one of the hub.

The hub is asked once, briefly, before anything is downloaded: the library's own retries take a minute and a half and a
page of messages where the network is closed.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

logger = logging.getLogger(__name__)

HUB_TIMEOUT_SECONDS = 10.0
CONFIG_FILES = ("modules.json", "config.json")

Model = TypeVar("Model")


class ModelUnavailable(Exception):
    """A model does not load; the message says which and why, in a line."""


def load_named_model(name: str, load: Callable[[str, bool], Model]) -> Model:
    """Return `load(name, local_files_only)`. Raises ModelUnavailable."""
    if Path(name).is_dir():
        return _load(name, load, local=True)
    if _is_cached(name):
        try:
            return _load(name, load, local=True)
        except ModelUnavailable:
            # A download was cut off; the hub may have the rest.
            logger.info("%s is not whole in the cache; asking the hub", name)
    _ask_hub(name)
    return _load(name, load, local=False)


def _load(name: str, load: Callable[[str, bool], Model], *, local: bool) -> Model:
    try:
        return load(name, local)
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, ImportError) as error:
        raise ModelUnavailable(f"{name}: {_first_line(error)}") from error


def describe_version(name: str) -> str:
    """Return what tells a version of a model from another: the hub's revision, or a folder's files and their times."""
    from huggingface_hub import try_to_load_from_cache

    if Path(name).is_dir():
        files = sorted(path for path in Path(name).rglob("*") if path.is_file())
        marks = [f"{path.relative_to(name)} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in files]
        return hashlib.sha256("\n".join(marks).encode()).hexdigest()[:12]
    found = (try_to_load_from_cache(name, file) for file in CONFIG_FILES)
    return next((Path(path).parent.name for path in found if isinstance(path, str)), "")


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
