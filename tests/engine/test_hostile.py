"""Damaged files end with a result that plays or with a refusal: no crash, no hang."""

import random
import shutil
from pathlib import Path

import pytest

from kinetoscope.engine import NotAVideo
from kinetoscope.engine.pipeline import process_file
from support.clips import Wishes, make_clip

_SMALL = Wishes(seconds=1, size=(64, 36), rate=8, sample_rate=16_000, layout="mono")
_KINDS = (
    _SMALL,
    Wishes(**_SMALL | {"movflags": "frag_keyframe+empty_moov"}),
    Wishes(**_SMALL | {"container": "matroska", "video_codec": "mpeg4"}),
    Wishes(**_SMALL | {"container": "mpegts"}),
    Wishes(**_SMALL | {"container": "avi", "video_codec": "mjpeg", "pixel_format": "yuvj420p"}),
    Wishes(**_SMALL | {"container": "webm", "video_codec": "libvpx", "audio_codec": "libopus"}),
)
_NAMES = ["mp4", "fragments", "matroska", "mpegts", "avi", "webm"]


def _outcome(content: bytes, tmp_path: Path) -> str:
    """Give how the engine ends on some bytes."""
    source, out = tmp_path / "source", tmp_path / "out"
    source.unlink(missing_ok=True)  # a result may be a second name of it
    source.write_bytes(content)
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    try:
        made = process_file(source, out, lambda _stage, _share: None, hls_from_seconds=0)
    except NotAVideo as refusal:
        return f"refused: {refusal.reason}"
    assert made.result.duration_seconds > 0
    assert (out / made.poster).stat().st_size > 0
    return "made"


@pytest.mark.parametrize("wishes", _KINDS, ids=_NAMES)
def test_a_file_cut_off_anywhere_is_made_or_refused(tmp_path: Path, wishes: Wishes) -> None:
    content = make_clip(tmp_path / "clip", **wishes).read_bytes()
    ends = [_outcome(content[: len(content) * part // 16], tmp_path) for part in range(17)]
    assert ends[0] == "refused: This file is empty."
    assert ends[-1] == "made"


@pytest.mark.parametrize("wishes", _KINDS, ids=_NAMES)
def test_flipped_bytes_are_survived(tmp_path: Path, wishes: Wishes) -> None:
    whole = make_clip(tmp_path / "clip", **wishes).read_bytes()
    chance = random.Random(17)
    for _ in range(34):
        content = bytearray(whole)
        for _ in range(chance.choice((1, 4, 32))):
            # Headers are where a lie costs most: half of the flips are in the first kilobyte.
            content[chance.randrange(chance.choice((1024, len(content))))] = chance.randrange(256)
        assert _outcome(bytes(content), tmp_path)
