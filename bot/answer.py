"""The nouns of answering: status, citation, answer, and the context that the steps hand on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from knowledge_base.evidence import Judge, Verdict
from knowledge_base.library import Library
from knowledge_base.question import QuestionPart
from knowledge_base.search import FoundPassage

MAX_QUESTION_CHARACTERS = 1_000


class Status(StrEnum):
    """How a question ended; it carries its cause. Only the first two state facts, and never without a citation."""

    ANSWERED = "answered"
    ANSWERED_PARTLY = "answered_partly"
    CLARIFY = "clarify"
    UNANSWERED_NO_SOURCE = "unanswered_no_source"
    UNANSWERED_EMPTY = "unanswered_empty"
    UNANSWERED_TOO_LONG = "unanswered_too_long"
    DECLINED_OFF_TOPIC = "declined_off_topic"
    DECLINED_INJECTION = "declined_injection"
    DECLINED_ABUSE = "declined_abuse"
    SMALL_TALK = "small_talk"
    THANKS = "thanks"
    EXPLAINED = "explained"
    HELP = "help"
    CRISIS = "crisis"


STATES_FACTS = frozenset({Status.ANSWERED, Status.ANSWERED_PARTLY})


@dataclass(frozen=True)
class Citation:
    """Where a statement comes from. `number` is its footnote; `quote` the sentences used, with a little around them."""

    number: int
    document_id: str
    language: str
    title: str
    publisher: str
    published_at: str
    url: str
    trust: str
    as_of: str
    quote: str


@dataclass(frozen=True)
class Statement:
    """A sentence, quoted or checked against what it cites, with the number of its citation; `more` are further ones."""

    text: str
    citation: int
    more: tuple[int, ...] = ()

    @property
    def citations(self) -> tuple[int, ...]:
        """The numbers of all its citations."""
        return (self.citation, *self.more)


@dataclass(frozen=True)
class Turn:
    """A question asked before in a conversation, and the answer it got."""

    question: str
    answer: str


# The name of a text of the wording, and what is filled into it.
Note = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class AnswerPart:
    """The answer to one thing asked. `notes` name texts of the wording (expired, planned …) with their values."""

    question: str
    statements: tuple[Statement, ...]
    notes: tuple[Note, ...] = ()
    sources_differ: bool = False


@dataclass(frozen=True)
class Related:
    """An announcement near a question that could not be answered, or one that it may mean; it states nothing."""

    document_id: str
    title: str
    url: str
    published_at: str


@dataclass(frozen=True)
class Answer:
    """What a citizen gets, before any channel's form. `as_of` is the day the newest source was last looked at.

    `is_written`: a language model wrote it, and it was checked; otherwise its statements are quotes.
    """

    status: Status
    language: str
    parts: tuple[AnswerPart, ...] = ()
    citations: tuple[Citation, ...] = ()
    related: tuple[Related, ...] = ()
    as_of: str = ""
    is_written: bool = False


@dataclass(frozen=True)
class Knowledge:
    """What the steps work with, the same for every question."""

    library: Library
    judge: Judge


@dataclass(frozen=True)
class AnswerContext:
    """One question on its way through the steps; each step returns a new one, and an `answer` ends the way.

    `asked_before` are the last questions of the conversation, oldest first. Where this one leans on one of them
    (`leans`), that one is the first of `parts`: found and judged with the others, but not answered again.
    """

    text: str
    language: str
    today: date
    knowledge: Knowledge
    asked_before: tuple[str, ...] = ()
    leans: bool = False
    parts: tuple[QuestionPart, ...] = ()
    found: tuple[tuple[FoundPassage, ...], ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    answer: Answer | None = None
    draft: Answer | None = None
    passages_by_citation: dict[int, Sequence[str]] = field(default_factory=dict)
