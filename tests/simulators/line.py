"""A fake LINE: takes what the Messaging API takes, keeps each user's inbox, and sends signed webhooks."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import itertools
import json
import re
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import web

from .faults import SLOW_SECONDS, Fault, FaultKind, FaultPlan
from .line_rules import graphemes, judge_action, judge_messages

JsonObject = dict[str, Any]

USER = re.compile(r"^U[0-9a-f]{32}$")
RECIPIENT = re.compile(r"^[UCR][0-9a-f]{32}$")
REPLY_TOKEN_SECONDS = 60.0
BOT_USER = "U" + "b" * 32


def make_user(number: int) -> str:
    return f"U{number:032x}"


def make_group(number: int) -> str:
    return f"C{number:032x}"


@dataclass
class Received:
    """A message that reached a chat, and by which call."""

    message: JsonObject
    call: str


@dataclass
class Call:
    """A request of the bot, and what LINE answered."""

    method: str
    path: str
    body: Any
    headers: dict[str, str]
    status: int


@dataclass
class _ReplyToken:
    chat: str
    until: float
    used: bool = False


class LineSimulator:
    """LINE for one official account."""

    def __init__(self, *, secret: str, token: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.secret = secret
        self.token = token
        self.webhook_url = ""
        self.faults = FaultPlan()
        self.calls: list[Call] = []
        self.notes: list[str] = []
        self.chats: dict[str, list[Received]] = defaultdict(list)
        self.blocked: set[str] = set()
        self.loading: list[str] = []
        self.menus: dict[str, JsonObject] = {}
        self.menu_images: dict[str, bytes] = {}
        self.aliases: dict[str, str] = {}
        self.default_menu = ""
        self.user_menus: dict[str, str] = {}
        self.quota: int | None = None
        self.pushed = 0
        # For broadcasts to very many: only counted, by recipient.
        self.keeps_messages = True
        self.delivered: Counter[str] = Counter()
        self.last_accepted_at = 0.0
        # For a benchmark that makes its own tokens: each is taken once, and when it came is noted.
        self.accept_unknown_tokens = False
        self.arrived_at: dict[str, float] = {}
        self._clock = clock
        self._tokens: dict[str, _ReplyToken] = {}
        self._retry_keys: dict[str, str] = {}
        self._numbers = itertools.count(1)
        self._changed = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None
        self.address = ""

    async def start(self, port: int = 0) -> None:
        app = web.Application(client_max_size=3_000_000)
        app.router.add_route("*", "/{path:.*}", self._serve)
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

    def make_event(self, chat: str, kind: str, *, user: str = "", reply: bool = True, **details: Any) -> JsonObject:
        number = next(self._numbers)
        source = {"type": "user", "userId": chat}
        if chat.startswith("C"):
            source = {"type": "group", "groupId": chat, **({"userId": user} if user else {})}
        event: JsonObject = {
            "type": kind,
            "mode": "active",
            "timestamp": int(time.time() * 1000),
            "source": source,
            "webhookEventId": f"01SIM{uuid.uuid4().hex[:21].upper()}",
            "deliveryContext": {"isRedelivery": False},
            **details,
        }
        if reply:
            token = f"token{number:027d}"
            self._tokens[token] = _ReplyToken(chat, self._clock() + REPLY_TOKEN_SECONDS)
            event["replyToken"] = token
        return event

    def make_text(self, chat: str, text: str, **more: Any) -> JsonObject:
        message = {
            "id": f"{next(self._numbers):018d}",
            "type": "text",
            "text": text,
            "quoteToken": "q",
            **more.pop("message", {}),
        }
        return self.make_event(chat, "message", message=message, **more)

    async def say(self, chat: str, text: str, **more: Any) -> JsonObject:
        event = self.make_text(chat, text, **more)
        assert await self.deliver([event]) == 200
        return event

    async def send_content(self, chat: str, kind: str, **details: Any) -> JsonObject:
        event = self.make_event(chat, "message", message={"id": f"{next(self._numbers):018d}", "type": kind, **details})
        assert await self.deliver([event]) == 200
        return event

    async def press(self, chat: str, data: str) -> JsonObject:
        event = self.make_event(chat, "postback", postback={"data": data})
        assert await self.deliver([event]) == 200
        return event

    async def follow(self, user: str) -> JsonObject:
        unblocked = user in self.blocked
        self.blocked.discard(user)
        event = self.make_event(user, "follow", follow={"isUnblocked": unblocked})
        assert await self.deliver([event]) == 200
        return event

    async def unfollow(self, user: str) -> None:
        self.blocked.add(user)
        assert await self.deliver([self.make_event(user, "unfollow", reply=False)]) == 200

    async def unsend(self, user: str, message_id: str) -> None:
        event = self.make_event(user, "unsend", reply=False, unsend={"messageId": message_id})
        assert await self.deliver([event]) == 200

    async def redeliver(self, event: JsonObject) -> int:
        return await self.deliver([{**event, "deliveryContext": {"isRedelivery": True}}])

    async def deliver(self, events: list[Any], *, signature: str | None = "", body: bytes | None = None) -> int:
        """Post a webhook; returns the status. `signature` None leaves the header out, "" signs rightly."""
        assert self._session
        content = (
            body
            if body is not None
            else json.dumps({"destination": BOT_USER, "events": events}, ensure_ascii=False).encode()
        )
        headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "LineBotWebhook/2.0"}
        if signature is not None:
            headers["X-Line-Signature"] = signature or self.sign(content)
        async with self._session.post(self.webhook_url, data=content, headers=headers) as response:
            await response.read()
            return response.status

    def sign(self, body: bytes) -> str:
        return base64.b64encode(hmac.new(self.secret.encode(), body, hashlib.sha256).digest()).decode()

    # What users see

    def seen(self, chat: str) -> list[JsonObject]:
        return [received.message for received in self.chats[chat]]

    async def wait_for(self, chat: str, count: int, seconds: float = 60.0) -> list[JsonObject]:
        """Return what reached a chat as soon as it is so many messages."""
        async with self._changed:
            try:
                await asyncio.wait_for(self._changed.wait_for(lambda: len(self.chats[chat]) >= count), seconds)
            except TimeoutError:
                raise AssertionError(
                    f"{len(self.chats[chat])} of {count} messages arrived: {self.seen(chat)}"
                ) from None
        return self.seen(chat)

    def expire_tokens(self) -> None:
        for token in self._tokens.values():
            token.until = 0.0

    # The Messaging API

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        body: Any = raw
        if "json" in request.headers.get("Content-Type", "") and raw:
            body = json.loads(raw)
        method = _name_of(request.method, request.path)
        fault = self.faults.take(method)
        if fault and not fault.accepts:
            return await self._fail(request, fault)
        status, content = self._answer(request, method, body)
        if self.keeps_messages:
            self.calls.append(Call(request.method, request.path, body, dict(request.headers), status))
        async with self._changed:
            self._changed.notify_all()
        if fault and fault.kind is not FaultKind.SLOW:
            return await self._fail(request, fault)
        if fault:
            await asyncio.sleep(SLOW_SECONDS)
        return web.json_response(content, status=status, headers={"x-line-request-id": str(uuid.uuid4())})

    async def _fail(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        match fault.kind:
            case FaultKind.RATE:
                return web.json_response(
                    {"message": "The API rate limit has been exceeded. Try again later."}, status=429
                )
            case FaultKind.MONTHLY:
                return web.json_response({"message": "You have reached your monthly limit."}, status=429)
            case FaultKind.SERVER:
                return web.json_response({"message": "Internal Server Error"}, status=500)
            case FaultKind.UNPARSABLE:
                return web.json_response(
                    {"message": "A message (messages[0]) in the request body is invalid"}, status=400
                )
            case FaultKind.RESET | FaultKind.ACCEPTED_RESET:
                assert request.transport
                request.transport.abort()
            case _:
                await self.faults.no_answer()
        return web.Response(status=500)

    def _answer(self, request: web.Request, method: str, body: Any) -> tuple[int, JsonObject]:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            self._note(f"{method}: wrong access token")
            return 401, {"message": "Authentication failed"}
        answer = getattr(self, f"_do_{method}", None)
        if answer is None:
            self._note(f"the simulator knows no {request.method} {request.path}")
            return 404, {"message": "Not found"}
        result: tuple[int, JsonObject] = answer(request, body)
        return result

    def _note(self, fault: str) -> None:
        self.notes.append(fault)

    def _refuse(self, method: str, faults: list[str]) -> tuple[int, JsonObject]:
        for fault in faults:
            self._note(f"{method}: {fault}")
        details = [{"message": fault, "property": fault.split(" ")[0]} for fault in faults]
        return 400, {"message": "The request body has errors", "details": details}

    def _do_reply(self, request: web.Request, body: JsonObject) -> tuple[int, JsonObject]:
        faults = _extra(body, {"replyToken", "messages", "notificationDisabled"}) + judge_messages(body.get("messages"))
        if "X-Line-Retry-Key" in request.headers:
            faults.append("a reply takes no retry key")
        if faults:
            return self._refuse("reply", faults)
        token = self._tokens.get(body["replyToken"])
        if self.accept_unknown_tokens and body["replyToken"] not in self.arrived_at:
            self.arrived_at[body["replyToken"]] = time.monotonic()
            return 200, {"sentMessages": [{"id": "1", "quoteToken": "q"}]}
        if token is None or token.used or token.until < self._clock():
            return 400, {"message": "Invalid reply token"}
        token.used = True
        return 200, self._accept(token.chat, body["messages"], "reply")

    def _do_push(self, request: web.Request, body: JsonObject) -> tuple[int, JsonObject]:
        allowed = {"to", "messages", "notificationDisabled", "customAggregationUnits"}
        faults = _extra(body, allowed) + judge_messages(body.get("messages"))
        if not RECIPIENT.match(str(body.get("to"))):
            faults.append("to has a wrong form")
        return self._send_once(request, "push", body, faults, [str(body.get("to"))])

    def _do_multicast(self, request: web.Request, body: JsonObject) -> tuple[int, JsonObject]:
        allowed = {"to", "messages", "notificationDisabled", "customAggregationUnits"}
        faults = _extra(body, allowed) + judge_messages(body.get("messages"))
        to = body.get("to")
        if not isinstance(to, list) or not 1 <= len(to) <= 500 or len(set(to)) != len(to):
            faults.append("to: not 1 to 500 different users")
        elif not all(USER.match(str(user)) for user in to):
            # LINE's own words; which of them it is, it does not say.
            return 400, {"message": "The property, 'to', in the request body is invalid (line: -, column: -)"}
        return self._send_once(request, "multicast", body, faults, to if isinstance(to, list) else [])

    def _send_once(
        self, request: web.Request, method: str, body: JsonObject, faults: list[str], to: list[str]
    ) -> tuple[int, JsonObject]:
        key = request.headers.get("X-Line-Retry-Key", "")
        if not key:
            faults.append("no retry key")
        elif not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", key):
            faults.append("the retry key is no UUID")
        if faults:
            return self._refuse(method, faults)
        content = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
        if key in self._retry_keys:
            if self._retry_keys[key] != content:
                self._note(f"{method}: a retry key was used for another body")
            return 409, {"message": "The retry key is already accepted"}
        if self.quota is not None and self.pushed + len(to) > self.quota:
            return 429, {"message": "You have reached your monthly limit."}
        self._retry_keys[key] = content
        self.pushed += len(to)
        self.last_accepted_at = time.time()
        answer: JsonObject = {}
        for chat in to:
            if chat in self.blocked:
                # LINE says 200 all the same, and shows nothing.
                self._note(f"{method}: to a user who blocked the account")
            else:
                answer = self._accept(chat, body["messages"], method)
        return 200, answer or {"sentMessages": []}

    def _accept(self, chat: str, messages: list[JsonObject], call: str) -> JsonObject:
        self.delivered[chat] += 1
        if self.keeps_messages:
            self.chats[chat] += [Received(message, call) for message in messages]
        return {"sentMessages": [{"id": f"{next(self._numbers):018d}", "quoteToken": "q"} for _ in messages]}

    def _do_loading(self, request: web.Request, body: JsonObject) -> tuple[int, JsonObject]:
        seconds = body.get("loadingSeconds", 20)
        if not USER.match(str(body.get("chatId"))) or seconds % 5 or not 5 <= seconds <= 60:
            return self._refuse("loading", [f"wrong request {body}"])
        self.loading.append(body["chatId"])
        return 202, {}

    def _do_quota(self, request: web.Request, body: Any) -> tuple[int, JsonObject]:
        return 200, {"type": "none"} if self.quota is None else {"type": "limited", "value": self.quota}

    def _do_consumption(self, request: web.Request, body: Any) -> tuple[int, JsonObject]:
        return 200, {"totalUsage": self.pushed}

    # Rich menus and the webhook's address

    def _do_create_menu(self, request: web.Request, body: JsonObject) -> tuple[int, JsonObject]:
        if faults := _judge_menu(body):
            return self._refuse("richmenu", faults)
        menu_id = f"richmenu-{uuid.uuid4().hex}"
        self.menus[menu_id] = body
        return 200, {"richMenuId": menu_id}

    def _do_list_menus(self, request: web.Request, body: Any) -> tuple[int, JsonObject]:
        return 200, {"richmenus": [{"richMenuId": menu_id, **menu} for menu_id, menu in self.menus.items()]}

    def _do_menu_image(self, request: web.Request, body: bytes) -> tuple[int, JsonObject]:
        menu_id = request.path.split("/")[4]
        kind = request.headers.get("Content-Type")
        if menu_id not in self.menus or kind not in ("image/png", "image/jpeg") or not 0 < len(body) <= 1_000_000:
            return self._refuse("richmenu image", [f"{kind}, {len(body)} bytes"])
        self.menu_images[menu_id] = body
        return 200, {}

    def _do_delete_menu(self, request: web.Request, body: Any) -> tuple[int, JsonObject]:
        self.menus.pop(request.path.split("/")[4], None)
        return 200, {}

    def _do_aliases(self, request: web.Request, body: Any) -> tuple[int, JsonObject]:
        return 200, {
            "aliases": [{"richMenuAliasId": alias, "richMenuId": menu} for alias, menu in self.aliases.items()]
        }

    def _do_alias(self, request: web.Request, body: Any) -> tuple[int, JsonObject]:
        alias = request.path.split("/")[5]
        if alias not in self.aliases:
            return 404, {"message": "richmenu alias not found"}
        return 200, {"richMenuAliasId": alias, "richMenuId": self.aliases[alias]}

    def _do_create_alias(self, request: web.Request, body: JsonObject) -> tuple[int, JsonObject]:
        alias, menu_id = body["richMenuAliasId"], body["richMenuId"]
        if not re.fullmatch(r"[a-z0-9_-]{1,32}", alias) or alias in self.aliases or menu_id not in self.menu_images:
            return self._refuse("richmenu alias", [f"{alias} for {menu_id}"])
        self.aliases[alias] = menu_id
        return 200, {}

    def _do_update_alias(self, request: web.Request, body: JsonObject) -> tuple[int, JsonObject]:
        self.aliases[request.path.split("/")[5]] = body["richMenuId"]
        return 200, {}

    def _do_default_menu(self, request: web.Request, body: Any) -> tuple[int, JsonObject]:
        if not self.default_menu:
            return 404, {"message": "no default richmenu"}
        return 200, {"richMenuId": self.default_menu}

    def _do_set_default_menu(self, request: web.Request, body: Any) -> tuple[int, JsonObject]:
        self.default_menu = request.path.split("/")[6]
        return 200, {}

    def _do_link_menu(self, request: web.Request, body: Any) -> tuple[int, JsonObject]:
        parts = request.path.split("/")
        self.user_menus[parts[4]] = parts[6]
        return 200, {}

    def _do_get_webhook(self, request: web.Request, body: Any) -> tuple[int, JsonObject]:
        if not self.webhook_url:
            return 404, {"message": "no endpoint"}
        return 200, {"endpoint": self.webhook_url, "active": True}

    def _do_set_webhook(self, request: web.Request, body: JsonObject) -> tuple[int, JsonObject]:
        if not str(body.get("endpoint")).startswith("https://"):
            return self._refuse("webhook", ["the endpoint is not https"])
        self.webhook_url = body["endpoint"]
        return 200, {}


_ROUTES: tuple[tuple[str, str, str], ...] = (
    ("POST", r"/v2/bot/message/reply", "reply"),
    ("POST", r"/v2/bot/message/push", "push"),
    ("POST", r"/v2/bot/message/multicast", "multicast"),
    ("POST", r"/v2/bot/chat/loading/start", "loading"),
    ("GET", r"/v2/bot/message/quota", "quota"),
    ("GET", r"/v2/bot/message/quota/consumption", "consumption"),
    ("POST", r"/v2/bot/richmenu", "create_menu"),
    ("GET", r"/v2/bot/richmenu/list", "list_menus"),
    ("GET", r"/v2/bot/richmenu/alias/list", "aliases"),
    ("GET", r"/v2/bot/richmenu/alias/[^/]+", "alias"),
    ("POST", r"/v2/bot/richmenu/alias", "create_alias"),
    ("POST", r"/v2/bot/richmenu/alias/[^/]+", "update_alias"),
    ("POST", r"/v2/bot/richmenu/[^/]+/content", "menu_image"),
    ("DELETE", r"/v2/bot/richmenu/[^/]+", "delete_menu"),
    ("GET", r"/v2/bot/user/all/richmenu", "default_menu"),
    ("POST", r"/v2/bot/user/all/richmenu/[^/]+", "set_default_menu"),
    ("POST", r"/v2/bot/user/U[0-9a-f]{32}/richmenu/[^/]+", "link_menu"),
    ("GET", r"/v2/bot/channel/webhook/endpoint", "get_webhook"),
    ("PUT", r"/v2/bot/channel/webhook/endpoint", "set_webhook"),
)


def _name_of(method: str, path: str) -> str:
    return next((name for verb, form, name in _ROUTES if verb == method and re.fullmatch(form, path)), "")


def _extra(body: JsonObject, allowed: set[str]) -> list[str]:
    return [f"{name} is no property" for name in body if name not in allowed]


def _judge_menu(body: JsonObject) -> list[str]:
    faults = _extra(body, {"size", "selected", "name", "chatBarText", "areas"})
    size = body.get("size", {})
    if not (
        800 <= size.get("width", 0) <= 2500 and size.get("height", 0) >= 250 and size["width"] / size["height"] >= 1.45
    ):
        faults.append("size is wrong")
    if not 1 <= len(body.get("name", "")) <= 300 or not 1 <= graphemes(body.get("chatBarText", "")) <= 14:
        faults.append("name or chatBarText is wrong")
    if not 1 <= len(body.get("areas", [])) <= 20:
        faults.append("areas: not 1 to 20")
    for area in body.get("areas", []):
        bounds = area["bounds"]
        if bounds["x"] + bounds["width"] > size["width"] or bounds["y"] + bounds["height"] > size["height"]:
            faults.append("an area lies outside")
        faults += judge_action(area["action"], label=20, needs_label=False)
    return faults
