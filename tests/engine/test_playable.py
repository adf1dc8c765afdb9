"""What browsers play, made of what they may not."""

from pathlib import Path

import av
import pytest

from kinetoscope.engine import Probe, probe
from kinetoscope.engine.models import Playable, Stage
from kinetoscope.engine.playable import decide, make_playable
from support.clips import Wishes, make_clip


def _made(source: Path) -> tuple[Playable, Probe]:
    out = source.parent / "out"
    out.mkdir()
    return make_playable(source, out, probe(source), lambda _stage, _share: None)


WEBM = Wishes(container="webm", video_codec="libvpx", audio_codec="libopus")


@pytest.mark.parametrize(
    "wishes",
    [Wishes(), Wishes(audio_codec=None), Wishes(rotation=90), WEBM, Wishes(**WEBM | {"audio_codec": None})],
)
def test_what_browsers_play_is_kept_byte_for_byte(tmp_path: Path, wishes: Wishes) -> None:
    source = make_clip(tmp_path / "clip", **wishes)
    playable, result = _made(source)
    assert playable.how == "as it is"
    assert playable.path.read_bytes() == source.read_bytes()
    assert result == probe(source)


@pytest.mark.parametrize(
    "wishes",
    [
        Wishes(movflags=""),
        Wishes(movflags="frag_keyframe+empty_moov"),
        Wishes(container="mov"),
        Wishes(container="mov", rotation=90),
        Wishes(container="mov", audio_codec="pcm_s16le"),
        Wishes(container="matroska"),
        Wishes(container="matroska", audio_codec=None),
        Wishes(container="matroska", audio_codec="flac"),
        Wishes(container="mpegts"),
        Wishes(container="flv"),
    ],
)
def test_h264_in_another_container_is_copied_into_mp4(tmp_path: Path, wishes: Wishes) -> None:
    source = make_clip(tmp_path / "clip", **wishes)
    playable, result = _made(source)
    assert (playable.how, playable.content_type) == ("copied", "video/mp4")
    assert (result.container, result.video_codec, result.is_streamable) == ("mp4", "h264", True)
    assert result.audio_codec == ("aac" if wishes.get("audio_codec", "aac") else None)
    assert result.rotation == wishes.get("rotation", 0)
    assert result.duration_seconds == pytest.approx(2, abs=0.1)
    assert _payload(playable.path) == _payload(source)


def _payload(path: Path) -> list[int]:
    """Give how much each picture decodes to: a copy has the same pictures at the same brightness."""
    with av.open(str(path)) as container:
        return [bytes(frame.planes[0])[0] for frame in container.decode(video=0)]


def test_vp9_in_matroska_is_copied_into_webm(tmp_path: Path) -> None:
    wishes = Wishes(container="matroska", video_codec="libvpx-vp9", audio_codec="libopus")
    playable, result = _made(make_clip(tmp_path / "clip", **wishes))
    assert (playable.how, playable.content_type, result.container) == ("copied", "video/webm", "webm")


def test_a_webm_without_duration_gets_one(tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "whole", **WEBM)
    recorded = tmp_path / "recorded"
    recorded.write_bytes(whole.read_bytes().replace(b"\x44\x89", b"\xec\x89"))  # Duration becomes Void
    assert not probe(recorded).is_streamable
    playable, result = _made(recorded)
    assert playable.how == "copied"
    assert result.is_streamable
    assert result.duration_seconds == pytest.approx(2, abs=0.1)


AVI = Wishes(container="avi", audio_codec="pcm_s16le")
MKV = Wishes(container="matroska", video_codec="mpeg4", audio_codec=None)


@pytest.mark.parametrize(
    ("wishes", "size"),
    [
        (
            Wishes(**AVI | {"video_codec": "mpeg4", "audio_codec": "libmp3lame", "sample_rate": 44_100}),
            (160, 90),
        ),
        (Wishes(**AVI | {"video_codec": "mjpeg", "pixel_format": "yuvj420p"}), (160, 90)),
        (AVI, (160, 90)),
        (Wishes(container="mpeg", video_codec="mpeg2video", audio_codec="mp2", rate=25), (160, 90)),
        (Wishes(**MKV | {"video_codec": "ffv1", "size": (161, 91), "pixel_format": "yuv444p"}), (160, 92)),
        (Wishes(video_codec="libx265", audio_codec=None), (160, 90)),
        (Wishes(pixel_format="yuv420p10le"), (160, 90)),
        (Wishes(container="mov", video_codec="mpeg4", rotation=90), (90, 160)),
        (Wishes(container="mov", video_codec="mpeg4", rotation=180), (160, 90)),
        (Wishes(**MKV | {"size": (2560, 1440), "seconds": 0.5}), (1920, 1080)),
        (Wishes(**MKV | {"size": (1200, 2400), "seconds": 0.5}), (960, 1920)),
        (Wishes(container="gif", video_codec="gif", audio_codec=None, pixel_format="rgb8"), (160, 90)),
    ],
)
def test_all_else_is_transcoded(tmp_path: Path, wishes: Wishes, size: tuple[int, int]) -> None:
    source = make_clip(tmp_path / "clip", **wishes)
    playable, result = _made(source)
    assert (playable.how, playable.content_type) == ("transcoded", "video/mp4")
    assert (result.container, result.video_codec, result.pixel_format) == ("mp4", "h264", "yuv420p")
    assert (result.width, result.height, result.rotation) == (*size, 0)
    assert result.audio_codec == ("aac" if wishes.get("audio_codec", "aac") else None)
    assert result.duration_seconds == pytest.approx(wishes.get("seconds", 2), abs=0.2)
    assert result.is_streamable


