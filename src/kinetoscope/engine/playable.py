"""Makes of any video one that browsers play: as it is when possible, else copied, else transcoded."""

import os
import shutil
from pathlib import Path
from typing import Literal

from .models import NotAVideo, Playable, Probe, Report
from .opening import UNREADABLE
from .probe import probe as probe_file
from .remake import Recipe, remake
from .unreadable import BREAKS_OFF, IS_DAMAGED

_MP4_PICTURES = frozenset({"yuv420p", "yuvj420p"})
_WEBM_PICTURES = frozenset({"yuv420p", "yuva420p", "yuv420p10le"})
_H264_CONTAINERS = frozenset({"mp4", "mov", "matroska", "mpegts", "flv"})  # those with true timestamps
_TYPES: dict[str, Literal["video/mp4", "video/webm"]] = {"mp4": "video/mp4", "webm": "video/webm"}


def decide(probe: Probe) -> Recipe:
    """Give the cheapest recipe that ends in a file that browsers play."""
    fits_webm = probe.video_codec in {"vp8", "vp9", "av1"} and probe.audio_codec in {None, "opus", "vorbis"}
    in_webm = probe.container in {"webm", "matroska"} and probe.pixel_format in _WEBM_PICTURES
    if fits_webm and in_webm:
        return Recipe("webm", copies_video=True, copies_audio=True)
    in_mp4 = probe.container in _H264_CONTAINERS
    return Recipe(
        "mp4",
        copies_video=in_mp4 and probe.video_codec == "h264" and probe.pixel_format in _MP4_PICTURES,
        copies_audio=in_mp4 and probe.audio_codec in {None, "aac"},
    )


def make_playable(
    source: Path, out_dir: Path, probe: Probe, report: Report, *, threads: int = 1
) -> tuple[Playable, Probe]:
    """Put `video.mp4` or `video.webm` into `out_dir`; give it and what is in it. The source stays.

    Raises NotAVideo when nothing of it can be decoded, or not enough to make a video of.
    """
    recipe = decide(probe)
    target = out_dir / f"video.{recipe.container}"
    copies = recipe.copies_video and recipe.copies_audio
    if copies and probe.is_streamable and probe.container == recipe.container:
        _keep(source, target)
        return Playable(path=target, content_type=_TYPES[recipe.container], how="as it is"), probe
    result = _copied(source, target, recipe, probe, report, threads) if recipe.copies_video else None
    if result is not None:
        return Playable(path=target, content_type=_TYPES[recipe.container], how="copied"), result
    target.unlink(missing_ok=True)
    target = out_dir / "video.mp4"
    recipe = Recipe("mp4", copies_video=False, copies_audio=False)
    remake(source, target, recipe, probe, report, threads)
    return Playable(path=target, content_type="video/mp4", how="transcoded"), _checked(target)


def _keep(source: Path, target: Path) -> None:
    """Give the file a second name, or a copy where the file system has no links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _copied(
    source: Path, target: Path, recipe: Recipe, probe: Probe, report: Report, threads: int
) -> Probe | None:
    """Give what came out of copying, or None when it does not play as long as the source."""
    try:
        remake(source, target, recipe, probe, report, threads)
        result = probe_file(target)
    except MemoryError:
        raise
    except (NotAVideo, *UNREADABLE):
        return None
    is_same = abs(result.duration_seconds - probe.duration_seconds) <= 1 + probe.duration_seconds / 10
    return result if is_same else None


def _checked(target: Path) -> Probe:
    """Give what is in the file that was just encoded."""
    if target.stat().st_size == 0:
        raise NotAVideo(BREAKS_OFF)
    try:
        return probe_file(target)
    except NotAVideo as error:
        raise NotAVideo(IS_DAMAGED) from error
