"""One event together with who it is from and how to speak to them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from bot.speech import Speech
from connectors.channel import IncomingEvent
from storage.citizens import Citizen

_NAMESPACE = uuid.UUID("6f1d3a52-5d0e-4f52-9d0b-3c3a8e0f4b11")


@dataclass(frozen=True)
class Visit:
    """A citizen's event being handled at a moment.

    `key` is made from the event's id: whatever is stored because of it carries the key, so that handling the event
    again after a crash stores nothing twice. `inbox_row_id` is the event's row.

    `subscriber` is who gets the announcements: the citizen, or their other chat where the two are linked.
    """

    event: IncomingEvent
    citizen: Citizen
    speech: Speech
    key: str
    at: datetime
    inbox_row_id: int
    subscriber: Citizen


def make_key(event: IncomingEvent, purpose: str = "") -> str:
    """Return the id (a UUID) of what is stored because of an event: the same each time it is handled."""
    return str(uuid.uuid5(_NAMESPACE, f"{event.channel}:{event.event_id}:{purpose}"))
