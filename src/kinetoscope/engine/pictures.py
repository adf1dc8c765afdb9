"""A decoded frame as an upright picture with square pixels."""

from collections.abc import Iterator
from fractions import Fraction

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation
from av.video.stream import VideoStream
from PIL import Image

from .reading import packets_until_broken, pictures_of, start_of
from .sizes import fit_width, shown_size

_TURNS = {
    90: Image.Transpose.ROTATE_270,  # Pillow counts anticlockwise
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}


def picture_of(frame: VideoFrame, pixel_aspect: Fraction, width: int, *, most_high: int) -> Image.Image:
    """Give the frame in RGB as a player shows it, at most `width` wide; never enlarged."""
    rotation = -round(frame.rotation / 90) * 90 % 360
    wide, high = fit_width(
        shown_size(frame.width, frame.height, rotation, pixel_aspect), width, most_high=most_high
    )
    if rotation in {90, 270}:
        wide, high = high, wide
    rgb = frame.reformat(width=wide, height=high, format="rgb24", interpolation=Interpolation.AREA)
    plane = rgb.planes[0]
    picture = Image.frombytes("RGB", (wide, high), bytes(plane), "raw", "RGB", plane.line_size)
    return picture.transpose(_TURNS[rotation]) if rotation in _TURNS else picture


def frames_from(container: InputContainer, video: VideoStream, seconds: float) -> Iterator[VideoFrame]:
    """Give the frames from the last keyframe before `seconds` on, counted from the beginning of the file."""
    container.seek(start_of(container) + round(seconds * av.time_base))
    for packet in packets_until_broken(container, video):
        yield from pictures_of(video, packet)
    yield from pictures_of(video, None)


def seconds_of(container: InputContainer, frame: VideoFrame) -> float:
    """Give when the frame is shown, from the beginning of the file."""
    begin = start_of(container) / av.time_base
    return (frame.time if frame.pts is not None else begin) - begin
