"""Sends to LINE: the free reply first, a push with a retry key only when the reply token is gone.

One try is one or the other, never both: after a try that was cut off it has to be known which of them it was.

Source: developers.line.biz/en/docs/messaging-api/retrying-api-request and …/sending-messages.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import aiohttp
from linebot.v3.messaging import ApiException, AsyncApiClient

from connectors.channel import Broadcast, Outcome, SendResult, Shipment
from connectors.line import limits
from connectors.line.rendering import JsonObject, render, render_plain

log = logging.getLogger(__name__)

TIMEOUT = aiohttp.ClientTimeout(total=10, connect=4)
QUOTA_PAUSE_SECONDS = 3600.0
RATE_PAUSE_SECONDS = 1.0
CREDENTIALS_PAUSE_SECONDS = 300.0

_ACCEPTED_BEFORE = 409
_INVALID_TOKEN = "invalid reply token"  # noqa: S105  words of an error
_MONTHLY_LIMIT = "monthly limit"


async def send(client: AsyncApiClient, shipment: Shipment, now: datetime) -> SendResult:
    """Try once to send a shipment, by the cheapest way that is still open; bubbles LINE refuses become plain text."""
    result = await _send_rendered(client, shipment, render(shipment.messages), now)
    if result.outcome is Outcome.REFUSED and result.reason.startswith("400"):
        log.warning("LINE refused a message's form (%s); sending it as text", result.reason)
        return await _send_rendered(client, shipment, render_plain(shipment.messages), now)
    return result


async def _send_rendered(
    client: AsyncApiClient, shipment: Shipment, messages: Sequence[JsonObject], now: datetime
) -> SendResult:
    if not shipment.reply_token:
        return await _push(client, shipment, messages, now)
    if shipment.reply_until and now < shipment.reply_until:
        return await _reply(client, shipment, messages)
    if not shipment.reply_unknown:
        return SendResult(Outcome.LATER, reply_is_gone=True)
    return SendResult(Outcome.UNCERTAIN, "a reply was tried, and its token ran out before the outcome was known")


async def _reply(client: AsyncApiClient, shipment: Shipment, messages: Sequence[JsonObject]) -> SendResult:
    result = await _post(client, "/v2/bot/message/reply", {"replyToken": shipment.reply_token, "messages": messages})
    if result.outcome is Outcome.REFUSED and _INVALID_TOKEN in result.reason.lower():
        # A token works once: if an earlier try may have used it, that one was accepted.
        return SendResult(Outcome.SENT) if shipment.reply_unknown else SendResult(Outcome.LATER, reply_is_gone=True)
    return result


async def _push(
    client: AsyncApiClient, shipment: Shipment, messages: Sequence[JsonObject], now: datetime
) -> SendResult:
    if shipment.first_tried_at and now - shipment.first_tried_at > timedelta(hours=limits.RETRY_KEY_HOURS):
        return SendResult(Outcome.UNCERTAIN, "tried for a day, and the retry key is forgotten")
    body = {"to": shipment.chat, "messages": messages}
    return await _post(client, "/v2/bot/message/push", body, {"X-Line-Retry-Key": shipment.id})


async def multicast(client: AsyncApiClient, broadcast: Broadcast, now: datetime) -> SendResult:
    """Try once to send one message to up to 500 users; the retry key tells LINE a repeat."""
    if broadcast.first_tried_at and now - broadcast.first_tried_at > timedelta(hours=limits.RETRY_KEY_HOURS):
        return SendResult(Outcome.UNCERTAIN, "tried for a day, and the retry key is forgotten")
    body = {"to": list(broadcast.chats), "messages": render(broadcast.messages)}
    return await _post(client, "/v2/bot/message/multicast", body, {"X-Line-Retry-Key": broadcast.id})


async def _post(
    client: AsyncApiClient, path: str, body: JsonObject, headers: Mapping[str, str] | None = None
) -> SendResult:
    """Call the Messaging API by the SDK's client.

    Not by its models: they take ten times as long as the call, know fewer limits than `rendering` keeps, and take an
    answer of LINE's that they cannot read for a failure, though the message went out.
    """
    sent = {**client.default_headers, "Content-Type": "application/json", **(headers or {})}
    try:
        response = await client.request(
            "POST", client.configuration.host + path, headers=sent, body=body, _request_timeout=TIMEOUT
        )
    except ApiException as error:
        return _judge(error)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        return SendResult(Outcome.LATER, f"LINE cannot be reached: {type(error).__name__}")
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        return SendResult(Outcome.UNKNOWN, f"no answer from LINE: {type(error).__name__}")
    log.info("LINE took a message (x-line-request-id %s)", response.getheader("x-line-request-id", "none"))
    return SendResult(Outcome.SENT)


def _judge(error: ApiException) -> SendResult:
    status = int(error.status or 0)
    message = _message(error)
    reason = f"{status} {message} {_request_id(error)}".strip()
    if status == _ACCEPTED_BEFORE:
        return SendResult(Outcome.SENT)
    if status == 429:
        if _MONTHLY_LIMIT in message.lower():
            log.error("LINE's monthly limit of messages is reached; pushes wait until it is raised or the month ends")
            return SendResult(Outcome.QUOTA, reason, after_seconds=QUOTA_PAUSE_SECONDS)
        # LINE does not say how long.
        return SendResult(Outcome.LATER, reason, after_seconds=RATE_PAUSE_SECONDS)
    if status in (401, 403):
        log.error("LINE refuses the access token (%s): check ASKBAY_LINE_CHANNEL_ACCESS_TOKEN", reason)
        return SendResult(Outcome.LATER, reason, after_seconds=CREDENTIALS_PAUSE_SECONDS)
    if status >= 500:
        return SendResult(Outcome.UNKNOWN, reason)
    return SendResult(Outcome.REFUSED, reason)


def _message(error: ApiException) -> str:
    try:
        content = json.loads(error.body or b"")
    except ValueError:
        return ""
    if not isinstance(content, dict):
        return ""
    details = [item for item in content.get("details") or () if isinstance(item, dict)]
    wrong = [f"[{item.get('property', '')}] {item.get('message', '')}" for item in details]
    return " ".join([str(content.get("message", "")), *wrong])[:300]


def _request_id(error: ApiException) -> str:
    request_id = (error.headers or {}).get("x-line-request-id", "")
    return f"(x-line-request-id {request_id})" if request_id else ""
