"""Reads Telegram's updates, from the webhook and from polling alike: update by update what can be read.

Source: core.telegram.org/bots/api#update.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import re
from collections.abc import Mapping
from typing import Any

from connectors.channel import EventKind, IncomingEvent, WebhookRefused
from connectors.telegram.limits import NAME

log = logging.getLogger(__name__)

SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105  the name of a header
# Telegram remembers the last list it was given, so it is always given.
ALLOWED_UPDATES = ("message", "callback_query", "my_chat_member")
_CONTENTS = (
    "sticker", "photo", "voice", "location", "video", "video_note", "audio", "document", "contact", "animation", "venue"
)  # fmt: skip
_GONE = ("kicked", "left")


def make_secret(token: str) -> str:
    """Return the secret that Telegram is told to send with each webhook, made from the bot's token."""
    return hmac.new(token.encode(), b"askbay webhook", hashlib.sha256).hexdigest()


def check_secret(headers: Mapping[str, str], secret: str) -> None:
    """Check that Telegram sent a webhook. Raises WebhookRefused."""
    given = headers.get(SECRET_HEADER)
    if not given:
        raise WebhookRefused("the secret token's header is missing", 400)
    if not hmac.compare_digest(given.encode("utf-8", "replace"), secret.encode()):
        raise WebhookRefused("the secret token is wrong", 401)


def read_webhook(body: bytes, headers: Mapping[str, str], secret: str, bot_name: str) -> list[IncomingEvent]:
    """Return the event of a webhook's body, if it has one. `headers` have lower-case names. Raises WebhookRefused."""
    check_secret(headers, secret)
    try:
        update = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise WebhookRefused("the body is not JSON", 400) from error
    if not isinstance(update, dict) or not isinstance(update.get("update_id"), int):
        raise WebhookRefused("the body is not an update", 400)
    event = read_update(update, bot_name)
    return [event] if event else []


def read_update(update: Mapping[str, Any], bot_name: str) -> IncomingEvent | None:
    """Return the event an update tells of; None for what is not known or cannot be read."""
    try:
        details = _read_details(update, bot_name)
        return IncomingEvent(channel=NAME, event_id=str(update["update_id"]), **details) if details else None
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        # The type's name only: the update may hold what a citizen wrote.
        log.warning("a Telegram update could not be read: %s", type(error).__name__)
        return None


def _read_details(update: Mapping[str, Any], bot_name: str) -> dict[str, Any] | None:
    if "message" in update:
        return _read_message(update["message"], bot_name)
    if "callback_query" in update:
        return _read_press(update["callback_query"])
    if "my_chat_member" in update:
        return _read_membership(update["my_chat_member"])
    return None


def _read_message(message: Mapping[str, Any], bot_name: str) -> dict[str, Any] | None:
    common = _common(message["chat"], message.get("from"))
    common["message_id"] = str(message["message_id"])
    if "migrate_to_chat_id" in message:
        return {**common, "kind": EventKind.MOVE, "new_chat": str(message["migrate_to_chat_id"])}
    content = next((name for name in _CONTENTS if name in message), "")
    # What is written under a picture is a message like another.
    text = str(message.get("text", message.get("caption", "")))
    if not text and not content:
        # Somebody joined, a title changed: nothing that asks for an answer.
        return None
    if not text:
        return {**common, "kind": EventKind.CONTENT, "content": content, "is_addressed": not common["is_group"]}
    addressed = not common["is_group"] or _is_addressed(message, text, bot_name)
    if (command := _read_command(text, bot_name)) == "start":
        return {**common, "kind": EventKind.FOLLOW, "is_addressed": addressed}
    if bot_name and not command:
        text = _without_mention(text, bot_name)
    return {**common, "kind": EventKind.TEXT, "text": text.strip(), "is_addressed": addressed}


def _read_press(query: Mapping[str, Any]) -> dict[str, Any] | None:
    message = query.get("message")
    # Without its message (it is too old), a button is a citizen's own: they get to know that it is of no use any more.
    chat = message["chat"] if isinstance(message, dict) else {"id": query["from"]["id"], "type": "private"}
    return {
        **_common(chat, query.get("from")),
        "kind": EventKind.PRESS,
        "data": str(query.get("data", ""))[:64],
        "reply_token": str(query["id"]),
    }


def _read_membership(change: Mapping[str, Any]) -> dict[str, Any] | None:
    common = _common(change["chat"], change.get("from"))
    now, before = change["new_chat_member"]["status"], change["old_chat_member"]["status"]
    if now in _GONE:
        return {**common, "kind": EventKind.UNFOLLOW}
    # A private chat that comes back sends /start by itself.
    return {**common, "kind": EventKind.FOLLOW} if before in _GONE and common["is_group"] else None


def _common(chat: Mapping[str, Any], sender: Any) -> dict[str, Any]:
    language = sender.get("language_code") if isinstance(sender, dict) else None
    return {
        "chat": str(int(chat["id"])),
        # Telegram dates messages but not presses; updates come in their order, so our clock keeps it for both.
        "happened_at": None,
        "is_group": chat["type"] != "private",
        "language": str(language or "")[:16],
    }


def _read_command(text: str, bot_name: str) -> str:
    """Return the command a text begins with, lower case, if it is meant for this bot ("/help@other_bot" is not)."""
    if not text.startswith("/"):
        return ""
    command, _, name = text.split(maxsplit=1)[0][1:].partition("@")
    return command.lower() if not name or name.lower() == bot_name.lower() else ""


def _is_addressed(message: Mapping[str, Any], text: str, bot_name: str) -> bool:
    """In a group: a command, a mention of the bot, or a reply to what it said."""
    if text.startswith("/"):
        return bool(_read_command(text, bot_name))
    reply = message.get("reply_to_message")
    author = reply.get("from") if isinstance(reply, dict) else None
    replied = isinstance(author, dict) and str(author.get("username", "")).lower() == bot_name.lower()
    return bool(bot_name) and (replied or bool(_find_mention(text, bot_name)))


def _without_mention(text: str, bot_name: str) -> str:
    found = _find_mention(text, bot_name)
    return text[: found.start()] + text[found.end() :] if found else text


def _find_mention(text: str, bot_name: str) -> re.Match[str] | None:
    return re.search(rf"@{re.escape(bot_name)}(?!\w)", text, re.IGNORECASE | re.ASCII)
