"""Reads LINE's webhook: checks the signature, then takes event by event what can be read.

Our own reading, not the SDK's parser: that one loses the whole batch where one event lacks a field or has a value it
does not know. Source: developers.line.biz/en/reference/messaging-api/#webhooks.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.channel import EventKind, IncomingEvent, WebhookRefused
from connectors.line.limits import NAME

log = logging.getLogger(__name__)

SIGNATURE_HEADER = "x-line-signature"
_COMMAND = re.compile(r"^\s*[/／]\w")
# Who leaves or takes something back is heard whoever answers.
_ALWAYS_HEARD = ("unfollow", "leave", "unsend")
_CHAT_KEYS = {"user": "userId", "group": "groupId", "room": "roomId"}


def read_webhook(body: bytes, headers: Mapping[str, str], channel_secret: str) -> list[IncomingEvent]:
    """Return the events of a webhook's body. `headers` have lower-case names. Raises WebhookRefused."""
    signature = headers.get(SIGNATURE_HEADER)
    if not signature:
        raise WebhookRefused("the signature header is missing", 400)
    if not hmac.compare_digest(sign(body, channel_secret).encode(), signature.encode("utf-8", "replace")):
        raise WebhookRefused("the signature is wrong", 401)
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise WebhookRefused("the body is not JSON", 400) from error
    events = content.get("events") if isinstance(content, dict) else None
    if not isinstance(events, list):
        raise WebhookRefused("the body has no list of events", 400)
    return [event for event in (_read_event(item) for item in events) if event]


def sign(body: bytes, channel_secret: str) -> str:
    """Return the signature LINE puts on a body: HMAC-SHA256 in Base64."""
    return base64.b64encode(hmac.new(channel_secret.encode(), body, hashlib.sha256).digest()).decode()


def _read_event(item: Any) -> IncomingEvent | None:
    try:
        return _read(item)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError) as error:
        # The type's name only: the event may hold what a citizen wrote.
        log.warning("a LINE event could not be read: %s", type(error).__name__)
        return None


def _read(item: Mapping[str, Any]) -> IncomingEvent | None:
    if item.get("mode", "active") != "active" and item["type"] not in _ALWAYS_HEARD:
        # Another module of the account is answering this chat (standby), or a mode that is not known yet.
        log.info("a LINE event in another mode than active is left out")
        return None
    source = item["source"]
    chat = source[_CHAT_KEYS[source["type"]]]
    details = _read_details(item)
    if details is None or not isinstance(chat, str):
        return None
    is_group = source["type"] != "user"
    return IncomingEvent(
        channel=NAME,
        event_id=_text(item["webhookEventId"])[:64],
        chat=chat[:64],
        happened_at=datetime.fromtimestamp(item["timestamp"] / 1000, UTC),
        reply_token=str(item.get("replyToken") or ""),
        is_group=is_group,
        is_addressed=not is_group or _is_addressed(item),
        **details,
    )


def _read_details(item: Mapping[str, Any]) -> dict[str, Any] | None:
    match item["type"]:
        case "message":
            message = item["message"]
            message_id = _text(message["id"])[:64]
            if message["type"] != "text":
                return {"kind": EventKind.CONTENT, "content": str(message["type"])[:32], "message_id": message_id}
            return {"kind": EventKind.TEXT, "text": _without_mentions(message), "message_id": message_id}
        case "postback":
            return {"kind": EventKind.PRESS, "data": _text(item["postback"]["data"])[:300]}
        case "follow" | "join":
            return {"kind": EventKind.FOLLOW}
        case "unfollow" | "leave":
            return {"kind": EventKind.UNFOLLOW}
        case "unsend":
            return {"kind": EventKind.UNSEND, "message_id": str(item["unsend"]["messageId"])[:64]}
    log.info("a LINE event of a type that is not used is left out")
    return None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _is_addressed(item: Mapping[str, Any]) -> bool:
    """In a group: a mention of the bot or a command; whatever is no message (a button, joining) is meant for it too."""
    if item["type"] != "message":
        return True
    message = item["message"]
    text = message.get("text")
    if not isinstance(text, str):
        return False
    return any(mention.get("isSelf") is True for mention in _mentions(message)) or bool(_COMMAND.match(text))


def _without_mentions(message: Mapping[str, Any]) -> str:
    """Return the text without the mention of the bot itself; LINE counts positions in UTF-16 units."""
    units = _text(message["text"]).encode("utf-16-le", "surrogatepass")
    for mention in sorted(_mentions(message), key=lambda mention: -int(mention.get("index", 0))):
        if mention.get("isSelf") is True:
            start, length = int(mention["index"]) * 2, int(mention["length"]) * 2
            units = units[:start] + units[start + length :]
    return units.decode("utf-16-le", "replace").strip()


def _mentions(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    mention = message.get("mention")
    mentionees = mention.get("mentionees") if isinstance(mention, dict) else None
    return [entry for entry in mentionees if isinstance(entry, dict)] if isinstance(mentionees, list) else []
