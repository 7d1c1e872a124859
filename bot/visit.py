"""One event together with who it is from and how to speak to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.speech import Speech
from connectors.channel import IncomingEvent
from storage.citizens import Citizen


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
