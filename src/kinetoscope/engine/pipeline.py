"""Everything that is made of one file, in order."""

import errno
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from av.error import ExternalError

from .hls import make_hls
from .models import EngineFailed, NotAVideo, Probe, Processed, Report
from .opening import UNREADABLE
from .playable import make_playable
from .poster import make_poster
from .probe import probe
from .storyboard import make_storyboard
from .unreadable import IS_DAMAGED

_DISK_IS_FULL = {errno.ENOSPC, errno.EDQUOT}
NEEDS_MEMORY = "This video needs more memory to process than is allowed here."
_POSTER = "poster.jpg"


def process_file(
    source: Path, out_dir: Path, report: Report, *, hls_from_seconds: float | None = None, threads: int = 1
) -> Processed:
    """Fill the empty `out_dir` with playable file, poster, storyboard and perhaps HLS; say what is there.

    Raises NotAVideo when the file is at fault, EngineFailed when the machine is, and leaves what it made.
    """
    with failing_as_itself():
        return _process(source, out_dir, report, hls_from_seconds, threads)


@contextmanager
def failing_as_itself() -> Generator[None]:
    """Raise NotAVideo or EngineFailed for what goes wrong in here."""
    try:
        yield
    except MemoryError as error:
        raise EngineFailed(NEEDS_MEMORY) from error
    except ExternalError as error:
        raise EngineFailed("The converter failed on this video.") from error
    except UNREADABLE as error:
        if getattr(error, "errno", None) in _DISK_IS_FULL:
            raise EngineFailed("There is no room left on the disk.", may_pass_later=True) from error
        raise NotAVideo(IS_DAMAGED) from error


def _process(
    source: Path, out_dir: Path, report: Report, hls_from_seconds: float | None, threads: int
) -> Processed:
    report("checking", 0)
    before = probe(source)
    playable, after = make_playable(source, out_dir, before, report, threads=threads)
    make_poster(playable.path, out_dir / _POSTER, after, report)
    storyboard = make_storyboard(playable.path, out_dir, after, report)
    wants_hls = hls_from_seconds is not None and after.duration_seconds >= hls_from_seconds
    playlist = make_hls(playable.path, out_dir, after, report) if wants_hls and _can_be_hls(after) else None
    return Processed(
        source=before,
        result=after,
        how=playable.how,
        main=playable.path.name,
        content_type=playable.content_type,
        poster=_POSTER,
        storyboard=storyboard.sprite.name,
        storyboard_track=storyboard.track.name,
        hls=playlist.relative_to(out_dir).as_posix() if playlist else None,
        total_bytes=sum(path.stat().st_size for path in out_dir.rglob("*") if path.is_file()),
    )


def _can_be_hls(result: Probe) -> bool:
    return result.container == "mp4"
