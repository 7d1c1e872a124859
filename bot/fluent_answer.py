"""Lets a language model word an answer from the passages that were judged to answer, and lets through what holds.

The quoted answer is there before; it goes out whenever this raises ModelFailed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any

from bot.answer import Answer, AnswerContext, AnswerPart, Note, Statement, Status
from bot.citing import Citations
from bot.completing import Kept, add_missing
from bot.model_contract import (
    MAX_SENTENCES,
    Failure,
    LanguageModel,
    ModelFailed,
    OnPartial,
    OnProgress,
    OnUsage,
    WrittenAnswer,
    WrittenSentence,
)
from bot.output_guard import Guarded, OutputGuard
from bot.personal_data import mask_personal_data
from bot.steps.compose_answer import make_notes
from knowledge_base.chunking import Passage
from knowledge_base.claims.support import Checker
from knowledge_base.evidence import RatedPassage
from knowledge_base.glossary import fold
from knowledge_base.passage_match import Sentence
from knowledge_base.suspicion import drop_suspicious, is_suspicious

PROMPT = "compose_answer"
MAX_PASSAGES = 6
MAX_PASSAGES_A_PART = 4
MAX_PASSAGE_CHARACTERS = 7_000
# A passage this much below the best one of its part is about something else.
CONFIDENCE_MARGIN = 0.3
# Of what was written, at least this share must have passed, or none of it is trusted.
MIN_PASSED = 0.5
MIN_TRANSLATION_WEIGHT = 0.05
LANGUAGE_NAMES = {"zh-TW": "臺灣正體中文", "en": "English"}


@dataclass(frozen=True)
class Dropped:
    """A sentence that was not let through, why, and what is quoted instead (nothing where it is left out)."""

    sentence: str
    problems: tuple[tuple[str, str], ...]
    instead: str = ""


@dataclass(frozen=True)
class FluentAnswer:
    """An answer in a model's words, and what of its words was not let through."""

    answer: Answer
    dropped: tuple[Dropped, ...]


async def write_fluent_answer(
    context: AnswerContext,
    quoted: Answer,
    model: LanguageModel,
    *,
    city: str,
    seconds: float,
    on_usage: OnUsage,
    on_dropped: Callable[[Sequence[Dropped]], None],
    on_progress: OnProgress | None = None,
) -> FluentAnswer:
    """Return the answer in the model's words. `on_progress` sees the sentences that hold, as they come.

    `on_dropped` is told what was not let through, also where too little is left. Raises ModelFailed.
    """
    until = time.monotonic() + seconds
    writer = _Writer(context, _choose_passages(context))
    if not any(passage.text for passage in writer.passages):
        raise ModelFailed(Failure.UNFIT, "no passage can be shown")
    written = await model.write(
        PROMPT,
        {
            "city": city,
            "language": LANGUAGE_NAMES[context.language],
            "today": f"{context.today:%Y-%m-%d} ({context.today:%A})",
            "question": escape(mask_personal_data(context.text), quote=False),
            "passages": fence_passages(writer.passages),
        },
        WrittenAnswer,
        seconds=seconds,
        on_usage=on_usage,
        on_partial=writer.follow(on_progress) if on_progress else None,
    )
    if written.coverage == "none" or not written.sentences:
        raise ModelFailed(Failure.UNSURE)
    kept, dropped = await _let_through(writer, written.sentences[:MAX_SENTENCES], quoted, until)
    on_dropped(dropped)
    if not _is_enough(kept, dropped):
        raise ModelFailed(Failure.UNFIT, f"{len(dropped)} of {len(written.sentences)} sentences did not hold")
    complete = add_missing(context, quoted, kept, writer.quote)
    return FluentAnswer(_assemble(context, quoted, complete, is_partial=written.coverage == "partial"), tuple(dropped))


