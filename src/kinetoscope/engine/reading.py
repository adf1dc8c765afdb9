"""Reading what a container holds: which streams, and their packets and pictures, as far as they go."""

from collections.abc import Iterator
from fractions import Fraction

from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from .opening import UNREADABLE
from .typed_av import AnyPacket, MaybePacket, decode_picture, decode_sound

LARGEST_SIDE = 8192
LARGEST_AREA = LARGEST_SIDE * LARGEST_SIDE // 2
"""Of a picture, in pixels: 8K passes."""

_COVERS = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image


def pick_video(container: InputContainer, *, threads: int = 1) -> VideoStream | None:
    """Give the largest moving picture, ready to decode within bounds; cover art is none."""
    pictures = [
        stream
        for stream in container.streams.video
        if has_decoder(stream) and not stream.disposition & _COVERS and stream.width > 0
    ]
    if not pictures:
        return None
    video = max(pictures, key=lambda stream: stream.width * stream.height)
    video.codec_context.options = {"max_pixels": str(LARGEST_AREA)}
    video.codec_context.thread_count = threads
    video.codec_context.thread_type = "AUTO"
    return video


def pick_audio(container: InputContainer) -> AudioStream | None:
    """Give the first sound that can be decoded, or None."""
    return next(
        (stream for stream in container.streams.audio if has_decoder(stream) and stream.rate > 0), None
    )


def pixel_aspect_of(video: VideoStream) -> Fraction:
    """Give how much wider than high a pixel is shown; 1 where nothing is said."""
    return video.sample_aspect_ratio or Fraction(1)


def has_decoder(stream: VideoStream | AudioStream) -> bool:
    """Tell whether FFmpeg can decode it. Other streams have no codec context, whatever the types say."""
    return getattr(stream, "codec_context", None) is not None


def packets_until_broken(container: InputContainer, *streams: Stream) -> Iterator[AnyPacket]:
    """Give the packets that hold something, ending quietly where the file breaks off."""
    packets = container.demux(*streams)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except IndexError:  # a stream that began after the file was opened: PyAV does not know it
            packets = container.demux(*streams)
            continue
        except MemoryError:
            raise
        except UNREADABLE:
            return
        if packet.size > 0:
            yield packet


def pictures_of(video: VideoStream, packet: MaybePacket) -> list[VideoFrame]:
    """Give a packet's pictures; none if it is damaged, for the next may decode. None flushes the decoder."""
    try:
        return decode_picture(video, packet)
    except MemoryError:
        raise
    except UNREADABLE:
        return []


def sound_of(audio: AudioStream, packet: MaybePacket) -> list[AudioFrame]:
    """Give a packet's sound; none if it is damaged, for the next may decode. None flushes the decoder."""
    try:
        return decode_sound(audio, packet)
    except MemoryError:
        raise
    except UNREADABLE:
        return []


def start_of(container: InputContainer) -> int:
    """Give when the first stream begins, in microseconds; 0 where it is not known, whatever the stubs say."""
    return max(0, container.start_time or 0)


def rewind(container: InputContainer) -> None:
    """Go back to the first packet."""
    container.seek(start_of(container))
