"""One picture of all that was shown at a time, for a call with several cameras and screens."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np
from av.codec import CodecContext
from av.container import OutputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from ..opening import UNREADABLE
from ..reading import LARGEST_AREA
from ..typed_av import AnyPacket, add_video, decode_pictures, encode_picture
from .layout import HEIGHT, WIDTH, Box, boxes, fitted
from .tape import Tape, Timed

RATE = 25
_STEP_US = 1_000_000 // RATE
_MOST_SHOWN = 16
_LAST_SHOWN_US = 1_000_000
_DARK = 24
_DECODERS = {"VP8": "vp8", "VP9": "vp9", "H264": "h264", "AV1": "libdav1d"}

Planes = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]


class Shown:
    """What a tape shows, decoded as the time goes on; its decoder lives as long as the tape lasts."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self._decoder = _decoder(tape.codec)
        self._frames = tape.frames()
        self._next: Timed | None = next(self._frames, None)
        self._picture: VideoFrame | None = None
        self._scaled: tuple[Box, Planes] | None = None

    def advance(self, now_us: int) -> None:
        """Decode what is to be seen by now."""
        while self._next is not None and self._next.at_us <= now_us:
            for picture in self._decoded(self._next):
                self._picture, self._scaled = picture, None
            self._next = next(self._frames, None)

    def paint(self, canvas: Planes, box: Box) -> None:
        """Put the present picture into a box."""
        if self._picture is None:
            return
        if self._scaled is None or self._scaled[0] != box:
            self._scaled = box, _scaled(self._picture, box)
        place = fitted(self._picture.width, self._picture.height, box)
        for number, (target, source) in enumerate(zip(canvas, self._scaled[1], strict=True)):
            part = 2 if number else 1
            left, top = place.left // part, place.top // part
            target[top : top + source.shape[0], left : left + source.shape[1]] = source

    def _decoded(self, frame: Timed) -> list[VideoFrame]:
        return _decoded(self._decoder, frame.content)


def can_be_shown(codec: str, key_frame: bytes) -> bool:
    """Whether a key frame decodes to a picture."""
    decoder = _decoder(codec)
    return bool(_decoded(decoder, key_frame) or _decoded(decoder, None))


def add_composed(out: OutputContainer) -> VideoStream:
    """Give a new stream for a composed picture: H.264."""
    stream = add_video(out, "libx264", RATE, {"preset": "veryfast", "crf": "23", "bf": "0"})
    stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    stream.codec_context.time_base = Fraction(1, RATE)
    stream.codec_context.gop_size = RATE * 3
    stream.codec_context.thread_count = 1
    return stream


def composed(tapes: Sequence[Tape], stream: VideoStream, ends_us: int) -> Iterator[AnyPacket]:
    """Give the picture of a call until its end; where nobody shows anything it is dark."""
    coming = sorted(tapes, key=lambda tape: tape.begins_us)
    shown: list[Shown] = []
    for number in range(max(1, ends_us // _STEP_US)):
        now_us = number * _STEP_US
        shown = [each for each in shown if each.tape.ends_us + _LAST_SHOWN_US > now_us]
        while coming and coming[0].begins_us <= now_us and len(shown) < _MOST_SHOWN:
            shown.append(Shown(coming.pop(0)))
        for each in shown:
            each.advance(now_us)
        frame = _frame(shown)
        frame.pts, frame.time_base = number, Fraction(1, RATE)
        yield from encode_picture(stream, frame)
    yield from encode_picture(stream, None)


def _frame(shown: Sequence[Shown]) -> VideoFrame:
    flat = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
    flat[:HEIGHT] = _DARK
    canvas = _planes(flat, WIDTH, HEIGHT)
    places = boxes([each.tape.kind == "screen" for each in shown])
    for each, box in zip(shown, places, strict=True):
        each.paint(canvas, box)
    return VideoFrame.from_ndarray(flat, format="yuv420p")


def _planes(flat: NDArray[np.uint8], width: int, height: int) -> Planes:
    """Give the three planes of a packed 4:2:0 picture, as views."""
    plain = flat.reshape(-1)
    size, quarter = width * height, width * height // 4
    half = (height // 2, width // 2)
    return (
        plain[:size].reshape(height, width),
        plain[size : size + quarter].reshape(half),
        plain[size + quarter : size + 2 * quarter].reshape(half),
    )


def _scaled(picture: VideoFrame, box: Box) -> Planes:
    place = fitted(picture.width, picture.height, box)
    small = picture.reformat(width=place.width, height=place.height, format="yuv420p")
    return _planes(small.to_ndarray().astype(np.uint8, copy=False), place.width, place.height)


def _decoded(decoder: VideoCodecContext, content: bytes | None) -> list[VideoFrame]:
    """Give pictures; none where they are damaged, for the next may decode. None gives what is held back."""
    try:
        return decode_pictures(decoder, content)
    except MemoryError:
        raise
    except UNREADABLE:
        return []


def _decoder(codec: str) -> VideoCodecContext:
    decoder = CodecContext.create(_DECODERS[codec], "r")
    assert isinstance(decoder, VideoCodecContext)
    decoder.options = {"max_pixels": str(LARGEST_AREA)}
    decoder.thread_count = 1
    return decoder
