"""When the frames of a tape were made, all tapes on one clock: the media server's.

A publisher's sender reports put its picture and its sound on its own wall clock (RFC 3550 §6.4.1), at their
true speed. How far that is from the media server's clock the fastest of its packets tell. Without reports
each track has the fastest packet alone. Whatever a publisher says of time, a frame is placed near its
arrival.
"""

import struct
from collections.abc import Iterable
from typing import NamedTuple

from kinetoscope_sfu.recording import SENDER_REPORT, Record

from .packets import Unwrapped, parsed

_REPORT = struct.Struct("!QI")
_NTP_SECOND = 1 << 32
_LOOKED_AT_US = 10_000_000  # how long the fastest packet is looked for
_EARLIEST_US = 3_000_000  # before its arrival may a frame have been made
_LATEST_US = 500_000
_TRUE_SPEED_AFTER_US = 10_000_000
_MOST_WRONG = 0.01  # of a second's length: what a clock may really be wrong is far below


class Seen(NamedTuple):
    """What a tape tells of its time: reports as microseconds and timestamps, oldest and newest."""

    first: int
    lead_us: int
    reports: tuple[tuple[int, int], ...]
    packets: int


def look(records: Iterable[Record], rate: int) -> Seen:
    """Go through a tape once."""
    reports: list[tuple[int, int]] = []
    timestamps = Unwrapped(32)
    first = begun_us = lead_us = count = 0
    for record in records:
        packet = parsed(record)
        if packet is None:
            if count and record.kind == SENDER_REPORT and len(record.body) == _REPORT.size:
                ntp, timestamp = _REPORT.unpack(record.body)
                reports[1:] = [(ntp * 1_000_000 // _NTP_SECOND, timestamps(timestamp))]
            continue
        timestamp = timestamps(packet.timestamp)
        if not count:
            first, begun_us, lead_us = timestamp, packet.arrived_us, packet.arrived_us
        count += 1
        if packet.arrived_us - begun_us <= _LOOKED_AT_US:
            lead_us = min(lead_us, packet.arrived_us - (timestamp - first) * 1_000_000 // rate)
    return Seen(first, lead_us, tuple(reports), count)


class Clock:
    """Places the frames of one tape. `offset_us`: what to add to the publisher's wall clock, if known."""

    def __init__(self, seen: Seen, rate: int, offset_us: int | None) -> None:
        self._zero, self._zero_us = seen.first, seen.lead_us
        self._microseconds = 1_000_000 / rate
        if offset_us is not None and seen.reports:
            told_us, self._zero = seen.reports[0]
            self._zero_us = told_us + offset_us
            self._microseconds = _true_speed(seen, rate)

    def at(self, timestamp: int, arrived_us: int) -> int:
        """Return when a frame was made, in microseconds since 1970."""
        made_us = self._zero_us + round((timestamp - self._zero) * self._microseconds)
        return min(max(made_us, arrived_us - _EARLIEST_US), arrived_us + _LATEST_US)


def wall_offset(seen: Seen, rate: int) -> int | None:
    """Return how far the publisher's clock seems to be behind the media server's; None without reports."""
    if not seen.reports:
        return None
    told_us, timestamp = seen.reports[0]
    return seen.lead_us - (told_us - (timestamp - seen.first) * 1_000_000 // rate)


def _true_speed(seen: Seen, rate: int) -> float:
    """Return how long one step of the media clock takes, in microseconds of the publisher's wall clock."""
    nominal = 1_000_000 / rate
    (from_us, begin), (to_us, end) = seen.reports[0], seen.reports[-1]
    if to_us - from_us < _TRUE_SPEED_AFTER_US or end <= begin:
        return nominal
    measured = (to_us - from_us) / (end - begin)
    return measured if abs(measured / nominal - 1) < _MOST_WRONG else nominal
