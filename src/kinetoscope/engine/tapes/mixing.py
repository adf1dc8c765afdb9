"""One sound of all that was said, for a call with several microphones."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.codec import CodecContext
from numpy.typing import NDArray

from ..opening import UNREADABLE
from ..typed_av import AnyPacket, decode_sounds, encode_sound
from .tape import Tape, Timed

_RATE = 48_000
_STEP = 960  # samples: 20 ms, a frame of Opus
_SLACK = 2 * _STEP  # how far a frame may be off before its time counts, rather than that it follows

Samples = NDArray[np.float32]


class Heard:
    """What a tape sounds like, decoded as the time goes on."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self._decoder = _decoder()
        self._resampler = AudioResampler("flt", "stereo", _RATE)
        self._frames = tape.frames()
        self._next: Timed | None = next(self._frames, None)
        self._waiting = np.zeros((0, 2), np.float32)
        self._at = _sample(self._next) if self._next else 0  # which sample the first waiting one is

    def read(self, start: int) -> Samples:
        """Return the samples of one step from `start` on; silence where there are none."""
        out = np.zeros((_STEP, 2), np.float32)
        while self._next is not None and _sample(self._next) < start + _STEP + _SLACK:
            for piece in self._decoded(self._next):
                self._append(piece, _sample(self._next))
            self._next = next(self._frames, None)
        skip = max(0, start - self._at)
        part = self._waiting[skip : max(0, start + _STEP - self._at)]
        begin = max(0, self._at - start)
        out[begin : begin + len(part)] = part
        self._waiting = self._waiting[skip + len(part) :]
        self._at += skip + len(part)
        return out

    def _append(self, piece: Samples, at: int) -> None:
        gap = at - (self._at + len(self._waiting))
        silence = np.zeros((gap if gap > _SLACK else 0, 2), np.float32)
        self._waiting = np.concatenate([self._waiting, silence, piece])

    def _decoded(self, frame: Timed) -> list[Samples]:
        try:
            found = decode_sounds(self._decoder, frame.content)
            made = [each for piece in found for each in self._resampler.resample(piece)]
        except MemoryError:
            raise
        except UNREADABLE:
            return []
        return [piece.to_ndarray().reshape(-1, 2).astype(np.float32, copy=False) for piece in made]


def mixed(tapes: Sequence[Tape], stream: AudioStream, ends_us: int) -> Iterator[AnyPacket]:
    """Give the sum of all sounds until the end."""
    coming = sorted(tapes, key=lambda tape: tape.begins_us)
    heard: list[Heard] = []
    for start in range(0, ends_us * _RATE // 1_000_000, _STEP):
        now_us = start * 1_000_000 // _RATE
        heard = [each for each in heard if each.tape.ends_us + 1_000_000 > now_us]
        while coming and coming[0].begins_us <= now_us + 100_000:
            heard.append(Heard(coming.pop(0)))
        total = np.zeros((_STEP, 2), np.float32)
        for each in heard:
            total += each.read(start)
        yield from encode_sound(stream, _frame(total, start))
    yield from encode_sound(stream, None)


def _frame(samples: Samples, start: int) -> AudioFrame:
    frame = AudioFrame.from_ndarray(np.clip(samples, -1, 1).reshape(1, -1), format="flt", layout="stereo")
    frame.sample_rate, frame.pts, frame.time_base = _RATE, start, Fraction(1, _RATE)
    return frame


def _sample(frame: Timed) -> int:
    return frame.at_us * _RATE // 1_000_000


def _decoder() -> AudioCodecContext:
    decoder = CodecContext.create("libopus", "r")
    assert isinstance(decoder, AudioCodecContext)
    decoder.sample_rate, decoder.layout = _RATE, "stereo"
    return decoder
