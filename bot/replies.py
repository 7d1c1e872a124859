"""Turns an answer into the words a citizen reads, the same for every channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.answer import MAX_QUESTION_CHARACTERS, STATES_FACTS, Answer, AnswerPart, Statement, Status
from prompts import Wording, load_wording


@dataclass(frozen=True)
class CityWords:
    """What the canned wording says of the city, in one language."""

    city: str
    hotline: str
    hotline_outside: str
    website: str
    topics: str


def write_reply(answer: Answer, cities: Mapping[str, CityWords]) -> str:
    """Return the text of an answer in its language: statements with footnote numbers, notes, "as of"; or the canned
    reply of its status.
    """
    wording = load_wording(answer.language)
    city = vars(cities[answer.language])
    if answer.status is Status.EXPLAINED:
        return _write_explanation(answer, wording)
    if answer.status not in STATES_FACTS:
        return _write_canned(answer, wording, city)
    blocks = [_write_part(part, answer, wording, city) for part in answer.parts]
    dates = dict.fromkeys(citation.published_at or wording.say("undated") for citation in answer.citations)
    blocks.append(wording.say("as_of", as_of=answer.as_of, dates=", ".join(dates)))
    if answer.is_written:
        blocks.append(wording.say("written_by_model"))
    return "\n\n".join(blocks)


def _write_part(part: AnswerPart, answer: Answer, wording: Wording, city: Mapping[str, str]) -> str:
    if not part.statements:
        return wording.say("part_unanswered", question=part.question, **city)
    lines = [wording.say("sources_differ")] if part.sources_differ else []
    lines += [_write_statement(statement) for statement in part.statements]
    lines += [wording.say(name, **dict(values)) for name, values in part.notes]
    return "\n".join(lines)


def _write_explanation(answer: Answer, wording: Wording) -> str:
    if not answer.citations:
        return wording.say("explain_nothing")
    passages = [
        wording.say(
            "explained_passage",
            number=citation.number,
            title=citation.title,
            publisher=citation.publisher,
            date=citation.published_at or wording.say("undated"),
            quote=citation.quote,
        )
        for citation in answer.citations
    ]
    return "\n\n".join([wording.say("explained"), *passages])


def _write_statement(statement: Statement) -> str:
    return " ".join([statement.text, *(f"[{number}]" for number in statement.citations)])


def _write_canned(answer: Answer, wording: Wording, city: Mapping[str, str]) -> str:
    if answer.status is Status.CLARIFY:
        name = "clarify" if answer.related else "clarify_subject"
        return "\n".join([wording.say(name, **city), *(f"・{option.title}" for option in answer.related)])
    text = wording.say(answer.status, limit=MAX_QUESTION_CHARACTERS, **city)
    if not answer.related:
        return text
    links = [f"・{related.title} {related.url}" for related in answer.related]
    return "\n".join([text, "", wording.say("related"), *links])
