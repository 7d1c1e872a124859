"""Any chat model that LangChain can reach, with time limit, retry, rest and a limit of calls at once.

The only file that makes chat models (langchain 1.x: init_chat_model, with_structured_output). It reads the model's
stream itself, because LangChain's parsers mend what is cut off, and half a sentence must not pass as a whole one.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from langchain.chat_models import init_chat_model
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.runnables import Runnable, RunnableSequence
from langchain_core.utils.json import parse_partial_json
from pydantic import ValidationError
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_fixed

from bot.breaker import Breaker
from bot.model_contract import Failure, Form, LanguageModelUnusable, ModelFailed, OnPartial, OnUsage, Usage
from prompts.chat_templates import load_chat_template

log = logging.getLogger(__name__)

ATTEMPTS = 2
RETRY_PAUSE_SECONDS = 0.02
# A citizen who waits for a place waits at most so long; then the quoted answer is better.
PLACE_SECONDS = 1.0
CONNECT_SECONDS = 1.0
FAILURES_BEFORE_REST = 3
REST_SECONDS = 20.0
# A bad form may come of what was asked: it takes nine in a row, so that one citizen does not turn it off for all.
BLAME_FOR_FORM = 0.35
MAX_OUTPUT_TOKENS = 1_200
MAX_OUTPUT_CHARACTERS = 12_000
# Where a server does not tell what it used: about four Latin letters are a token, a Chinese character is one.
LETTERS_A_TOKEN = 4
# The server refuses what one question led to, not whoever asks: a form it cannot read, something too long.
NOT_TAKEN = frozenset({Failure.UNREACHABLE, Failure.RATE_LIMITED, Failure.REFUSED})
REFUSED_FOR_THE_QUESTION = (400, 413, 422)
# More than that nobody used; a server that tells so is not believed, and no table would hold it.
MAX_COUNTED_TOKENS = 10_000_000

_FENCE = re.compile(r"\A\s*```(?:json)?\s*|\s*```\s*\Z")
_CJK = re.compile(r"[\u3400-\u9fff]")
_PROVIDER = {"openai": "openai", "azure_openai": "openai", "anthropic": "anthropic", "ollama": "ollama"}


@dataclass(frozen=True)
class ModelSettings:
    """How to reach a model. `name` is as init_chat_model has it, "provider:model"; prices are for a million tokens."""

    name: str
    address: str = ""
    key: str = ""
    calls_at_once: int = 8
    input_price: float = 0.0
    output_price: float = 0.0
    # A model that had less time than this before it was given up is not to blame.
    fair_seconds: float = 2.0


def open_language_model(settings: ModelSettings, now: Callable[[], float] = time.monotonic) -> ChatLanguageModel:
    """Return the configured model. Raises LanguageModelUnusable."""
    try:
        chat = init_chat_model(settings.name, **_make_options(settings))
    except ImportError as error:
        raise LanguageModelUnusable(f"{settings.name}: {error}") from error
    except Exception as error:
        # Each provider has its own errors for a missing key or an unknown model.
        raise LanguageModelUnusable(f"{settings.name}: {type(error).__name__}: {_first_line(error)}") from error
    # OpenAI's client loads this part, for a second, when it is first used: at the start rather than for a citizen.
    getattr(getattr(chat, "root_async_client", None), "beta", None)
    load_chat_template("compose_answer")
    return ChatLanguageModel(chat, settings, now)


def _first_line(error: Exception) -> str:
    """Return what an error says, without the lists that some add."""
    return next(iter(str(error).splitlines()), "")[:300]


def _make_options(settings: ModelSettings) -> dict[str, Any]:
    provider = _find_provider(settings)
    options: dict[str, Any] = {}
    if settings.address:
        options["base_url"] = settings.address
    if settings.address or provider == "ollama":
        # Hosted models that reason refuse a temperature; one's own takes it, and then says the same each time.
        options["temperature"] = 0
    if provider in ("openai", "anthropic"):
        # A server of one's own needs no key, but the client does.
        key = settings.key or ("none" if settings.address else "")
        timeout = httpx.Timeout(None, connect=CONNECT_SECONDS) if provider == "openai" else None
        options |= {"max_retries": 0, "max_tokens": MAX_OUTPUT_TOKENS, "timeout": timeout, "stream_usage": True}
        options |= {"api_key": key} if key else {}
    elif provider == "ollama":
        options |= {"num_predict": MAX_OUTPUT_TOKENS}
        options |= {"client_kwargs": {"timeout": httpx.Timeout(None, connect=CONNECT_SECONDS)}}
    elif settings.key:
        options["api_key"] = settings.key
    return options


def _find_provider(settings: ModelSettings) -> str:
    return _PROVIDER.get(settings.name.partition(":")[0], "")


class ChatLanguageModel:
    """A LangChain chat model as a LanguageModel (see bot.model_contract)."""

    def __init__(self, chat: BaseChatModel, settings: ModelSettings, now: Callable[[], float] = time.monotonic) -> None:
        self.name = settings.name
        self._chat = chat
        self._provider = _find_provider(settings)
        self._settings = settings
        self._places = asyncio.Semaphore(settings.calls_at_once)
        self._breaker = Breaker(failures=FAILURES_BEFORE_REST, rest_seconds=REST_SECONDS, now=now)

    async def close(self) -> None:
        """Close the connections, where the provider's client keeps any open."""
        client = getattr(self._chat, "root_async_client", None)
        if client is not None:
            await client.close()

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
        """See LanguageModel."""
        call = self._breaker.begin()
        if call is None:
            raise ModelFailed(Failure.RESTING)
        asked_at = until = time.monotonic() + seconds
        try:
            async with asyncio.timeout(seconds):
                async with self._take_place():
                    asked_at = time.monotonic()
                    written = await self._write_patiently(prompt, values, form, on_usage, on_partial)
        except TimeoutError:
            if until - asked_at >= self._settings.fair_seconds:
                self._breaker.fail(call)
            else:
                self._breaker.leave(call)
            raise ModelFailed(Failure.TIMEOUT, f"after {seconds:.1f} s") from None
        except ModelFailed as error:
            if error.failure is Failure.BUSY or error.is_of_question:
                self._breaker.leave(call)
            else:
                blame = BLAME_FOR_FORM if error.failure is Failure.BROKEN else 1.0
                self._breaker.fail(call, rest_seconds=error.rest_seconds, blame=blame)
            raise
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task and task.cancelling():
                self._breaker.leave(call)
                raise
            # The provider's client was cancelled, not we.
            self._breaker.fail(call)
            raise ModelFailed(Failure.UNREACHABLE, "the client gave up") from None
        except BaseException:
            self._breaker.leave(call)
            raise
        self._breaker.succeed(call)
        return written

    @asynccontextmanager
    async def _take_place(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(PLACE_SECONDS):
                await self._places.acquire()
        except TimeoutError:
            raise ModelFailed(Failure.BUSY) from None
        try:
            yield
        finally:
            self._places.release()

    async def _write_patiently(
        self,
        prompt: str,
        values: Mapping[str, object],
        form: type[Form],
        on_usage: OnUsage,
        on_partial: OnPartial | None,
    ) -> Form:
        messages = load_chat_template(prompt).format_messages(**values)
        tries = AsyncRetrying(
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_fixed(RETRY_PAUSE_SECONDS),
            retry=retry_if_exception(_may_pass),
            reraise=True,
        )
        return await tries(self._try_to_write, messages, form, on_usage, on_partial)

    async def _try_to_write(
        self, messages: list[BaseMessage], form: type[Form], on_usage: OnUsage, on_partial: OnPartial | None
    ) -> Form:
        whole: AIMessageChunk | None = None
        closed = 0
        was_taken = True
        try:
            async for chunk in _bind(self._chat, form, self._provider).astream(messages):
                whole = chunk if whole is None else whole + chunk
                text = _read_text(whole, form)
                if len(text) > MAX_OUTPUT_CHARACTERS:
                    raise ModelFailed(Failure.BROKEN, "too long", is_of_question=True)
                if on_partial and text.count("}") > closed:
                    # Only a closing brace can end a sentence.
                    closed = text.count("}")
                    await _show(text, on_partial)
        except ModelFailed:
            raise
        except Exception as error:
            # Each provider has its own errors; what they have in common is read here.
            failed = _explain(error)
            # What was not let in or not taken was not used either.
            was_taken = whole is not None or failed.failure not in NOT_TAKEN
            raise failed from error
        finally:
            if was_taken:
                on_usage(self._count(messages, whole))
        return _read_form(whole, form)

    def _count(self, messages: list[BaseMessage], whole: AIMessageChunk | None) -> Usage:
        told = whole.usage_metadata if whole is not None else None
        if told and all(0 <= told[kind] <= MAX_COUNTED_TOKENS for kind in ("input_tokens", "output_tokens")):
            used, made = told["input_tokens"], told["output_tokens"]
        else:
            used = sum(_estimate_tokens(message.text) for message in messages)
            made = _estimate_tokens(whole.text) if whole is not None else 0
        cost = (used * self._settings.input_price + made * self._settings.output_price) / 1_000_000
        return Usage(used, made, cost)


def _bind(chat: BaseChatModel, form: type[Form], provider: str) -> Runnable[Any, Any]:
    """Return the model told to fill in a form, without the parser that LangChain puts behind it."""
    # Only OpenAI's client knows that a schema can be strict.
    more = {"strict": True} if provider == "openai" else {}
    structured: Any = chat.with_structured_output(form.model_json_schema(), **more)
    return structured.first if isinstance(structured, RunnableSequence) else structured


def _read_text(message: AIMessageChunk, form: type[Form]) -> str:
    """Return the JSON of a message: its text, or the arguments of the one tool that stands for the form."""
    calls = message.tool_call_chunks
    if not calls:
        return message.text
    if len(calls) > 1 or (calls[0]["name"] or form.__name__) != form.__name__:
        raise ModelFailed(Failure.BROKEN, "called a tool that nobody offered")
    return calls[0]["args"] or ""


async def _show(text: str, on_partial: OnPartial) -> None:
    try:
        partial = parse_partial_json(_FENCE.sub("", text))
    except ValueError:
        return
    if not isinstance(partial, dict):
        return
    try:
        await on_partial(partial)
    except Exception:
        # A fault of our own is no failure of the model; the whole answer is still to come.
        log.exception("a growing answer could not be shown")


def _read_form(whole: AIMessageChunk | None, form: type[Form]) -> Form:
    if whole is None:
        raise ModelFailed(Failure.BROKEN, "nothing came")
    reason = str(whole.response_metadata.get("finish_reason") or whole.response_metadata.get("stop_reason") or "")
    if reason in ("length", "max_tokens", "content_filter"):
        raise ModelFailed(Failure.BROKEN, f"cut off: {reason}", is_of_question=True)
    try:
        return form.model_validate_json(_FENCE.sub("", _read_text(whole, form)))
    except ValidationError as error:
        raise ModelFailed(Failure.BROKEN, f"{error.error_count()} errors in its form") from error


def _explain(error: Exception) -> ModelFailed:
    """Return what an error of any provider says: those with a status tell it as `status_code`."""
    status = getattr(error, "status_code", None)
    name = type(error).__name__
    if status == 429:
        return ModelFailed(Failure.RATE_LIMITED, name, rest_seconds=_read_retry_after(error))
    if isinstance(status, int) and status < 500 and status != 408:
        is_of_question = status in REFUSED_FOR_THE_QUESTION
        return ModelFailed(Failure.REFUSED, f"{name}, status {status}", is_of_question=is_of_question)
    if isinstance(status, int):
        return ModelFailed(Failure.UNREACHABLE, f"{name}, status {status}")
    if any(type(cause).__name__ == "ConnectTimeout" for cause in _list_causes(error)):
        # Nobody answers at that address: the next citizen had better not wait for it.
        return ModelFailed(Failure.UNREACHABLE, name, rest_seconds=REST_SECONDS)
    if isinstance(error, httpx.TransportError | OSError) or "Connection" in name or "Timeout" in name:
        return ModelFailed(Failure.UNREACHABLE, name)
    # OpenAI's client raises LengthFinishReasonError and ContentFilterFinishReasonError for what was cut off.
    return ModelFailed(Failure.BROKEN, name, is_of_question="FinishReason" in name)


def _list_causes(error: BaseException) -> list[BaseException]:
    """Return an error and what it was raised from: each client wraps the errors of its transport in its own."""
    causes = [error]
    while (cause := error.__cause__ or error.__context__) is not None and cause not in causes:
        error = cause
        causes.append(error)
    return causes


def _read_retry_after(error: Exception) -> float:
    headers = getattr(getattr(error, "response", None), "headers", {})
    try:
        return max(float(headers.get("retry-after", 0)), 1.0)
    except (TypeError, ValueError):
        return 1.0


def _may_pass(error: BaseException) -> bool:
    """Say whether another try may go better at once: not where the model asks for rest or the request is wrong."""
    return isinstance(error, ModelFailed) and error.failure is Failure.UNREACHABLE and not error.rest_seconds


def _estimate_tokens(text: str) -> int:
    chinese = len(_CJK.findall(text))
    return chinese + (len(text) - chinese) // LETTERS_A_TOKEN
