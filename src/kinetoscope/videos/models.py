"""The nouns of videos."""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

VideoType = Literal["tutorial", "webinar", "demo", "other"]
Visibility = Literal["public", "unlisted", "private"]
Status = Literal["registered", "uploading", "processing", "ready", "failed"]
SortBy = Literal["created_at", "title", "view_count", "duration"]
SortOrder = Literal["asc", "desc"]

CHANGED = "video.changed"
"""The fact that a video is new or reads otherwise than before, with its `video_id`: who keeps a form of it
makes that anew."""

DELETED = "video.deleted"
"""The fact that a video is gone, with its `video_id`: whoever keeps something of it removes that."""


@dataclass(frozen=True, slots=True)
class Playback:
    """What a player needs to know of a video's file, before it asks for the signed addresses."""

    url: str
    content_type: str
    hls: bool
    width: int
    height: int
    size_bytes: int
    video_codec: str
    audio_codec: str | None
    bit_rate: int | None


@dataclass(frozen=True, slots=True)
class Video:
    """A registered video, without its counters."""

    id: UUID
    owner_id: UUID
    project_id: UUID
    author: str
    title: str
    description: str
    video_type: VideoType
    video_url: str | None
    thumbnail_url: str | None
    duration: int | None
    tags: tuple[str, ...]
    tech_stack: tuple[str, ...]
    project_url: str | None
    visibility: Visibility
    status: Status
    status_detail: str | None
    playback: Playback | None
    version: int
    created_at: datetime
    updated_at: datetime

    def is_visible_to(self, caller_id: UUID | None) -> bool:
        """Whether a caller may know of it: all but private videos, and the caller's own."""
        return self.visibility != "private" or self.owner_id == caller_id


@dataclass(frozen=True, slots=True)
class VideoFields:
    """What an owner says of a new video."""

    title: str
    project_id: UUID | None = None
    description: str = ""
    video_type: VideoType = "other"
    video_url: str | None = None
    thumbnail_url: str | None = None
    duration: int | None = None
    tags: tuple[str, ...] = ()
    tech_stack: tuple[str, ...] = ()
    project_url: str | None = None
    visibility: Visibility = "public"


@dataclass(frozen=True, slots=True)
class VideoChanges:
    """What an owner changes of a video; what is UNSET stays as it is."""

    title: str | UnsetType = UNSET
    project_id: UUID | UnsetType = UNSET
    description: str | UnsetType = UNSET
    video_type: VideoType | UnsetType = UNSET
    video_url: str | UnsetType | None = UNSET
    thumbnail_url: str | UnsetType | None = UNSET
    duration: int | UnsetType | None = UNSET
    tags: tuple[str, ...] | UnsetType = UNSET
    tech_stack: tuple[str, ...] | UnsetType = UNSET
    project_url: str | UnsetType | None = UNSET
    visibility: Visibility | UnsetType = UNSET

    def applied_to(self, video: Video) -> Video:
        """Return the video as it is after these changes."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(video, **{name: value for name, value in named.items() if value is not UNSET})


@dataclass(frozen=True, slots=True)
class VideoFilter:
    """Which videos a list shows, and in which order; None and empty do not restrict."""

    video_types: tuple[VideoType, ...] = ()
    tags: tuple[str, ...] = ()
    tech_stack: tuple[str, ...] = ()
    search: str | None = None
    owner_id: UUID | None = None
    project_id: UUID | None = None
    sort_by: SortBy = "created_at"
    sort_order: SortOrder = "desc"


class Shown(msgspec.Struct, frozen=True):
    """A video as it is sent: `json` is the whole object, `etag` its strong entity tag.

    `private_to` is the one account that may see it, or None where everybody may who has its id. A struct,
    because hot reads make many: a frozen dataclass costs six times as much.
    """

    id: UUID
    private_to: UUID | None
    etag: str
    json: bytes
