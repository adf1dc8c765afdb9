"""The way out: one packet rewritten, encrypted in place and sent, for each of its receivers. The hot loop.

It logs nothing and waits for nothing: what a full socket does not take is dropped, and counted. Packets of a
stream that are read in one turn leave together, by one call for each receiver (see `gather`).
"""

from collections.abc import Sequence
from typing import Protocol

from ..wire.rtp import EXTENSION_AT, HEADER_SIZE, MARKER, NO_EXTENSION, REWRITTEN, U16
from .model import Peer, Receiver, Segment, Stream, TogetherRefused, renumber_vp8

LARGEST = 2048  # datagram that is taken
ROOM = LARGEST + 192  # copies grow: a longer header, a repeat's number, up to 144 bytes by libsrtp
MOST_TOGETHER = 32  # packets of a stream; the kernel takes up to 64, and 64 KiB
_MOST_BYTES = 65_000
MOST_REPEATS = 128  # to one receiver within one tick


class Length(Protocol):
    """One C integer, in and out of the cipher."""

    def __getitem__(self, index: int, /) -> int:
        """Return it."""
        ...

    def __setitem__(self, index: int, value: int, /) -> None:
        """Change it."""
        ...


class Cipher(Protocol):
    """SRTP on preallocated packets. Its functions return 0 when all is well, and change `length[0]`."""

    inbox: bytearray
    outbox: bytearray
    outboxes: Sequence[bytearray]  # `MOST_TOGETHER`; the first is `outbox`
    length: Length

    def unprotect(self, context: object) -> int:
        """Decrypt the first `length[0]` bytes of the inbox."""
        ...

    def unprotect_rtcp(self, context: object) -> int:
        """Decrypt the RTCP in the inbox."""
        ...

    def protect(self, context: object) -> int:
        """Encrypt the first `length[0]` bytes of the outbox, which grow."""
        ...

    def protect_nth(self, number: int, context: object) -> int:
        """Do the same in another of the outboxes."""
        ...

    def protect_rtcp(self, context: object) -> int:
        """Encrypt the RTCP in the outbox."""
        ...


_Row = tuple[int, bytes, memoryview, int, int, int]
"""A packet to send: outbox, packet, its place there, marker, sequence number and timestamp."""


