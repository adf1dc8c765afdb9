"""Tracks that are taken over as they were sent."""

import io
import struct
from collections.abc import Iterable, Iterator
from fractions import Fraction

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from ..typed_av import AnyPacket, add_audio, add_copy
from .tape import Timed

MICROSECONDS = Fraction(1, 1_000_000)
_FOURCC = {"VP8": b"VP80", "VP9": b"VP90", "H264": b"H264", "AV1": b"AV01"}
_SOUND_RATE = 48_000


def add_picture(out: OutputContainer, codec: str, key_frame: bytes) -> VideoStream:
    """Give a new stream for pictures of a codec; a key frame says their size and what decoders need."""
    with av.open(io.BytesIO(_ivf(codec, key_frame)), "r", format="ivf") as described:
        return add_copy(out, described.streams.video[0])


def add_sound(out: OutputContainer) -> AudioStream:
    """Give a new stream for Opus, copied or encoded: the encoder describes both."""
    stream = add_audio(out, "libopus", _SOUND_RATE, "stereo")
    stream.bit_rate = 96_000
    return stream


def copied(frames: Iterable[Timed], stream: Stream) -> Iterator[AnyPacket]:
    """Give frames as packets of a stream."""
    for frame in frames:
        packet: AnyPacket = Packet(frame.content)
        packet.pts = packet.dts = frame.at_us
        packet.time_base = MICROSECONDS
        packet.is_keyframe = frame.is_key
        packet.stream = stream
        yield packet


def _ivf(codec: str, frame: bytes) -> bytes:
    """Give a file of one frame in the simplest of containers."""
    head = struct.pack("<4sHH4sHHIIII", b"DKIF", 0, 32, _FOURCC[codec], 0, 0, 1000, 1, 1, 0)
    return head + struct.pack("<IQ", len(frame), 0) + frame
