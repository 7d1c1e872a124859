"""Gives an OutgoingMessage LINE's form: text that can be copied, then a Flex bubble with sources and buttons.

Messages are plain values in the form of the Messaging API; `connectors.line.sending` hands them to the SDK.
Source: developers.line.biz/en/docs/messaging-api/flex-message-elements, and connectors.line.limits.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from connectors.line import limits
from connectors.message import Button, Card, OutgoingMessage, Source
from connectors.text_length import shorten, shorten_utf16, split_text
from connectors.web_address import clean_address

JsonObject = dict[str, Any]

# A text this short stands in the bubble with its buttons; a longer one is a message of its own, to be copied from.
BUBBLE_TEXT_UNITS = 300
MUTED, ACCENT = "#4a5c66", "#0b5c6b"


def render(messages: Sequence[OutgoingMessage]) -> list[JsonObject]:
    """Return the messages of one call, at most five; what does not fit is cut at the end, with an ellipsis."""
    rendered = [item for message in messages for item in _render(message)]
    if len(rendered) > limits.MESSAGES_A_CALL:
        rendered = _merge(rendered)
    if rendered and (choices := _quick_reply(messages[-1].choices)):
        # Only the last message's quick replies are shown.
        rendered[-1]["quickReply"] = choices
    return rendered


def render_plain(messages: Sequence[OutgoingMessage]) -> list[JsonObject]:
    """Return the same as text alone, for when LINE refuses the bubbles."""
    texts = []
    for message in messages:
        lines = [_spoken(message), *(f"[{source.number}] {source.title} {source.url}" for source in message.sources)]
        lines += [f"・{card.title}\n{card.text}" for card in message.cards]
        texts += split_text("\n".join(line for line in lines if line), limits.TEXT_UNITS)
    return [_text(text) for text in texts[: limits.MESSAGES_A_CALL]]


def _merge(rendered: list[JsonObject]) -> list[JsonObject]:
    """Keep the first texts and the last bubble where there are too many messages for a call."""
    last = rendered[-1]
    kept = rendered[: limits.MESSAGES_A_CALL - 1]
    if kept[-1]["type"] == "text":
        kept[-1]["text"] = shorten_utf16(kept[-1]["text"], limits.TEXT_UNITS - 1) + "…"
    return [*kept, last]


def _render(message: OutgoingMessage) -> Iterable[JsonObject]:
    text = _spoken(message)
    if message.cards:
        yield from (_text(part) for part in split_text(text, limits.TEXT_UNITS))
        yield _carousel(message)
    elif message.sources or message.buttons or message.picture:
        inside = not message.sources and len(split_text(text, BUBBLE_TEXT_UNITS)) <= 1
        if not inside:
            yield from (_text(part) for part in split_text(text, limits.TEXT_UNITS))
        yield _bubble_message(message, text if inside else "")
    else:
        yield from (_text(part) for part in split_text(text, limits.TEXT_UNITS))


def _spoken(message: OutgoingMessage) -> str:
    return f"{message.heading}\n{message.text}" if message.heading else message.text


def _text(text: str) -> JsonObject:
    return {"type": "text", "text": text}


def _bubble_message(message: OutgoingMessage, text: str) -> JsonObject:
    contents: list[JsonObject] = [_line(text)] if text else []
    if message.caption:
        contents.append(_line(message.caption, size="sm", color=MUTED, weight="bold"))
    contents += [item for source in message.sources for item in _source(source)]
    bubble: JsonObject = {"type": "bubble", "size": "mega"}
    if picture := clean_address(message.picture, limits.URI_CHARACTERS):
        bubble["hero"] = {
            "type": "image",
            "url": picture,
            "size": "full",
            "aspectMode": "cover",
            "aspectRatio": "20:13",
        }
    if contents:
        bubble["body"] = _box(contents)
    if message.buttons:
        bubble["footer"] = _box([_button(button) for button in message.buttons])
    alt = text or "\n".join([message.caption, *(f"[{source.number}] {source.title}" for source in message.sources)])
    return _flex(
        alt.strip() or message.text or " ".join(button.label for button in message.buttons), _within_size(bubble)
    )


def _within_size(bubble: JsonObject) -> JsonObject:
    """Take sources off the end until the bubble is as small as LINE wants it; the text names them all anyway."""
    while len(bubble.get("body", {}).get("contents", ())) > 1 and _bytes(bubble) > limits.BUBBLE_BYTES:
        bubble["body"]["contents"].pop()
    return bubble


def _carousel(message: OutgoingMessage) -> JsonObject:
    bubbles = [_card(card) for card in message.cards[: limits.CAROUSEL_BUBBLES]]
    while len(bubbles) > 1 and _bytes(bubbles) > limits.CAROUSEL_BYTES - 200:
        bubbles.pop()
    alt = "\n".join(card.title for card in message.cards) or message.text
    return _flex(alt, {"type": "carousel", "contents": bubbles})


def _card(card: Card) -> JsonObject:
    contents = [_line(shorten(card.title, 80), weight="bold")]
    if card.text:
        contents.append(_line(shorten(card.text, 300), size="sm", color=MUTED))
    bubble: JsonObject = {"type": "bubble", "size": "kilo", "body": _box(contents)}
    if card.buttons:
        bubble["footer"] = _box([_button(button) for button in card.buttons])
    return bubble


def _source(source: Source) -> list[JsonObject]:
    address = clean_address(source.url, limits.URI_CHARACTERS)
    title = f"[{source.number}] {source.title}"
    if not address:
        return [_line(shorten(title, 200), size="sm"), _line(source.detail, size="xs", color=MUTED)]
    return [_button(Button(title, url=address)), _line(source.detail, size="xs", color=MUTED)]


def _line(text: str, **style: str) -> JsonObject:
    return {"type": "text", "text": text or " ", "wrap": True, **style}


def _box(contents: list[JsonObject]) -> JsonObject:
    return {"type": "box", "layout": "vertical", "spacing": "sm", "contents": contents}


def _button(button: Button) -> JsonObject:
    action = _action(button, limits.FLEX_LABEL)
    return {"type": "button", "style": "link", "height": "sm", "color": ACCENT, "action": action}


def _action(button: Button, label_graphemes: int) -> JsonObject:
    label = shorten(button.label, label_graphemes) or "…"
    if button.url:
        return {"type": "uri", "label": label, "uri": button.url}
    return {"type": "postback", "label": label, "data": button.data, "displayText": shorten(button.label, 300) or "…"}


def _quick_reply(choices: Sequence[Button]) -> JsonObject | None:
    items = [
        {"type": "action", "action": _action(choice, limits.QUICK_REPLY_LABEL)}
        for choice in choices[: limits.QUICK_REPLIES]
    ]
    return {"items": items} if items else None


def _flex(alt: str, contents: JsonObject) -> JsonObject:
    return {"type": "flex", "altText": shorten_utf16(alt, limits.ALT_TEXT_UNITS), "contents": contents}


def _bytes(content: object) -> int:
    return len(json.dumps(content, ensure_ascii=False).encode())
