"""Telegram, by the Bot API. The only room that imports telegram."""

import os

# The library's coming form of durations (timedelta); without it, it warns at each.
os.environ.setdefault("PTB_TIMEDELTA", "true")
