"""Time, as a value that a use case is given."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the current instant, always in UTC."""


def system_clock() -> datetime:
    """Return the current instant in UTC."""
    return datetime.now(UTC)
