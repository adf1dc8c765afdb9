"""A stream that is taken over as it is, its times made fit for the new container."""

from collections.abc import Iterator
from fractions import Fraction

from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream

from .typed_av import AnyPacket, add_copy


class CopiedTrack:
    """Passes packets on from the first keyframe, with times that begin at `start` and always grow."""

    def __init__(self, source: VideoStream | AudioStream, out: OutputContainer, start: Fraction) -> None:
        self._target: VideoStream | AudioStream = add_copy(out, source)
        self._shift = round(start / (source.time_base or 1))
        self._last: int | None = None

    def take(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        """Give the packet for the new file; none before the first keyframe."""
        told = packet.dts if packet.dts is not None else packet.pts
        if told is None or packet.is_corrupt or (self._last is None and not packet.is_keyframe):
            return
        decode_at = told - self._shift
        if self._last is not None and decode_at <= self._last:
            decode_at = self._last + 1  # a container refuses times that do not grow
        show_at = packet.pts - self._shift if packet.pts is not None else decode_at
        packet.dts, packet.pts = decode_at, max(decode_at, show_at)
        packet.stream = self._target
        self._last = decode_at
        yield packet

    def finish(self) -> Iterator[AnyPacket]:
        """Nothing is held back."""
        return iter(())
