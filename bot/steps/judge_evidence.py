"""Step 4: do the passages answer?"""

from __future__ import annotations

from dataclasses import replace

from bot.answer import AnswerContext


def judge_evidence(context: AnswerContext) -> AnswerContext:
    """Judge each part."""
    judge = context.knowledge.judge
    verdicts = tuple(judge.judge_all(context.parts, context.found))
    if context.leans:
        # What was asked before has its answer already; the others were judged beside it.
        verdicts = verdicts[1:]
    return replace(context, verdicts=verdicts)
