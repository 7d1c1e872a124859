"""A circuit breaker: what has failed several times in a row rests for a while instead of being waited for.

Our own, because those at hand keep a registry for the whole process and the system's clock; this one's is passed in.
"""

from __future__ import annotations

from collections.abc import Callable

MAX_REST_SECONDS = 300.0


class Breaker:
    """Lets calls through until `failures` failed in a row, then rests `rest_seconds`, then lets one through as a trial.

    Each trial that fails doubles the rest, up to five minutes. `now` tells seconds of a clock that never goes back.
    A call that began before a rest tells nothing after it: each is numbered by the time it belongs to.
    """

    def __init__(self, *, failures: int, rest_seconds: float, now: Callable[[], float]) -> None:
        self._limit = failures
        self._first_rest = rest_seconds
        self._now = now
        self._failed = 0.0
        self._rest = rest_seconds
        self._rests_until = 0.0
        self._trying = False
        self._time = 0

    def begin(self) -> int | None:
        """Return the number to give back with how the call ended, or None where it may not go.

        After a rest one may go, as a trial, and the others wait for how it ends.
        """
        if self._failed < self._limit:
            return self._time
        if self._trying or self._now() < self._rests_until:
            return None
        self._trying = True
        self._time += 1
        return self._time

    def succeed(self, call: int) -> None:
        """Note that a call went well."""
        if call == self._time:
            self._failed, self._rest, self._trying = 0.0, self._first_rest, False

    def fail(self, call: int, *, rest_seconds: float = 0.0, blame: float = 1.0) -> None:
        """Note that a call failed, which counts `blame`; `rest_seconds`: enough for a rest of at least so long."""
        if call != self._time:
            return
        if self._trying:
            self._rest = min(self._rest * 2, MAX_REST_SECONDS)
        self._trying = False
        self._failed = self._limit if rest_seconds else self._failed + blame
        if self._failed >= self._limit:
            self._rests_until = self._now() + max(self._rest, min(rest_seconds, MAX_REST_SECONDS))
            self._time += 1

    def leave(self, call: int) -> None:
        """Note that a call ended in a way that tells nothing of the other side."""
        if call == self._time:
            self._trying = False
