"""What a file is, told from its content."""

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from kinetoscope.engine import NotAVideo, probe
from kinetoscope.engine.opening import open_source
from support.clips import Wishes, make_clip
from support.mp4 import claim_size


def test_a_video_tells_what_it_holds(tmp_path: Path) -> None:
    found = probe(make_clip(tmp_path / "clip", seconds=2, size=(320, 180), rate=24))
    assert found.duration_seconds == pytest.approx(2, abs=0.05)
    assert (found.width, found.height, found.rotation) == (320, 180, 0)
    assert (found.container, found.video_codec, found.audio_codec) == ("mp4", "h264", "aac")
    assert (found.frame_rate, found.pixel_format) == (24, "yuv420p")
    assert found.size_bytes == (tmp_path / "clip").stat().st_size
    assert found.bit_rate == pytest.approx(found.size_bytes * 8 / found.duration_seconds, abs=1)
    assert found.is_streamable


def test_the_name_does_not_matter(tmp_path: Path) -> None:
    assert probe(make_clip(tmp_path / "song.mp3")).container == "mp4"
    text = tmp_path / "film.mp4"
    text.write_text("I am called a film.")
    with pytest.raises(NotAVideo, match="text file"):
        probe(text)


@pytest.mark.parametrize(
    ("container", "wishes"),
    [
        ("mov", Wishes(container="mov")),
        ("matroska", Wishes(container="matroska")),
        ("webm", Wishes(container="webm", video_codec="libvpx", audio_codec="libopus")),
        ("mpegts", Wishes(container="mpegts")),
        ("flv", Wishes(container="flv")),
        ("avi", Wishes(container="avi", video_codec="mpeg4", audio_codec="libmp3lame")),
        ("gif", Wishes(container="gif", video_codec="gif", audio_codec=None, pixel_format="rgb8")),
    ],
)
def test_every_container_tells_name_and_duration(tmp_path: Path, container: str, wishes: Wishes) -> None:
    found = probe(make_clip(tmp_path / "clip", **wishes))
    assert found.container == container
    assert found.duration_seconds == pytest.approx(2, abs=0.2)


def test_rotation_is_told_clockwise(tmp_path: Path) -> None:
    assert probe(make_clip(tmp_path / "clip", rotation=90)).rotation == 90
    assert probe(make_clip(tmp_path / "other", rotation=270)).rotation == 270


@pytest.mark.parametrize("movflags", ["", "frag_keyframe+empty_moov"])
def test_an_mp4_whose_index_is_not_in_front_is_not_streamable(tmp_path: Path, movflags: str) -> None:
    assert not probe(make_clip(tmp_path / "clip", movflags=movflags)).is_streamable


def test_half_an_upload_has_the_duration_of_what_is_there(tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "whole", seconds=8, audio_codec=None)
    half = tmp_path / "half"
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    found = probe(half)
    assert 1 < found.duration_seconds < 7
    assert not found.is_streamable


def _zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("film.mp4", b"\x00" * 2000)


def _picture(kind: str) -> Callable[[Path], None]:
    return lambda path: Image.new("RGB", (64, 64), "red").save(path, kind)


def _bytes(content: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(content)

    return write


def _sound(path: Path) -> None:
    make_clip(path, container="mp3", video_codec="", audio_codec="libmp3lame")


def _song_with_cover(path: Path) -> None:
    _sound(path)
    cover = io.BytesIO()
    Image.new("RGB", (32, 32), "blue").save(cover, "JPEG")
    picture = b"\x00image/jpeg\x00\x03\x00" + cover.getvalue()
    frame = b"APIC" + len(picture).to_bytes(4, "big") + b"\x00\x00" + picture
    size = len(frame)
    tag = b"ID3\x03\x00\x00" + bytes((size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127))
    path.write_bytes(tag + frame + path.read_bytes().split(b"\xff\xfb", 1)[1].join((b"\xff\xfb", b"")))


def _one_frame(path: Path) -> None:
    make_clip(path, container="matroska", video_codec="mpeg4", audio_codec=None, frame_times=[0.0])


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (_bytes(b""), "empty"),
        (_bytes(b"a"), "text file"),
        (_bytes(b"\x00"), "cannot be read"),
        (_bytes(bytes(100_000)), "cannot be read"),
        (_bytes(os.urandom(100_000)), "not|cannot|breaks"),
        (_bytes("Ein Text mit Umlauten: äöü. ".encode() * 500), "text file"),
        (_bytes(b"<!DOCTYPE html><html><body>404</body></html>"), "web page"),
        (_bytes(b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'), "SVG"),
        (_bytes(b"%PDF-1.7 ..."), "PDF"),
        (_zip, "ZIP"),
        (_picture("PNG"), "picture"),
        (_picture("JPEG"), "picture"),
        (_picture("WEBP"), "picture"),
        (_picture("GIF"), "picture"),
        (_sound, "only sound"),
        (_song_with_cover, "only sound"),
        (_one_frame, "still picture"),
    ],
)
def test_what_is_no_video_is_refused_with_a_sentence(
    tmp_path: Path, make: Callable[[Path], None], reason: str
) -> None:
    path = tmp_path / "upload"
    make(path)
    with pytest.raises(NotAVideo, match=reason) as refusal:
        probe(path)
    assert refusal.value.reason.endswith(".")


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("secret") / "secret.mp4")


@pytest.mark.parametrize(
    "playlist",
    [
        "ffconcat version 1.0\nfile '{path}'\n",
        "ffconcat version 1.0\nfile 'file:{path}'\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:2,\n{path}\n#EXT-X-ENDLIST\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:2,\nfile://{path}\n#EXT-X-ENDLIST\n",
        '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><BaseURL>{path}</BaseURL></MPD>',
        "v=0\r\nm=video 5004 RTP/AVP 96\r\nc=IN IP4 127.0.0.1\r\na=rtpmap:96 H264/90000\r\n",
    ],
)
@pytest.mark.parametrize("name", ["upload", "list.ffconcat", "list.m3u8", "list.mpd", "list.sdp"])
def test_a_playlist_cannot_reach_another_file(tmp_path: Path, secret: Path, playlist: str, name: str) -> None:
    path = tmp_path / name
    path.write_text(playlist.format(path=secret))
    with pytest.raises(NotAVideo):
        probe(path)


def test_an_open_container_cannot_open_another_file(secret: Path) -> None:
    with open_source(secret) as container, pytest.raises(PermissionError):
        container.io_open(str(secret), 0, {})


@pytest.mark.parametrize(("side", "reason"), [(9_000, "too large"), (65_535, "cannot be read")])
def test_a_picture_of_absurd_size_is_refused(tmp_path: Path, side: int, reason: str) -> None:
    path = make_clip(
        tmp_path / "clip", container="mov", video_codec="rawvideo", pixel_format="rgb24", audio_codec=None
    )
    claim_size(path, b"raw ", side, side)
    with pytest.raises(NotAVideo, match=reason):
        probe(path)


def test_a_header_that_lies_about_the_size_is_not_believed(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip")
    claim_size(path, b"avc1", 65_535, 65_535)
    found = probe(path)
    assert (found.width, found.height) == (160, 90)


def test_a_video_of_absurd_duration_is_refused(tmp_path: Path) -> None:
    wishes = Wishes(container="matroska", video_codec="mpeg4", audio_codec=None, frame_times=[0.0, 90_000.0])
    path = make_clip(tmp_path / "clip", **wishes)
    with pytest.raises(NotAVideo, match="24 hours"):
        probe(path)
