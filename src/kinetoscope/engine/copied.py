"""A stream that is taken over as it is, its times made fit for the new container."""

from collections.abc import Iterator

from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream

from .typed_av import AnyPacket, add_copy


class CopiedTrack:
    """Passes packets on from the first keyframe, with times that always grow."""

    def __init__(self, source: VideoStream | AudioStream, out: OutputContainer) -> None:
        self._target: VideoStream | AudioStream = add_copy(out, source)
        self._last: int | None = None

    def take(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        """Give the packet for the new file; none before the first keyframe."""
        told = packet.dts if packet.dts is not None else packet.pts
        if told is None or packet.is_corrupt or (self._last is None and not packet.is_keyframe):
            return
        # A container refuses times that do not grow.
        decode_at = told if self._last is None else max(told, self._last + 1)
        show_at = packet.pts if packet.pts is not None else decode_at
        packet.dts, packet.pts = decode_at, max(decode_at, show_at)
        packet.stream = self._target
        self._last = decode_at
        yield packet

    def finish(self) -> Iterator[AnyPacket]:
        """Nothing is held back."""
        return iter(())