def test_sound_comes_out_in_stereo_at_48_khz(tmp_path: Path) -> None:
    wishes = Wishes(
        container="avi", video_codec="mpeg4", audio_codec="pcm_s16le", sample_rate=22_050, layout="mono"
    )
    playable, _ = _made(make_clip(tmp_path / "clip", **wishes))
    with av.open(str(playable.path)) as container:
        (audio,) = container.streams.audio
        assert (audio.rate, audio.layout.name) == (48_000, "stereo")
        loudest = max(max(bytes(frame.planes[0])) for frame in container.decode(audio=0))
    assert loudest > 0


def test_uneven_times_are_kept(tmp_path: Path) -> None:
    times = [0.0, 0.1, 0.15, 1.0, 1.05, 3.0, 3.5]
    wishes = Wishes(container="matroska", video_codec="mpeg4", audio_codec=None, frame_times=times)
    playable, result = _made(make_clip(tmp_path / "clip", **wishes))
    with av.open(str(playable.path)) as container:
        assert [frame.time for frame in container.decode(video=0)] == pytest.approx(times, abs=0.001)
    assert result.duration_seconds > 3.5


@pytest.mark.parametrize("video_codec", ["libx264", "mpeg2video"])
def test_a_recording_whose_clock_jumps_runs_on(tmp_path: Path, video_codec: str) -> None:
    wishes = Wishes(container="mpegts", video_codec=video_codec, seconds=12, rate=25, size=(64, 48))
    content = make_clip(tmp_path / "part", **wishes).read_bytes()
    source = tmp_path / "clip"
    source.write_bytes(content + content)
    assert probe(source).duration_seconds == pytest.approx(24, abs=0.5)
    playable, result = _made(source)
    assert result.duration_seconds == pytest.approx(24, abs=0.5)
    with av.open(str(playable.path)) as container:
        assert sum(1 for _ in container.decode(video=0)) == pytest.approx(600, abs=5)


@pytest.mark.parametrize("audio_seconds", [0.5, 5.0])
def test_sound_may_be_shorter_or_longer_than_the_picture(tmp_path: Path, audio_seconds: float) -> None:
    wishes = Wishes(container="matroska", video_codec="mpeg4", audio_seconds=audio_seconds)
    _, result = _made(make_clip(tmp_path / "clip", **wishes))
    assert result.duration_seconds == pytest.approx(max(2, audio_seconds), abs=0.1)


def test_more_than_60_frames_a_second_are_thinned_out(tmp_path: Path) -> None:
    wishes = Wishes(container="matroska", video_codec="mpeg4", audio_codec=None, rate=240, seconds=1)
    _, result = _made(make_clip(tmp_path / "clip", **wishes))
    assert result.frame_rate == pytest.approx(60, abs=2)
    assert result.duration_seconds == pytest.approx(1, abs=0.05)


def test_progress_grows_from_start_to_end(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "clip", container="avi", video_codec="mpeg4", audio_codec=None)
    told: list[tuple[Stage, float]] = []
    make_playable(source, tmp_path, probe(source), lambda stage, share: told.append((stage, share)))
    assert {stage for stage, _ in told} == {"transcoding"}
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert shares[0] < 0.1
    assert shares[-1] > 0.9


def test_h264_that_browsers_cannot_show_is_not_copied() -> None:
    found = Probe(
        duration_seconds=1,
        width=640,
        height=360,
        frame_rate=25,
        container="mp4",
        video_codec="h264",
        audio_codec="aac",
        pixel_format="yuv422p",
        bit_rate=1,
        size_bytes=1,
    )
    assert not decide(found).copies_video
    assert decide(found).copies_audio
