"""The way in: one decrypted packet put in order, kept, and handed to those who receive its stream."""

from collections.abc import Callable

from ..plane import Extensions
from ..wire import rtcp, rtp
from ..wire.buffers import Bytes
from .key_frames import KeyFrames
from .model import RING, Order, Peer, Receiver, Repair, Stream, Track
from .sending import Cipher, Sending
from .timeline import signed

_MASK = RING - 1
_MOST_PENDING = 4096
_MOST_STREAMS = 64  # SSRCs that one peer may bring


class Ingress:
    """Takes the RTP that peers send."""

    def __init__(
        self, cipher: Cipher, sending: Sending, key_frames: KeyFrames, appeared: Callable[[Stream, int], None]
    ) -> None:
        self._cipher = cipher
        self._inbox = cipher.inbox
        self._view = memoryview(cipher.inbox)
        self._sending = sending
        self._key_frames = key_frames
        self._appeared = appeared
        self.lossy: set[Stream] = set()  # streams with packets that were asked for
        self.packets = 0

    def packet(self, peer: Peer, end: int, arrived_us: int, now_us: int) -> None:
        """Take the RTP packet in the inbox, decrypted, `end` bytes long.

        `arrived_us`: when the kernel received it, on any clock; `now_us`: the monotonic clock.
        """
        inbox = self._inbox
        first, second, sequence, timestamp, ssrc = rtp.FIXED.unpack_from(inbox)
        payload = rtp.payload_at(inbox, end)
        if payload > end:
            return
        wanted = peer.transport_cc_id
        if wanted and first & 0x10:
            at, size = rtp.extension(inbox, wanted, payload)
            if size == 2 and len(peer.arrivals.pending) < _MOST_PENDING:  # noqa: PLR2004 - a number
                peer.arrivals.pending.append((inbox[at] << 8 | inbox[at + 1], arrived_us))
                peer.transport_cc_ssrc = ssrc
        source = peer.streams.get(ssrc) or self._bound(peer, ssrc, payload, now_us)
        if source is None:
            peer.packets_refused += 1
            return
        peer.packets_in += 1
        self.packets += 1
        if isinstance(source, Repair):
            self._repaired(source.stream, payload, end, now_us)
            return
        header = (first & 0x20, second & rtp.MARKER, sequence, timestamp)
        self._take(source, header, self._view[payload:end], now_us)

    def _repaired(self, stream: Stream, payload: int, end: int, now_us: int) -> None:
        """Take a packet that came again: its own number stands before its payload (RFC 4588 §4)."""
        inbox = self._inbox
        padding = inbox[end - 1] if inbox[0] & 0x20 else 0
        if end - payload - padding <= 2:  # noqa: PLR2004 - nothing but the number: the publisher probes
            return
        _, second, _, timestamp, _ = rtp.FIXED.unpack_from(inbox)
        sequence = rtp.U16.unpack_from(inbox, payload)[0]
        header = (inbox[0] & 0x20, second & rtp.MARKER, sequence, timestamp)
        self._take(stream, header, self._view[payload + 2 : end], now_us)

    def _take(self, stream: Stream, header: tuple[int, int, int, int], payload: Bytes, now_us: int) -> None:
        sequence = header[2]
        is_late = False
        if stream.highest >= 0 and (sequence - stream.highest) & 0xFFFF == 1:
            stream.highest = sequence
            if not sequence:
                stream.cycles += 1
        else:
            order = self._ordered(stream, sequence, now_us)
            if order is Order.REPEATED:
                return
            is_late = order is Order.LATE
        stream.received += 1
        stream.octets += len(payload)
        packet = rtp.kept(header, payload, now_us)
        stream.ring[sequence & _MASK] = packet
        if not is_late:
            self._advance(stream, packet, header[3], now_us)
            if stream.waiting and stream.starts_with(packet):
                self._start(stream, packet, now_us)
        if stream.receivers:
            self._sending.forward(stream, packet, is_late=is_late)
        if stream.tapes:
            self._sending.tape(stream, packet, now_us, is_late=is_late)

    def _advance(self, stream: Stream, packet: bytes, timestamp: int, now_us: int) -> None:
        """Note what the newest packet says of its stream."""
        if stream.wants_width:
            stream.look_at(packet)
        if timestamp != stream.timestamp:
            transit = (now_us * stream.track.codec.clock_rate // 1_000_000 - timestamp) & 0xFFFFFFFF
            change = abs(signed(transit - stream.transit)) if stream.last_us else 0
            stream.transit = transit
            stream.jitter += change - ((stream.jitter + 8) >> 4)
            stream.timestamp = timestamp
        stream.last_us = now_us

    def _ordered(self, stream: Stream, sequence: int, now_us: int) -> Order:
        was = stream.highest
        order, absent = stream.out_of_step(sequence, now_us)
        track = stream.track
        if absent and track.codec.nack and track.is_video:
            self.lossy.add(stream)
            self._sending.rtcp(track.peer, rtcp.nack(track.peer.ssrc, stream.ssrc, absent))
        elif order is Order.FRESH and was >= 0 and not absent:
            self._key_frames.ask(stream, now_us)  # a hole too large to be filled
        return order

    def gave_up(self, stream: Stream, now_us: int) -> None:
        """Ask for a key frame in the place of a tape, which cannot: a packet is lost for good."""
        if stream.tapes:
            self._key_frames.ask(stream, now_us)

    def _start(self, stream: Stream, packet: bytes, now_us: int) -> None:
        """Move those who wait for this stream onto it."""
        self._sending.flush()  # what came before its key frame is not for them
        waiting, stream.waiting = stream.waiting, []
        self._key_frames.came(stream)
        for receiver in waiting:
            receiver.join(stream, packet, now_us)
            if stream.report is not None:
                self.tell_clocks(receiver, stream, now_us)

    def tell_clocks(self, receiver: Receiver, stream: Stream, now_us: int) -> None:
        """Send a receiver the publisher's sender report, as of now and in the receiver's timestamps."""
        report = stream.report
        if report is None:
            return
        elapsed = now_us - report.arrived_us
        media = elapsed * stream.track.codec.clock_rate // 1_000_000
        info = rtcp.SenderInfo(
            receiver.ssrc,
            report.ntp + (elapsed << 32) // 1_000_000,
            report.timestamp + receiver.timestamp_offset + media,
            receiver.packets,
            receiver.octets,
        )
        cname = f"sfu-{stream.track.peer.id[:8]}"
        if receiver.tape is None:
            packet = rtcp.sender_report(info) + rtcp.source_description(receiver.ssrc, cname)
            self._sending.rtcp(receiver.peer, packet)
        else:
            moved = (report.timestamp + receiver.timestamp_offset) & 0xFFFFFFFF
            receiver.tape.report(type(report)(report.ntp, moved, report.arrived_us))

    def _bound(self, peer: Peer, ssrc: int, payload: int, now_us: int) -> Stream | Repair | None:
        """Give an SSRC that no description named to the track and layer of its extensions (RFC 8852)."""
        self._sending.flush()  # who receives what may change
        if len(peer.streams) >= _MOST_STREAMS or not self._inbox[0] & 0x10:
            return None
        for track in peer.tracks.values():
            extensions = track.publication.extensions
            if self._text(extensions.mid, payload) == track.publication.mid:
                bound = self._layer(track, extensions, ssrc, payload)
                if bound is not None:
                    peer.streams[ssrc] = bound
                if isinstance(bound, Stream):
                    if bound.waiting:
                        self._key_frames.ask(bound, now_us)
                    self._appeared(bound, now_us)
                return bound
        return None

    def _layer(self, track: Track, extensions: Extensions, ssrc: int, payload: int) -> Stream | Repair | None:
        """Tell media and repairs apart by their payload types."""
        payload_type = self._inbox[1] & 0x7F
        if payload_type == track.codec.payload_type:
            return self._stream(track, ssrc, self._text(extensions.rid, payload))
        stream = track.streams.get(self._text(extensions.repaired_rid, payload))
        return Repair(stream) if stream is not None and payload_type == track.codec.rtx_payload_type else None

    def _stream(self, track: Track, ssrc: int, rid: str) -> Stream | None:
        """Return a new stream of a track; None for a layer that was not offered."""
        rids = track.publication.rids
        if rids and rid not in rids:
            return None
        stream = Stream(track, ssrc, rid if rids else "")
        before = track.streams.get(stream.rid)
        track.streams[stream.rid] = stream
        if before is not None:
            self._replace(before, stream)
        return stream

    def _replace(self, before: Stream, stream: Stream) -> None:
        """Let those who receive a layer wait for its new SSRC."""
        track = before.track
        for ssrc in [ssrc for ssrc, known in track.peer.streams.items() if _stream_of(known) is before]:
            del track.peer.streams[ssrc]
        self.lossy.discard(before)
        self._key_frames.came(before)
        stream.waiting = [*before.waiting, *before.receivers, *before.tapes]
        for receiver in stream.waiting:
            receiver.leave()
            receiver.coming = stream

    def _text(self, wanted: int | None, payload: int) -> str:
        if not wanted:
            return ""
        at, size = rtp.extension(self._inbox, wanted, payload)
        return self._inbox[at : at + size].decode("ascii", "replace")


def _stream_of(known: Stream | Repair) -> Stream:
    return known.stream if isinstance(known, Repair) else known
