"""Step 1: messages that need no search (empty, too long, small talk, help, crisis, off-topic …) end here."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

from bot.answer import MAX_QUESTION_CHARACTERS, Answer, AnswerContext, Status
from knowledge_base.instructions import drop_hidden, is_instruction
from knowledge_base.question import asks_something
from knowledge_base.tokens import normalise
from knowledge_base.traditional import write_traditional
from prompts import load_screens

_SPACES = re.compile(r"[ \t\u3000]+")


def screen_question(context: AnswerContext) -> AnswerContext:
    """Clean the text of characters nobody can see; end with a status where a canned reply serves."""
    text = clean_text(context.text)
    status = _screen(text, context.text[: MAX_QUESTION_CHARACTERS * 4])
    answer = Answer(status, context.language) if status else None
    return replace(context, text=text, answer=answer)


def clean_text(text: str) -> str:
    """Remove control and formatting characters (zero width, direction overrides, tags) and surplus spaces."""
    kept = "".join(
        character if character == "\n" or unicodedata.category(character) not in ("Cc", "Cf", "Co", "Cs") else " "
        for character in drop_hidden(text[: MAX_QUESTION_CHARACTERS * 4])
    )
    return _SPACES.sub(" ", kept).strip()


def _screen(text: str, raw: str = "") -> Status | None:
    """Return the status of the first screen that matches; orders count wherever no screen before theirs does.

    `raw` is the message as it came: it may hide what the cleaned text does not show.
    """
    if not any(character.isalnum() for character in text):
        return Status.UNANSWERED_EMPTY
    if len(text) > MAX_QUESTION_CHARACTERS:
        return Status.UNANSWERED_TOO_LONG
    folded = normalise(write_traditional(text))
    asks = asks_something(text)
    gives_orders = is_instruction(raw or text)
    return next(
        (
            Status(screen.status)
            for screen in load_screens()
            if screen.matches(folded, asks=asks) or (gives_orders and screen.status == Status.DECLINED_INJECTION)
        ),
        None,
    )
