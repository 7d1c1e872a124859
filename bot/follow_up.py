"""Lets a language model make a follow-up a question of its own, and believes it only where it adds nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape

from bot.answer import AnswerContext, Turn
from bot.fluent_answer import LANGUAGE_NAMES
from bot.model_contract import Failure, LanguageModel, ModelFailed, OnUsage, RewrittenQuestion
from bot.personal_data import mask_personal_data
from bot.steps.screen_question import clean_text
from knowledge_base.claims.claim import ClaimKind
from knowledge_base.claims.names import mentions_name, read_names, read_other_names
from knowledge_base.claims.reading import read_values
from knowledge_base.glossary import Glossary, fold
from knowledge_base.instructions import is_instruction
from knowledge_base.language import detect_language
from knowledge_base.question import asks_something
from knowledge_base.traditional import write_traditional

PROMPT = "rewrite_question"
# What a model is told of the conversation, newest turns first to be kept.
MAX_ANSWER_CHARACTERS = 300
MAX_CONVERSATION_CHARACTERS = 1_500
MAX_REWRITTEN_CHARACTERS = 300


async def rewrite_follow_up(
    context: AnswerContext, turns: Sequence[Turn], model: LanguageModel, *, seconds: float, on_usage: OnUsage
) -> str:
    """Return the question by itself, or as it was. Raises ModelFailed."""
    question = mask_personal_data(context.text)
    conversation = _tell(turns)
    rewritten = await model.write(
        PROMPT,
        {
            "language": LANGUAGE_NAMES[context.language],
            "today": f"{context.today:%Y-%m-%d} ({context.today:%A})",
            "conversation": escape(conversation, quote=False),
            "question": escape(question, quote=False),
        },
        RewrittenQuestion,
        seconds=seconds,
        on_usage=on_usage,
    )
    text = write_traditional(clean_text(rewritten.question))
    glossary = context.knowledge.library.glossary
    if not 0 < len(text) <= MAX_REWRITTEN_CHARACTERS or is_instruction(text):
        raise ModelFailed(Failure.UNFIT, "not a question")
    if detect_language(text, context.language) != context.language:
        raise ModelFailed(Failure.UNFIT, "another language")
    if asks_something(question) and not asks_something(text):
        raise ModelFailed(Failure.UNFIT, "no question")
    if invented := find_invented(text, f"{conversation}\n{question}", glossary, context.today):
        raise ModelFailed(Failure.UNFIT, f"adds {invented}")
    return text


def find_invented(text: str, told: str, glossary: Glossary, today: date) -> str:
    """Return a value or name of a text that the conversation has not told, or ""."""
    known = [(claim.kind, claim.value) for claim in read_values(told, today)]
    for claim in read_values(text, today):
        if (claim.kind, claim.value) not in known and claim.kind is not ClaimKind.ORDINAL:
            return claim.text
    folded = fold(told)
    for claim in (*read_names(text, glossary), *read_other_names(text)):
        if not mentions_name(folded, claim) and claim.value[0] not in folded:
            return claim.text
    return ""


def _tell(turns: Sequence[Turn]) -> str:
    told: list[str] = []
    length = 0
    for turn in reversed(turns):
        text = f"Citizen: {turn.question}\nAssistant: {turn.answer[:MAX_ANSWER_CHARACTERS]}"
        length += len(text)
        if length > MAX_CONVERSATION_CHARACTERS:
            break
        told.append(mask_personal_data(text, landlines=False))
    return "\n".join(reversed(told))
