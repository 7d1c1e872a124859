"""Whom an announcement reaches: as a number before it goes out, as deliveries when it does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from connectors.channel import Channel, Quota, QuotaUnknown
from scheduler.content import Content
from storage.audience import Audience, find_groups
from storage.citizens import INSTANT, find_channels
from storage.database import Database


@dataclass(frozen=True)
class Forecast:
    """How many an announcement would reach now, by channel, at once and by digest; and LINE's quota, where it has one.

    `quota_unknown`: channels that did not tell their quota.
    """

    at_once: Mapping[str, int]
    by_digest: Mapping[str, int]
    quotas: Mapping[str, Quota]
    quota_unknown: tuple[str, ...]

    @property
    def total(self) -> int:
        """Everybody."""
        return sum(self.at_once.values()) + sum(self.by_digest.values())

    @property
    def beyond_quota(self) -> Mapping[str, int]:
        """How many messages of a channel its quota does not allow any more this month."""
        needed = Counter(self.at_once) + Counter(self.by_digest)
        return {name: needed[name] - quota.left for name, quota in self.quotas.items() if needed[name] > quota.left}


def make_audience(content: Content, channels: Mapping[str, Channel]) -> Audience:
    """Return the audience of an announcement on the channels there are."""
    chosen = [name for name in channels if not content.channels or name in content.channels]
    return Audience(
        topic=content.topic,
        channels=tuple(chosen),
        districts=content.districts,
        languages=content.languages,
        everyone=content.everyone,
    )


async def forecast(
    database: Database, content: Content, channels: Mapping[str, Channel], default_language: str
) -> Forecast:
    """Count whom an announcement would reach now, and ask for the quotas."""
    async with database.begin() as connection:
        # Where a command is given, the channels may not be configured; where the server runs, they are.
        known = await find_channels(connection)
        chosen = [name for name in known if not content.channels or name in content.channels]
        audience = replace(make_audience(content, channels), channels=tuple(chosen))
        groups = await find_groups(connection, audience, default_language)
    at_once, by_digest = Counter[str](), Counter[str]()
    for group in groups:
        is_instant = group.frequency == INSTANT or content.emergency
        (at_once if is_instant else by_digest)[group.channel] += group.count
    quotas: dict[str, Quota] = {}
    unknown: list[str] = []
    for name in set(audience.channels) & set(channels):
        try:
            if quota := await channels[name].find_quota():
                quotas[name] = quota
        except QuotaUnknown:
            unknown.append(name)
    return Forecast(at_once, by_digest, quotas, tuple(unknown))
