"""What peers say by RTCP: reports of publishers, wishes and estimates of receivers."""

from ..wire import rtcp
from ..wire.buffers import Bytes
from .ingress import Ingress
from .key_frames import KeyFrames
from .model import Peer, Stream
from .sending import Sending
from .timeline import Report


class Feedback:
    """Reads compound packets and does what they ask."""

    def __init__(self, sending: Sending, key_frames: KeyFrames, ingress: Ingress) -> None:
        self._sending = sending
        self._key_frames = key_frames
        self._ingress = ingress

    def compound(self, peer: Peer, packet: Bytes, size: int, now_us: int) -> None:
        """Take a decrypted compound packet."""
        for part in rtcp.parts(packet, size):
            if part.type == rtcp.SENDER_REPORT:
                self._sender_report(peer, packet, part, now_us)
                self._losses(peer, packet, part)
            elif part.type == rtcp.RECEIVER_REPORT:
                self._losses(peer, packet, part)
            elif part.type == rtcp.TRANSPORT_FEEDBACK and part.format == rtcp.NACK:
                self._nack(peer, packet, part)
            elif part.type == rtcp.PAYLOAD_FEEDBACK:
                self._payload_feedback(peer, packet, part, now_us)

    def _sender_report(self, peer: Peer, packet: Bytes, part: rtcp.Part, now_us: int) -> None:
        info = rtcp.sender_info(packet, part)
        stream = peer.streams.get(info.ssrc) if info is not None else None
        if info is None or not isinstance(stream, Stream):
            return
        stream.report = Report(info.ntp, info.timestamp, now_us)
        for receiver in (*stream.receivers, *stream.tapes):
            self._ingress.tell_clocks(receiver, stream, now_us)

    def _losses(self, peer: Peer, packet: Bytes, part: rtcp.Part) -> None:
        for ssrc, fraction in rtcp.fractions_lost(packet, part):
            receiver = peer.receivers_by_ssrc.get(ssrc)
            if receiver is not None and ssrc == receiver.ssrc:
                receiver.fraction_lost = fraction

    def _nack(self, peer: Peer, packet: Bytes, part: rtcp.Part) -> None:
        receiver = peer.receivers_by_ssrc.get(rtcp.media_ssrc(packet, part))
        if receiver is not None:
            for sequence in rtcp.nacked(packet, part):
                self._sending.repeat(receiver, sequence)

    def _payload_feedback(self, peer: Peer, packet: Bytes, part: rtcp.Part, now_us: int) -> None:
        if part.format == rtcp.PLI:
            self._wants_key_frame(peer, rtcp.media_ssrc(packet, part), now_us)
        elif part.format == rtcp.FIR:
            for ssrc in rtcp.fir_ssrcs(packet, part):
                self._wants_key_frame(peer, ssrc, now_us)
        elif part.format == rtcp.APPLICATION:
            peer.estimate = rtcp.remb_bits_per_second(packet, part) or peer.estimate

    def _wants_key_frame(self, peer: Peer, ssrc: int, now_us: int) -> None:
        receiver = peer.receivers_by_ssrc.get(ssrc)
        stream = receiver and receiver.current
        if receiver is not None and stream is not None:
            receiver.asked_for_key += 1
            self._key_frames.ask(stream, now_us)
