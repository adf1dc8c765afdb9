"""The demo library: twelve clips that are worth showing."""

from pathlib import Path

import av
import pytest
from PIL import Image, ImageStat

from kinetoscope.engine import probe
from kinetoscope.engine.playable import decide
from kinetoscope.engine.poster import make_poster
from kinetoscope.media.samples import SAMPLES, Sample, render_sample


def test_there_are_twelve_samples_of_every_kind() -> None:
    assert len(SAMPLES) == len({sample.title for sample in SAMPLES}) == 12
    assert {sample.video_type for sample in SAMPLES} == {"tutorial", "webinar", "demo", "other"}
    assert {sample.container for sample in SAMPLES} == {"mp4", "webm"}
    assert len({sample.scene for sample in SAMPLES}) == 12


def test_what_is_told_of_them_fits_the_contract() -> None:
    for sample in SAMPLES:
        assert 1 <= len(sample.title) <= 255
        assert 2 <= sample.description.count(". ") + 1 <= 3
        assert sample.tags
        assert sample.tech_stack
        assert all(len(word) <= 50 for word in sample.tags + sample.tech_stack)
        assert 5 <= sample.seconds <= 9


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.headline)
def test_a_sample_plays_as_it_is_with_picture_and_sound(tmp_path: Path, sample: Sample) -> None:
    path = tmp_path / "sample"
    render_sample(sample, path)
    found = probe(path)
    assert (found.container, found.width, found.height) == (sample.container, 640, 360)
    assert found.duration_seconds == pytest.approx(sample.seconds, abs=0.2)
    assert found.is_streamable
    recipe = decide(found)
    assert recipe.container == sample.container
    assert recipe.copies_video
    assert recipe.copies_audio
    with av.open(str(path)) as container:
        assert max(max(bytes(frame.planes[0])) for frame in container.decode(audio=0)) > 0
    make_poster(path, tmp_path / "poster.jpg", found, lambda _stage, _share: None)
    with Image.open(tmp_path / "poster.jpg") as poster:
        assert max(ImageStat.Stat(poster).stddev) > 15, "a poster that is almost of one colour"
