"""The RTP packets of a tape in their order: late ones back in their place, each once (RFC 3550)."""

import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from kinetoscope_sfu.recording import PACKET, Record

_FIXED = struct.Struct("!BBHII")
_PADDING = 0x20
_MARKER = 0x80
_MOST_HELD = 2048  # packets that wait for one before them
_LONGEST_WAIT_US = 1_000_000  # the media server asks for lost packets for half a second


class Packet(NamedTuple):
    """One packet; in order, its numbers go on where those on the wire begin anew."""

    sequence: int
    timestamp: int
    marker: bool
    payload: bytes
    arrived_us: int


class Unwrapped:
    """Numbers of so many bits that go on, from numbers that wrap."""

    def __init__(self, bits: int) -> None:
        self._size = 1 << bits
        self._last: int | None = None

    def __call__(self, number: int) -> int:
        """Return the number that is nearest to the last one."""
        if self._last is not None:
            half = self._size >> 1
            number = self._last + (number - self._last + half) % self._size - half
        self._last = number
        return number


def parsed(record: Record) -> Packet | None:
    """Return the packet of a record, its numbers as on the wire; None for another record."""
    if record.kind != PACKET or len(record.body) < _FIXED.size:
        return None
    first, second, sequence, timestamp, _ = _FIXED.unpack_from(record.body)
    end = len(record.body) - (record.body[-1] if first & _PADDING else 0)
    payload = record.body[_FIXED.size : max(end, _FIXED.size)]
    return Packet(sequence, timestamp, bool(second & _MARKER), payload, record.at_us)


def read_packets(records: Iterable[Record]) -> Iterator[Packet]:
    """Give the packets of a tape as they came."""
    sequences, timestamps = Unwrapped(16), Unwrapped(32)
    for record in records:
        packet = parsed(record)
        if packet is not None:
            yield packet._replace(sequence=sequences(packet.sequence), timestamp=timestamps(packet.timestamp))


def in_order(packets: Iterable[Packet]) -> Iterator[Packet]:
    """Give packets by rising sequence number, each once; one that does not come is waited for a second."""
    held: dict[int, Packet] = {}
    due: int | None = None
    for packet in packets:
        due = packet.sequence if due is None else due
        if packet.sequence < due or packet.sequence in held:
            continue
        held[packet.sequence] = packet
        while held:
            if due not in held:
                if not _has_waited(held, packet):
                    break
                due = min(held)
            yield held.pop(due)
            due += 1
    for sequence in sorted(held):
        yield held[sequence]


def _has_waited(held: dict[int, Packet], newest: Packet) -> bool:
    oldest = next(iter(held.values()))
    return len(held) > _MOST_HELD or newest.arrived_us - oldest.arrived_us > _LONGEST_WAIT_US
