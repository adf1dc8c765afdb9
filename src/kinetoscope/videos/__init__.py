"""Videos: their metadata, who owns them, who may see them. Their files belong to `media`."""

from .models import CHANGED, DELETED, Playback, Status, Video, VideoFields
from .refusals import NotYourVideo, VideoNotFound
from .service import VideoReads, Videos
from .store import (
    find_video_for_update,
    hold_videos,
    keep_visible_video,
    list_public_versions,
    load_videos,
    require_own_video,
    require_visible_video,
    save_changed_video,
    save_progress,
)

__all__ = [
    "CHANGED",
    "DELETED",
    "NotYourVideo",
    "Playback",
    "Status",
    "Video",
    "VideoFields",
    "VideoNotFound",
    "VideoReads",
    "Videos",
    "find_video_for_update",
    "hold_videos",
    "keep_visible_video",
    "list_public_versions",
    "load_videos",
    "require_own_video",
    "require_visible_video",
    "save_changed_video",
    "save_progress",
]
