"""What LINE takes, as tables: properties, which are required, and limits. Text in UTF-16 units, labels in graphemes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import regex

Rule = Callable[[Any], str]
JsonObject = dict[str, Any]


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def graphemes(text: str) -> int:
    return len(regex.findall(r"\X", text))


def text(most: int, count: Callable[[str], int] = utf16, least: int = 1) -> Rule:
    def check(value: Any) -> str:
        if not isinstance(value, str):
            return "is not a string"
        size = count(value)
        return "" if least <= size <= most else f"has {size} characters, not {least} to {most}"

    return check


def one_of(*values: str) -> Rule:
    return lambda value: "" if value in values else f"is {value!r}, not one of {values}"


def pattern(expression: str, most: int = 10_000) -> Rule:
    return lambda value: (
        "" if isinstance(value, str) and len(value) <= most and re.search(expression, value) else "has a wrong form"
    )


def boolean(value: Any) -> str:
    return "" if isinstance(value, bool) else "is not true or false"


def number(least: int, most: int) -> Rule:
    return lambda value: "" if isinstance(value, int) and least <= value <= most else f"is not {least} to {most}"


def anything(value: Any) -> str:
    return ""


COLOUR = pattern(r"^#[0-9A-Fa-f]{6}([0-9A-Fa-f]{2})?$")
SPACING = one_of("none", "xs", "sm", "md", "lg", "xl", "xxl")
TEXT_SIZE = one_of("xxs", "xs", "sm", "md", "lg", "xl", "xxl", "3xl", "4xl", "5xl")

# type -> (required properties, all properties with their rules); "*" marks properties judged elsewhere.
ACTIONS: dict[str, tuple[set[str], dict[str, Rule]]] = {
    "postback": (
        {"data"},
        {
            "label": text(40, graphemes),
            "data": text(300),
            "displayText": text(300, graphemes),
            "inputOption": anything,
            "fillInText": text(300),
        },
    ),
    "uri": (
        {"uri"},
        {"label": text(40, graphemes), "uri": pattern(r"^(https?|line|tel):[\x21-\x7e]+$", 1000), "altUri": anything},
    ),
    "message": ({"text"}, {"label": text(40, graphemes), "text": text(300, graphemes)}),
    "richmenuswitch": (
        {"richMenuAliasId", "data"},
        {"label": text(20, graphemes), "richMenuAliasId": text(32), "data": text(300)},
    ),
}
COMPONENTS: dict[str, tuple[set[str], dict[str, Rule]]] = {
    "box": (
        {"layout", "contents"},
        {
            "layout": one_of("horizontal", "vertical", "baseline"), "contents": anything, "spacing": SPACING, "margin": SPACING,
            "backgroundColor": COLOUR, "paddingAll": anything, "flex": number(0, 100), "action": anything, "cornerRadius": anything,
        },
    ),
    "button": (
        {"action"},
        {
            "action": anything, "style": one_of("link", "primary", "secondary"), "height": one_of("sm", "md"), "color": COLOUR,
            "margin": SPACING, "flex": number(0, 100), "gravity": anything, "adjustMode": one_of("shrink-to-fit"),
        },
    ),
    "text": (
        {"text"},
        {
            "text": text(10_000), "wrap": boolean, "size": TEXT_SIZE, "color": COLOUR, "weight": one_of("regular", "bold"),
            "margin": SPACING, "align": one_of("start", "center", "end"), "maxLines": number(0, 100), "flex": number(0, 100),
            "style": one_of("normal", "italic"), "action": anything,
        },
    ),
    "separator": (set(), {"margin": SPACING, "color": COLOUR}),
}  # fmt: skip
BUBBLE = {
    "size": one_of("nano", "micro", "deca", "hecto", "kilo", "mega", "giga"), "direction": one_of("ltr", "rtl"),
    "header": anything, "hero": anything, "body": anything, "footer": anything, "styles": anything, "action": anything,
}  # fmt: skip


def judge_messages(messages: Any) -> list[str]:
    """Return what LINE would refuse in the messages of one call."""
    if not isinstance(messages, list) or not 1 <= len(messages) <= 5:
        return ["messages: not 1 to 5"]
    return [f"messages[{place}]{fault}" for place, message in enumerate(messages) for fault in _judge_message(message)]


def _judge_message(message: Any) -> Iterator[str]:
    if not isinstance(message, dict):
        yield " is not an object"
        return
    common = {"type": anything, "quickReply": anything, "sender": anything}
    match message.get("type"):
        case "text":
            yield from _check(
                message, {"text"}, {**common, "text": text(5_000), "emojis": anything, "quoteToken": anything}
            )
        case "flex":
            yield from _check(
                message, {"altText", "contents"}, {**common, "altText": text(1_500), "contents": anything}
            )
            yield from _judge_container(message.get("contents"))
        case kind:
            yield f": the simulator knows no message type {kind!r}"
    if "quickReply" in message:
        yield from _judge_quick_reply(message["quickReply"])


def _judge_quick_reply(quick_reply: Any) -> Iterator[str]:
    items = quick_reply.get("items") if isinstance(quick_reply, dict) else None
    if not isinstance(items, list) or not 1 <= len(items) <= 13:
        yield ".quickReply: not 1 to 13 items"
        return
    for item in items:
        yield from _check(
            item, {"type", "action"}, {"type": one_of("action"), "action": anything, "imageUrl": anything}
        )
        yield from judge_action(item.get("action"), label=20, needs_label=True)


def _judge_container(container: Any) -> Iterator[str]:
    size = len(json.dumps(container, ensure_ascii=False).encode())
    if not isinstance(container, dict):
        yield ".contents is not an object"
    elif container.get("type") == "carousel":
        bubbles = container.get("contents")
        if not isinstance(bubbles, list) or not 1 <= len(bubbles) <= 12:
            yield ".contents: not 1 to 12 bubbles"
            return
        if size > 50_000:
            yield f".contents: a carousel of {size} bytes"
        for bubble in bubbles:
            yield from _judge_bubble(bubble)
    else:
        yield from _judge_bubble(container)


def _judge_bubble(bubble: Any) -> Iterator[str]:
    if not isinstance(bubble, dict) or bubble.get("type") != "bubble":
        yield ".contents: not a bubble"
        return
    if (size := len(json.dumps(bubble, ensure_ascii=False).encode())) > 30_000:
        yield f".contents: a bubble of {size} bytes"
    yield from _check(bubble, set(), {"type": anything, **BUBBLE})
    blocks = [bubble[name] for name in ("header", "body", "footer") if name in bubble]
    if not blocks and "hero" not in bubble:
        yield ".contents: a bubble without a block"
    for block in blocks:
        if not isinstance(block, dict) or block.get("type") != "box":
            yield ".contents: a block that is no box"
        else:
            yield from _judge_component(block)


def _judge_component(component: Any) -> Iterator[str]:
    kind = component.get("type") if isinstance(component, dict) else None
    if kind not in COMPONENTS:
        yield f": no component {kind!r}"
        return
    required, rules = COMPONENTS[kind]
    yield from _check(component, required, {"type": anything, **rules})
    if kind == "box":
        for child in component.get("contents") or []:
            yield from _judge_component(child)
    if "action" in component:
        yield from judge_action(component["action"], label=40, needs_label=kind == "button")


def judge_action(action: Any, *, label: int, needs_label: bool) -> Iterator[str]:
    """Yield what LINE would refuse in an action."""
    kind = action.get("type") if isinstance(action, dict) else None
    if kind not in ACTIONS:
        yield f": no action {kind!r}"
        return
    required, rules = ACTIONS[kind]
    if needs_label:
        required = required | {"label"}
    yield from _check(action, required, {"type": anything, **rules, "label": text(label, graphemes)})


def _check(item: JsonObject, required: set[str], rules: dict[str, Rule]) -> Iterator[str]:
    for name in required - item.keys():
        yield f".{name} is missing"
    for name, value in item.items():
        if name not in rules:
            yield f".{name} is no property"
        elif fault := rules[name](value):
            yield f".{name} {fault}"
