"""OutgoingMessage: what the assistant says, before any channel gives it its form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Button:
    """Something to tap: it opens `url`, or sends `data` back (at most 64 bytes: the narrowest channel's limit)."""

    label: str
    data: str = ""
    url: str = ""


@dataclass(frozen=True)
class Source:
    """A cited source: its footnote number, title, publisher and date in words, and its address (may be empty)."""

    number: int
    title: str
    detail: str
    url: str


@dataclass(frozen=True)
class Card:
    """One of several things shown side by side."""

    title: str
    text: str
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True)
class OutgoingMessage:
    """One message. `heading` says who speaks where it is not the assistant; `caption` stands above the sources.

    `picture` is the https address of an image.
    `buttons` belong to this message and stay with it; `choices` are short replies offered for the next turn.
    """

    text: str
    language: str
    heading: str = ""
    caption: str = ""
    sources: tuple[Source, ...] = ()
    cards: tuple[Card, ...] = ()
    buttons: tuple[Button, ...] = ()
    choices: tuple[Button, ...] = ()
    picture: str = ""

    def to_payload(self) -> dict[str, Any]:
        """Return plain values for the outbox."""
        return asdict(self)

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> OutgoingMessage:
        """Read back what `to_payload` gave."""
        return cls(
            text=payload["text"],
            language=payload["language"],
            heading=payload["heading"],
            caption=payload["caption"],
            sources=tuple(Source(**source) for source in payload["sources"]),
            cards=tuple(Card(card["title"], card["text"], _buttons(card["buttons"])) for card in payload["cards"]),
            buttons=_buttons(payload["buttons"]),
            choices=_buttons(payload["choices"]),
            picture=payload.get("picture", ""),
        )


def _buttons(payload: list[dict[str, str]]) -> tuple[Button, ...]:
    return tuple(Button(**button) for button in payload)
