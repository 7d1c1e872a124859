"""The platforms' webhooks: checked, stored, acknowledged; the work comes after."""

from __future__ import annotations

import logging

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.wiring import Messaging
from connectors.channel import Channel, WebhookRefused

log = logging.getLogger(__name__)


def make_webhooks(messaging: Messaging) -> list[Route]:
    """Return the routes under /webhooks, one for each channel that is configured."""
    return [_make_route(channel, messaging) for channel in messaging.channels.values()]


def _make_route(channel: Channel, messaging: Messaging) -> Route:
    async def take(request: Request) -> Response:
        body = await request.body()
        try:
            events = channel.read_webhook(body, request.headers)
        except WebhookRefused as error:
            # Never the content: it may be anybody's, and hold anything.
            log.warning("a webhook of %s was refused: %s (%d bytes)", channel.name, error.reason, len(body))
            return Response(status_code=error.status)
        await messaging.inbox.store(events)
        return Response(status_code=200)

    return Route(f"/webhooks/{channel.name}", take, methods=["POST"])
