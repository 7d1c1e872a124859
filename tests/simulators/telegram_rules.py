"""What Telegram takes of a message, as tables. Lengths count after the entities are parsed."""

from __future__ import annotations

import json
from html import unescape
from html.parser import HTMLParser
from typing import Any

# core.telegram.org/bots/api#html-style
TAGS = {
    "b",
    "strong",
    "i",
    "em",
    "u",
    "ins",
    "s",
    "strike",
    "del",
    "a",
    "code",
    "pre",
    "span",
    "tg-spoiler",
    "tg-emoji",
    "blockquote",
}
ENTITIES = {"lt", "gt", "amp", "quot"}

# method -> (required, all) parameters
METHODS: dict[str, tuple[set[str], set[str]]] = {
    "getMe": (set(), set()),
    "getUpdates": (set(), {"offset", "limit", "timeout", "allowed_updates"}),
    "setWebhook": ({"url"}, {"url", "certificate", "ip_address", "max_connections", "allowed_updates", "drop_pending_updates", "secret_token"}),
    "deleteWebhook": (set(), {"drop_pending_updates"}),
    "getWebhookInfo": (set(), set()),
    "sendMessage": (
        {"chat_id", "text"},
        {"chat_id", "text", "parse_mode", "entities", "link_preview_options", "disable_notification", "protect_content", "reply_markup", "reply_parameters", "message_thread_id"},
    ),
    "sendMessageDraft": ({"chat_id", "draft_id"}, {"chat_id", "draft_id", "text", "parse_mode", "entities", "message_thread_id"}),
    "editMessageText": ({"text"}, {"chat_id", "message_id", "text", "parse_mode", "reply_markup", "link_preview_options", "entities"}),
    "deleteMessage": ({"chat_id", "message_id"}, {"chat_id", "message_id"}),
    "sendChatAction": ({"chat_id", "action"}, {"chat_id", "action", "message_thread_id"}),
    "answerCallbackQuery": ({"callback_query_id"}, {"callback_query_id", "text", "show_alert", "url", "cache_time"}),
    "setMyCommands": ({"commands"}, {"commands", "scope", "language_code"}),
    "getMyCommands": (set(), {"scope", "language_code"}),
    "setMyDescription": (set(), {"description", "language_code"}),
    "getMyDescription": (set(), {"language_code"}),
    "setMyShortDescription": (set(), {"short_description", "language_code"}),
    "getMyShortDescription": (set(), {"language_code"}),
}  # fmt: skip


class CannotParse(Exception):
    """Telegram's "can't parse entities"."""


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.text = ""
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            raise CannotParse(f'Unsupported start tag "{tag}"')
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise CannotParse(f'Unexpected end tag "{tag}"')

    def handle_data(self, data: str) -> None:
        if "<" in data or ">" in data:
            raise CannotParse("an unescaped < or >")
        self.text += data

    def handle_entityref(self, name: str) -> None:
        self.text += unescape(f"&{name};") if name in ENTITIES else f"&{name};"

    def handle_charref(self, name: str) -> None:
        self.text += unescape(f"&#{name};")


def parse_html(html: str) -> str:
    """Return the text of Telegram's HTML. Raises CannotParse."""
    parser = _Parser()
    parser.feed(html)
    parser.close()
    if parser.open:
        raise CannotParse(f'Can\'t find end tag corresponding to start tag "{parser.open[-1]}"')
    return parser.text


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def judge_parameters(method: str, parameters: dict[str, Any]) -> list[str]:
    required, known = METHODS[method]
    faults = [f"{name} is missing" for name in required - parameters.keys()]
    return faults + [f"{name} is no parameter" for name in parameters.keys() - known]


def judge_text(parameters: dict[str, Any], *, least: int = 1) -> list[str]:
    """Return what is wrong with the length of a text. Raises CannotParse."""
    text = str(parameters.get("text", ""))
    plain = parse_html(text) if parameters.get("parse_mode") == "HTML" else text
    size = utf16(plain.strip())
    return [] if least <= size <= 4096 else [f"a text of {size} characters"]


def judge_keyboard(markup: Any) -> list[str]:
    """Return what is wrong with an inline keyboard."""
    if markup is None:
        return []
    content = json.loads(markup) if isinstance(markup, str) else markup
    rows = content.get("inline_keyboard")
    if not isinstance(rows, list) or set(content) != {"inline_keyboard"}:
        return ["reply_markup is no inline keyboard"]
    faults = ["more than 100 buttons"] if sum(len(row) for row in rows) > 100 else []
    for row in rows:
        if not 1 <= len(row) <= 8:
            faults.append("a row without or with too many buttons")
        for button in row:
            faults += _judge_button(button)
    return faults


def _judge_button(button: dict[str, Any]) -> list[str]:
    faults = [] if button.get("text", "").strip() else ["a button without text"]
    if set(button) - {"text", "url", "callback_data"} or ("url" in button) == ("callback_data" in button):
        faults.append(f"a button is not one of url and callback_data: {sorted(button)}")
    if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= 64:
        faults.append(f"BUTTON_DATA_INVALID: {len(button['callback_data'].encode())} bytes")
    if "url" in button and not button["url"].startswith(("http://", "https://", "tg://")):
        faults.append("BUTTON_URL_INVALID")
    return faults
