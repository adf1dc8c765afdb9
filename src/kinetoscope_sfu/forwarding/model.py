"""The nouns of forwarding: peers, the tracks they send, each track's streams, and who receives them.

They refer to each other, so they live together. Fields that the hot loop reads are plain attributes.
"""

from collections import deque
from collections.abc import Callable, Sequence
from enum import Enum
from typing import NamedTuple, Protocol

from ..plane import Publication, Subscription
from ..wire import rtcp
from ..wire.buffers import Bytes
from ..wire.codecs import Vp8Descriptor, detector_for, starts_video, vp8_descriptor, vp8_width
from ..wire.rtp import HEADER_SIZE, U16
from ..wire.stun import Address
from ..wire.transport_cc import Arrivals
from .timeline import Departure, Report, continued_offset

RING = 1024
_MOST_MISSING = 256
_FIRST_REPEAT_US = 40_000
_SEGMENTS = 8
_MOST_RETIRED = 1024
_HALF = 0x8000

Send = Callable[[Bytes, Address], object]
"""A socket's `sendto`, or what looks like it."""

SendTogether = Callable[[Sequence[Bytes], int, Address], object]
"""Sends datagrams of one size, the last of them perhaps smaller, in this order, by one call.

Raises `TogetherRefused` where this way cannot do that; nothing has been sent then.
"""


class TogetherRefused(OSError):  # noqa: N818 - refusals are named by their reason
    """The kernel does not take several datagrams in one call for this peer."""


def nowhere(_packet: Bytes, _address: Address) -> None:
    """Stand for the socket of a peer that cannot be reached (any more)."""
    raise ConnectionError


class Tape(Protocol):
    """Where a recording's packets go."""

    def packet(self, packet: bytes, now_us: int) -> None:
        """Keep a packet in its 20-byte header's shape."""
        ...

    def report(self, report: Report) -> None:
        """Keep what the publisher says of its clocks, timestamps as in the packets kept."""
        ...


class Order(Enum):
    """What a packet's number says of it."""

    FRESH = 1  # newer than all before
    LATE = 2  # had been missing
    REPEATED = 3  # was here before, or was given up


class Missing:
    """A packet that has been asked for."""

    __slots__ = ("due_us", "tries")

    def __init__(self, now_us: int) -> None:
        self.tries = 1
        self.due_us = now_us + _FIRST_REPEAT_US


class Peer:
    """One connection as forwarding sees it: a cipher and a way to it, tracks from it and to it."""

    def __init__(self, peer_id: str, ssrc: int) -> None:
        self.id = peer_id
        self.ssrc = ssrc  # of our own reports
        self.send: Send = nowhere
        self.send_together: SendTogether | None = None
        self.address: Address = ("", 0)
        self.inbound: object = None  # cipher contexts; None until the client has proved who it is
        self.outbound: object = None
        self.tracks: dict[str, Track] = {}
        self.streams: dict[int, Stream | Repair] = {}
        self.receivers: dict[str, Receiver] = {}
        self.receivers_by_ssrc: dict[int, Receiver] = {}
        self.numbers_after: dict[int, int] = {}  # of SSRCs that are out of use: their ciphers go on
        self.transport_cc_id = 0
        self.transport_cc_ssrc = 0
        self.arrivals = Arrivals()
        self.estimate = 0  # bits per second that it says it can receive; 0: says nothing
        self.packets_in = 0
        self.packets_refused = 0  # not authentic, or of no track

    def is_ready(self) -> bool:
        """Tell whether packets can go to it."""
        return self.outbound is not None


class Track:
    """A publication: what a peer sends on one mid."""

    def __init__(self, peer: Peer, publication: Publication) -> None:
        self.peer = peer
        self.publication = publication
        self.codec = publication.codec
        self.is_video = publication.kind == "video"
        self.detector = detector_for(publication.codec.name)
        self.streams: dict[str, Stream] = {}  # by rid; "" without simulcast


class Repair:
    """An SSRC on which lost packets of a stream come again (RFC 4588)."""

    def __init__(self, stream: "Stream") -> None:
        self.stream = stream


