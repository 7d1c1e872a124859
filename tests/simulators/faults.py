"""Failures on purpose: what a platform may do to a request, queued by a test."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import StrEnum

SLOW_SECONDS = 0.7


class FaultKind(StrEnum):
    RATE = "rate"  # 429, asked to slow down
    MONTHLY = "monthly"  # 429, LINE's quota is used up
    SERVER = "server"  # 500, nothing was accepted
    RESET = "reset"  # the connection breaks, nothing was accepted
    ACCEPTED_RESET = "accepted_reset"  # accepted, and then the connection breaks
    SLOW = "slow"  # accepted, and the answer takes its time
    TIMEOUT = "timeout"  # no answer, nothing was accepted
    ACCEPTED_TIMEOUT = "accepted_timeout"  # accepted, and no answer
    CONFLICT = "conflict"  # 409, Telegram: another poller
    UNPARSABLE = "unparsable"  # 400, Telegram: can't parse entities; LINE: the message is refused


@dataclass
class Fault:
    kind: FaultKind
    times: int
    method: str
    retry_after: int

    @property
    def accepts(self) -> bool:
        return self.kind.startswith("accepted") or self.kind is FaultKind.SLOW


class FaultPlan:
    """The faults to come, in order, each for calls of one method (or any)."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self.hang = asyncio.Event()

    def add(self, kind: FaultKind | str, *, times: int = 1, method: str = "", retry_after: int = 1) -> None:
        self._faults.append(Fault(FaultKind(kind), times, method, retry_after))

    def take(self, method: str) -> Fault | None:
        for fault in self._faults:
            if fault.times > 0 and (not fault.method or fault.method == method):
                fault.times -= 1
                return fault
        return None

    async def no_answer(self) -> None:
        """Keep the caller waiting, until the simulator stops."""
        await self.hang.wait()
