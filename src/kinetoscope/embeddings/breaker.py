"""A circuit breaker: what has failed several times in a row is left alone for a while."""

from collections.abc import Callable

_FAILURES = 3
_SECONDS = 30.0


class Breaker:
    """Counts failures in a row; `now` gives seconds that only grow."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._failures = 0
        self._open_until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether nothing is to be tried at the moment."""
        return self._now() < self._open_until

    def succeeded(self) -> None:
        """Forget the failures."""
        self._failures = 0

    def failed(self) -> None:
        """Count a failure; after three in a row, and after each one more, leave it alone for 30 seconds."""
        self._failures += 1
        if self._failures >= _FAILURES:
            self._open_until = self._now() + _SECONDS