def fence_passages(passages: Sequence[Passage]) -> str:
    """Return passages as numbered data: nothing in them can close the fence."""
    return "\n".join(_fence(number, passage) for number, passage in enumerate(passages, start=1))


def _fence(number: int, passage: Passage) -> str:
    about = {
        "number": str(number),
        "title": passage.title,
        "publisher": passage.publisher,
        "published": passage.published_at or "unknown",
        "valid_from": passage.valid_from,
        "valid_until": passage.valid_until,
        "status": passage.status,
        "source": passage.trust,
        "heading": passage.heading,
    }
    attributes = " ".join(f'{name}="{escape(value)}"' for name, value in about.items() if value)
    return f"<passage {attributes}>\n{escape(passage.text, quote=False)}\n</passage>"


def _choose_passages(context: AnswerContext) -> list[RatedPassage]:
    """Return the passages of each answered part that come near its best one, in the order of the parts."""
    chosen: dict[str, RatedPassage] = {}
    length = 0
    for verdict in (verdict for verdict in context.verdicts if verdict.answers):
        near = [item for item in verdict.rated if item.confidence >= verdict.confidence - CONFIDENCE_MARGIN]
        for item in (verdict.rated[0], *near[1:MAX_PASSAGES_A_PART]):
            passage = item.found.passage
            fits = length + len(passage.text) <= MAX_PASSAGE_CHARACTERS and len(chosen) < MAX_PASSAGES
            if passage.id not in chosen and (fits or not chosen):
                chosen[passage.id] = item
                length += len(passage.text)
    return list(chosen.values())


def _show_to_model(passage: Passage) -> Passage:
    if any(is_suspicious(text) for text in (passage.title, passage.heading, passage.publisher)):
        return replace(passage, title="", heading="", publisher="", text="")
    return replace(passage, text=drop_suspicious(passage.text))


class _Writer:
    """Guards each sentence once, while it grows and when it is whole."""

    def __init__(self, context: AnswerContext, rated: Sequence[RatedPassage]) -> None:
        self._rated = rated
        self._all = [*rated, *(item for verdict in context.verdicts for item in verdict.rated)]
        # As the model may see them: what it does not see, it cannot cite.
        self.passages = [_show_to_model(item.found.passage) for item in rated]
        library = context.knowledge.library
        checker = Checker(
            glossary=library.glossary,
            today=context.today,
            known_names=frozenset(fold(name) for name in context.knowledge.judge.city_names),
            translate=lambda word: [
                found.term for found in library.table.translate_word(word) if found.weight >= MIN_TRANSLATION_WEIGHT
            ],
        )
        self._guard = OutputGuard(checker, context.language, self.passages)
        self._done: dict[tuple[str, tuple[int, ...]], Guarded] = {}

    def guard(self, sentence: WrittenSentence) -> Guarded:
        key = (sentence.text, tuple(sentence.passages))
        if key not in self._done:
            self._done[key] = self._guard.guard(*key)
        return self._done[key]

    async def guard_all(self, sentences: Sequence[WrittenSentence]) -> list[Guarded]:
        """Do so in a thread: a long answer takes a while to check, and other chats go on."""
        return await asyncio.to_thread(lambda: [self.guard(sentence) for sentence in sentences])

    def keep(self, guarded: Guarded) -> Kept:
        """Return a sentence that passed."""
        return Kept(guarded.text, tuple(self._rated[number - 1] for number in guarded.passages), guarded.line)

    def quote(self, line: str) -> Kept | None:
        """Return a line of a passage as a quote, or None where none has it."""
        passage = next((item for item in self._all if line in item.found.passage.text.splitlines()), None)
        return Kept(line, (passage,), line, is_quote=True) if passage else None

    def follow(self, on_progress: OnProgress) -> OnPartial:
        """Return what shows the sentences of a growing answer, once they are whole and hold."""
        shown = 0

        async def show(partial: Mapping[str, Any]) -> None:
            nonlocal shown
            whole = _read_whole(partial)
            if len(whole) <= shown:
                return
            shown = len(whole)
            passed = [guarded.text for guarded in await self.guard_all(whole) if guarded.passes]
            if passed:
                on_progress("\n".join(passed))

        return show


