"""Step 3: search, once for each part."""

from __future__ import annotations

from dataclasses import replace

from bot.answer import AnswerContext
from knowledge_base.search import find_passages

MAX_PASSAGES = 6


def find_evidence(context: AnswerContext) -> AnswerContext:
    """Find the passages for each part; a part that leans on the others is searched together with them."""
    found = tuple(
        tuple(
            find_passages(
                context.knowledge.library,
                f"{part.context} {part.text}".strip(),
                language=context.language,
                today=context.today,
                limit=MAX_PASSAGES,
            )
        )
        for part in context.parts
    )
    return replace(context, found=found)
