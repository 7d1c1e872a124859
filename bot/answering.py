"""The way from a question to an answer, as a list of steps. Any step may end it with a status."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from bot.answer import Answer, AnswerContext, Knowledge, Status
from bot.steps.admit_ignorance import admit_ignorance
from bot.steps.check_claims import check_claims
from bot.steps.clarify_question import clarify_question
from bot.steps.compose_answer import compose_answer
from bot.steps.find_evidence import find_evidence
from bot.steps.judge_evidence import judge_evidence
from bot.steps.screen_question import screen_question
from bot.steps.understand_question import understand_question
from knowledge_base.language import detect_language
from knowledge_base.question import points_back

Step = Callable[[AnswerContext], AnswerContext]

STEPS: tuple[Step, ...] = (
    screen_question,
    understand_question,
    find_evidence,
    judge_evidence,
    clarify_question,
    admit_ignorance,
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
    return work_out_answer(
        text, knowledge=knowledge, today=today, language=language, asked_before=asked_before
    ).answer or Answer(Status.UNANSWERED_NO_SOURCE, language or "zh-TW")


def work_out_answer(
    text: str,
    *,
    knowledge: Knowledge,
    today: date,
    language: str | None = None,
    asked_before: Sequence[str] = (),
) -> AnswerContext:
    """Do the same, and return all that led to the answer; its `answer` is never None."""
    spoken = detect_language(text, default=language or "zh-TW")
    context = AnswerContext(
        text=text, language=spoken, today=today, knowledge=knowledge, asked_before=tuple(asked_before)
    )
    context = _run_steps(context)
    if context.leans and not points_back(text) and _ended(context).status is Status.UNANSWERED_NO_SOURCE:
        # Not a follow-up after all, perhaps: the question by itself.
        context = _run_steps(replace(context, text=text, asked_before=(), leans=False, answer=None))
    return replace(context, answer=_ended(context))


def _run_steps(context: AnswerContext) -> AnswerContext:
    for step in STEPS:
        context = step(context)
        if context.answer:
            break
    return context


def _ended(context: AnswerContext) -> Answer:
    return context.answer or Answer(Status.UNANSWERED_NO_SOURCE, context.language)
