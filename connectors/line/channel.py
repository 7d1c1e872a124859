"""LINE as a channel."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import datetime

import aiohttp
from linebot.v3.messaging import (
    ApiException,
    AsyncApiClient,
    AsyncMessagingApi,
    AsyncMessagingApiBlob,
    Configuration,
    ShowLoadingAnimationRequest,
)

from connectors.channel import Broadcast, IncomingEvent, Quota, QuotaUnknown, SendResult, Shipment, Store
from connectors.line import events, limits, menu, sending
from connectors.loopback import is_loopback
from connectors.menu import MenuTexts

log = logging.getLogger(__name__)

_FAILURES = (ApiException, aiohttp.ClientError, TimeoutError, OSError)


class LineChannel:
    """A LINE official account. Make it within a running event loop."""

    name = limits.NAME
    batch_size = limits.MULTICAST_CHATS
    calls_at_once = 8
    reply_seconds = limits.REPLY_TOKEN_SECONDS
    # A reply token works once and a push carries a retry key: LINE itself tells a repeat.
    repeats_are_safe = True

    def __init__(
        self,
        *,
        secret: str,
        token: str,
        api: str,
        webhook: str,
        menu_texts: MenuTexts,
        now: Callable[[], datetime],
    ) -> None:
        self._secret = secret
        self._webhook = webhook
        self._menu_texts = menu_texts
        self._now = now
        self._client = _make_client(token, api or limits.API)
        self._data_client = _make_client(token, api or limits.DATA_API)
        self._api = AsyncMessagingApi(self._client)

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> list[IncomingEvent]:
        """See Channel."""
        return events.read_webhook(body, headers, self._secret)

    async def prepare(self) -> None:
        """LINE's webhooks tell everything themselves."""

    async def receive(self, store: Store) -> None:
        """LINE calls the webhook; there is nothing to fetch."""

    async def acknowledge(self, event: IncomingEvent) -> None:
        """LINE wants no word about a pressed button."""

    async def show_waiting(self, event: IncomingEvent) -> None:
        """Show the loading animation; LINE has it in one-to-one chats only."""
        if event.is_group:
            return
        request = ShowLoadingAnimationRequest(chatId=event.chat, loadingSeconds=limits.LOADING_SECONDS)
        try:
            await self._api.show_loading_animation(request, _request_timeout=sending.TIMEOUT)
        except _FAILURES as error:
            log.info("the loading animation was not shown: %s", type(error).__name__)

    async def show_draft(self, event: IncomingEvent, text: str) -> None:
        """LINE has nothing that grows; its loading animation is shown."""

    def turn(self, shipment: Shipment) -> AbstractAsyncContextManager[None]:
        """LINE takes more in a second than one account says."""
        return nullcontext()

    async def send(self, shipment: Shipment) -> SendResult:
        """Send everything by one call."""
        return await sending.send(self._client, shipment, self._now())

    def broadcast_turn(self) -> AbstractAsyncContextManager[None]:
        """LINE takes 200 such calls a second; a handful at a time stays below."""
        return nullcontext()

    async def broadcast(self, broadcast: Broadcast) -> SendResult:
        """Send by multicast."""
        return await sending.multicast(self._client, broadcast, self._now())

    async def find_quota(self) -> Quota | None:
        """Ask for the month's limit and what is used of it."""
        try:
            quota = await self._api.get_message_quota(_request_timeout=sending.TIMEOUT)
            if quota.type != "limited" or quota.value is None:
                return None
            used = await self._api.get_message_quota_consumption(_request_timeout=sending.TIMEOUT)
        except (*_FAILURES, ValueError) as error:
            raise QuotaUnknown(type(error).__name__) from error
        return Quota(limit=int(quota.value), used=int(used.total_usage))

    async def show_menu(self, chat: str, language: str) -> None:
        """Link the rich menu of a language to one citizen."""
        try:
            await menu.link_menu(self._api, chat, language)
        except _FAILURES as error:
            log.info("the rich menu was not changed (askbay channels setup makes it): %s", type(error).__name__)

    async def set_up(self) -> list[str]:
        """Make the rich menus and tell LINE the webhook's address."""
        return await menu.set_up(self._api, AsyncMessagingApiBlob(self._data_client), self._menu_texts, self._webhook)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()
        await self._data_client.close()


def _make_client(token: str, host: str) -> AsyncApiClient:
    client = AsyncApiClient(Configuration(host=host.rstrip("/"), access_token=token))
    if is_loopback(host):
        # The SDK's session obeys HTTP_PROXY even for this machine's own addresses.
        client.rest_client.pool_manager._trust_env = False
    return client
