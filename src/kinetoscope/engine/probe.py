"""What is in this file? Decided by decoding it, never by its name."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import msgspec
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from .boxes import read_layout
from .models import NotAVideo, Probe
from .opening import PICTURE_FORMATS, UNREADABLE, open_source
from .reading import (
    LARGEST_AREA,
    LARGEST_SIDE,
    packets_until_broken,
    pick_audio,
    pick_video,
    pictures_of,
    rewind,
)
from .timeline import Timeline
from .unreadable import BREAKS_OFF, CANNOT_BE_READ, describe_unreadable

LONGEST_SECONDS = 24 * 3600
_PACKETS_TO_TRY = 600
_BYTES_TO_TRY = 64 * 1024 * 1024
_USUAL_RATE = Fraction(25)
_FASTEST_RATE = 1000
_SLOWEST_RATE = Fraction(1, 1000)


class _Beginning(msgspec.Struct, frozen=True):
    """What decoding the first packets gave."""

    frames: int
    width: int
    height: int
    pixel_format: str
    rotation: int


def probe(path: Path) -> Probe:
    """Give what the file holds, after decoding its first pictures.

    Raises NotAVideo, whose reason is a sentence for people. Reads the whole file only when its header
    is not to be trusted with the duration.
    """
    try:
        with open_source(path) as container:
            return _probe(container, path)
    except UNREADABLE as error:
        raise NotAVideo(describe_unreadable(path)) from error


def _probe(container: InputContainer, path: Path) -> Probe:
    if container.format.name in PICTURE_FORMATS:
        raise NotAVideo("This file is a picture, not a video.")
    video = pick_video(container)
    if video is None:
        raise NotAVideo(_why_no_picture(container, path))
    _check_size(video.width, video.height)
    beginning = _decode_beginning(container, video)
    _check_size(beginning.width, beginning.height)
    audio = pick_audio(container)
    if beginning.frames == 1 and audio is None:
        raise NotAVideo("This file holds a single still picture, not a video.")
    size = path.stat().st_size
    kind = _container_name(container, path)
    is_whole = not _ends_before_its_index(container, size)
    duration = _duration(container, video, trust_header=is_whole)
    return Probe(
        duration_seconds=duration,
        width=beginning.width,
        height=beginning.height,
        frame_rate=round(float(_frame_rate(video)), 3),
        container=kind,
        video_codec=video.codec_context.codec.canonical_name,
        audio_codec=audio.codec_context.codec.canonical_name if audio else None,
        pixel_format=beginning.pixel_format,
        bit_rate=round(size * 8 / duration),
        size_bytes=size,
        rotation=beginning.rotation,
        is_streamable=is_whole and _has_index_in_front(container, path),
    )


def _why_no_picture(container: InputContainer, path: Path) -> str:
    if container.streams.audio:
        return "This file is not a video: it holds only sound."
    if container.streams.video:
        return "This video is in a format that cannot be read here."
    return describe_unreadable(path)


def _check_size(width: int, height: int) -> None:
    if max(width, height) > LARGEST_SIDE or width * height > LARGEST_AREA:
        raise NotAVideo(
            f"The picture of this video is too large: {width} × {height}. The most is 8K, 7680 × 4320."
        )
    if min(width, height) < 2:  # noqa: PLR2004 - 4:2:0 video has at least 2 × 2 pixels
        raise NotAVideo("This video has no picture that can be shown.")


def _decode_beginning(container: InputContainer, video: VideoStream) -> _Beginning:
    """Decode until there are two pictures, the proof that it moves, or the bounds are reached."""
    frames = list(islice(_first_frames(container, video), 2))
    if not frames:
        raise NotAVideo(BREAKS_OFF)
    first = frames[0]
    turned = -round(first.rotation / 90) * 90 % 360  # PyAV counts anticlockwise
    return _Beginning(len(frames), first.width, first.height, first.format.name, turned)


def _first_frames(container: InputContainer, video: VideoStream) -> Iterator[VideoFrame]:
    read = 0
    for packet in islice(packets_until_broken(container, video), _PACKETS_TO_TRY):
        yield from pictures_of(video, packet)
        read += packet.size
        if read > _BYTES_TO_TRY:
            return
    yield from pictures_of(video, None)


def _ends_before_its_index(container: InputContainer, size: int) -> bool:
    """Tell whether the index of an MP4 points behind its end: the upload stopped in the middle."""
    if not container.format.name.startswith("mov"):
        return False
    lasts = (stream.index_entries[-1] for stream in container.streams if len(stream.index_entries))
    return any(last.pos + last.size > size for last in lasts)


def _has_index_in_front(container: InputContainer, path: Path) -> bool:
    """Tell whether a player can start and seek without having read the whole file."""
    if container.format.name.startswith("mov"):
        layout = read_layout(path)
        return layout.index_comes_first and not layout.is_fragmented
    return container.duration is not None  # a WebM that a browser recorded has neither duration nor index


def _duration(container: InputContainer, video: VideoStream, *, trust_header: bool) -> float:
    """Give seconds: from the header of the formats that have a true one, else by reading all packets."""
    has_header = container.format.name.startswith(("mov", "matroska"))
    told = (container.duration or 0) / av.time_base if has_header and trust_header else 0
    duration = told if told > 0 else _measured_duration(container, video)
    if duration > LONGEST_SECONDS:
        raise NotAVideo("This video lasts longer than 24 hours, which is the most.")
    duration = round(duration, 3)
    if duration <= 0:
        raise NotAVideo(CANNOT_BE_READ)
    return duration


def _measured_duration(container: InputContainer, video: VideoStream) -> float:
    rewind(container)
    timeline = Timeline(container.format.name, Fraction(0))
    count = 0
    begin: Fraction | None = None
    end = Fraction(0)
    for packet in packets_until_broken(container, video):
        count += 1
        timeline.place(packet)
        if packet.pts is None:
            continue
        time = packet.pts * packet.time_base
        begin = time if begin is None else min(begin, time)
        end = max(end, time + (packet.duration or 0) * packet.time_base)
    measured = end - begin if begin is not None else Fraction(0)
    return float(measured if measured > 0 else count / _frame_rate(video))


def _frame_rate(video: VideoStream) -> Fraction:
    rate = video.average_rate or video.guessed_rate or video.base_rate
    return rate if rate and _SLOWEST_RATE <= rate <= _FASTEST_RATE else _USUAL_RATE


def _container_name(container: InputContainer, path: Path) -> str:
    """Give the everyday name: FFmpeg has one for both MP4 and MOV, and one for both WebM and Matroska."""
    names = container.format.name.split(",")
    if "mov" in names:
        return "mov" if container.metadata.get("major_brand", "qt  ") == "qt  " else "mp4"
    if "webm" in names:
        with path.open("rb") as file:
            return "webm" if b"webm" in file.read(64) else "matroska"  # the DocType of the EBML header
    return names[0]
