"""Time that a test moves."""

from datetime import UTC, datetime, timedelta


class FakeClock:
    """Stands still at the real now, until a test moves it on."""

    def __init__(self) -> None:
        self.reset()

    def __call__(self) -> datetime:
        return self._now

    def advance(self, **parts: float) -> None:
        """Move on by so many days, hours, minutes or seconds."""
        self._now += timedelta(**parts)

    def reset(self) -> None:
        """Go to the real now."""
        self._now = datetime.now(UTC)
