"""Writes a sample as a video file, or one moment of it as a picture."""

from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from ...engine.typed_av import add_audio, add_video, encode_picture, encode_sound, mux
from .canvas import HEIGHT, WIDTH
from .models import Sample
from .sound import RATE, compose

_FRAMES_A_SECOND = 12
_VP8 = {"deadline": "realtime", "cpu-used": "8", "crf": "12", "b": "1500k"}
_CODECS = {
    "mp4": ("libx264", {"preset": "ultrafast", "crf": "22"}, "aac", "fltp"),
    "webm": ("libvpx", _VP8, "libopus", "flt"),
}


def render_sample(sample: Sample, path: Path) -> None:
    """Write the sample to `path`: 640 × 360, with sound, ready to be streamed."""
    video_codec, video_options, audio_codec, sample_format = _CODECS[sample.container]
    options = {"movflags": "+faststart"} if sample.container == "mp4" else {}
    with av.open(str(path), "w", format=sample.container, options=options) as out:
        picture = add_video(out, video_codec, _FRAMES_A_SECOND, video_options)
        picture.width, picture.height, picture.pix_fmt = WIDTH // 2, HEIGHT // 2, "yuv420p"
        picture.codec_context.thread_count = 1
        picture.codec_context.time_base = Fraction(1, _FRAMES_A_SECOND)
        picture.codec_context.gop_size = 2 * _FRAMES_A_SECOND
        sound = add_audio(out, audio_codec, RATE, "mono")
        _write_sound(out, sound, sample, sample_format)
        _write_pictures(out, picture, sample)


def draw_moment(sample: Sample, share: float) -> bytes:
    """Give what the sample shows at a share (0 to 1) of its time, as PNG."""
    out = BytesIO()
    sample.scene(sample.headline)(share).save(out, "PNG", compress_level=1)
    return out.getvalue()


def _write_pictures(out: OutputContainer, stream: VideoStream, sample: Sample) -> None:
    paint = sample.scene(sample.headline)
    reformatter = VideoReformatter()
    count = round(sample.seconds * _FRAMES_A_SECOND)
    for index in range(count):
        picture = paint(index / count)
        frame = VideoFrame(stream.width, stream.height, "rgb24")
        frame.planes[0].update(picture.reduce(picture.width // stream.width).tobytes())
        frame = reformatter.reformat(frame, format="yuv420p")
        frame.pts = index
        frame.time_base = Fraction(1, _FRAMES_A_SECOND)
        for packet in encode_picture(stream, frame):
            mux(out, packet)
    for packet in encode_picture(stream, None):
        mux(out, packet)


def _write_sound(out: OutputContainer, stream: AudioStream, sample: Sample, sample_format: str) -> None:
    stream.format = sample_format
    stream.codec_context.options = {"aac_coder": "fast"} if sample.container == "mp4" else {}
    stream.codec_context.open()
    samples = compose(sample.melody, sample.seconds)
    step = stream.codec_context.frame_size
    for at in range(0, len(samples) - step + 1, step):
        frame = AudioFrame(sample_format, "mono", step)
        frame.planes[0].update(samples[at : at + step].tobytes())
        frame.sample_rate = RATE
        frame.pts = at
        frame.time_base = Fraction(1, RATE)
        for packet in encode_sound(stream, frame):
            mux(out, packet)
    for packet in encode_sound(stream, None):
        mux(out, packet)
