"""The picture made anew: H.264, 8-bit 4:2:0, at most 1080p, upright, square pixels, progressive."""

from collections.abc import Iterator
from fractions import Fraction

from av.container import OutputContainer
from av.filter import Graph
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from .models import Probe
from .reading import pictures_of, pixel_aspect_of
from .sizes import fit_1080p
from .typed_av import AnyPacket, add_video, encode_picture

_CLOCK = Fraction(1, 90_000)
_SHORTEST_STEP = 90_000 // 65  # frames closer than this are left out: 60 a second are enough
_KEYFRAME_SECONDS = 3
_TURNS = {90: ("transpose=clock",), 180: ("hflip", "vflip"), 270: ("transpose=cclock",)}


class EncodedVideo:
    """Decodes, turns, scales and encodes; each picture keeps its own time, so a variable rate stays one."""

    def __init__(self, source: VideoStream, out: OutputContainer, probe: Probe, threads: int) -> None:
        self._source = source
        self._step = Fraction(1) / Fraction(probe.frame_rate).limit_denominator(1001)
        self._size = fit_1080p(probe.width, probe.height, probe.rotation, pixel_aspect_of(source))
        self._target = _add_h264(out, self._size, min(60.0, probe.frame_rate), threads)
        self._graph: Graph | None = None
        self._shape: tuple[object, ...] | None = None
        self._is_interlaced = False
        self._last: int | None = None

    def take(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        """Give what the encoder has ready."""
        for frame in pictures_of(self._source, packet):
            yield from self._take_frame(frame)

    def finish(self) -> Iterator[AnyPacket]:
        """Give what decoder, filters and encoder still hold."""
        for frame in pictures_of(self._source, None):
            yield from self._take_frame(frame)
        yield from self._drain()
        yield from encode_picture(self._target, None)

    def _take_frame(self, frame: VideoFrame) -> Iterator[AnyPacket]:
        self._is_interlaced |= frame.interlaced_frame
        shape = (frame.width, frame.height, frame.format.name, frame.rotation, self._is_interlaced)
        if shape != self._shape or self._graph is None:
            yield from self._drain()
            self._graph = self._new_graph(frame, is_first=self._shape is None)
            self._shape = shape
        if frame.pts is None:
            expected = (self._last or 0) * _CLOCK + self._step
            frame.pts = round(expected / self._time_base(frame))
        self._graph.vpush(frame)
        yield from self._encode(self._graph)

    def _drain(self) -> Iterator[AnyPacket]:
        if self._graph is not None:
            self._graph.vpush(None)
            yield from self._encode(self._graph)

    def _encode(self, graph: Graph) -> Iterator[AnyPacket]:
        for frame in _pull_all(graph):
            show_at = round((frame.pts or 0) * self._time_base(frame) / _CLOCK)
            if show_at < 0 or (self._last is not None and show_at - self._last < _SHORTEST_STEP):
                continue
            self._last = show_at
            frame.pts, frame.time_base = show_at, _CLOCK
            frame.pict_type = PictureType.NONE  # else x264 repeats the frame types of the source
            yield from encode_picture(self._target, frame)

    def _time_base(self, frame: VideoFrame) -> Fraction:
        return frame.time_base or self._source.time_base or _CLOCK

    def _new_graph(self, frame: VideoFrame, *, is_first: bool) -> Graph:
        width, height = self._size
        scale = f"scale={width}:{height}:flags=bicubic:out_range=tv"
        if not is_first:  # the picture changed its size on the way: what no longer fits gets borders
            scale += f":force_original_aspect_ratio=decrease,pad={width}:{height}:-1:-1"
        steps = [
            *(["yadif=deint=interlaced"] if self._is_interlaced else []),
            *_TURNS.get(-round(frame.rotation / 90) * 90 % 360, ()),
            *scale.split(","),
            "setsar=1",
            "format=yuv420p",
        ]
        graph = Graph()
        graph.threads = 1
        nodes = [graph.add("buffer", _describe(frame, self._time_base(frame)))]
        for step in steps:
            name, _, arguments = step.partition("=")
            nodes.append(graph.add(name, arguments or None))
        graph.link_nodes(*nodes, graph.add("buffersink"))
        graph.configure()
        return graph


def _describe(frame: VideoFrame, time_base: Fraction) -> str:
    return (
        f"video_size={frame.width}x{frame.height}:pix_fmt={frame.format.name}:time_base={time_base}"
        f":colorspace={int(frame.colorspace)}:range={int(frame.color_range)}"
    )


def _pull_all(graph: Graph) -> Iterator[VideoFrame]:
    while True:
        try:
            yield graph.vpull()
        except (BlockingIOError, EOFError):
            return


def _add_h264(out: OutputContainer, size: tuple[int, int], rate: float, threads: int) -> VideoStream:
    # Without B-frames, decoding times are showing times. Else MP4 counts the duration without the last
    # frames, which in a screen recording of long stills can be minutes.
    options = {"preset": "veryfast", "crf": "23", "bf": "0", "maxrate": "8M", "bufsize": "16M"}
    target = add_video(out, "libx264", Fraction(rate).limit_denominator(1001), options)
    target.width, target.height = size
    target.pix_fmt = "yuv420p"
    target.codec_context.time_base = _CLOCK
    target.codec_context.gop_size = max(1, round(rate * _KEYFRAME_SECONDS))
    target.codec_context.thread_count = threads
    return target
