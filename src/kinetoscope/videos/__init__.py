"""Videos: their metadata, who owns them, who may see them. Their files belong to `media`."""

from .document import keys_of, words_query
from .models import CHANGED, DELETED, Playback, Shown, Status, Video, VideoFields
from .refusals import NotYourVideo, VideoInUse, VideoNotFound
from .service import ChangeCheck, VideoReads, Videos, register_video
from .store import (
    find_video_for_update,
    hold_videos,
    keep_visible_video,
    list_public_versions,
    load_shown,
    load_videos,
    require_own_video,
    require_visible_video,
    save_changed_video,
    save_progress,
)

__all__ = [
    "CHANGED",
    "DELETED",
    "ChangeCheck",
    "NotYourVideo",
    "Playback",
    "Shown",
    "Status",
    "Video",
    "VideoFields",
    "VideoInUse",
    "VideoNotFound",
    "VideoReads",
    "Videos",
    "find_video_for_update",
    "hold_videos",
    "keep_visible_video",
    "keys_of",
    "list_public_versions",
    "load_shown",
    "load_videos",
    "register_video",
    "require_own_video",
    "require_visible_video",
    "save_changed_video",
    "save_progress",
    "words_query",
]
