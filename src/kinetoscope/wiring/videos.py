"""Videos."""

from ..videos import VideoReads, Videos
from .part import Base, Part


def videos_part(base: Base) -> Part:
    """Return what videos bring."""
    videos = Videos(base.db, clock=base.clock)
    return Part(services=[videos, VideoReads(base.db)], erasers=[videos.erase_account])
