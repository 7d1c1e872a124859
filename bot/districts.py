"""Districts in a chat: where a citizen lives, so that what concerns one district comes to those it concerns."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.speech import ChatCity
from bot.visit import Visit
from connectors.message import Button, OutgoingMessage
from storage import districts


async def show_districts(connection: AsyncConnection, visit: Visit, city: ChatCity) -> list[OutgoingMessage]:
    """Show every district to tap, and what is chosen."""
    return [await _make_overview(connection, visit, city, visit.speech.say("districts_intro"))]


async def press_district(
    connection: AsyncConnection, visit: Visit, city: ChatCity, district_id: str, *, wanted: bool
) -> list[OutgoingMessage]:
    """Choose a district, or take it back."""
    district = next((known for known in city.districts if known.id == district_id), None)
    if district is None:
        return [visit.speech.message("expired_button")]
    if wanted:
        await districts.choose_district(connection, visit.subscriber.id, district_id)
    else:
        await districts.drop_districts(connection, visit.subscriber.id, district_id)
    name = "district_chosen" if wanted else "district_dropped"
    said = visit.speech.say(name, district=district.names[visit.speech.language])
    return [await _make_overview(connection, visit, city, said)]


async def _make_overview(connection: AsyncConnection, visit: Visit, city: ChatCity, said: str) -> OutgoingMessage:
    chosen = await districts.find_districts(connection, visit.subscriber.id)
    language = visit.speech.language
    buttons = tuple(
        Button(f"✓ {known.names[language]}", f"g-{known.id}")
        if known.id in chosen
        else Button(known.names[language], f"g+{known.id}")
        for known in city.districts
    )
    return OutgoingMessage(said, language, buttons=buttons)
