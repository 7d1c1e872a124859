"""Step 8: every statement must stand, word for word, in the passages its citation names; else it is dropped."""

from __future__ import annotations

from dataclasses import replace

from bot.answer import Answer, AnswerContext, AnswerPart, Status


def check_claims(context: AnswerContext) -> AnswerContext:
    """Drop what its source does not say; where nothing is left, the question is unanswered."""
    draft = context.draft
    if draft is None:
        return replace(context, answer=Answer(Status.UNANSWERED_NO_SOURCE, context.language))
    sources = {number: set(lines) for number, lines in context.passages_by_citation.items()}
    parts = tuple(_check_part(part, sources) for part in draft.parts)
    cited = {statement.citation for part in parts for statement in part.statements}
    if not cited:
        return replace(context, answer=Answer(Status.UNANSWERED_NO_SOURCE, context.language))
    status = Status.ANSWERED if all(part.statements for part in parts) else Status.ANSWERED_PARTLY
    citations = tuple(citation for citation in draft.citations if citation.number in cited)
    return replace(context, answer=replace(draft, status=status, parts=parts, citations=citations))


def _check_part(part: AnswerPart, sources: dict[int, set[str]]) -> AnswerPart:
    kept = tuple(statement for statement in part.statements if statement.text in sources.get(statement.citation, set()))
    return replace(part, statements=kept)
