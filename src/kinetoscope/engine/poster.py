"""The still picture that stands for a video."""

from itertools import islice
from pathlib import Path

from PIL import Image, ImageStat

from .models import NotAVideo, Probe, Report
from .opening import open_source
from .pictures import frames_from, picture_of, seconds_of
from .reading import pick_video, pixel_aspect_of
from .unreadable import BREAKS_OFF

_SHARE_INTO_VIDEO = 0.1
_WIDEST = 1280
_HIGHEST = 1280
_QUALITY = 85
_FRAMES_TO_TRY = 300  # ten seconds, the usual distance of two keyframes
_DARK = 24  # mean of red, green and blue, of 255


def make_poster(video: Path, target: Path, probe: Probe, report: Report) -> None:
    """Write a JPEG of a frame at about a tenth of the duration, the first from there that is not black.

    Raises NotAVideo when no frame can be decoded.
    """
    report("poster", 0)
    picture = _find_picture(video, probe.duration_seconds * _SHARE_INTO_VIDEO) or _find_picture(video, 0)
    if picture is None:
        raise NotAVideo(BREAKS_OFF)
    picture.save(target, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
    report("poster", 1)


def _find_picture(path: Path, seconds: float) -> Image.Image | None:
    """Give the first picture from `seconds` on that is not dark, else any of them."""
    any_picture = None
    with open_source(path) as container:
        video = pick_video(container)
        if video is None:
            return None
        aspect = pixel_aspect_of(video)
        for tried, frame in enumerate(islice(frames_from(container, video, seconds), _FRAMES_TO_TRY)):
            is_early = seconds_of(container, frame) < seconds
            if is_early and any_picture is not None:
                continue
            if not is_early and tried % 8 and any_picture is not None:
                continue  # the neighbour of a dark frame is dark
            picture = picture_of(frame, aspect, _WIDEST, most_high=_HIGHEST)
            any_picture = picture
            if not is_early and _is_bright(picture):
                return picture
    return any_picture


def _is_bright(picture: Image.Image) -> bool:
    means = ImageStat.Stat(picture).mean
    return sum(means) / len(means) > _DARK
