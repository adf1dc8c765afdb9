"""The way out: one packet rewritten, encrypted in place and sent, for each of its receivers. The hot loop.

It allocates nothing, logs nothing and waits for nothing: what a full socket does not take is dropped, and
counted.
"""

from typing import Protocol

from ..wire.rtp import EXTENSION_AT, HEADER_SIZE, MARKER, NO_EXTENSION, REWRITTEN, U16
from .model import Peer, Receiver, Segment, Stream, renumber_vp8

LARGEST = 2048  # datagram that is taken
ROOM = LARGEST + 192  # copies grow: a longer header, a repeat's number, up to 144 bytes by libsrtp
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
    """SRTP on two preallocated packets. Its functions return 0 when all is well, and change `length[0]`."""

    inbox: bytearray
    outbox: bytearray
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

    def protect_rtcp(self, context: object) -> int:
        """Encrypt the RTCP in the outbox."""
        ...


class Sending:
    """Sends to peers by way of the cipher's outbox."""

    def __init__(self, cipher: Cipher) -> None:
        self._cipher = cipher
        view = memoryview(cipher.outbox)
        self._first = [view[:size] for size in range(ROOM)]  # made once: a slice costs as much as a copy
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

    def forward(self, stream: Stream, packet: bytes, *, is_late: bool) -> None:
        """Send a kept packet to the receivers of its stream."""
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
