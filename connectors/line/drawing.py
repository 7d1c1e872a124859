"""Draws the picture of the rich menu: six tiles, each a simple sign and a word.

The font beside this file holds just the characters of the menu's words, so that the picture is the same on every
machine, with or without Chinese fonts.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 2500, 1686
COLUMNS, ROWS = 3, 2

FONT = Path(__file__).parent / "menu_font.otf"
_TEXT_PIXELS = 120
_BACKGROUND, _LINE, _INK = "#f6f8f9", "#c3ced4", "#0b5c6b"
_STROKE = 20


class MenuTextUndrawable(Exception):
    """A word of the menu has a character the menu's font lacks; the message tells which."""


def draw_menu(labels: Sequence[str]) -> bytes:
    """Return the picture as PNG (2500 × 1686 pixels, under 1 MB). Raises MenuTextUndrawable."""
    font = ImageFont.truetype(str(FONT), _TEXT_PIXELS)
    image = Image.new("RGB", (WIDTH, HEIGHT), _BACKGROUND)
    draw = ImageDraw.Draw(image)
    for place, label in enumerate(labels):
        row, column = divmod(place, COLUMNS)
        left, top = WIDTH * column // COLUMNS, HEIGHT * row // ROWS
        right, bottom = WIDTH * (column + 1) // COLUMNS, HEIGHT * (row + 1) // ROWS
        draw.rectangle((left, top, right, bottom), outline=_LINE, width=4)
        _SIGNS[place](draw, (left + right) // 2, top + (bottom - top) * 2 // 5)
        _check_drawable(label, font)
        draw.text(((left + right) // 2, bottom - (bottom - top) // 4), label, fill=_INK, font=font, anchor="mm")
    picture = io.BytesIO()
    image.quantize(32).save(picture, "PNG", optimize=True)
    return picture.getvalue()


def _check_drawable(label: str, font: ImageFont.FreeTypeFont) -> None:
    missing = bytes(font.getmask("\U0010ffff"))
    for character in label:
        if not character.isspace() and bytes(font.getmask(character)) == missing:
            raise MenuTextUndrawable(f"{FONT.name} has no {character!r} of {label!r}: make the font anew with it")


def _draw_bell(draw: ImageDraw.ImageDraw, x: int, y: int) -> None:
    draw.pieslice((x - 100, y - 130, x + 100, y + 110), 180, 360, fill=_INK)
    draw.polygon([(x - 100, y - 12), (x + 100, y - 12), (x + 140, y + 90), (x - 140, y + 90)], fill=_INK)
    draw.ellipse((x - 36, y + 78, x + 36, y + 150), fill=_INK)


def _draw_list(draw: ImageDraw.ImageDraw, x: int, y: int) -> None:
    for line in (-90, 0, 90):
        draw.ellipse((x - 140, y + line - 22, x - 96, y + line + 22), fill=_INK)
        draw.line((x - 56, y + line, x + 140, y + line), fill=_INK, width=_STROKE * 2)


def _draw_rocket(draw: ImageDraw.ImageDraw, x: int, y: int) -> None:
    draw.polygon([(x, y - 150), (x + 64, y - 40), (x + 64, y + 80), (x - 64, y + 80), (x - 64, y - 40)], fill=_INK)
    draw.polygon([(x + 64, y + 10), (x + 130, y + 100), (x + 64, y + 80)], fill=_INK)
    draw.polygon([(x - 64, y + 10), (x - 130, y + 100), (x - 64, y + 80)], fill=_INK)
    draw.polygon([(x - 36, y + 96), (x + 36, y + 96), (x, y + 160)], fill=_INK)
    draw.ellipse((x - 30, y - 50, x + 30, y + 10), fill=_BACKGROUND)


def _draw_person(draw: ImageDraw.ImageDraw, x: int, y: int) -> None:
    draw.ellipse((x - 64, y - 140, x + 64, y - 12), fill=_INK)
    draw.pieslice((x - 140, y + 16, x + 140, y + 276), 180, 360, fill=_INK)


def _draw_globe(draw: ImageDraw.ImageDraw, x: int, y: int) -> None:
    draw.ellipse((x - 140, y - 140, x + 140, y + 140), outline=_INK, width=_STROKE)
    draw.ellipse((x - 64, y - 140, x + 64, y + 140), outline=_INK, width=_STROKE)
    draw.line((x - 136, y, x + 136, y), fill=_INK, width=_STROKE)


def _draw_question(draw: ImageDraw.ImageDraw, x: int, y: int) -> None:
    draw.arc((x - 76, y - 144, x + 76, y + 8), 180, 80, fill=_INK, width=_STROKE * 2)
    draw.line((x, y - 8, x, y + 56), fill=_INK, width=_STROKE * 2)
    draw.ellipse((x - 28, y + 90, x + 28, y + 146), fill=_INK)


_SIGNS: tuple[Callable[[ImageDraw.ImageDraw, int, int], None], ...] = (
    _draw_bell,
    _draw_list,
    _draw_rocket,
    _draw_person,
    _draw_globe,
    _draw_question,
)
