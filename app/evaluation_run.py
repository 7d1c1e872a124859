"""Runs an evaluation: asks every question, holds each statement against what it cites, and compares configurations."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import reduce
from html import escape
from typing import Any

from pydantic import SecretStr

from app.evaluation import Judged, TestQuestion, judge_reply
from app.settings import Settings
from app.wiring import Askbay, make_writer, open_askbay
from bot.conversation import Assistant, Reply
from bot.fluent_answer import fence_passages
from bot.model_contract import JudgedAnswer, ModelFailed, Usage
from bot.model_writing import ModelWriter
from knowledge_base.chunking import Passage, chunk_document
from knowledge_base.claims.support import Checker
from knowledge_base.glossary import fold
from knowledge_base.sentences import split_sentences
from storage.documents import find_documents

CHANNEL = "evaluation"
MODEL_SETTINGS = "language_model"
COMPARED_FOLDER = "compared"
# What makes answers different; the rest says where things are kept, and how they are reached.
COMPARABLE = frozenset(
    name
    for name in Settings.model_fields
    if name.startswith(MODEL_SETTINGS) or name in ("city", "embedding_model", "reranker")
)
_BETWEEN = re.compile(r",(?=\s*\w+\s*=)")


class ChangesInvalid(Exception):
    """The settings of a second configuration cannot be read; the message names them without values, some are secret."""


async def run_evaluation(
    askbay: Askbay, assistant: Assistant, questions: Sequence[TestQuestion], judge: ModelWriter | None = None
) -> list[Judged]:
    """Return each question with its reply and what is to be said of it."""
    evaluation = _Evaluation(askbay, assistant, judge)
    return [await evaluation.ask(question) for question in questions]


class _Evaluation:
    def __init__(self, askbay: Askbay, assistant: Assistant, judge: ModelWriter | None) -> None:
        self._askbay = askbay
        self._assistant = assistant
        self._judge = judge
        self._checker = Checker(
            askbay.library.glossary,
            askbay.now().astimezone(askbay.city.time_zone).date(),
            frozenset(fold(name) for name in askbay.city.name_forms),
        )

    async def ask(self, question: TestQuestion) -> Judged:
        started = time.perf_counter()
        reply = await self._assistant.handle(question.question, channel=CHANNEL)
        took_ms = (time.perf_counter() - started) * 1000
        judged = judge_reply(question, reply)
        statements, faithful = await self._check(reply)
        opinion, usage = await self._ask_judge(question, reply) if judged.states_facts else (None, Usage())
        return replace(
            judged, statements=statements, faithful=faithful, took_ms=took_ms, opinion=opinion, judge_usage=usage
        )

    async def _check(self, reply: Reply) -> tuple[int, int]:
        """Return how many statements a reply has, and how many their cited documents say."""
        passages = {item.number: await self._read(item.document_id, item.language) for item in reply.answer.citations}
        statements = [statement for part in reply.answer.parts for statement in part.statements]
        faithful = 0
        for statement in statements:
            cited = [passage for number in statement.citations for passage in passages.get(number, [])]
            faithful += self._holds(statement.text, cited)
        return len(statements), faithful

    def _holds(self, text: str, passages: Sequence[Passage]) -> bool:
        if any(text in passage.text.splitlines() for passage in passages):
            return True
        source = self._checker.read(passages)
        return bool(passages) and all(self._checker.check(part, source).holds for part in split_sentences(text))

    async def _read(self, document_id: str, language: str) -> list[Passage]:
        async with self._askbay.database.begin() as connection:
            documents = await find_documents(connection, document_id)
        return [passage for item in documents if item.language == language for passage in chunk_document(item)]

    async def _ask_judge(self, question: TestQuestion, reply: Reply) -> tuple[JudgedAnswer | None, Usage]:
        if self._judge is None:
            return None, Usage()
        usages: list[Usage] = []
        passages = [p for c in reply.answer.citations for p in await self._read(c.document_id, c.language)]
        values = {
            "question": escape(question.question, quote=False),
            "answer": escape(reply.text, quote=False),
            "passages": fence_passages(passages),
        }
        opinion = None
        with suppress(ModelFailed):
            opinion = await self._judge.model.write(
                "judge_answer", values, JudgedAnswer, seconds=self._judge.seconds, on_usage=usages.append
            )
        return opinion, reduce(Usage.plus, usages, Usage())


@asynccontextmanager
async def open_compared(askbay: Askbay, changes: Mapping[str, Any]) -> AsyncIterator[tuple[Askbay, Assistant]]:
    """Open a second configuration: the settings with some changed.

    Where only the language model differs, it works over the same data; else over the city's documents in a folder of
    its own. Raises what open_askbay raises.
    """
    changed = change_settings(askbay.settings, changes)
    if all(name.startswith(MODEL_SETTINGS) for name in changes):
        writer = make_writer(changed, askbay.now, askbay.database)
        try:
            yield askbay, replace(askbay.assistant, writer=writer)
        finally:
            if writer:
                await writer.model.close()
        return
    # Never in the database that citizens are answered from.
    own = {"data": askbay.settings.data / COMPARED_FOLDER, "database": SecretStr(""), "redis": ""}
    async with open_askbay(changed.model_copy(update=own), askbay.now) as other:
        await other.bring_up_to_date()
        yield other, other.assistant


def read_changes(text: str) -> dict[str, Any]:
    """Read "language_model=openai:…, reranker=…" (names as in the settings, or with ASKBAY_). Raises ChangesInvalid.

    A comma parts two settings only where a name and "=" follow.
    """
    changes: dict[str, Any] = {}
    for entry in (part.strip() for part in _BETWEEN.split(text)):
        written, separator, value = entry.partition("=")
        name = written.strip().lower().removeprefix("askbay_")
        if not separator or name not in COMPARABLE:
            raise ChangesInvalid(written or text)
        changes[name] = value.strip()
    return changes


def show_changes(changes: Mapping[str, Any]) -> dict[str, str]:
    """Return changes as they may be shown: no secret among them."""
    secret = [name for name, field in Settings.model_fields.items() if field.annotation is SecretStr]
    return {
        name: "***" if name in secret and value else re.sub(r"//[^/@]*@", "//***@", str(value))
        for name, value in changes.items()
    }


def change_settings(settings: Settings, changes: Mapping[str, Any]) -> Settings:
    """Return settings with some changed; another provider gets neither key nor address. Raises ChangesInvalid."""
    values = {name: getattr(settings, name) for name in Settings.model_fields}
    provider = settings.language_model.partition(":")[0]
    if str(changes.get("language_model", provider)).partition(":")[0] != provider:
        values |= {"language_model_key": "", "language_model_url": ""}
    try:
        return Settings(**{**values, **changes})
    except ValueError:
        # Its message would show the values.
        raise ChangesInvalid(", ".join(changes)) from None
