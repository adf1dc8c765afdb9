"""Sound made anew: AAC, 128 kbit/s, stereo, 48 kHz."""

from collections.abc import Iterator
from fractions import Fraction

from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import OutputContainer

from .reading import sound_of
from .typed_av import AnyPacket, add_audio, encode_sound

_RATE = 48_000
_LONGEST_FILLED_SECONDS = 30


class EncodedAudio:
    """Decodes, resamples and encodes. Small gaps become silence, so that it stays with the picture."""

    def __init__(self, source: AudioStream, out: OutputContainer) -> None:
        self._source = source
        self._target = add_audio(out, "aac", _RATE, "stereo")
        self._target.bit_rate = 128_000
        self._resampler = _new_resampler()
        self._shape: tuple[str, str, int] | None = None
        self._expected: Fraction | None = None
        self._next = 0

    def take(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        """Give what the encoder has ready."""
        for frame in sound_of(self._source, packet):
            yield from self._take_frame(frame)

    def finish(self) -> Iterator[AnyPacket]:
        """Give what decoder, resampler and encoder still hold."""
        for frame in sound_of(self._source, None):
            yield from self._take_frame(frame)
        yield from self._encode(self._resampler.resample(None))
        yield from encode_sound(self._target, None)

    def _take_frame(self, frame: AudioFrame) -> Iterator[AnyPacket]:
        if frame.sample_rate <= 0 or frame.samples <= 0:
            return
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        jumps = self._jumps(frame)
        if jumps or shape != self._shape:
            # The resampler is made for one kind of sound, and would hold the silence of a long gap in memory.
            yield from self._encode(self._resampler.resample(None))
            self._resampler = _new_resampler()
            self._shape = shape
        yield from self._encode(self._resampler.resample(frame))

    def _jumps(self, frame: AudioFrame) -> bool:
        if frame.pts is None or frame.time_base is None:
            return False
        begins, expected = frame.pts * frame.time_base, self._expected
        self._expected = begins + Fraction(frame.samples, frame.sample_rate)
        return expected is not None and abs(begins - expected) > _LONGEST_FILLED_SECONDS

    def _encode(self, frames: list[AudioFrame]) -> Iterator[AnyPacket]:
        for frame in frames:
            told = frame.pts if frame.pts is not None else self._next
            if told + frame.samples <= 0:
                continue  # before the picture begins
            frame.pts = max(self._next, told)
            frame.time_base = Fraction(1, _RATE)
            self._next = frame.pts + frame.samples
            yield from encode_sound(self._target, frame)


def _new_resampler() -> AudioResampler:
    # async=1: follow the timestamps, filling and trimming where they do not fit the number of samples
    return AudioResampler("fltp", "stereo", _RATE, frame_size=1024, options={"async": "1"})
