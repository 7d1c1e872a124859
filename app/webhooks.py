"""The platforms' webhooks: checked, stored, acknowledged; the work comes after."""

from __future__ import annotations

import logging

from fastapi import APIRouter, Request, Response

from app.wiring import Messaging
from connectors.channel import Channel, WebhookRefused

log = logging.getLogger(__name__)


def make_webhooks(messaging: Messaging) -> APIRouter:
    """Return the routes under /webhooks, one for each channel that is configured."""
    router = APIRouter(prefix="/webhooks", include_in_schema=False)
    for channel in messaging.channels.values():
        _add_route(router, channel, messaging)
    return router


def _add_route(router: APIRouter, channel: Channel, messaging: Messaging) -> None:
    @router.post(f"/{channel.name}")
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
