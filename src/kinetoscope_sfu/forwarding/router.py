"""Who publishes what and who receives it; the front door of forwarding."""

from collections.abc import Callable, Iterable

from ..plane import Publication, RepeatedTrack, Source, Subscription, TooMany, UnknownTrack
from .feedback import Feedback
from .ingress import Ingress
from .key_frames import KeyFrames
from .layer_control import LayerControl
from .model import RING, Peer, Receiver, Repair, Stream, Tape, Track
from .sending import Cipher, Sending
from .upkeep import Upkeep

MOST_SECTIONS = 512  # of one peer, each way


class Router:
    """Forwards what peers send to those who subscribed to it. `random_number`: 15 bits, for first numbers."""

    def __init__(self, cipher: Cipher, random_number: Callable[[], int]) -> None:
        self._cipher = cipher
        self._random_number = random_number
        self.sending = Sending(cipher)
        self.key_frames = KeyFrames(self.sending)
        self.ingress = Ingress(cipher, self.sending, self.key_frames, self._appeared)
        self._feedback = Feedback(self.sending, self.key_frames, self.ingress)
        self._upkeep = Upkeep(self.sending, self.ingress)
        self._layers = LayerControl(self.key_frames, self._track_of)
        self._peers: dict[str, Peer] = {}
        self._audience: dict[Source, list[Receiver]] = {}
        self._tapes: dict[Source, Receiver] = {}

    # Packets and time

    def packet(self, peer: Peer, size: int, arrived_us: int, now_us: int) -> None:
        """Take the encrypted packet in the cipher's inbox: RTP or RTCP (RFC 5761 §4)."""
        cipher = self._cipher
        cipher.length[0] = size
        if peer.inbound is None:
            return
        if 192 <= cipher.inbox[1] <= 223:  # noqa: PLR2004 - RTCP's types
            self.sending.flush()
            if not cipher.unprotect_rtcp(peer.inbound):
                self._feedback.compound(peer, cipher.inbox, cipher.length[0], now_us)
        elif not cipher.unprotect(peer.inbound):
            self.ingress.packet(peer, cipher.length[0], arrived_us, now_us)
        else:
            peer.packets_refused += 1

    def tick(self, now_us: int) -> None:
        """Do what is due; called every `upkeep.TICK_SECONDS`."""
        self.key_frames.tick(now_us)
        if self._upkeep.tick(self._peers.values(), now_us):
            tapes = [receiver.peer for receiver in self._tapes.values()]
            self._layers.second([*self._peers.values(), *tapes], now_us)

    # Peers

    def add(self, peer: Peer) -> None:
        """Know a peer."""
        self._peers[peer.id] = peer

    def remove(self, peer: Peer) -> None:
        """Forget a peer, what it sends and what it receives."""
        self._layers.forget(peer)
        for mid in list(peer.receivers):
            self.unsubscribe(peer, mid)
        for mid in list(peer.tracks):
            self.unpublish(peer, mid)
        self._peers.pop(peer.id, None)
        self._forget_tapes([source for source in self._tapes if source.connection_id == peer.id])

    def activate(self, peer: Peer, now_us: int) -> None:
        """Begin to send to a peer whose cipher is there now."""
        for receiver in peer.receivers.values():
            self._layers.place(receiver, now_us)

    # What peers send

    def publish(self, peer: Peer, publication: Publication, now_us: int) -> None:
        """Accept a track, or its changed description. Refused: `RepeatedTrack`, `TooMany`."""
        if len(peer.tracks) >= MOST_SECTIONS:
            raise TooMany
        before = peer.tracks.get(publication.mid)
        if before is not None and before.publication == publication:
            return
        used = {ssrc for ssrc, known in peer.streams.items() if _stream(known).track is not before}
        if any(encoding.ssrc in used or encoding.rtx_ssrc in used for encoding in publication.encodings):
            raise RepeatedTrack
        if before is not None:
            self.unpublish(peer, publication.mid)
        track = peer.tracks[publication.mid] = Track(peer, publication)
        peer.transport_cc_id = publication.extensions.transport_cc or peer.transport_cc_id
        for encoding in publication.encodings:
            stream = peer.streams[encoding.ssrc] = Stream(track, encoding.ssrc, encoding.rid)
            track.streams[encoding.rid] = stream
            if encoding.rtx_ssrc is not None:
                peer.streams[encoding.rtx_ssrc] = Repair(stream)
        self._place_audience(track, now_us)

    def unpublish(self, peer: Peer, mid: str) -> None:
        """Drop a track. Refused: `UnknownTrack`."""
        track = peer.tracks.pop(mid, None)
        if track is None:
            raise UnknownTrack(mid)
        for ssrc in [ssrc for ssrc, known in peer.streams.items() if _stream(known).track is track]:
            del peer.streams[ssrc]
        for stream in track.streams.values():
            self._close(stream)
        track.streams.clear()

    def _close(self, stream: Stream) -> None:
        for receiver in stream.waiting:
            receiver.coming = None
        for receiver in (*stream.receivers, *stream.tapes):
            receiver.leave()
        stream.waiting = []
        stream.ring = [None] * RING
        self.ingress.lossy.discard(stream)
        self.key_frames.came(stream)

    def _appeared(self, stream: Stream, now_us: int) -> None:
        """Let those in who wait for a track whose streams were not named beforehand."""
        self._place_audience(stream.track, now_us)

    def _place_audience(self, track: Track, now_us: int) -> None:
        source = Source(track.peer.id, track.publication.mid)
        tape = self._tapes.get(source)
        for receiver in (*self._audience.get(source, ()), *((tape,) if tape else ())):
            is_ready = receiver.peer.is_ready() or receiver.tape is not None
            if receiver.current is None and receiver.coming is None and is_ready:
                self._layers.place(receiver, now_us)

    # What peers receive

    def subscribe(self, peer: Peer, subscription: Subscription, now_us: int) -> None:
        """Forward a track to a peer. Refused: `RepeatedTrack`, `TooMany`."""
        ssrcs = {subscription.ssrc, subscription.rtx_ssrc} - {None}
        if subscription.mid in peer.receivers or ssrcs & peer.receivers_by_ssrc.keys():
            raise RepeatedTrack
        if len(peer.receivers) >= MOST_SECTIONS:
            raise TooMany
        receiver = Receiver(peer, subscription, self._random_number())
        peer.receivers[subscription.mid] = receiver
        self._enter(receiver, now_us)

    def resubscribe(self, peer: Peer, subscription: Subscription, now_us: int) -> None:
        """Change what a mid receives, without a gap. Refused: `UnknownTrack`."""
        receiver = peer.receivers.get(subscription.mid)
        if receiver is None:
            raise UnknownTrack(subscription.mid)
        if receiver.subscription.source != subscription.source:
            self._stop_waiting(receiver)
        self._leave_audience(receiver)
        receiver.adopt(subscription)
        if self._track_of(receiver) is None:
            receiver.leave()
        self._enter(receiver, now_us)

    def unsubscribe(self, peer: Peer, mid: str) -> None:
        """Stop forwarding on a mid. Refused: `UnknownTrack`."""
        receiver = peer.receivers.pop(mid, None)
        if receiver is None:
            raise UnknownTrack(mid)
        self._leave_audience(receiver)
        self._stop_waiting(receiver)
        receiver.retire()
        self.sending.spent.discard(receiver)

    def _enter(self, receiver: Receiver, now_us: int) -> None:
        subscription, peer = receiver.subscription, receiver.peer
        peer.receivers_by_ssrc[subscription.ssrc] = receiver
        if subscription.rtx_ssrc is not None:
            peer.receivers_by_ssrc[subscription.rtx_ssrc] = receiver
        self._audience.setdefault(subscription.source, []).append(receiver)
        if peer.is_ready():
            self._layers.place(receiver, now_us)

    def _leave_audience(self, receiver: Receiver) -> None:
        source = receiver.subscription.source
        audience = self._audience[source]
        audience.remove(receiver)
        if not audience:
            del self._audience[source]
        by_ssrc = receiver.peer.receivers_by_ssrc
        for ssrc in [ssrc for ssrc, known in by_ssrc.items() if known is receiver]:
            del by_ssrc[ssrc]

    def _stop_waiting(self, receiver: Receiver) -> None:
        if receiver.coming is not None:
            receiver.coming.waiting.remove(receiver)
            receiver.coming = None

    def _track_of(self, receiver: Receiver) -> Track | None:
        source = receiver.subscription.source
        peer = self._peers.get(source.connection_id)
        return peer.tracks.get(source.mid) if peer is not None else None

    # Recording

    def record(self, source: Source, tape: Tape, now_us: int) -> None:
        """Give a track's packets to a tape, like to a receiver. Refused: `UnknownTrack`, `RepeatedTrack`."""
        peer = self._peers.get(source.connection_id)
        track = peer.tracks.get(source.mid) if peer is not None else None
        if track is None:
            raise UnknownTrack(source.mid)
        if source in self._tapes:
            raise RepeatedTrack
        subscription = Subscription(source.mid, source, track.codec.payload_type, ssrc=1)
        receiver = Receiver(Peer("", 0), subscription, 0)
        receiver.tape = tape
        receiver.peer.receivers[source.mid] = receiver
        self._tapes[source] = receiver
        self._layers.place(receiver, now_us)

    def stop_recording(self, source: Source) -> None:
        """Give the tape nothing more. Refused: `UnknownTrack`."""
        if source not in self._tapes:
            raise UnknownTrack(source.mid)
        self._forget_tapes([source])

    def _forget_tapes(self, sources: Iterable[Source]) -> None:
        for source in sources:
            receiver = self._tapes.pop(source)
            self._layers.forget(receiver.peer)
            self._stop_waiting(receiver)
            receiver.leave()


def _stream(known: Stream | Repair) -> Stream:
    return known.stream if isinstance(known, Repair) else known
