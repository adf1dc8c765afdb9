"""Where a receiver's timestamps go on when it moves to another stream: pure."""

from dataclasses import dataclass

_WRAP = 1 << 32
_FARTHEST_SECONDS = 10


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
    aimed = left.timestamp + elapsed
    if left.report is not None and report is not None:
        wall = report.ntp + signed(timestamp - report.timestamp) * _WRAP // clock_rate
        by_reports = left.report.timestamp + left.offset + (wall - left.report.ntp) * clock_rate // _WRAP
        ahead = signed(by_reports - left.timestamp)
        if abs(ahead) <= _FARTHEST_SECONDS * clock_rate:
            aimed = left.timestamp + max(1, ahead)
    return (aimed - timestamp) % _WRAP
