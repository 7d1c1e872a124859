"""A fake OpenAI-compatible server: takes what the Chat Completions API takes, refuses the rest, and can fail on purpose.

Rules: platform.openai.com/docs/api-reference/chat and /guides/structured-outputs (read 2026). What it writes is made by
a writer (model_writers.py): honest, lying, obeying.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from html import unescape
from typing import Any

from aiohttp import web

JsonObject = dict[str, Any]

KEY = "sk-simulated"
MAX_BODY_BYTES = 200_000
_FIELDS = frozenset(
    {"model", "messages", "temperature", "max_tokens", "max_completion_tokens", "stream", "stream_options", "response_format",
     "seed", "top_p", "n", "stop", "user", "tools", "tool_choice", "parallel_tool_calls"}
)  # fmt: skip
_ROLES = frozenset({"system", "developer", "user", "assistant", "tool"})
_NAME = re.compile(r"^[A-Za-z0-9_-]{1,64}$")
_PASSAGE = re.compile(r'<passage number="(\d+)"([^>]*)>\n(.*?)\n</passage>', re.DOTALL)
_QUESTION = re.compile(r"<(?:question|message)>\n(.*?)\n</(?:question|message)>", re.DOTALL)
_CONVERSATION = re.compile(r"<conversation>\n(.*?)\n</conversation>", re.DOTALL)


class Mood(StrEnum):
    """What the server does instead of answering well."""

    WELL = "well"
    STALL = "stall"  # takes the request and never answers
    STALL_MIDWAY = "stall midway"  # streams half and then nothing more
    HALF = "half"  # streams half and closes as if that were all
    CUT = "cut"  # streams half and breaks the connection
    BROKEN_JSON = "broken json"
    WRONG_FORM = "wrong form"  # JSON, but not of the schema
    FENCED = "fenced"  # the right JSON, in a Markdown fence, as models without structured output write it
    TOO_LONG = "too long"
    OUT_OF_TOKENS = "out of tokens"
    TOOL_CALL = "tool call"  # calls a tool that nobody offered
    RATE_LIMITED = "429"
    SERVER_ERROR = "500"
    OVERLOADED = "503"
    WRONG_KEY = "401"
    NOT_THIS_QUESTION = "400"


@dataclass(frozen=True)
class SeenPassage:
    """A passage as the prompt shows it."""

    number: int
    about: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class SeenPrompt:
    """What a prompt holds, read as a model would."""

    schema: str
    system: str
    human: str
    question: str
    conversation: str
    passages: tuple[SeenPassage, ...]

    @property
    def whole(self) -> str:
        return f"{self.system}\n{self.human}"


Writer = Callable[[SeenPrompt], JsonObject]


@dataclass
class Request:
    """A request and what became of it."""

    body: JsonObject
    status: int
    prompt: SeenPrompt | None = None


@dataclass
class OpenAiSimulator:
    """One server with one model."""

    writer: Writer
    mood: Mood = Mood.WELL
    # Each request takes one of these first, then `mood` again.
    moods: list[Mood] = field(default_factory=list)
    retry_after: str = "7"
    delay_seconds: float = 0.0
    seconds_a_piece: float = 0.0
    tells_usage: bool = True
    # Instead of what was used.
    told_tokens: int | None = None
    requests: list[Request] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    under_way: int = 0
    most_under_way: int = 0
    address: str = ""
    _runner: web.AppRunner | None = None
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self, port: int = 0) -> None:
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.router.add_post("/v1/chat/completions", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.address = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"

    async def stop(self) -> None:
        self._stopping.set()
        if self._runner:
            await self._runner.cleanup()

    @property
    def prompts(self) -> list[SeenPrompt]:
        return [request.prompt for request in self.requests if request.prompt]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            return await self._answer(request)
        finally:
            self.under_way -= 1

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return self._refuse(body, 401, "invalid_api_key", "Incorrect API key provided")
        if problem := judge_request(body):
            self.notes.append(problem)
            return self._refuse(body, 400, "invalid_request_error", problem)
        mood = self.moods.pop(0) if self.moods else self.mood
        match mood:
            case Mood.RATE_LIMITED:
                return self._refuse(
                    body, 429, "rate_limit_exceeded", "Rate limit reached", {"Retry-After": self.retry_after}
                )
            case Mood.SERVER_ERROR:
                return self._refuse(body, 500, "server_error", "The server had an error")
            case Mood.OVERLOADED:
                return self._refuse(body, 503, "overloaded", "The engine is overloaded")
            case Mood.NOT_THIS_QUESTION:
                return self._refuse(body, 400, "invalid_request_error", "This prompt cannot be taken.")
            case Mood.WRONG_KEY:
                return self._refuse(body, 401, "invalid_api_key", "Incorrect API key provided")
        prompt = read_prompt(body)
        self.requests.append(Request(body, 200, prompt))
        if mood is Mood.STALL:
            await self._stopping.wait()
        if self.delay_seconds:
            await asyncio.sleep(self.delay_seconds)
        text = json.dumps(self.writer(prompt), ensure_ascii=False)
        match mood:
            case Mood.BROKEN_JSON:
                text = text[:-1].replace('"', "'", 3)
            case Mood.WRONG_FORM:
                text = json.dumps({"reply": "hello", "sentences": "none"})
            case Mood.FENCED:
                text = f"```json\n{text}\n```"
            case Mood.TOO_LONG:
                text = json.dumps(
                    {"coverage": "full", "sentences": [{"passages": [1], "text": "長" * 30_000}]}, ensure_ascii=False
                )
        return await self._send(request, body, text, mood)

    async def _send(self, request: web.Request, body: JsonObject, text: str, mood: Mood) -> web.StreamResponse:
        reason = "length" if mood is Mood.OUT_OF_TOKENS else "stop"
        usage = {"prompt_tokens": len(json.dumps(body)) // 4, "completion_tokens": len(text) // 2, "total_tokens": 0}
        if self.told_tokens is not None:
            usage["prompt_tokens"] = self.told_tokens
        usage["total_tokens"] = usage["prompt_tokens"] + usage["completion_tokens"]
        if not body.get("stream"):
            message = {"role": "assistant", "content": text, "refusal": None}
            choice = {"index": 0, "message": message, "finish_reason": reason, "logprobs": None}
            whole = {
                "id": "chatcmpl-1",
                "object": "chat.completion",
                "created": 1,
                "model": body["model"],
                "choices": [choice],
            }
            return web.json_response({**whole, **({"usage": usage} if self.tells_usage else {})})
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)

        async def send(choices: list[JsonObject], **more: Any) -> None:
            chunk = {
                "id": "chatcmpl-1",
                "object": "chat.completion.chunk",
                "created": 1,
                "model": body["model"],
                "choices": choices,
                **more,
            }
            await response.write(f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode())

        await send([{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}])
        if mood is Mood.TOOL_CALL:
            call = {
                "index": 0,
                "id": "call_1",
                "type": "function",
                "function": {"name": "send_email", "arguments": text},
            }
            await send([{"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": None}])
            text = ""
        pieces = [text[place : place + 24] for place in range(0, len(text), 24)]
        stops = mood in (Mood.HALF, Mood.CUT, Mood.STALL_MIDWAY)
        for piece in pieces[: len(pieces) // 2] if stops else pieces:
            await send([{"index": 0, "delta": {"content": piece}, "finish_reason": None}])
            await asyncio.sleep(self.seconds_a_piece)
        if mood is Mood.STALL_MIDWAY:
            await self._stopping.wait()
        if mood is Mood.CUT and request.transport:
            request.transport.abort()
            return response
        if mood is not Mood.HALF:
            await send([{"index": 0, "delta": {}, "finish_reason": "tool_calls" if mood is Mood.TOOL_CALL else reason}])
            if (body.get("stream_options") or {}).get("include_usage") and self.tells_usage:
                await send([], usage=usage)
            await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
        return response

    def _refuse(
        self, body: JsonObject, status: int, code: str, message: str, headers: dict[str, str] | None = None
    ) -> web.Response:
        self.requests.append(Request(body, status))
        content = {"error": {"message": message, "type": code, "param": None, "code": code}}
        return web.json_response(content, status=status, headers=headers)


def read_prompt(body: JsonObject) -> SeenPrompt:
    """Read a request as a model sees it."""
    texts = {role: "\n".join(_text_of(m) for m in body["messages"] if m["role"] == role) for role in ("system", "user")}
    human = texts["user"]
    passages = tuple(
        SeenPassage(int(number), unescape(about), tuple(unescape(text).splitlines()))
        for number, about, text in _PASSAGE.findall(human)
    )
    question, conversation = _QUESTION.search(human), _CONVERSATION.search(human)
    return SeenPrompt(
        schema=(body.get("response_format") or {}).get("json_schema", {}).get("name", ""),
        system=texts["system"],
        human=human,
        question=unescape(question[1]) if question else "",
        conversation=unescape(conversation[1]) if conversation else "",
        passages=passages,
    )


def judge_request(body: JsonObject) -> str:
    """Return what is wrong with a request, or ""."""
    if unknown := body.keys() - _FIELDS:
        return f"Unrecognized request arguments: {sorted(unknown)}"
    if not isinstance(body.get("model"), str) or not body.get("model"):
        return "you must provide a model parameter"
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        return "'messages' must be a non-empty array"
    for message in messages:
        if message.get("role") not in _ROLES or not _text_of(message):
            return f"invalid message: {str(message)[:80]}"
    if body.get("stream_options") and not body.get("stream"):
        return "'stream_options' is only allowed when 'stream' is enabled"
    if not 0 <= body.get("temperature", 1) <= 2:
        return "'temperature' must be between 0 and 2"
    if body.get("tools"):
        return "no tool was to be offered"
    return _judge_format(body.get("response_format"))


def _judge_format(form: JsonObject | None) -> str:
    if form is None:
        return "a response_format was expected"
    if form.get("type") != "json_schema":
        return f"unexpected response_format: {form.get('type')}"
    described = form.get("json_schema") or {}
    if not _NAME.match(described.get("name", "")):
        return "json_schema.name is invalid"
    return _judge_schema(described.get("schema") or {}, described.get("strict", False), "schema")


def _judge_schema(schema: JsonObject, strict: bool, where: str) -> str:
    """Strict schemas: every object is closed, and every property required."""
    if schema.get("type") == "object" and strict:
        if schema.get("additionalProperties") is not False:
            return f"{where}: 'additionalProperties' is required to be supplied and to be false"
        if set(schema.get("required", [])) != set(schema.get("properties", {})):
            return f"{where}: 'required' is required to be an array including every key in properties"
    inner = {**schema.get("properties", {}), **schema.get("$defs", {})}
    if "items" in schema:
        inner["items"] = schema["items"]
    return next(
        (found for name, part in inner.items() if (found := _judge_schema(part, strict, f"{where}.{name}"))), ""
    )


def _text_of(message: JsonObject) -> str:
    content = message.get("content")
    if isinstance(content, list):
        return "\n".join(part.get("text", "") for part in content)
    return content or ""
