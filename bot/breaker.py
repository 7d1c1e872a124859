"""A circuit breaker: what has failed several times in a row rests for a while instead of being waited for.

Our own, because those at hand keep a registry for the whole process and the system's clock; this one's is passed in.
"""

from __future__ import annotations

from collections.abc import Callable

MAX_REST_SECONDS = 300.0


class Breaker:
    """Lets calls through until `failures` failed in a row, then rests `rest_seconds`, then lets one through as a trial.

    Each trial that fails doubles the rest, up to five minutes. `now` tells seconds of a clock that never goes back.
    """

    def __init__(self, *, failures: int, rest_seconds: float, now: Callable[[], float]) -> None:
        self._limit = failures
        self._first_rest = rest_seconds
        self._now = now
        self._failed = 0
        self._rest = rest_seconds
        self._rests_until = 0.0
        self._trying = False

    @property
    def rests(self) -> bool:
        """Whether calls are held back."""
        return self._failed >= self._limit

    def allows(self) -> bool:
        """Say whether a call may go; after a rest one may, as a trial, and the others wait for how it ends."""
        if not self.rests:
            return True
        if self._trying or self._now() < self._rests_until:
            return False
        self._trying = True
        return True

    def succeed(self) -> None:
        """Note that a call went well."""
        self._failed, self._rest, self._trying = 0, self._first_rest, False

    def fail(self, *, rest_seconds: float = 0.0) -> None:
        """Note that a call failed; `rest_seconds` is how long the other side asked to be left alone."""
        if self._trying:
            self._rest = min(self._rest * 2, MAX_REST_SECONDS)
        self._trying = False
        self._failed = self._limit if rest_seconds else self._failed + 1
        self._rests_until = self._now() + max(self._rest, min(rest_seconds, MAX_REST_SECONDS))

    def leave(self) -> None:
        """Note that a call was given up before its end, which tells nothing."""
        self._trying = False
