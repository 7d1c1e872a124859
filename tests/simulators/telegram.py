"""A fake Telegram: takes what the Bot API takes, holds its limits strictly, and keeps each chat's messages."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from typing import Any

import aiohttp
from aiohttp import web

from .faults import SLOW_SECONDS, Fault, FaultKind, FaultPlan
from .telegram_rules import METHODS, CannotParse, judge_keyboard, judge_parameters, judge_text

JsonObject = dict[str, Any]

BOT_NAME = "askbay_bot"
MESSAGES_A_SECOND = 30
# Telegram lets short bursts to a chat pass, and takes one a second in the long run.
CHAT_BURST, CHAT_REFILL_A_SECOND = 4.0, 1.0
GROUP_MESSAGES, GROUP_SECONDS = 20, 60.0
_LIMITED = ("sendMessage", "sendMessageDraft", "editMessageText")


class TelegramSimulator:
    """Telegram for one bot."""

    def __init__(self, *, token: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.token = token
        self.faults = FaultPlan()
        self.notes: list[str] = []
        self.calls: list[tuple[str, JsonObject, int]] = []
        self.chats: dict[int, list[JsonObject]] = defaultdict(list)
        self.drafts: dict[int, list[str]] = defaultdict(list)
        self.blocked: set[int] = set()
        self.migrated: dict[int, int] = {}
        self.commands: dict[str, list[JsonObject]] = {}
        self.texts: dict[tuple[str, str], str] = {}
        self.webhook_url = ""
        self.webhook_secret = ""
        self.allowed_updates: list[str] | None = None
        self.open_callbacks: set[str] = set()
        # For broadcasts to very many: only counted, by recipient.
        self.keeps_messages = True
        self.delivered: Counter[int] = Counter()
        self.accepted_at: list[float] = []
        self.refused_for_rate = 0
        self.address = ""
        self._clock = clock
        self._updates: list[JsonObject] = []
        self._numbers = itertools.count(1000)
        # From where the clock stands: Telegram's numbers never start again, and a bot remembers those it has seen.
        self._update_ids = itertools.count(int(time.time()))
        self._sent_at: deque[float] = deque()
        self._chat_tokens: dict[int, tuple[float, float]] = {}
        self._group_sent_at: dict[int, deque[float]] = defaultdict(deque)
        self._pollers = 0
        self._changed = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None

    async def start(self, port: int = 0) -> None:
        app = web.Application()
        app.router.add_route("*", "/bot{token}/{method}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.address = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._session = aiohttp.ClientSession()

    async def stop(self) -> None:
        self.faults.hang.set()
        if self._session:
            await self._session.close()
        if self._runner:
            await self._runner.cleanup()

    # What users do

    def make_message(
        self, chat: int, text: str | None, *, user: int = 0, language: str = "zh-hant", **more: Any
    ) -> JsonObject:
        sender = user or (chat if chat > 0 else 99)
        kind = "private" if chat > 0 else "supergroup"
        message: JsonObject = {
            "message_id": next(self._numbers),
            "from": {"id": sender, "is_bot": False, "first_name": "市民", "language_code": language},
            "chat": {"id": chat, "type": kind},
            "date": int(time.time()),
            **more,
        }
        if text is not None:
            message["text"] = text
            if text.startswith("/"):
                length = len(text.split()[0])
                message["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
        return {"update_id": next(self._update_ids), "message": message}

    async def say(self, chat: int, text: str, **more: Any) -> JsonObject:
        update = self.make_message(chat, text, **more)
        await self.deliver(update)
        return update

    async def press(self, chat: int, data: str, *, language: str = "zh-hant") -> JsonObject:
        message = {
            "message_id": next(self._numbers),
            "chat": {"id": chat, "type": "private" if chat > 0 else "supergroup"},
            "date": int(time.time()) - 60,
            "text": "…",
        }
        query = {
            "id": str(next(self._numbers)),
            "from": {"id": abs(chat), "is_bot": False, "first_name": "市民", "language_code": language},
            "chat_instance": "1",
            "message": message,
            "data": data,
        }
        self.open_callbacks.add(query["id"])
        update = {"update_id": next(self._update_ids), "callback_query": query}
        await self.deliver(update)
        return update

    async def change_membership(self, chat: int, before: str, now: str) -> None:
        if now == "kicked":
            self.blocked.add(chat)
        else:
            self.blocked.discard(chat)
        member = {"user": {"id": 1, "is_bot": True, "first_name": "bot"}}
        change = {
            "chat": {"id": chat, "type": "private" if chat > 0 else "supergroup"},
            "from": {"id": abs(chat), "is_bot": False, "first_name": "市民", "language_code": "zh-hant"},
            "date": int(time.time()),
            "old_chat_member": {**member, "status": before},
            "new_chat_member": {**member, "status": now},
        }
        await self.deliver({"update_id": next(self._update_ids), "my_chat_member": change})

    async def deliver(self, update: JsonObject) -> int:
        """Give an update to the bot: by its webhook if it set one (returns the status), else to its next poll."""
        kind = next(name for name in update if name != "update_id")
        if self.allowed_updates is not None and kind not in self.allowed_updates:
            return 0
        if self.webhook_url:
            return await self.post(json.dumps(update).encode())
        async with self._changed:
            self._updates.append(update)
            self._changed.notify_all()
        return 0

    async def post(self, body: bytes, *, secret: str | None = "") -> int:
        assert self._session
        headers = {"Content-Type": "application/json"}
        if secret is not None:
            headers["X-Telegram-Bot-Api-Secret-Token"] = secret or self.webhook_secret
        async with self._session.post(self.webhook_url, data=body, headers=headers) as response:
            await response.read()
            return response.status

    # What users see

    def seen(self, chat: int) -> list[JsonObject]:
        return self.chats[chat]

    async def wait_for(self, chat: int, count: int, seconds: float = 60.0) -> list[JsonObject]:
        async with self._changed:
            try:
                await asyncio.wait_for(self._changed.wait_for(lambda: len(self.chats[chat]) >= count), seconds)
            except TimeoutError:
                raise AssertionError(
                    f"{len(self.chats[chat])} of {count} messages arrived: {self.chats[chat]}"
                ) from None
        return self.chats[chat]

    # The Bot API

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        parameters = await _read_parameters(request)
        fault = self.faults.take(method)
        if fault and not fault.accepts:
            return await self._fail(request, fault)
        status, content = await self._answer(request.match_info["token"], method, parameters)
        if self.keeps_messages:
            self.calls.append((method, parameters, status))
        async with self._changed:
            self._changed.notify_all()
        if fault and fault.kind is not FaultKind.SLOW:
            return await self._fail(request, fault)
        if fault:
            await asyncio.sleep(SLOW_SECONDS)
        return web.json_response(content, status=status)

    async def _fail(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        match fault.kind:
            case FaultKind.RATE:
                return web.json_response(_too_many(fault.retry_after), status=429)
            case FaultKind.SERVER:
                return web.json_response(_error(500, "Internal Server Error"), status=500)
            case FaultKind.CONFLICT:
                return web.json_response(_error(409, "Conflict: terminated by other getUpdates request"), status=409)
            case FaultKind.UNPARSABLE:
                return web.json_response(_error(400, "Bad Request: can't parse entities: on purpose"), status=400)
            case FaultKind.RESET | FaultKind.ACCEPTED_RESET:
                assert request.transport
                request.transport.abort()
            case _:
                await self.faults.no_answer()
        return web.Response(status=500)

    async def _answer(self, token: str, method: str, parameters: JsonObject) -> tuple[int, JsonObject]:
        if token != self.token:
            return 401, _error(401, "Unauthorized")
        if method not in METHODS:
            self.notes.append(f"the simulator knows no {method}")
            return 404, _error(404, "Not Found")
        if faults := judge_parameters(method, parameters):
            return self._refuse(method, faults)
        if method in _LIMITED and (refused := self._limit(int(parameters["chat_id"]))):
            return refused
        answer = getattr(self, f"_do_{method}")
        result = answer(parameters)
        if asyncio.iscoroutine(result):
            result = await result
        return result if isinstance(result, tuple) else (200, {"ok": True, "result": result})

    def _refuse(self, method: str, faults: list[str]) -> tuple[int, JsonObject]:
        self.notes += [f"{method}: {fault}" for fault in faults]
        return 400, _error(400, f"Bad Request: {'; '.join(faults)}")

    def _limit(self, chat: int) -> tuple[int, JsonObject] | None:
        now = self._clock()
        while self._sent_at and self._sent_at[0] <= now - 1.0:
            self._sent_at.popleft()
        tokens, at = self._chat_tokens.get(chat, (CHAT_BURST, now))
        tokens = min(CHAT_BURST, tokens + (now - at) * CHAT_REFILL_A_SECOND)
        group = self._group_sent_at[chat]
        while group and group[0] <= now - GROUP_SECONDS:
            group.popleft()
        if len(self._sent_at) >= MESSAGES_A_SECOND or tokens < 1 or (chat < 0 and len(group) >= GROUP_MESSAGES):
            self.refused_for_rate += 1
            return 429, _too_many(1)
        self._sent_at.append(now)
        self._chat_tokens[chat] = (tokens - 1, now)
        if chat < 0:
            group.append(now)
        return None

    def _do_getMe(self, parameters: JsonObject) -> JsonObject:  # noqa: N802
        return {"id": 1, "is_bot": True, "first_name": "Askbay", "username": BOT_NAME}

    async def _do_getUpdates(self, parameters: JsonObject) -> Any:  # noqa: N802
        if self.webhook_url:
            return 409, _error(409, "Conflict: can't use getUpdates method while webhook is active")
        if self._pollers:
            return 409, _error(409, "Conflict: terminated by other getUpdates request")
        if parameters.get("allowed_updates") is None:
            self.notes.append("getUpdates without allowed_updates")
        else:
            self.allowed_updates = json.loads(parameters["allowed_updates"])
        offset = int(parameters.get("offset", 0))
        self._updates = [update for update in self._updates if update["update_id"] >= offset]
        self._pollers += 1
        try:
            async with self._changed:
                await asyncio.wait_for(
                    self._changed.wait_for(lambda: bool(self._updates)), int(parameters.get("timeout", 0)) or 0.01
                )
        except TimeoutError:
            return []
        finally:
            self._pollers -= 1
        return self._updates[: int(parameters.get("limit", 100))]

    def _do_setWebhook(self, parameters: JsonObject) -> Any:  # noqa: N802
        if parameters.get("drop_pending_updates") in ("true", True):
            self.notes.append("setWebhook drops citizens' messages")
        if parameters.get("allowed_updates") is None:
            self.notes.append("setWebhook without allowed_updates")
        elif isinstance(parameters["allowed_updates"], str):
            self.allowed_updates = json.loads(parameters["allowed_updates"])
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", str(parameters.get("secret_token", ""))):
            return self._refuse("setWebhook", ["no or a wrong secret_token"])
        self.webhook_url, self.webhook_secret = parameters["url"], parameters["secret_token"]
        return True

    def _do_deleteWebhook(self, parameters: JsonObject) -> Any:  # noqa: N802
        if parameters.get("drop_pending_updates") in ("true", True):
            self.notes.append("deleteWebhook drops citizens' messages")
        self.webhook_url = ""
        return True

    def _do_getWebhookInfo(self, parameters: JsonObject) -> JsonObject:  # noqa: N802
        return {"url": self.webhook_url, "has_custom_certificate": False, "pending_update_count": 0}

    def _do_sendMessage(self, parameters: JsonObject) -> Any:  # noqa: N802
        chat = int(parameters["chat_id"])
        if chat in self.blocked:
            return 403, _error(403, "Forbidden: bot was blocked by the user")
        if chat in self.migrated:
            parameters_back = {"migrate_to_chat_id": self.migrated[chat]}
            return 400, {
                **_error(400, "Bad Request: group chat was upgraded to a supergroup chat"),
                "parameters": parameters_back,
            }
        try:
            faults = judge_text(parameters) + judge_keyboard(parameters.get("reply_markup"))
        except CannotParse as error:
            return self._refuse("sendMessage", [f"can't parse entities: {error}"])
        if faults:
            return self._refuse("sendMessage", faults)
        markup = parameters.get("reply_markup")
        number = next(self._numbers)
        message = {**parameters, "reply_markup": json.loads(markup) if isinstance(markup, str) else markup}
        self.delivered[chat] += 1
        if self.keeps_messages:
            self.chats[chat].append({**message, "message_id": number})
        else:
            self.accepted_at.append(time.time())
        return {
            "message_id": number,
            "date": int(time.time()),
            "chat": {"id": chat, "type": "private" if chat > 0 else "supergroup"},
            "text": parameters["text"],
        }

    def _do_editMessageText(self, parameters: JsonObject) -> Any:  # noqa: N802
        chat, number = int(parameters["chat_id"]), int(parameters["message_id"])
        if faults := judge_text(parameters) + judge_keyboard(parameters.get("reply_markup")):
            return self._refuse("editMessageText", faults)
        for message in self.chats[chat]:
            if message["message_id"] == number:
                message["text"] = parameters["text"]
                markup = parameters.get("reply_markup")
                message["reply_markup"] = json.loads(markup) if isinstance(markup, str) else markup
                kind = "private" if chat > 0 else "supergroup"
                about = {"message_id": number, "date": int(time.time()), "chat": {"id": chat, "type": kind}}
                return {**about, "text": parameters["text"]}
        return 400, _error(400, "Bad Request: message to edit not found")

    def _do_sendMessageDraft(self, parameters: JsonObject) -> Any:  # noqa: N802
        if int(parameters["draft_id"]) == 0 or int(parameters["chat_id"]) < 0 or judge_text(parameters, least=0):
            return self._refuse("sendMessageDraft", ["wrong draft"])
        self.drafts[int(parameters["chat_id"])].append(parameters["text"])
        return True

    def _do_sendChatAction(self, parameters: JsonObject) -> Any:  # noqa: N802
        return True

    def _do_answerCallbackQuery(self, parameters: JsonObject) -> Any:  # noqa: N802
        if parameters["callback_query_id"] not in self.open_callbacks:
            return self._refuse("answerCallbackQuery", ["query is too old or invalid"])
        self.open_callbacks.discard(parameters["callback_query_id"])
        return True

    def _do_setMyCommands(self, parameters: JsonObject) -> Any:  # noqa: N802
        commands = json.loads(parameters["commands"])
        for command in commands:
            if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]) or not 1 <= len(command["description"]) <= 256:
                return self._refuse("setMyCommands", [f"BOT_COMMAND_INVALID {command}"])
        self.commands[parameters.get("language_code", "")] = commands
        return True

    def _do_getMyCommands(self, parameters: JsonObject) -> Any:  # noqa: N802
        return self.commands.get(parameters.get("language_code", ""), [])

    def _set_text(self, name: str, limit: int, parameters: JsonObject) -> Any:
        if len(parameters.get(name, "")) > limit:
            return self._refuse(name, [f"longer than {limit}"])
        self.texts[name, parameters.get("language_code", "")] = parameters.get(name, "")
        return True

    def _do_setMyDescription(self, parameters: JsonObject) -> Any:  # noqa: N802
        return self._set_text("description", 512, parameters)

    def _do_getMyDescription(self, parameters: JsonObject) -> JsonObject:  # noqa: N802
        return {"description": self.texts.get(("description", parameters.get("language_code", "")), "")}

    def _do_setMyShortDescription(self, parameters: JsonObject) -> Any:  # noqa: N802
        return self._set_text("short_description", 120, parameters)

    def _do_getMyShortDescription(self, parameters: JsonObject) -> JsonObject:  # noqa: N802
        return {"short_description": self.texts.get(("short_description", parameters.get("language_code", "")), "")}


async def _read_parameters(request: web.Request) -> JsonObject:
    parameters: JsonObject = dict(request.query)
    if request.can_read_body:
        if "json" in request.headers.get("Content-Type", ""):
            parameters |= await request.json()
        else:
            parameters |= dict(await request.post())
    return parameters


def _error(code: int, description: str) -> JsonObject:
    return {"ok": False, "error_code": code, "description": description}


def _too_many(seconds: int) -> JsonObject:
    return {**_error(429, f"Too Many Requests: retry after {seconds}"), "parameters": {"retry_after": seconds}}