class Sending:
    """Sends to peers by way of the cipher's outbox."""

    def __init__(self, cipher: Cipher) -> None:
        self._cipher = cipher
        view = memoryview(cipher.outbox)
        self._first = [view[:size] for size in range(ROOM)]  # made once: a slice costs as much as a copy
        self._views = [memoryview(outbox) for outbox in cipher.outboxes]
        self._gathered: dict[Stream, list[bytes]] | None = None  # in a turn of reading
        self.packets = 0
        self.dropped = 0
        self.spent: set[Receiver] = set()  # whose repeats are counted in this tick

    def rtcp(self, peer: Peer, packet: bytes) -> None:
        """Encrypt and send a compound packet; dropped while the peer cannot be reached."""
        if peer.outbound is None or len(packet) > LARGEST - 200:
            return
        cipher = self._cipher
        cipher.outbox[: len(packet)] = packet
        cipher.length[0] = len(packet)
        if cipher.protect_rtcp(peer.outbound):
            return
        try:
            peer.send(self._first[cipher.length[0]], peer.address)
        except OSError:
            self.dropped += 1

    def gather(self) -> None:
        """Let what is forwarded from now on wait for `release`, at the latest.

        What changes who receives what, or has to come behind it, calls `flush` before.
        """
        self._gathered = {}

    def release(self) -> None:
        """Send what waits, and let nothing wait any more."""
        try:
            self.flush()
        finally:
            self._gathered = None

    def flush(self) -> None:
        """Send what is gathered."""
        if not self._gathered:
            return
        gathered, self._gathered = self._gathered, {}
        for stream, packets in gathered.items():
            self._send(stream, packets)

    def forward(self, stream: Stream, packet: bytes, *, is_late: bool) -> None:
        """Send a kept packet to the receivers of its stream, now or with those that come in this turn."""
        gathered = self._gathered
        if gathered is None or is_late:
            self.flush()
            self._forward_one(stream, packet, is_late=is_late)
            return
        packets = gathered.get(stream)
        if packets is None:
            gathered[stream] = [packet]
            return
        packets.append(packet)
        if len(packets) == MOST_TOGETHER:
            self._send(stream, gathered.pop(stream))

    def _send(self, stream: Stream, packets: Sequence[bytes]) -> None:
        if len(packets) == 1:
            self._forward_one(stream, packets[0], is_late=False)
        else:
            self._forward_many(stream, packets)

    def _forward_many(self, stream: Stream, packets: Sequence[bytes]) -> None:
        views = self._views
        rows = [
            (number, packet, views[number][: len(packet)], *REWRITTEN.unpack_from(packet, 1)[:3])
            for number, packet in enumerate(packets)
        ]
        ends: dict[tuple[int, int], memoryview] = {}
        for receiver in stream.receivers:
            sealed, sizes = self._sealed(receiver, rows, ends)
            for first, last in runs_of([len(view) for view in sealed]):
                self._leave(receiver, sealed[first:last], sizes[first:last])

    def _sealed(
        self, receiver: Receiver, rows: Sequence[_Row], ends: dict[tuple[int, int], memoryview]
    ) -> tuple[list[memoryview], list[int]]:
        """Return the packets for one receiver, each in an outbox of its own, and what they were before.

        `ends` keeps the views.
        """
        cipher, rewrite, outbound = self._cipher, REWRITTEN.pack_into, receiver.peer.outbound
        outboxes, length, protect = cipher.outboxes, cipher.length, cipher.protect_nth
        payload_type, ssrc, extension = receiver.payload_type, receiver.ssrc, receiver.extension
        by_sequence, by_timestamp = receiver.sequence_offset, receiver.timestamp_offset
        retouches = receiver.renumbers or not extension
        sealed: list[memoryview] = []
        sizes: list[int] = []
        for number, packet, place, marker, sequence, timestamp in rows:
            out = outboxes[number]
            place[:] = packet
            rewrite(
                out,
                1,
                marker | payload_type,
                (sequence + by_sequence) & 0xFFFF,
                (timestamp + by_timestamp) & 0xFFFFFFFF,
                ssrc,
            )
            out[EXTENSION_AT] = extension
            if retouches:
                _retouch(receiver, out, is_late=False)
            length[0] = size = len(packet)
            if protect(number, outbound):
                receiver.dropped += 1
                continue
            end = (number, length[0])
            view = ends.get(end)
            if view is None:
                view = ends[end] = self._views[number][: end[1]]
            sealed.append(view)
            sizes.append(size)
        return sealed, sizes

    def _leave(self, receiver: Receiver, run: Sequence[memoryview], sizes: Sequence[int]) -> None:
        """Send a run to its receiver: by one call, or one by one where there is none for it."""
        peer = receiver.peer
        if len(run) > 1 and peer.send_together is not None:
            try:
                peer.send_together(run, len(run[0]), peer.address)
            except TogetherRefused:
                peer.send_together = None  # until its next check of connectivity
            except OSError:
                receiver.dropped += len(run)
                return
            else:
                receiver.packets += len(run)
                receiver.octets += sum(sizes)
                return
        for view, size in zip(run, sizes, strict=True):
            try:
                peer.send(view, peer.address)
            except OSError:
                receiver.dropped += 1
                continue
            receiver.packets += 1
            receiver.octets += size

    def _forward_one(self, stream: Stream, packet: bytes, *, is_late: bool) -> None:
        cipher = self._cipher
        out, first, length, protect = cipher.outbox, self._first, cipher.length, cipher.protect
        rewrite = REWRITTEN.pack_into
        marker, sequence, timestamp, _ = REWRITTEN.unpack_from(packet, 1)
        size = len(packet)
        place = first[size]  # through a view: a bytearray's own slice copies `bytes` twice, and allocates
        for receiver in stream.receivers:
            if is_late and (sequence - receiver.start) & 0xFFFF >= 0x8000:  # noqa: PLR2004 - before it came
                continue
            place[:] = packet
            rewrite(
                out,
                1,
                marker | receiver.payload_type,
                (sequence + receiver.sequence_offset) & 0xFFFF,
                (timestamp + receiver.timestamp_offset) & 0xFFFFFFFF,
                receiver.ssrc,
            )
            out[EXTENSION_AT] = receiver.extension
            if receiver.renumbers or not receiver.extension:
                _retouch(receiver, out, is_late=is_late)
            length[0] = size
            peer = receiver.peer
            try:
                if protect(peer.outbound):
                    receiver.dropped += 1
                    continue
                peer.send(first[length[0]], peer.address)
            except OSError:
                receiver.dropped += 1
                continue
            receiver.packets += 1
            receiver.octets += size

    def tape(self, stream: Stream, packet: bytes, now_us: int, *, is_late: bool) -> None:
        """Give a kept packet to the recordings of its stream, rewritten as for a receiver."""
        out = self._cipher.outbox
        for receiver in stream.tapes:
            marker, sequence, timestamp, _ = REWRITTEN.unpack_from(packet, 1)
            if is_late and (sequence - receiver.start) & 0xFFFF >= 0x8000:  # noqa: PLR2004 - before it came
                continue
            out[: len(packet)] = packet
            segment = receiver.segments[-1]
            _place(out, receiver, segment, marker | receiver.payload_type, sequence, timestamp)
            _retouch(receiver, out, is_late=is_late)
            if receiver.tape is not None:
                receiver.tape.packet(bytes(out[: len(packet)]), now_us)

    def repeat(self, receiver: Receiver, asked: int) -> None:
        """Send a packet again by RTX (RFC 4588 §4): never twice under one SSRC and sequence number.

        AES-GCM would lose its secrets with the repeated nonce (RFC 7714).
        """
        segment = receiver.segment_of(asked)
        peer = receiver.peer
        if segment is None or receiver.repeat_payload_type is None or not peer.is_ready():
            return
        packet = segment.stream.kept((asked - segment.sequence_offset) & 0xFFFF)
        if packet is None or not self._may_repeat(receiver):
            return
        size = self._wrapped(receiver, segment, packet, asked)
        cipher = self._cipher
        cipher.length[0] = size
        if cipher.protect(peer.outbound):
            return
        try:
            peer.send(self._first[cipher.length[0]], peer.address)
        except OSError:
            receiver.dropped += 1
        receiver.repeated += 1

    def _may_repeat(self, receiver: Receiver) -> bool:
        if receiver not in self.spent:
            self.spent.add(receiver)
            receiver.repeats_left = MOST_REPEATS
        receiver.repeats_left -= 1
        return receiver.repeats_left >= 0

    def _wrapped(self, receiver: Receiver, segment: Segment, packet: bytes, asked: int) -> int:
        """Write the RTX packet into the outbox; return its size."""
        out = self._cipher.outbox
        size = len(packet) + 2
        marker, _, timestamp, _ = REWRITTEN.unpack_from(packet, 1)
        receiver.repeat_sequence = (receiver.repeat_sequence + 1) & 0xFFFF
        out[:HEADER_SIZE] = packet[:HEADER_SIZE]
        out[HEADER_SIZE + 2 : size] = packet[HEADER_SIZE:]
        U16.pack_into(out, HEADER_SIZE, asked)
        REWRITTEN.pack_into(
            out,
            1,
            marker & MARKER | (receiver.repeat_payload_type or 0),
            receiver.repeat_sequence,
            (timestamp + segment.timestamp_offset) & 0xFFFFFFFF,
            receiver.repeat_ssrc or 0,
        )
        _extend(out, receiver.extension)
        if segment.picture_offset or segment.tl0_offset:
            renumber_vp8(out, HEADER_SIZE + 2, segment.picture_offset, segment.tl0_offset)
        return size


