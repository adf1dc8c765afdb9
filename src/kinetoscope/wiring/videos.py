"""Videos."""

from ..showcase import keep_annotations_true
from ..videos import VideoReads, Videos
from .part import Base, Part


def videos_part(base: Base) -> Part:
    """Return what videos bring."""
    videos = Videos(base.db, clock=base.clock, checks=[keep_annotations_true])
    return Part(services=[videos, VideoReads(base.db)], erasers=[videos.erase_account])
