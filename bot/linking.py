"""One person on two channels: a code from one chat, written in the other, and announcements come only there."""

from __future__ import annotations

import json
import re
import secrets
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.visit import Visit
from connectors.message import OutgoingMessage
from knowledge_base.tokens import normalise
from storage import citizens, districts, notices, subscriptions

CODE_VALID = timedelta(minutes=10)
# Letters without vowels: neither a word nor, like some digits, taken for a telephone number and masked.
LETTERS = "bcdfghjkmnpqrstvwxz"
_CODE = re.compile(rf"(?<![a-z])[{LETTERS}]{{6}}(?![a-z])")


async def link(connection: AsyncConnection, visit: Visit) -> list[OutgoingMessage]:
    """Give a code; or, where the message holds one, join the two chats."""
    found = _CODE.search(normalise(visit.event.text))
    if found:
        return await _join(connection, visit, found.group())
    code = "".join(secrets.choice(LETTERS) for _ in range(6))
    until = (visit.at + CODE_VALID).isoformat()
    await notices.set_mark(connection, _mark(code), json.dumps({"citizen": visit.citizen.id, "until": until}))
    return [visit.speech.message("link_code", code=code.upper())]


async def unlink(connection: AsyncConnection, visit: Visit) -> list[OutgoingMessage]:
    """Let announcements come to each chat again."""
    await citizens.unlink(connection, visit.citizen.id)
    return [visit.speech.message("unlinked")]


async def _join(connection: AsyncConnection, visit: Visit, code: str) -> list[OutgoingMessage]:
    kept = json.loads(await notices.find_mark(connection, _mark(code)) or "{}")
    await notices.delete_mark(connection, _mark(code))
    other = await citizens.get_citizen(connection, kept.get("citizen", ""))
    if other is None or other.id == visit.citizen.id or datetime.fromisoformat(kept["until"]) < visit.at:
        return [visit.speech.message("link_code_wrong")]
    await citizens.unlink(connection, visit.citizen.id)
    await citizens.change_citizen(connection, other.id, linked_to=visit.citizen.id)
    # What was chosen there counts here.
    topics = await subscriptions.find_topics(connection, other.id)
    await subscriptions.subscribe(connection, visit.citizen.id, topics, visit.at)
    for district in await districts.find_districts(connection, other.id):
        await districts.choose_district(connection, visit.citizen.id, district)
    return [visit.speech.message("linked")]


def _mark(code: str) -> str:
    return f"{notices.LINK_MARK} {code}"