def runs_of(sizes: Sequence[int]) -> list[tuple[int, int]]:
    """Return which datagrams the kernel takes by one call: (first, behind the last) of each run.

    All of a run are of the first one's size, but the last, which may be smaller.
    """
    runs: list[tuple[int, int]] = []
    first, room = 0, 0
    for number, size in enumerate(sizes):
        fits = number > first and sizes[number - 1] == sizes[first] >= size and size <= room
        if number > first and not fits:
            runs.append((first, number))
            first = number
        if number == first:
            room = _MOST_BYTES
        room -= size
    if sizes:
        runs.append((first, len(sizes)))
    return runs


def _place(
    out: bytearray, receiver: Receiver, segment: Segment, second: int, sequence: int, timestamp: int
) -> None:
    REWRITTEN.pack_into(
        out,
        1,
        second,
        (sequence + segment.sequence_offset) & 0xFFFF,
        (timestamp + segment.timestamp_offset) & 0xFFFFFFFF,
        receiver.ssrc,
    )


def _extend(out: bytearray, extension: int) -> None:
    if extension:
        out[EXTENSION_AT] = extension
    else:
        out[EXTENSION_AT:HEADER_SIZE] = NO_EXTENSION


def _retouch(receiver: Receiver, out: bytearray, *, is_late: bool) -> None:
    """Do what only some receivers need: no abs-send-time, VP8 numbers that go on after a change."""
    _extend(out, receiver.extension)
    if not receiver.renumbers:
        return
    numbers = renumber_vp8(out, HEADER_SIZE, receiver.picture_offset, receiver.tl0_offset)
    if not is_late:
        receiver.last_picture, receiver.last_tl0 = numbers
