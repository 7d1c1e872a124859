"""Gives an OutgoingMessage Telegram's form: HTML with every piece of text escaped, and an inline keyboard.

Source: core.telegram.org/bots/api#html-style, and connectors.telegram.limits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from connectors.message import Button, Card, OutgoingMessage, Source
from connectors.telegram import limits
from connectors.text_length import count_utf16, shorten, split_text
from connectors.web_address import clean_address

Keyboard = list[list[Button]]

# What stands around a part: a heading, the sources below. They count too, so a part leaves room for them.
ROOM_UNITS = 300
CHOICES_A_ROW = 2


@dataclass(frozen=True)
class Part:
    """One message for Telegram: HTML, the same as plain text, the rows of buttons under it, a picture above it."""

    html: str
    plain: str
    keyboard: Keyboard
    picture: str = ""


def render(messages: Sequence[OutgoingMessage]) -> list[Part]:
    """Return the messages to send, one after the other."""
    return [part for message in messages for part in _render(message)]


def _render(message: OutgoingMessage) -> Iterator[Part]:
    texts = split_text(message.text, limits.TEXT_UNITS - ROOM_UNITS) or [""]
    blocks = [_Block(escape(text, quote=False), text) for text in texts]
    if message.heading:
        blocks[0] = _Block(f"<b>{escape(message.heading, quote=False)}</b>", message.heading).above(blocks[0])
    for block in _list_below(message):
        joined = blocks[-1].above(block)
        if count_utf16(joined.plain) <= limits.TEXT_UNITS:
            blocks[-1] = joined
        else:
            blocks.append(block)
    picture = clean_address(message.picture)
    for number, block in enumerate(blocks, start=1):
        keyboard = _keyboard(message) if number == len(blocks) else []
        yield Part(block.html, block.plain, keyboard, picture if number == 1 else "")


@dataclass(frozen=True)
class _Block:
    html: str
    plain: str

    def above(self, other: _Block) -> _Block:
        return _Block(f"{self.html}\n{other.html}".strip(), f"{self.plain}\n{other.plain}".strip())


def _list_below(message: OutgoingMessage) -> Iterator[_Block]:
    if message.caption:
        yield _Block(f"\n<b>{escape(message.caption, quote=False)}</b>", f"\n{message.caption}")
    yield from (_source(source) for source in message.sources)
    yield from (_card(card) for card in message.cards)


def _source(source: Source) -> _Block:
    title, detail = shorten(source.title, 200), shorten(source.detail, 200)
    address = clean_address(source.url)
    shown = escape(title, quote=False)
    linked = f'<a href="{escape(address)}">{shown}</a>' if address else shown
    return _Block(
        f"[{source.number}] {linked}\n<i>{escape(detail, quote=False)}</i>",
        f"[{source.number}] {title} {address}\n{detail}",
    )


def _card(card: Card) -> _Block:
    title, text = shorten(card.title, 80), shorten(card.text, 300)
    return _Block(f"\n<b>{escape(title, quote=False)}</b>\n{escape(text, quote=False)}", f"\n{title}\n{text}")


def _keyboard(message: OutgoingMessage) -> Keyboard:
    links = [
        Button(f"[{source.number}] {source.title}", url=address)
        for source in message.sources
        if (address := clean_address(source.url))
    ]
    rows = [[button] for button in links]
    rows += [[button] for card in message.cards for button in card.buttons]
    short = all(count_utf16(button.label) <= 12 for button in message.buttons)
    rows += _rows(message.buttons, CHOICES_A_ROW if short else 1)
    rows += _rows(message.choices, CHOICES_A_ROW)
    kept = rows[: limits.BUTTONS_A_MESSAGE // CHOICES_A_ROW]
    return [[_fit(button) for button in row] for row in kept]


def _rows(buttons: Sequence[Button], width: int) -> Keyboard:
    return [list(buttons[start : start + width]) for start in range(0, len(buttons), width)]


def _fit(button: Button) -> Button:
    return Button(shorten(button.label, limits.BUTTON_LABEL) or "…", button.data, button.url)
