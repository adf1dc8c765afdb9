"""Small real videos for tests, made with PyAV."""

import math
from array import array
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypedDict, Unpack

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from kinetoscope.engine.typed_av import (
    AnyPacket,
    add_audio,
    add_video,
    encode_picture,
    encode_sound,
    mux,
)

_SAMPLES = 1024


class Wishes(TypedDict, total=False):
    """What a clip may be asked to be; see `make_clip` for what it is otherwise."""

    container: str
    video_codec: str
    audio_codec: str | None
    seconds: float
    audio_seconds: float
    size: tuple[int, int]
    rate: int
    pixel_format: str
    rotation: int
    sample_rate: int
    layout: str
    movflags: str
    keyframe_every: int
    frame_times: list[float]


@dataclass(frozen=True)
class _Clip:
    """What a clip is where nothing else is wished for."""

    container: str = "mp4"
    video_codec: str = "libx264"
    audio_codec: str | None = "aac"
    seconds: float = 2.0
    audio_seconds: float | None = None
    size: tuple[int, int] = (160, 90)
    rate: int = 12
    pixel_format: str = "yuv420p"
    rotation: int = 0
    sample_rate: int = 48_000
    layout: str = "stereo"
    movflags: str = "+faststart"
    keyframe_every: int = 12
    frame_times: list[float] | None = None


_OPTIONS = {
    "libx264": {"preset": "ultrafast"},
    "libx265": {"preset": "ultrafast", "x265-params": "log-level=none"},
    "libvpx": {"deadline": "realtime", "cpu-used": "8"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"},
}


def make_clip(path: Path, **wishes: Unpack[Wishes]) -> Path:
    """Write a clip whose picture brightens from dark grey to white, with a tone; give `path`.

    Without wishes: MP4 for streaming, H.264 and AAC, 2 seconds, 160 x 90, 12 frames a second. `rotation` is
    clockwise. An empty `video_codec` leaves the picture out. `frame_times` gives each frame's own time in
    seconds instead of an even rate.
    """
    wanted = _Clip(**wishes)
    is_mp4 = wanted.container in {"mp4", "mov"}
    options = {"movflags": wanted.movflags} if is_mp4 and wanted.movflags else {}
    with av.open(str(path), "w", format=wanted.container, options=options) as out:
        pictures = _add_pictures(out, wanted) if wanted.video_codec else None
        sound = _add_sound(out, wanted)
        packets = _encode_pictures(pictures, wanted) if pictures is not None else []
        if sound is not None:
            packets += _encode_sound(sound, wanted.audio_seconds or wanted.seconds)
        for packet in sorted(packets, key=_begins):
            mux(out, packet)
    return path


def _add_pictures(out: OutputContainer, wanted: _Clip) -> VideoStream:
    codec = wanted.video_codec
    stream = add_video(out, codec, wanted.rate, _OPTIONS.get(codec, {}))
    stream.width, stream.height = wanted.size
    stream.pix_fmt = wanted.pixel_format
    stream.codec_context.gop_size = wanted.keyframe_every
    stream.codec_context.thread_count = 1
    stream.codec_context.time_base = Fraction(1, 1000 if wanted.frame_times else wanted.rate)
    if wanted.rotation:
        stream.set_display_rotation(-wanted.rotation)
    return stream


def _add_sound(out: OutputContainer, wanted: _Clip) -> AudioStream | None:
    if wanted.audio_codec is None:
        return None
    stream = add_audio(out, wanted.audio_codec, wanted.sample_rate, wanted.layout)
    if wanted.audio_codec == "aac":
        stream.codec_context.options = {"aac_coder": "fast"}
    return stream


def _begins(packet: AnyPacket) -> float:
    return float((packet.dts or 0) * packet.time_base)


def _encode_pictures(stream: VideoStream, wanted: _Clip) -> list[AnyPacket]:
    reformatter = VideoReformatter()
    rate = wanted.rate
    times = wanted.frame_times or [index / rate for index in range(round(wanted.seconds * rate))]
    packets: list[AnyPacket] = []
    for index, seconds in enumerate(times):
        frame = VideoFrame(*wanted.size, "gray")
        plane = frame.planes[0]
        plane.update(bytes([60 + 190 * index // len(times)]) * plane.buffer_size)
        frame = reformatter.reformat(frame, format=wanted.pixel_format)
        frame.time_base = stream.codec_context.time_base
        frame.pts = round(seconds / frame.time_base)
        packets += encode_picture(stream, frame)
    return packets + encode_picture(stream, None)


def _encode_sound(stream: AudioStream, seconds: float) -> list[AnyPacket]:
    rate = stream.rate
    tone = array("h", (round(8000 * math.sin(index / 16)) for index in range(_SAMPLES)))
    resampler = av.AudioResampler(
        stream.format, stream.layout, rate, frame_size=stream.frame_size or _SAMPLES
    )
    frames: list[AudioFrame] = []
    for index in range(round(seconds * rate / _SAMPLES)):
        frame = AudioFrame("s16", "mono", _SAMPLES)
        frame.planes[0].update(tone.tobytes())
        frame.sample_rate = rate
        frame.time_base = Fraction(1, rate)
        frame.pts = index * _SAMPLES
        frames += resampler.resample(frame)
    frames += resampler.resample(None)
    return [packet for frame in [*frames, None] for packet in encode_sound(stream, frame)]