def _read_whole(partial: Mapping[str, Any]) -> list[WrittenSentence]:
    """Return the sentences of a growing answer that are whole: those that another one follows."""
    if partial.get("coverage") not in ("full", "partial"):
        # A model that finds no answer may say something all the same.
        return []
    listed = partial.get("sentences")
    found = []
    for item in listed[:-1] if isinstance(listed, list) else []:
        try:
            found.append(WrittenSentence.model_validate(item))
        except ValueError:
            break
    return found[:MAX_SENTENCES]


async def _let_through(
    writer: _Writer, sentences: Sequence[WrittenSentence], quoted: Answer, until: float
) -> tuple[list[Kept], list[Dropped]]:
    """Return what goes out: what holds, and for what does not the quoted original where the quoted answer has it.

    Raises ModelFailed where what was written cannot be checked in time.
    """
    try:
        async with asyncio.timeout(until - time.monotonic()):
            checked = await writer.guard_all(sentences)
    except TimeoutError:
        raise ModelFailed(Failure.TIMEOUT, "no time left to check it") from None
    quotes = {statement.text for part in quoted.parts for statement in part.statements}
    kept: list[Kept] = []
    dropped: list[Dropped] = []
    said: set[str] = set()
    for guarded in checked:
        if guarded.passes and guarded.text not in said:
            kept.append(writer.keep(guarded))
            said.add(guarded.text)
        elif not guarded.passes:
            quote = writer.quote(guarded.line) if guarded.line in quotes - said else None
            instead = guarded.line if quote else ""
            if quote:
                kept.append(quote)
                said.add(instead)
            problems = tuple(
                (str(problem.kind), mask_personal_data(problem.text, landlines=False)) for problem in guarded.problems
            )
            dropped.append(Dropped(mask_personal_data(guarded.text, landlines=False), problems, instead))
    return kept, dropped


def _is_enough(kept: Sequence[Kept], dropped: Sequence[Dropped]) -> bool:
    """Say whether what holds is most of what was written."""
    written = [item for item in kept if not item.is_quote]
    return bool(written) and len(written) >= MIN_PASSED * (len(written) + len(dropped))


def _assemble(context: AnswerContext, quoted: Answer, kept: Sequence[Kept], *, is_partial: bool) -> Answer:
    """Return the answer with its statements in order, the notes of what it cites, and what remained unanswered."""
    citations = Citations()
    statements = []
    used: list[Sentence] = []
    for item in kept:
        found = [_find_sentence(rated, item.line) for rated in item.passages]
        used += found
        numbers = tuple(dict.fromkeys(citations.cite(sentence) for sentence in found))
        statements.append(Statement(item.text, numbers[0], numbers[1:]))
    unanswered = tuple(part for part in quoted.parts if not part.statements)
    # Of what this answer cites, not of what the quoted one did.
    notes: dict[Note, None] = dict.fromkeys(make_notes(context, used))
    if is_partial and not unanswered:
        notes[("partly", ())] = None
    question = " ".join(part.question for part in quoted.parts if part.statements)
    differs = any(part.sources_differ for part in quoted.parts)
    made = citations.make()
    return replace(
        quoted,
        status=Status.ANSWERED_PARTLY if is_partial or unanswered else Status.ANSWERED,
        parts=(AnswerPart(question, tuple(statements), tuple(notes), differs), *unanswered),
        citations=made,
        as_of=max((citation.as_of for citation in made), default=""),
        is_written=True,
    )


def _find_sentence(rated: RatedPassage, line: str) -> Sentence:
    """Return the sentence of a passage that a statement rests on: the one it is nearest to, or else the best."""
    return next((item for item in rated.sentences if item.text == line), rated.sentences[0])
