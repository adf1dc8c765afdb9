"""Where a receiver's timestamps go on when it moves to another stream: pure."""

from dataclasses import dataclass

_WRAP = 1 << 32
_FARTHEST_SECONDS = 10
_FARTHEST_REPORT_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Report:
    """A sender report: one instant on the publisher's wall clock (32.32 seconds) and on its media clock."""

    ntp: int
    timestamp: int
    arrived_us: int


@dataclass(frozen=True, slots=True)
class Departure:
    """Where a receiver stood when it left a stream; timestamps as it has seen them."""

    timestamp: int
    left_us: int
    report: Report | None  # of the stream it left
    offset: int  # that was added to that stream's timestamps


def signed(difference: int) -> int:
    """Return a difference of 32-bit timestamps as the shorter way around."""
    return (difference + (_WRAP >> 1)) % _WRAP - (_WRAP >> 1)


def continued_offset(
    left: Departure, timestamp: int, report: Report | None, *, clock_rate: int, now_us: int
) -> int:
    """Return what to add to a new stream's timestamps so that the receiver's time goes on.

    Two sender reports of one publisher say it exactly (RFC 3550 §6.4.1); without them, or when they say
    nonsense, the time that has passed since the last packet does.
    """
    elapsed = max(1, (now_us - left.left_us) * clock_rate // 1_000_000)
    ahead = _ahead_by_reports(left, timestamp, report, clock_rate) if report is not None else None
    return (left.timestamp + (elapsed if ahead is None else max(1, ahead)) - timestamp) % _WRAP


def _ahead_by_reports(left: Departure, timestamp: int, report: Report, clock_rate: int) -> int | None:
    """Return how far the new stream's packet is ahead of the receiver, None where that cannot be."""
    if left.report is None:
        return None
    wall = report.ntp - left.report.ntp + signed(timestamp - report.timestamp) * _WRAP // clock_rate
    if abs(wall) > _FARTHEST_REPORT_SECONDS * _WRAP:
        return None
    since_report = (wall * clock_rate + _WRAP // 2) // _WRAP
    ahead = signed(left.report.timestamp + left.offset + since_report - left.timestamp)
    return ahead if abs(ahead) <= _FARTHEST_SECONDS * clock_rate else None
