"""Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01).

The publisher's estimator lives on these arrival times, so they should be the kernel's.
"""

import struct

from .rtcp import TRANSPORT_CC, TRANSPORT_FEEDBACK

_TICK = 250  # microseconds of one delta
_REFERENCE = 64_000  # microseconds of one unit of the reference time
_MOST = 400  # packets that one feedback message tells of
_RUN = 7  # symbols of a two-bit vector; runs from this length on are written as such
_LONGEST_RUN = 8191
_LONGEST_GAP = 4096
_MOST_PENDING = 4096
_MOST_MESSAGES = 32  # numbers without sense are not worth more


class Arrivals:
    """What has arrived on one connection since the last feedback."""

    def __init__(self) -> None:
        self.pending: list[tuple[int, int]] = []  # (sequence number, microseconds); the hot loop appends
        self._newest: int | None = None  # sequence number, unwrapped
        self._count = 0

    def feedback(self, sender: int, media: int) -> list[bytes]:
        """Return the messages that tell of everything pending, and forget it."""
        arrived = self._unwrapped()
        messages: list[bytes] = []
        while arrived and len(messages) < _MOST_MESSAGES:
            taken = _encodable(arrived)
            messages.append(_message(sender, media, self._count, arrived[:taken]))
            self._count = (self._count + 1) & 0xFF
            arrived = arrived[taken:]
        return messages

    def _unwrapped(self) -> list[tuple[int, int]]:
        newest = self._newest
        arrived: dict[int, int] = {}
        for sequence, at in self.pending[:_MOST_PENDING]:
            if newest is None:
                newest = sequence
            step = (sequence - newest) & 0xFFFF
            whole = newest + (step if step < 0x8000 else step - 0x10000)  # noqa: PLR2004 - half the circle
            newest = max(newest, whole)
            arrived.setdefault(whole, at)
        self.pending.clear()
        self._newest = newest
        return sorted(arrived.items())


def _encodable(arrived: list[tuple[int, int]]) -> int:
    """Return how many packets from the first on fit one message: gaps and deltas have limits."""
    first, last = arrived[0][0], arrived[0][1] // _REFERENCE * _REFERENCE
    for count, (sequence, at) in enumerate(arrived):
        delta = (at - last) // _TICK
        too_far = sequence - first > _LONGEST_GAP or not -0x8000 <= delta <= 0x7FFF  # noqa: PLR2004
        if count and (too_far or count == _MOST):
            return count
        last += delta * _TICK
    return len(arrived)


def _message(sender: int, media: int, count: int, arrived: list[tuple[int, int]]) -> bytes:
    base = arrived[0][0]
    reference = arrived[0][1] // _REFERENCE
    last = reference * _REFERENCE
    symbols: list[int] = []
    deltas: list[bytes] = []
    for sequence, at in arrived:
        symbols += [0] * (sequence - base - len(symbols))
        delta = (at - last) // _TICK
        last += delta * _TICK
        is_small = 0 <= delta <= 0xFF  # noqa: PLR2004 - one byte
        symbols.append(1 if is_small else 2)
        deltas.append(delta.to_bytes(1 if is_small else 2, "big", signed=not is_small))
    body = struct.pack("!HHI", base & 0xFFFF, len(symbols), (reference & 0xFFFFFF) << 8 | count)
    body += _chunks(symbols) + b"".join(deltas)
    padding = -len(body) % 4
    if padding:
        body += bytes(padding - 1) + bytes((padding,))
    first = 0x80 | TRANSPORT_CC | (0x20 if padding else 0)
    return struct.pack("!BBHII", first, TRANSPORT_FEEDBACK, 2 + len(body) // 4, sender, media) + body


def _chunks(symbols: list[int]) -> bytes:
    """Return the symbols as runs where they repeat, else as vectors of seven."""
    chunks: list[int] = []
    at = 0
    while at < len(symbols):
        run = _run(symbols, at)
        if run >= _RUN:
            chunks.append(symbols[at] << 13 | run)
            at += run
        else:
            seven = symbols[at : at + _RUN]
            chunks.append(0xC000 | sum(symbol << 12 - 2 * i for i, symbol in enumerate(seven)))
            at += _RUN
    return struct.pack(f"!{len(chunks)}H", *chunks)


def _run(symbols: list[int], at: int) -> int:
    end = at
    while end < len(symbols) and symbols[end] == symbols[at] and end - at < _LONGEST_RUN:
        end += 1
    return end - at
