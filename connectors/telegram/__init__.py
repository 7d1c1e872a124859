"""Telegram, by the Bot API. The only room that imports telegram."""
