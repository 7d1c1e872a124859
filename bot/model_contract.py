"""What answering asks of a language model, whoever makes it, and how that can fail."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from bot.answer import Answer
from storage.model_uses import ModelUse

MAX_SENTENCES = 8
MAX_SENTENCE_CHARACTERS = 300

Form = TypeVar("Form", bound=BaseModel)


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WrittenSentence(_Form):
    """A sentence, and the numbers of the passages that say it."""

    passages: list[int] = Field(description="numbers of the passages that say this sentence")
    text: str = Field(description="one sentence, without citation marks")


class WrittenAnswer(_Form):
    """The answer to a citizen's question, written from numbered passages."""

    coverage: Literal["full", "partial", "none"] = Field(description="how much of the question the passages answer")
    sentences: list[WrittenSentence] = Field(description="the answer, sentence by sentence")


class RewrittenQuestion(_Form):
    """A question that can be understood by itself."""

    question: str


class JudgedAnswer(_Form):
    """An opinion on an answer."""

    faithful: bool
    answers: bool
    reason: str


class Failure(StrEnum):
    """Why a model's answer cannot be used."""

    RESTING = "resting"  # it failed several times just now
    BUSY = "busy"  # as many calls as are allowed are under way
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    RATE_LIMITED = "rate_limited"
    REFUSED = "refused"  # the key, the model's name, or the request is wrong
    BROKEN = "broken"  # not the form that was asked for, cut off, or too long
    UNSURE = "unsure"  # it says itself that the passages do not answer
    UNFIT = "unfit"  # the checks left too little of it
    ERROR = "error"  # a fault of our own


class LanguageModelUnusable(Exception):
    """The configured model cannot be made; the message says what to install or set."""


class ModelFailed(Exception):
    """A model gave nothing that can be used.

    `rest_seconds` is how long it is to be left alone at least; 0 where that is not known.
    `is_of_question`: another question may fare better, so that it tells nothing of the model.
    """

    def __init__(
        self,
        failure: Failure,
        detail: str = "",
        *,
        rest_seconds: float = 0.0,
        is_of_question: bool = False,
    ) -> None:
        super().__init__(f"{failure}: {detail}" if detail else str(failure))
        self.failure = failure
        self.rest_seconds = rest_seconds
        self.is_of_question = is_of_question


@dataclass(frozen=True)
class Usage:
    """What a call took: tokens in and out, and their cost in the currency of the prices."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost: float = 0.0

    def plus(self, other: Usage) -> Usage:
        """Return both together."""
        return Usage(
            self.input_tokens + other.input_tokens, self.output_tokens + other.output_tokens, self.cost + other.cost
        )


OnPartial = Callable[[Mapping[str, Any]], Awaitable[None]]
OnUsage = Callable[[Usage], None]
# Sees the text of an answer grow.
OnProgress = Callable[[str], None]


@dataclass
class Written:
    """What came of a question: the answer that goes out, and the uses of the model for it."""

    answer: Answer
    uses: list[ModelUse] = field(default_factory=list)


class LanguageModel(Protocol):
    """Fills in a form by a prompt."""

    name: str

    async def write(
        self,
        prompt: str,
        values: Mapping[str, object],
        form: type[Form],
        *,
        seconds: float,
        on_usage: OnUsage,
        on_partial: OnPartial | None = None,
    ) -> Form:
        """Return the filled-in form of a prompt with its inputs; `on_partial` sees it grow.

        `on_usage` is told what each call took, also of one that failed. Raises ModelFailed, within `seconds`.
        """
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...
