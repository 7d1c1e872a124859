"""The way from a question to an answer, as a list of steps. Any step may end it with a status."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from bot.answer import Answer, AnswerContext, Knowledge, Status
from bot.steps.check_claims import check_claims
from bot.steps.compose_answer import compose_answer
from bot.steps.find_evidence import find_evidence
from bot.steps.judge_evidence import judge_evidence
from bot.steps.screen_question import screen_question
from bot.steps.understand_question import understand_question
from knowledge_base.language import detect_language

Step = Callable[[AnswerContext], AnswerContext]

STEPS: tuple[Step, ...] = (
    screen_question,
    understand_question,
    find_evidence,
    judge_evidence,
    compose_answer,
    check_claims,
)


def answer_question(
    text: str,
    *,
    knowledge: Knowledge,
    today: date,
    language: str | None = None,
    asked_before: Sequence[str] = (),
) -> Answer:
    """Return the answer to a question.

    `language` is what the citizen reads where the text does not tell; `asked_before` the last questions of the
    conversation, oldest first, which a follow-up ("and where is it?") may lean on.
    """
    spoken = detect_language(text, default=language or "zh-TW")
    context = AnswerContext(
        text=text, language=spoken, today=today, knowledge=knowledge, asked_before=tuple(asked_before)
    )
    for step in STEPS:
        context = step(context)
        if context.answer:
            return context.answer
    return Answer(Status.UNANSWERED_NO_SOURCE, spoken)
