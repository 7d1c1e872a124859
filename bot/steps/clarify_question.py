"""Step 5: where the question names no subject and several documents could be meant, the citizen is asked which."""

from __future__ import annotations

from dataclasses import replace

from bot.answer import Answer, AnswerContext, Related, Status

# Documents this near the best, and this sure by themselves, are readings that compete with it.
COMPETING_MARGIN = 0.25
MIN_COMPETING_CONFIDENCE = 0.35
MAX_OPTIONS = 4


def clarify_question(context: AnswerContext) -> AnswerContext:
    """End with clarify where two readings compete; a question that leans on the one before has its subject."""
    judge = context.knowledge.judge
    if context.leans or len(context.parts) != 1 or judge.stands_alone(context.parts[0]):
        return context
    if judge.says_nothing(context.parts[0]):
        return replace(context, answer=Answer(Status.CLARIFY, context.language))
    options = _find_readings(context)
    if len(options) < 2:
        return context
    return replace(context, answer=Answer(Status.CLARIFY, context.language, related=tuple(options)))


def _find_readings(context: AnswerContext) -> list[Related]:
    verdict = context.verdicts[0]
    least = max(verdict.confidence - COMPETING_MARGIN, MIN_COMPETING_CONFIDENCE)
    near = {
        rated.found.passage.document_id: rated.found.passage
        for rated in reversed(verdict.rated)
        if rated.confidence >= least and rated.found.passage.language == context.language
    }
    passages = list(near.values())[::-1][:MAX_OPTIONS]
    return [Related(item.document_id, item.title, item.url, item.published_at) for item in passages]
