"""Has a language model word an answer, within the citizen's time, and accounts for it.

The main path of a question where a model is configured: the quoted answer stands first, a follow-up may be made a
question of its own, the model words what was found, and only what holds goes out. Whatever fails, the quote goes out.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.answer import STATES_FACTS, Answer, AnswerContext, Status, Turn
from bot.fluent_answer import PROMPT, Dropped, write_fluent_answer
from bot.follow_up import PROMPT as REWRITE_PROMPT
from bot.follow_up import rewrite_follow_up
from bot.model_contract import Failure, LanguageModel, ModelFailed, OnProgress, Usage, Written
from knowledge_base.question import points_back
from prompts.model_prompts import load_model_prompt
from storage.database import Database
from storage.model_uses import ModelUse, save_model_uses

log = logging.getLogger(__name__)

USED = "used"
# What the model wrote was in order, and led to nothing better than what there was.
DISCARDED = "discarded"
# Whoever asked left before the model was done.
GIVEN_UP = "given_up"
COMPOSE, REWRITE = "compose", "rewrite"
# Of the time there is, a follow-up may take so much; composing needs the rest.
REWRITE_SHARE = 0.4
# With less time than this left a model is not asked any more.
MIN_SECONDS = 0.5
UNCLEAR = frozenset({Status.UNANSWERED_NO_SOURCE, Status.CLARIFY})

WorkOut = Callable[[str], Awaitable[AnswerContext]]


@dataclass(frozen=True)
class ModelWriter:
    """A model to word answers with. `seconds` is what a question's uses of it may take altogether."""

    model: LanguageModel
    seconds: float
    now: Callable[[], datetime]
    database: Database

    async def write_answer(
        self,
        context: AnswerContext,
        turns: Sequence[Turn],
        work_out: WorkOut,
        *,
        city: str,
        on_progress: OnProgress | None = None,
    ) -> Written:
        """Return the answer that goes out. `work_out` answers another question by quotes, for a follow-up."""
        until = time.monotonic() + self.seconds
        written = Written(context.answer or Answer(Status.UNANSWERED_NO_SOURCE, context.language))
        try:
            if turns and _may_be_follow_up(context, written.answer.status):
                context = await self._make_independent(context, turns, work_out, until, written)
            if written.answer.status in STATES_FACTS:
                await self._compose(context, city, until, written, on_progress)
        except asyncio.CancelledError:
            # Nobody waits for the answer any more, and so nobody stores it; what it cost was spent all the same.
            await self._account(written.uses)
            raise
        return written

    async def _account(self, uses: Sequence[ModelUse]) -> None:
        try:
            async with self.database.begin() as connection:
                await save_model_uses(connection, None, uses)
        except Exception:
            # Whatever the database raises (some drivers raise OSError), the cancellation must go on.
            log.exception("%d uses of the language model are not accounted for", len(uses))

    async def _make_independent(
        self, context: AnswerContext, turns: Sequence[Turn], work_out: WorkOut, until: float, written: Written
    ) -> AnswerContext:
        """Return what the question by itself leads to, where that is an answer; else what there was."""
        use = _Use(self, REWRITE, REWRITE_PROMPT)
        independent = context
        try:
            seconds = (until - time.monotonic()) * REWRITE_SHARE
            text = await rewrite_follow_up(context, turns, self.model, seconds=seconds, on_usage=use.add)
            if text != context.text:
                independent = await work_out(text)
        except ModelFailed as error:
            written.uses.append(use.end(str(error.failure), error))
            return context
        except asyncio.CancelledError:
            written.uses.append(use.end(GIVEN_UP))
            raise
        except Exception:
            log.exception("a follow-up could not be rewritten")
            written.uses.append(use.end(str(Failure.ERROR)))
            return context
        if independent is context or independent.answer is None or independent.answer.status not in STATES_FACTS:
            written.uses.append(use.end(DISCARDED))
            return context
        written.uses.append(use.end(USED))
        written.answer = independent.answer
        return independent

    async def _compose(
        self, context: AnswerContext, city: str, until: float, written: Written, on_progress: OnProgress | None
    ) -> None:
        seconds = until - time.monotonic()
        if seconds < MIN_SECONDS:
            return
        use = _Use(self, COMPOSE, PROMPT)
        try:
            fluent = await write_fluent_answer(
                context,
                written.answer,
                self.model,
                city=city,
                seconds=seconds,
                on_usage=use.add,
                on_dropped=use.note_dropped,
                on_progress=on_progress,
            )
        except ModelFailed as error:
            written.uses.append(use.end(str(error.failure), error))
            return
        except asyncio.CancelledError:
            written.uses.append(use.end(GIVEN_UP))
            raise
        except Exception:
            # Whatever it is, the citizen's answer stands ready.
            log.exception("an answer could not be worded")
            written.uses.append(use.end(str(Failure.ERROR)))
            return
        written.answer = fluent.answer
        written.uses.append(use.end(USED))


def _may_be_follow_up(context: AnswerContext, status: Status) -> bool:
    """Say whether a question may lean on those before it in a way the rules did not see through.

    What got a reply of its own (a crisis, an attack, small talk) keeps it, and no model sees it.
    """
    return status in UNCLEAR or (status in STATES_FACTS and (context.leans or points_back(context.text)))


class _Use:
    """Counts one use of the model."""

    def __init__(self, writer: ModelWriter, purpose: str, prompt: str) -> None:
        self._use = ModelUse(purpose, writer.model.name, load_model_prompt(prompt).label, "", writer.now())
        self._started = time.monotonic()
        self._usage = Usage()
        self._dropped: Sequence[Dropped] = ()

    def add(self, usage: Usage) -> None:
        self._usage = self._usage.plus(usage)

    def note_dropped(self, dropped: Sequence[Dropped]) -> None:
        self._dropped = dropped

    def end(self, outcome: str, error: ModelFailed | None = None) -> ModelUse:
        if error:
            log.info("the language model's %s was not used: %s", self._use.purpose, error.failure)
        return replace(
            self._use,
            outcome=outcome,
            input_tokens=self._usage.input_tokens,
            output_tokens=self._usage.output_tokens,
            cost=self._usage.cost,
            took_ms=(time.monotonic() - self._started) * 1000,
            dropped=[_record(item) for item in self._dropped],
        )


def _record(dropped: Dropped) -> dict[str, Any]:
    problems = [list(problem) for problem in dropped.problems]
    return {"sentence": dropped.sentence, "problems": problems, "instead": dropped.instead}
