"""The platforms' webhooks: checked, stored, acknowledged; the work comes after.

An ASGI application in front of the web server's, which does everything else: what a framework does for a page takes
longer than a whole acknowledgement.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.door import Door
from connectors.channel import Channel, WebhookRefused

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 1_000_000
BODY_SECONDS = 10.0


class Webhooks:
    """Serves /webhooks/<channel> for each channel that is configured."""

    def __init__(self, app: ASGIApp, channels: Iterable[Channel], door: Door) -> None:
        self._app = app
        self._channels = {f"/webhooks/{channel.name}": channel for channel in channels}
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a webhook, or hand the request on."""
        channel = self._channels.get(scope["path"]) if scope["type"] == "http" else None
        if channel is None or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        status = await self._take(channel, Request(scope, receive))
        await Response(status_code=status)(scope, receive, send)

    async def _take(self, channel: Channel, request: Request) -> int:
        """Store the events of a webhook; returns the status to answer with."""
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _read_body(request)
            await self._door.store(channel.read_webhook(body, request.headers))
        except WebhookRefused as error:
            # Never the content: it may be anybody's, and hold anything.
            log.warning("a webhook of %s was refused: %s", channel.name, error.reason)
            return error.status
        except ClientDisconnect:
            return 400
        except TimeoutError:
            return 408
        except Exception:
            # The platform sends again what was not acknowledged.
            log.exception("a webhook of %s could not be stored", channel.name)
            return 500
        return 200


async def _read_body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise WebhookRefused(f"the body is larger than {MAX_BODY_BYTES} bytes", 413)
    return body
