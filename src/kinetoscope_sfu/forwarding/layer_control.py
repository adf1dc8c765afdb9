"""Moves the receivers of simulcast tracks between layers, by preference and by what their peer can take."""

from collections.abc import Callable, Iterable

from ..plane import LayerChoice
from .key_frames import KeyFrames
from .layers import Headroom, Layer, Wish, allocate
from .model import Peer, Receiver, Stream, Track

_SILENT_US = 2_000_000

FindTrack = Callable[[Receiver], Track | None]


def alive(track: Track, now_us: int) -> list[Stream]:
    """Return the layers that are being sent; all of them where none is (yet)."""
    streams = list(track.streams.values())
    return [
        stream for stream in streams if now_us - stream.last_us < _SILENT_US and stream.last_us
    ] or streams


def wish(track: Track, choice: LayerChoice, now_us: int) -> Wish:
    """Return what a receiver wants, of what is there."""
    layers = tuple(Layer(stream.rid, stream.bits_per_second, stream.width) for stream in alive(track, now_us))
    return Wish(choice, layers, track.publication.rids)


class LayerControl:
    """Chooses a layer when somebody comes, and again every second."""

    def __init__(self, key_frames: KeyFrames, find_track: FindTrack) -> None:
        self._key_frames = key_frames
        self._find_track = find_track
        self._headroom: dict[Peer, Headroom] = {}

    def place(self, receiver: Receiver, now_us: int) -> None:
        """Let a receiver wait for the key frame of the layer that suits it best."""
        track = self._find_track(receiver)
        if track is None:
            return
        wanted = wish(track, receiver.subscription.layers, now_us)
        self._move(receiver, track, allocate([wanted], None)[0], now_us)

    def forget(self, peer: Peer) -> None:
        """Drop what is known of a peer that has gone."""
        self._headroom.pop(peer, None)

    def second(self, peers: Iterable[Peer], now_us: int) -> None:
        """Choose anew, once a second."""
        for peer in peers:
            layered = [
                (receiver, track)
                for receiver in peer.receivers.values()
                if (track := self._find_track(receiver)) is not None and len(track.streams) > 1
            ]
            if layered:
                self._share(peer, layered, now_us)

    def _share(self, peer: Peer, layered: list[tuple[Receiver, Track]], now_us: int) -> None:
        wishes = [wish(track, receiver.subscription.layers, now_us) for receiver, track in layered]
        budget = self._budget(peer, now_us)
        if budget is not None or not peer.estimate:
            fixed = _sent(peer) - sum(_rate(receiver) for receiver, _ in layered)
            rids = allocate(wishes, budget - fixed if budget is not None else None)
            for (receiver, track), rid in zip(layered, rids, strict=True):
                self._move(receiver, track, rid, now_us)
            return
        for (receiver, track), wanted in zip(layered, wishes, strict=True):
            stream = receiver.coming or receiver.current
            if stream is None or stream.rid not in {layer.rid for layer in wanted.candidates()}:
                self._move(receiver, track, allocate([wanted], peer.estimate)[0], now_us)

    def _budget(self, peer: Peer, now_us: int) -> int | None:
        lost = max((receiver.fraction_lost for receiver in peer.receivers.values()), default=0)
        headroom = self._headroom.setdefault(peer, Headroom())
        return headroom.budget(peer.estimate, _sent(peer), lost, now_us)

    def _move(self, receiver: Receiver, track: Track, rid: str | None, now_us: int) -> None:
        stream = track.streams.get(rid) if rid is not None else None
        if receiver.coming is not None and receiver.coming is not stream:
            receiver.coming.waiting.remove(receiver)
            receiver.coming = None
        if stream is None:
            receiver.leave()
        elif receiver.current is not stream and receiver.coming is None:
            receiver.coming = stream
            stream.waiting.append(receiver)
            self._key_frames.ask(stream, now_us)


def _rate(receiver: Receiver) -> int:
    return receiver.current.bits_per_second if receiver.current is not None else 0


def _sent(peer: Peer) -> int:
    """Return the bits per second that a peer is being sent."""
    return sum(_rate(receiver) for receiver in peer.receivers.values())