class Stream:
    """One SSRC that a peer sends: its order, its losses, its recent packets, its receivers."""

    def __init__(self, track: Track, ssrc: int, rid: str) -> None:
        self.track = track
        self.ssrc = ssrc
        self.rid = rid
        self.receivers: list[Receiver] = []
        self.tapes: list[Receiver] = []
        self.waiting: list[Receiver] = []  # for its next key frame
        self.ring: list[bytes | None] = [None] * RING
        self.highest = -1  # sequence number of the newest packet, -1 before the first
        self.timestamp = 0  # of the newest packet
        self.cycles = 0
        self.first = 0
        self.received = 0
        self.octets = 0
        self.lost = 0
        self.jitter = 0  # sixteenths of a timestamp unit, as RFC 3550 §A.8 keeps it
        self.transit = 0
        self.last_us = 0
        self.bits_per_second = 0
        self.width = 0  # in pixels, of a layer of VP8, once it is known
        self.wants_width = bool(rid) and track.codec.name == "VP8"
        self.missing: dict[int, Missing] = {}
        self.report: Report | None = None
        self.key_frame_asked_us = -(10**9)
        self._measured_us = self._measured_octets = 0
        self._measured_expected = self._measured_received = 0

    def out_of_step(self, sequence: int, now_us: int) -> tuple[Order, list[int]]:
        """Take a packet that is not the next one: what it is, and which packets are newly missing."""
        if self.highest < 0:
            self.highest = self.first = sequence
            self._measured_us = now_us
            return Order.FRESH, []
        step = (sequence - self.highest) & 0xFFFF
        if step == 0 or step >= _HALF:
            is_late = self.missing.pop(sequence, None) is not None
            return (Order.LATE if is_late else Order.REPEATED), []
        absent = self._skipped(step, now_us)
        if sequence < self.highest:
            self.cycles += 1
        self.highest = sequence
        return Order.FRESH, absent

    def _skipped(self, step: int, now_us: int) -> list[int]:
        if step > _MOST_MISSING or len(self.missing) + step > 2 * _MOST_MISSING:
            self.lost += len(self.missing)
            self.missing.clear()
            return []
        absent = [(self.highest + i) & 0xFFFF for i in range(1, step)]
        for sequence in absent:
            self.missing[sequence] = Missing(now_us)
        return absent

    def expected(self) -> int:
        """Return how many packets should have come (RFC 3550 §A.3)."""
        return (self.cycles << 16) + self.highest - self.first + 1 if self.highest >= 0 else 0

    def measure(self, now_us: int) -> rtcp.Block:
        """Return what to report of the time since the last call (RFC 3550 §A.3), and note the rate."""
        expected, seconds = self.expected(), max(1, now_us - self._measured_us) / 1_000_000
        new, came = expected - self._measured_expected, self.received - self._measured_received
        rate = int((self.octets - self._measured_octets) * 8 / seconds)
        self.bits_per_second = (3 * self.bits_per_second + rate) // 4 if self.bits_per_second else rate
        self._measured_us, self._measured_octets = now_us, self.octets
        self._measured_expected, self._measured_received = expected, self.received
        report = self.report
        return rtcp.Block(
            ssrc=self.ssrc,
            fraction_lost=min(255, max(0, (new - came) * 256 // new)) if new > 0 else 0,
            lost=max(0, min(expected - self.received, 0x7FFFFF)),
            highest=(self.cycles & 0xFFFF) << 16 | self.highest,
            jitter=self.jitter >> 4,
            last_report=report.ntp >> 16 & 0xFFFFFFFF if report else 0,
            delay=(now_us - report.arrived_us) * 65536 // 1_000_000 if report else 0,
        )

    def starts_with(self, packet: bytes) -> bool:
        """Tell whether a decoder can start with this kept packet."""
        return not self.track.is_video or starts_video(self.track.detector, packet, HEADER_SIZE, len(packet))

    def look_at(self, packet: bytes) -> None:
        """Learn how wide the pictures of this layer are, which ranks layers."""
        self.width = vp8_width(packet, HEADER_SIZE)
        self.wants_width = not self.width

    def kept(self, sequence: int) -> bytes | None:
        """Return a recent packet."""
        packet = self.ring[sequence & (RING - 1)]
        return packet if packet is not None and U16.unpack_from(packet, 2)[0] == sequence else None


class Segment(NamedTuple):
    """From which of its numbers on a receiver was fed by which stream, and how numbers were moved."""

    first: int
    stream: Stream
    sequence_offset: int
    timestamp_offset: int
    picture_offset: int
    tl0_offset: int


class Receiver:
    """A subscription: what a peer receives on one mid. A tape is one as well, without a peer's cipher."""

    def __init__(self, peer: Peer, subscription: Subscription, first_sequence: int) -> None:
        self.peer = peer
        self.tape: Tape | None = None
        self.is_closed = False
        self.current: Stream | None = None
        self.coming: Stream | None = None  # whose key frame it waits for
        self.segments: deque[Segment] = deque(maxlen=_SEGMENTS)
        self.next_sequence = peer.numbers_after.pop(subscription.ssrc, first_sequence)
        self.departure: Departure | None = None
        self.sequence_offset = self.timestamp_offset = 0
        self.start = 0  # the stream's sequence number that it started with
        self.renumbers = False  # VP8, after the first change of streams
        self.picture_offset = self.tl0_offset = 0
        self.last_picture = self.last_tl0 = 0
        self.repeat_sequence = peer.numbers_after.pop(subscription.rtx_ssrc or 0, first_sequence)
        self.packets = self.octets = self.dropped = self.repeated = self.asked_for_key = 0
        self.repeats_left = 0
        self._left_us = 0
        self.fraction_lost = 0  # of 256, from its last report
        self.adopt(subscription)

    def adopt(self, subscription: Subscription) -> None:
        """Take over what a (new) description says."""
        self.subscription = subscription
        self.payload_type = subscription.payload_type
        self.ssrc = subscription.ssrc
        self.repeat_payload_type = subscription.rtx_payload_type
        self.repeat_ssrc = subscription.rtx_ssrc
        self.extension = subscription.abs_send_time << 4 | 2 if subscription.abs_send_time else 0

    @property
    def last_us(self) -> int:
        """When the last packet was sent to it, 0 before the first."""
        return self.current.last_us if self.current is not None else self._left_us

    def leave(self) -> None:
        """Stop with the current stream, remembering where its numbers stood."""
        stream = self.current
        if stream is None:
            return
        (stream.receivers if self.tape is None else stream.tapes).remove(self)
        self.current = None
        self._left_us = stream.last_us
        self.next_sequence = (stream.highest + self.sequence_offset + 1) & 0xFFFF
        timestamp = (stream.timestamp + self.timestamp_offset) & 0xFFFFFFFF
        self.departure = Departure(timestamp, stream.last_us, stream.report, self.timestamp_offset)
        newest = stream.kept(stream.highest)
        if not self.renumbers and stream.track.codec.name == "VP8" and newest is not None:
            self.last_picture, self.last_tl0 = vp8_numbers(newest)

    def join(self, stream: Stream, packet: bytes, now_us: int) -> None:
        """Go on with `stream`, beginning with this packet, which is its newest."""
        same_peer = self.current is not None and self.current.track.peer is stream.track.peer
        self.leave()
        left = self.departure
        self.sequence_offset = (self.next_sequence - stream.highest) & 0xFFFF
        if left is not None:
            self.timestamp_offset = continued_offset(
                left,
                stream.timestamp,
                stream.report if same_peer else None,
                clock_rate=stream.track.codec.clock_rate,
                now_us=now_us,
            )
            self._renumber_from(stream, packet)
        self.start = stream.highest
        self.current, self.coming = stream, None
        self.segments.append(
            Segment(
                self.next_sequence,
                stream,
                self.sequence_offset,
                self.timestamp_offset,
                self.picture_offset,
                self.tl0_offset,
            )
        )
        (stream.receivers if self.tape is None else stream.tapes).append(self)

    def _renumber_from(self, stream: Stream, packet: bytes) -> None:
        self.renumbers = stream.track.codec.name == "VP8"
        if self.renumbers:
            picture, tl0 = vp8_numbers(packet)
            self.picture_offset = self.last_picture + 1 - picture
            self.tl0_offset = self.last_tl0 + 1 - tl0

    def retire(self) -> None:
        """Leave for good. An SSRC that is used again has to go on where it stood: no number comes twice."""
        self.leave()
        self.segments.clear()
        after = self.peer.numbers_after
        after[self.ssrc] = self.next_sequence
        if self.repeat_ssrc is not None:
            after[self.repeat_ssrc] = (self.repeat_sequence + 1) & 0xFFFF
        while len(after) > _MOST_RETIRED:
            del after[next(iter(after))]

    def segment_of(self, sequence: int) -> Segment | None:
        """Return which stream fed it under this sequence number."""
        for segment in reversed(self.segments):
            if (sequence - segment.first) & 0xFFFF < _HALF:
                return segment
        return None


def vp8_numbers(packet: Bytes) -> tuple[int, int]:
    """Return picture id and TL0PICIDX of a kept packet, 0 where they are missing or broken."""
    try:
        found = vp8_descriptor(packet, HEADER_SIZE)
    except IndexError:
        return 0, 0
    return _picture(packet, found), packet[found.tl0_at] if found.tl0_at else 0


def _picture(packet: Bytes, found: Vp8Descriptor) -> int:
    if found.picture_id_is_long:
        return U16.unpack_from(packet, found.picture_id_at)[0] & 0x7FFF
    return packet[found.picture_id_at] & 0x7F if found.picture_id_at else 0


def renumber_vp8(packet: bytearray, at: int, picture_offset: int, tl0_offset: int) -> tuple[int, int]:
    """Move picture id and TL0PICIDX in place; return what they are now. A broken packet stays as it is."""
    try:
        found = vp8_descriptor(packet, at)
    except IndexError:
        return 0, 0
    picture, tl0 = _picture(packet, found) + picture_offset, 0
    if found.picture_id_is_long:
        picture &= 0x7FFF
        U16.pack_into(packet, found.picture_id_at, 0x8000 | picture)
    elif found.picture_id_at:
        picture &= 0x7F
        packet[found.picture_id_at] = picture
    if found.tl0_at:
        tl0 = (packet[found.tl0_at] + tl0_offset) & 0xFF
        packet[found.tl0_at] = tl0
    return picture, tl0
