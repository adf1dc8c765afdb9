"""What time brings: repeated NACKs, transport feedback, reports, rates."""

from collections.abc import Iterable

from ..wire import rtcp
from .ingress import Ingress
from .model import Peer, Stream
from .sending import Sending

TICK_SECONDS = 0.02
_TICKS_OF_FEEDBACK = 4
_TICKS_OF_REPORT = 50
_REPEAT_US = 60_000
_MOST_TRIES = 8


class Upkeep:
    """Called every tick of 20 ms."""

    def __init__(self, sending: Sending, ingress: Ingress) -> None:
        self._sending = sending
        self._ingress = ingress
        self._ticks = 0

    def tick(self, peers: Iterable[Peer], now_us: int) -> bool:
        """Send what is due. Tells whether a second has passed since it last said so."""
        self._ticks += 1
        self._sending.spent.clear()
        for stream in list(self._ingress.lossy):
            self._ask_again(stream, now_us)
        if self._ticks % _TICKS_OF_FEEDBACK == 0:
            for peer in peers:
                if peer.arrivals.pending:
                    self._transport_feedback(peer)
        if self._ticks % _TICKS_OF_REPORT:
            return False
        for peer in peers:
            self._report(peer, now_us)
        return True

    def _ask_again(self, stream: Stream, now_us: int) -> None:
        due = [sequence for sequence, missing in stream.missing.items() if missing.due_us <= now_us]
        again: list[int] = []
        for sequence in due:
            missing = stream.missing[sequence]
            if missing.tries >= _MOST_TRIES:
                del stream.missing[sequence]
                stream.lost += 1
                self._ingress.gave_up(stream, now_us)
                continue
            missing.tries += 1
            missing.due_us = now_us + _REPEAT_US
            again.append(sequence)
        peer = stream.track.peer
        if again:
            self._sending.rtcp(peer, rtcp.nack(peer.ssrc, stream.ssrc, again))
        if not stream.missing:
            self._ingress.lossy.discard(stream)

    def _transport_feedback(self, peer: Peer) -> None:
        for message in peer.arrivals.feedback(peer.ssrc, peer.transport_cc_ssrc):
            self._sending.rtcp(peer, message)

    def _report(self, peer: Peer, now_us: int) -> None:
        """Send receiver reports about all that the peer sends, and measure its rates."""
        streams = [
            stream for stream in peer.streams.values() if isinstance(stream, Stream) and stream.highest >= 0
        ]
        blocks = [stream.measure(now_us) for stream in streams]
        for at in range(0, len(blocks), rtcp.MOST_REPORTS):
            packet = rtcp.receiver_report(peer.ssrc, blocks[at : at + rtcp.MOST_REPORTS])
            self._sending.rtcp(peer, packet + rtcp.source_description(peer.ssrc, "sfu"))
