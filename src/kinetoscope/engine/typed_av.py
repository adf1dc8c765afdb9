"""The calls of PyAV whose stubs leave a parameter without a type, here with one."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Mapping
from fractions import Fraction
from typing import TypeAlias, TypeVar

from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

AnyPacket: TypeAlias = "Packet[Stream]"
MaybePacket: TypeAlias = "Packet[Stream] | None"
_Kind = TypeVar("_Kind", bound=Stream)


def add_video(
    out: OutputContainer, codec: str, rate: Fraction | int, options: Mapping[str, str]
) -> VideoStream:
    """Give a new stream that encodes pictures."""
    stream = out.add_stream(codec, rate=rate, options=dict(options))
    assert isinstance(stream, VideoStream)
    return stream


def add_audio(out: OutputContainer, codec: str, rate: int, layout: str) -> AudioStream:
    """Give a new stream that encodes sound."""
    stream = out.add_stream(codec, rate=rate, layout=layout)
    assert isinstance(stream, AudioStream)
    return stream


def add_copy(out: OutputContainer, source: _Kind) -> _Kind:
    """Give a new stream that takes the packets of another container's."""
    return out.add_stream_from_template(source, opaque=True)


def encode_picture(stream: VideoStream, frame: VideoFrame | None) -> list[AnyPacket]:
    """Give what the encoder has ready; None flushes it."""
    return stream.encode(frame)


def encode_sound(stream: AudioStream, frame: AudioFrame | None) -> list[AnyPacket]:
    """Give what the encoder has ready; None flushes it."""
    return stream.encode(frame)


def decode_picture(stream: VideoStream, packet: MaybePacket) -> list[VideoFrame]:
    """Give what the decoder has ready; None flushes it."""
    return stream.decode(packet)


def decode_sound(stream: AudioStream, packet: MaybePacket) -> list[AudioFrame]:
    """Give what the decoder has ready; None flushes it."""
    return stream.decode(packet)


def decode_pictures(decoder: VideoCodecContext, content: bytes | None) -> list[VideoFrame]:
    """Give the pictures of a frame that no container holds; None flushes the decoder."""
    return decoder.decode(None if content is None else Packet(content))


def decode_sounds(decoder: AudioCodecContext, content: bytes) -> list[AudioFrame]:
    """Give the sound of a frame that no container holds."""
    return decoder.decode(Packet(content))


def mux(out: OutputContainer, packet: AnyPacket) -> None:
    """Write a packet."""
    out.mux_one(packet)
