"""Puts the headers that protect a visitor's browser on every response."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_STRICT = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
# FastAPI's documentation page loads Swagger UI from its content delivery network and starts it by an inline script.
_DOCUMENTATION = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' https://cdn.jsdelivr.net; "
    "style-src 'self' 'unsafe-inline' https://cdn.jsdelivr.net; img-src 'self' data: https://fastapi.tiangolo.com; "
    "frame-ancestors 'none'"
)
_DOCUMENTATION_PATHS = ("/docs", "/redoc")


class SecurityHeaders:
    """ASGI middleware; not Starlette's base class for it, which costs more than a webhook's whole acknowledgement."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request with the headers added."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        policy = _DOCUMENTATION if scope["path"].startswith(_DOCUMENTATION_PATHS) else _STRICT

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = policy
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "same-origin"
            await send(message)

        await self._app(scope, receive, send_with_headers)
