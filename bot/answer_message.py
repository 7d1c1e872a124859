"""Turns an answer into a message for a chat: the text, its sources, and what the citizen can do next."""

from __future__ import annotations

from bot.answer import STATES_FACTS, Answer, Citation, Status
from bot.commands import make_choices
from bot.conversation import Reply
from bot.speech import Speech
from connectors.message import Button, OutgoingMessage, Source

# The narrowest channel takes 64 bytes of data from a button.
MAX_DATA_BYTES = 64
SHOWS_COMMANDS = frozenset({Status.HELP, Status.SMALL_TALK, Status.UNANSWERED_EMPTY})


def make_answer_message(reply: Reply, speech: Speech) -> OutgoingMessage:
    """Return the message for an answer. `speech` is in the answer's language."""
    answer = reply.answer
    return OutgoingMessage(
        text=reply.text,
        language=answer.language,
        caption=speech.say("sources") if answer.citations else "",
        sources=make_sources(answer, speech),
        buttons=_make_buttons(answer, reply.question_id, speech),
        choices=make_choices(speech) if answer.status in SHOWS_COMMANDS else (),
    )


def make_sources(answer: Answer, speech: Speech) -> tuple[Source, ...]:
    """Return the citations of an answer as a channel shows them."""
    return tuple(_make_source(citation, speech) for citation in answer.citations)


def _make_source(citation: Citation, speech: Speech) -> Source:
    joint = "，" if speech.language.startswith("zh") else ", "
    detail = joint.join([citation.publisher, citation.published_at or speech.say("undated")])
    return Source(citation.number, citation.title, detail, citation.url)


def _make_buttons(answer: Answer, question_id: str, speech: Speech) -> tuple[Button, ...]:
    if answer.status in STATES_FACTS:
        return (
            speech.button("button_vote_up", f"v:{question_id}:u"),
            speech.button("button_vote_down", f"v:{question_id}:d"),
            speech.button("button_why", f"y:{question_id}"),
        )
    if answer.status is Status.CLARIFY:
        return tuple(
            Button(option.title, data)
            for option in answer.related
            if len((data := f"d:{option.document_id}").encode()) <= MAX_DATA_BYTES
        )
    if answer.status is Status.UNANSWERED_NO_SOURCE:
        return (speech.button("button_watch", f"w:{question_id}"), speech.button("button_person", "p:"))
    return ()
