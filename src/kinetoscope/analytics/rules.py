"""What reports compute: percentages that sum to 100, intervals, buckets. Pure."""

import math
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from uuid import UUID

from ..kernel.ids import parse_uuid_bytes
from ..kernel.macs import Mac
from .models import Granularity, Period

LONGEST_SITTING_SECONDS = 86_400
"""What one sitting may add to the time watched: a report of more counts as a day."""

COMPLETED_FROM = 95
"""Percent from which a view counts as complete: few watch the credits."""

DROPS_SHOWN = 10

_Z = 1.959963984540054  # the 0.975 quantile of the normal distribution
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_HOURS: dict[Period, int] = {"24h": 24, "7d": 168, "30d": 720}
_STEPS: dict[Granularity, timedelta] = {"hourly": _HOUR, "daily": _DAY, "weekly": 7 * _DAY}
_DAY_MILLISECONDS = 86_400_000
_EPOCH = date(1970, 1, 1)
_LAST_DAY = (date(9999, 11, 30) - _EPOCH).days
_VERSION_8 = 0x8 << 76 | 0b10 << 62
_NOT_VERSIONED = (1 << 128) - 1 ^ (0xF << 76 | 0b11 << 62)

FOREIGN_SHELF = date(1, 1, 1)
"""Where sittings are whose ids do not say when they were made."""


def viewer_id(secret: Mac, text: str) -> UUID:
    """Return whom a secret makes of a text: HMAC-SHA-256, its first 128 bits."""
    return parse_uuid_bytes(secret.digest(text.encode("utf-8", "replace"))[:16])


def view_id(video_id: UUID, session_id: UUID) -> UUID:
    """Return the id of the one view that a sitting on a video is; the same whenever it is asked for."""
    both = int.from_bytes(video_id.bytes) ^ int.from_bytes(session_id.bytes)
    # Version 8 (RFC 9562, section 5.8): made by a rule of our own.
    return parse_uuid_bytes((both & _NOT_VERSIONED | _VERSION_8).to_bytes(16))


def shelf_of(session_id: UUID) -> date:
    """Return the month in which a session's id was made, or the year 1 where an id does not say.

    A function of the id alone, so that all reports of a sitting look at the same place.
    """
    content = session_id.bytes
    if content[6] >> 4 != 7:  # noqa: PLR2004 - the version
        return FOREIGN_SHELF
    return _month_of(int.from_bytes(content[:6]) // _DAY_MILLISECONDS)


@lru_cache(maxsize=64)
def _month_of(days: int) -> date:
    """Return the month of a day, counted from 1970; the year 1 for those beyond the year 9999."""
    if days > _LAST_DAY:
        return FOREIGN_SHELF
    return (_EPOCH + timedelta(days=days)).replace(day=1)


def completion_of(percentage: float) -> int:
    """Return hundredths of a percent, rounded down: 24.999 % has not reached 25."""
    return min(10_000, int(percentage * 100 + 1e-6))


def percentages(counts: Sequence[int]) -> list[float]:
    """Return the share of each count with one decimal; together exactly 100 (largest remainders)."""
    total = sum(counts)
    if not total:
        return [0.0] * len(counts)
    tenths = [count * 1000 // total for count in counts]
    by_remainder = sorted(range(len(counts)), key=lambda at: (-(counts[at] * 1000 % total), at))
    for at in by_remainder[: 1000 - sum(tenths)]:
        tenths[at] += 1
    return [tenth / 10 for tenth in tenths]


def average(total: int, count: int, *, unit: int = 1) -> float:
    """Return a mean with one decimal, 0 for nothing; rounds halves up, exactly."""
    if not count:
        return 0.0
    return (total * 20 // (count * unit) + 1) // 2 / 10


def change_percent(current: float, previous: float) -> float | None:
    """Return by how many percent a figure grew, with one decimal; None where it was 0."""
    return round((current - previous) / previous * 100, 1) if previous else None


def remaining(by_percent: Sequence[int]) -> list[int]:
    """Return how many views reached each percentage, given how many stopped at each."""
    left, result = sum(by_percent), [0] * len(by_percent)
    for percent, stopped in enumerate(by_percent):
        result[percent] = left
        left -= stopped
    return result


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95 % score interval of a share (Wilson, JASA 22, 1927, 209-212)."""
    if not trials:
        return 0.0, 0.0
    share, square = successes / trials, _Z * _Z / trials
    centre = (share + square / 2) / (1 + square)
    half = _Z / (1 + square) * math.sqrt(share * (1 - share) / trials + square / (4 * trials))
    return max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))


def drop_offs(by_percent: Sequence[int]) -> list[tuple[int, int, float]]:
    """Return where viewers leave, steepest first: percentage, how many go on, percent of those who leave.

    Who has seen 95 % has seen the video; who leaves after that is no drop-off.
    """
    reached = remaining(by_percent)
    points = [
        (percent, reached[percent + 1], average(by_percent[percent] * 100, reached[percent]))
        for percent in range(COMPLETED_FROM)
        if by_percent[percent]
    ]
    points.sort(key=lambda point: (-point[2], point[0]))
    return points[:DROPS_SHOWN]


def bucket_starts(granularity: Granularity, period: Period, *, now: datetime) -> list[datetime]:
    """Return the start of each bucket of a period that ends now, oldest first; weeks begin on Monday."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    if granularity == "hourly":
        return [hour - _HOUR * back for back in reversed(range(_HOURS[period]))]
    today = hour.replace(hour=0)
    first = today - _DAY * (_HOURS[period] // 24 - 1)
    if granularity == "weekly":
        first -= _DAY * first.weekday()
    step = _STEPS[granularity]
    return [first + step * number for number in range((today - first) // step + 1)]


def bucket_length(granularity: Granularity) -> timedelta:
    """Return how long a bucket is."""
    return _STEPS[granularity]
