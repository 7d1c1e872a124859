"""Step 2: what is asked: the parts of the question and the kind of thing each asks for."""

from __future__ import annotations

from dataclasses import replace

from bot.answer import AnswerContext
from knowledge_base.question import split_question


def understand_question(context: AnswerContext) -> AnswerContext:
    """Split the question into the things it asks; one that names its own subject does not lean on the first."""
    judge = context.knowledge.judge
    parts = (
        replace(part, context=part.told) if judge.stands_alone(part) else part for part in split_question(context.text)
    )
    return replace(context, parts=tuple(parts))
