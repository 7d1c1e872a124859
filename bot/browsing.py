"""Browsing in a chat: the topics, the announcements of one, the programmes of the startup hub."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.answer_message import MAX_DATA_BYTES
from bot.speech import ChatCity
from bot.visit import Visit
from connectors.message import Button, Card, OutgoingMessage
from connectors.web_address import clean_address
from knowledge_base.documents import CLOSED, has_expired
from storage.documents import Document, find_documents, find_newest_of_topic

PROGRAMMES_TOPIC = "programmes"
MAX_CARDS = 10


def show_topics(visit: Visit, city: ChatCity) -> list[OutgoingMessage]:
    """Show every topic to tap."""
    buttons = [Button(topic.names[visit.speech.language], f"o:{topic.id}") for topic in city.topics]
    return [visit.speech.message("topics_intro", buttons=buttons)]


async def show_topic(connection: AsyncConnection, visit: Visit, city: ChatCity, topic_id: str) -> list[OutgoingMessage]:
    """Show the newest announcements of a topic."""
    topic = city.find_topic(topic_id)
    if topic is None:
        return [visit.speech.message("expired_button")]
    name = topic.names[visit.speech.language]
    documents = await _find_documents(connection, visit, topic_id)
    if not documents:
        return [visit.speech.message("no_documents", topic=name)]
    return [_make_cards(visit, visit.speech.say("documents_of_topic", topic=name), documents)]


async def show_programmes(connection: AsyncConnection, visit: Visit) -> list[OutgoingMessage]:
    """Show the grants and incentives for startups."""
    documents = await _find_documents(connection, visit, PROGRAMMES_TOPIC)
    if not documents:
        return [visit.speech.message("no_documents", topic=visit.speech.say("button_programmes"))]
    return [_make_cards(visit, visit.speech.say("programmes_intro"), documents)]


async def _find_documents(connection: AsyncConnection, visit: Visit, topic_id: str) -> list[Document]:
    """Return the newest announcements, what is over last."""
    found = await find_newest_of_topic(connection, topic_id, visit.speech.language, limit=5 * MAX_CARDS)
    today = visit.at.date()
    found.sort(key=lambda item: item.status == CLOSED or has_expired(item.valid_until, item.status, today))
    return found[:MAX_CARDS]


def _make_cards(visit: Visit, text: str, documents: Sequence[Document]) -> OutgoingMessage:
    speech = visit.speech
    cards = tuple(
        Card(
            title=document.title,
            text=", ".join(filter(None, [document.publisher, document.published_at or speech.say("undated")])),
            buttons=tuple(_make_buttons(visit, document)),
        )
        for document in documents
    )
    return OutgoingMessage(text, speech.language, cards=cards)


def _make_buttons(visit: Visit, document: Document) -> list[Button]:
    buttons = []
    if len((data := f"d:{document.id}").encode()) <= MAX_DATA_BYTES:
        buttons.append(visit.speech.button("ask_this", data))
    if address := clean_address(document.url):
        buttons.append(Button(visit.speech.say("open_original"), url=address))
    return buttons


async def show_whole(connection: AsyncConnection, visit: Visit, number: str) -> list[OutgoingMessage]:
    """Show the whole text of an announcement that a digest told of."""
    found = await find_documents(connection, f"announcement-{number}")
    if not found:
        return [visit.speech.message("announcement_gone")]
    document = next((item for item in found if item.language == visit.speech.language), found[0])
    buttons = (Button(visit.speech.say("open_original"), url=document.url),) if document.url else ()
    return [OutgoingMessage(document.text, visit.speech.language, heading=document.title, buttons=buttons)]
