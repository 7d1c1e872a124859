"""What every long-running process does once: log to stderr, settle its memory."""

from __future__ import annotations

import gc
import logging
import os

NICENESS = 19


def start_logging() -> None:
    """Log to stderr."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for chatty in ("apscheduler", "httpx", "httpx2"):
        # These log each address: Telegram's hold the bot's token, a language model's may hold a password.
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # It logs as an error what it also raises, being stopped among it.
    logging.getLogger("taskiq.receiver").setLevel(logging.CRITICAL)


def give_way() -> None:
    """Let other processes have the processor first (not on Windows, which has no such call)."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)


def settle_memory() -> None:
    """Leave what is loaded by now out of garbage collection: looking through it all takes tens of milliseconds."""
    gc.collect()
    gc.freeze()
