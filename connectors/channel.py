"""The contract of a channel: what comes in, what goes out, and how sending can end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from connectors.message import OutgoingMessage

Store = Callable[[Sequence["IncomingEvent"]], Awaitable[None]]


class EventKind(StrEnum):
    """What happened. A content that is no text (a sticker, a picture …) is told by `IncomingEvent.content`."""

    TEXT = "text"
    CONTENT = "content"
    PRESS = "press"
    FOLLOW = "follow"
    UNFOLLOW = "unfollow"
    UNSEND = "unsend"
    MOVE = "move"


@dataclass(frozen=True)
class IncomingEvent:
    """One thing a citizen did, in words that are the same for every channel.

    `event_id` is the platform's, the same when it sends the event again. `chat` is where the answer goes. `reply_token`
    is the platform's free way to answer. `happened_at` is None where the platform does not tell. `data` is what a
    pressed button carries. `is_addressed` is False for what people in a group say among themselves. `language` is what
    the platform tells of the citizen, if anything.
    """

    channel: str
    event_id: str
    kind: EventKind
    chat: str
    happened_at: datetime | None
    text: str = ""
    data: str = ""
    content: str = ""
    message_id: str = ""
    reply_token: str = ""
    new_chat: str = ""
    language: str = ""
    is_group: bool = False
    is_addressed: bool = True

    def to_payload(self) -> dict[str, Any]:
        """Return plain values for the inbox."""
        return {**vars(self), "happened_at": self.happened_at.isoformat() if self.happened_at else None}

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> IncomingEvent:
        """Read back what `to_payload` gave."""
        values = dict(payload)
        moment = values["happened_at"]
        values["happened_at"] = datetime.fromisoformat(moment) if moment else None
        return cls(**{**values, "kind": EventKind(values["kind"])})


class WebhookRefused(Exception):
    """A webhook's request is not to be trusted or cannot be read; `status` is the HTTP status to answer with."""

    def __init__(self, reason: str, status: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


class Outcome(StrEnum):
    """How a try at sending ended.

    sent: the platform accepted it. part: it accepted one part, and more follow. later: it certainly did not; try
    again. quota: the same, but the month's messages are used up. unknown: nobody knows, and a repeat is safe while the
    platform can tell it is one. uncertain: nobody knows, and a repeat may double it. refused: the platform will never
    take it. blocked: the citizen does not want it. moved: the chat has a new address.
    """

    SENT = "sent"
    PART = "part"
    LATER = "later"
    QUOTA = "quota"
    UNKNOWN = "unknown"
    UNCERTAIN = "uncertain"
    REFUSED = "refused"
    BLOCKED = "blocked"
    MOVED = "moved"


@dataclass(frozen=True)
class SendResult:
    """The outcome of a try, with its reason for staff. `after_seconds`: how long the platform asks to wait.

    `reply_is_gone`: the free reply was certainly not taken and never will be, so the next try is another way's.
    `message_id` is the platform's id of the message, where it can be changed later.
    """

    outcome: Outcome
    reason: str = ""
    after_seconds: float = 0.0
    new_chat: str = ""
    reply_is_gone: bool = False
    message_id: str = ""


@dataclass(frozen=True)
class Quota:
    """How many messages a platform takes in a month, and how many it has taken."""

    limit: int
    used: int

    @property
    def left(self) -> int:
        """How many it still takes."""
        return max(self.limit - self.used, 0)


class QuotaUnknown(Exception):
    """The platform did not tell the quota."""


@dataclass(frozen=True)
class Shipment:
    """Messages to one chat, as a channel is asked to send them. See storage.outbox.Parcel for the fields' meaning."""

    id: str
    chat: str
    messages: tuple[OutgoingMessage, ...]
    reply_token: str = ""
    reply_until: datetime | None = None
    reply_unknown: bool = False
    parts_sent: int = 0
    first_tried_at: datetime | None = None


@dataclass(frozen=True)
class Broadcast:
    """One message to many chats by one call. `id` is its retry key: each try has the same id, chats and messages.

    `replaces` are the ids of earlier messages to the chat, which this one corrects (one chat only).
    """

    id: str
    chats: tuple[str, ...]
    messages: tuple[OutgoingMessage, ...]
    first_tried_at: datetime | None = None
    replaces: tuple[str, ...] = ()


class Channel(Protocol):
    """A place citizens write on. All methods but `read_webhook` may talk to the platform; each call has a timeout."""

    name: str
    # How many chats one call of `broadcast` reaches, and how many such calls may be under way at a time.
    batch_size: int
    calls_at_once: int
    # How long `reply_token` of an event is good for a free reply; 0 where there is none.
    reply_seconds: int
    # A shipment that was being sent when the process ended: may it be sent again without doubling?
    repeats_are_safe: bool

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> list[IncomingEvent]:
        """Check who sent a webhook and return its events; unknown ones are left out. Raises WebhookRefused."""
        ...

    async def prepare(self) -> None:
        """Learn what reading webhooks needs to know of the platform; until then a webhook may be refused with 503."""
        ...

    async def receive(self, store: Store) -> None:
        """Fetch events for as long as the task runs, where the channel does not push them; else return at once."""
        ...

    async def acknowledge(self, event: IncomingEvent) -> None:
        """Tell the platform that a pressed button was seen, where it wants to know. Never raises."""
        ...

    async def show_waiting(self, event: IncomingEvent) -> None:
        """Show that an answer is on its way. Never raises."""
        ...

    async def show_draft(self, event: IncomingEvent, text: str) -> None:
        """Show what there is of an answer that is being written, where the platform can. Never raises."""
        ...

    def turn(self, shipment: Shipment) -> AbstractAsyncContextManager[None]:
        """Wait until the platform takes a message to this chat, and hold that turn while it is sent.

        Meanwhile it may show that the message is coming.
        """
        ...

    async def send(self, shipment: Shipment) -> SendResult:
        """Try once to send: all of it, or the first part that was not accepted yet. Never raises."""
        ...

    def broadcast_turn(self) -> AbstractAsyncContextManager[None]:
        """Wait until the platform takes another call of `broadcast`, and hold that turn; single chats go first."""
        ...

    async def broadcast(self, broadcast: Broadcast) -> SendResult:
        """Try once to send one message to many. Never raises."""
        ...

    async def find_quota(self) -> Quota | None:
        """Return how many messages are left this month; None where there is no limit. Raises QuotaUnknown."""
        ...

    async def show_menu(self, chat: str, language: str) -> None:
        """Show the channel's menu in a language to one citizen, where the platform does not do so. Never raises."""
        ...

    async def set_up(self) -> list[str]:
        """Put menus, commands and the webhook's address in place; safe to repeat. Returns what was changed."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...
