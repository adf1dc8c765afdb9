"""Posters, storyboards and streaming segments."""

import re
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import pytest
from av.video.frame import VideoFrame
from PIL import Image, ImageStat

from kinetoscope.engine import NotAVideo, Probe, probe
from kinetoscope.engine.hls import make_hls
from kinetoscope.engine.models import Report
from kinetoscope.engine.poster import make_poster
from kinetoscope.engine.sizes import fit_1080p
from kinetoscope.engine.storyboard import make_storyboard
from kinetoscope.engine.typed_av import add_video, encode_picture, mux
from support.clips import make_clip


def quiet(*_: object) -> None:
    """Tell nobody."""


_QUIET: Report = quiet


def test_the_poster_is_from_a_tenth_into_the_video(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip", seconds=10, audio_codec=None, keyframe_every=120)
    make_poster(clip, tmp_path / "poster.jpg", probe(clip), _QUIET)
    with Image.open(tmp_path / "poster.jpg") as poster:
        assert (poster.format, poster.size) == ("JPEG", (160, 90))
        assert ImageStat.Stat(poster).mean[0] == pytest.approx(60 + 19, abs=10)


@pytest.mark.parametrize("rotation", [90, 270])
def test_the_poster_stands_upright(tmp_path: Path, rotation: int) -> None:
    clip = make_clip(tmp_path / "clip", rotation=rotation)
    make_poster(clip, tmp_path / "poster.jpg", probe(clip), _QUIET)
    with Image.open(tmp_path / "poster.jpg") as poster:
        assert poster.size == (90, 160)


def test_the_poster_is_at_most_1280_wide(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip", size=(1920, 1080), seconds=0.5, audio_codec=None)
    make_poster(clip, tmp_path / "poster.jpg", probe(clip), _QUIET)
    with Image.open(tmp_path / "poster.jpg") as poster:
        assert poster.size == (1280, 720)


def test_a_black_beginning_is_passed_over(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mkv"
    with av.open(str(clip), "w", format="matroska") as out:
        stream = add_video(out, "mpeg4", 10, {})
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 10)
        for index in range(100):
            frame = VideoFrame(64, 36, "gray")
            frame.planes[0].update(bytes([200 if index >= 30 else 0]) * frame.planes[0].buffer_size)
            frame = frame.reformat(format="yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, 10)
            for packet in encode_picture(stream, frame):
                mux(out, packet)
        for packet in encode_picture(stream, None):
            mux(out, packet)
    make_poster(clip, tmp_path / "poster.jpg", probe(clip), _QUIET)
    with Image.open(tmp_path / "poster.jpg") as poster:
        assert ImageStat.Stat(poster).mean[0] > 150


def test_a_video_without_one_picture_has_no_poster(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip", audio_codec=None)
    found = probe(clip)
    content = clip.read_bytes()
    at = content.index(b"mdat") + 4
    clip.write_bytes(content[:at] + bytes(len(content) - at))
    with pytest.raises(NotAVideo, match="breaks off"):
        make_poster(clip, tmp_path / "poster.jpg", found, _QUIET)


_TIME = r"(\d\d):(\d\d):(\d\d\.\d{3})"
_CUE = re.compile(_TIME + " --> " + _TIME + r"\nstoryboard\.jpg#xywh=(\d+),(\d+),(\d+),(\d+)\n")


@pytest.mark.parametrize("seconds", [0.5, 9, 12, 130])
def test_the_storyboard_covers_the_whole_video_in_order(tmp_path: Path, seconds: float) -> None:
    clip = make_clip(tmp_path / "clip", seconds=seconds, rate=4, audio_codec=None)
    board = make_storyboard(clip, tmp_path, probe(clip), _QUIET)
    text = board.track.read_text()
    cues = _CUE.findall(text)
    assert text.startswith("WEBVTT\n\n")
    assert len(cues) == board.tiles == min(100, max(1, round(seconds)))
    end = 0.0
    brightness: list[float] = []
    with Image.open(board.sprite) as sprite:
        for cue in cues:
            assert _seconds(cue[:3]) == pytest.approx(end, abs=0.001)
            end = _seconds(cue[3:6])
            x, y, width, height = (int(number) for number in cue[6:])
            assert (width, height) == (160, 90)
            assert x + width <= sprite.width
            assert y + height <= sprite.height
            brightness.append(ImageStat.Stat(sprite.crop((x, y, x + width, y + height))).mean[0])
    assert end == pytest.approx(seconds, abs=0.1)
    assert all(later > earlier - 3 for earlier, later in pairwise(brightness))


def _seconds(parts: tuple[str, ...]) -> float:
    hours, minutes, seconds = parts
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


@pytest.mark.parametrize("audio_codec", ["aac", None])
def test_hls_is_cut_at_keyframes_and_plays(tmp_path: Path, audio_codec: str | None) -> None:
    clip = make_clip(tmp_path / "clip", audio_codec=audio_codec, seconds=20, rate=6)
    found = probe(clip)
    playlist = make_hls(clip, tmp_path, found, _QUIET)
    assert playlist is not None
    assert playlist == tmp_path / "hls" / "index.m3u8"
    text = playlist.read_text()
    names = sorted(path.name for path in playlist.parent.iterdir())
    segments = re.findall(r"^[^#].*$", text, re.MULTILINE)
    assert names == ["index.m3u8", "init.mp4", *segments]
    assert segments == [f"segment_{index:05}.m4s" for index in range(4)]
    for line in ("#EXT-X-PLAYLIST-TYPE:VOD", '#EXT-X-MAP:URI="init.mp4"', "#EXT-X-INDEPENDENT-SEGMENTS"):
        assert line in text
    assert text.rstrip().endswith("#EXT-X-ENDLIST")
    lengths = [float(length) for length in re.findall(r"#EXTINF:([\d.]+)", text)]
    assert sum(lengths) == pytest.approx(found.duration_seconds, abs=0.2)
    assert max(lengths) <= int(re.findall(r"TARGETDURATION:(\d+)", text)[0]) + 0.5
    with av.open(str(playlist)) as container:
        assert len(list(container.decode(video=0))) == 120


def test_hls_that_would_not_play_leaves_nothing(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip", seconds=1)
    wrong = Probe(
        duration_seconds=500,
        width=160,
        height=90,
        frame_rate=12,
        container="mp4",
        video_codec="h264",
        audio_codec="aac",
        pixel_format="yuv420p",
        bit_rate=1,
        size_bytes=1,
    )
    assert make_hls(clip, tmp_path, wrong, _QUIET) is None
    assert [path.name for path in tmp_path.iterdir()] == ["clip"]


@pytest.mark.parametrize(
    ("source", "fitted"),
    [
        ((640, 360, 0, Fraction(1)), (640, 360)),
        ((3840, 2160, 0, Fraction(1)), (1920, 1080)),
        ((3840, 2160, 90, Fraction(1)), (1080, 1920)),
        ((1080, 1920, 0, Fraction(1)), (1080, 1920)),
        ((720, 576, 0, Fraction(64, 45)), (1024, 576)),
        ((3000, 1000, 0, Fraction(1)), (1920, 640)),
        ((641, 361, 0, Fraction(1)), (640, 360)),
        ((8192, 2, 0, Fraction(1)), (1920, 2)),
    ],
)
def test_pictures_fit_1080p_with_even_sides(
    source: tuple[int, int, int, Fraction], fitted: tuple[int, int]
) -> None:
    assert fit_1080p(*source) == fitted
