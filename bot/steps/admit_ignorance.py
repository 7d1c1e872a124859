"""Step 6: where no passage answers any part, the citizen is told so, with what lies near."""

from __future__ import annotations

from dataclasses import replace

from bot.answer import Answer, AnswerContext, Related, Status

MAX_RELATED = 2
MIN_RELATED_CONFIDENCE = 0.15


def admit_ignorance(context: AnswerContext) -> AnswerContext:
    """End with unanswered_no_source where no part is answered."""
    if any(verdict.answers for verdict in context.verdicts):
        return context
    near = any(verdict.confidence >= MIN_RELATED_CONFIDENCE for verdict in context.verdicts)
    related = _find_related(context) if near else ()
    return replace(context, answer=Answer(Status.UNANSWERED_NO_SOURCE, context.language, related=related))


def _find_related(context: AnswerContext) -> tuple[Related, ...]:
    passages = {
        item.passage.document_id: item.passage for found in context.found for item in reversed(found[:MAX_RELATED])
    }
    return tuple(
        Related(passage.document_id, passage.title, passage.url, passage.published_at)
        for passage in list(passages.values())[::-1][:MAX_RELATED]
        if passage.url and passage.language == context.language
    )
