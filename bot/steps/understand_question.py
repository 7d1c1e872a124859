"""Step 2: what is asked: the parts of the question, the kind of thing each asks for, and what a follow-up leans on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.answer import AnswerContext
from bot.introduction import drop_introduction
from knowledge_base.evidence import Judge
from knowledge_base.question import Kind, QuestionPart, asks_what_about, split_question
from knowledge_base.traditional import write_traditional


def understand_question(context: AnswerContext) -> AnswerContext:
    """Split the question into the things it asks; one that names its own subject does not lean on the first.

    A question that names no subject at all ("and where is it?") leans on the last one asked before that does. One
    that only names another subject ("and YouBike?") asks the same of it.
    """
    judge = context.knowledge.judge
    # The documents are in traditional characters; whoever asks in simplified ones is understood all the same.
    before_in_traditional = tuple(drop_introduction(write_traditional(text)) for text in context.asked_before)
    question = drop_introduction(write_traditional(context.text))
    context = replace(context, text=question, asked_before=before_in_traditional)
    parts = [
        replace(part, context=part.told) if judge.stands_alone(part) else part for part in split_question(context.text)
    ]
    before = _find_subject(judge, context.asked_before)
    if before is None:
        return replace(context, parts=tuple(parts))
    if asks_what_about(context.text):
        parts = [replace(part, kind=before.kind) if part.kind is Kind.WHAT else part for part in parts]
    if any(judge.stands_alone(part) for part in parts):
        return replace(context, parts=tuple(parts))
    leaning = (replace(part, context=f"{before.text} {part.context}".strip()) for part in parts)
    return replace(context, leans=True, parts=(before, *leaning))


def _find_subject(judge: Judge, asked_before: Sequence[str]) -> QuestionPart | None:
    """Return the last thing asked before that says by itself what it is about."""
    for text in reversed(asked_before):
        for part in split_question(text):
            if judge.stands_alone(part):
                return replace(part, context=part.told)
    return None
