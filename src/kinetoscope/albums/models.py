"""The nouns of albums."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import UNSET, UnsetType

from ..engine import PhotoLimits, PhotoSize

Visibility = Literal["public", "private"]
MediaType = Literal["photo", "video"]

Body = AsyncGenerator[bytes]
"""The bytes of a file as they come."""


@dataclass(frozen=True, slots=True)
class Album:
    """A collection of photos and videos; `cover_url` is the one that its owner gave."""

    id: UUID
    owner_id: UUID
    title: str
    description: str
    visibility: Visibility
    cover_url: str | None
    version: int
    created_at: datetime
    updated_at: datetime

    def is_visible_to(self, caller_id: UUID | None) -> bool:
        """Whether a caller may know of it."""
        return self.visibility == "public" or self.owner_id == caller_id


@dataclass(frozen=True, slots=True)
class AlbumFields:
    """What an owner says of a new album."""

    title: str
    description: str = ""
    visibility: Visibility = "private"
    cover_url: str | None = None


@dataclass(frozen=True, slots=True)
class AlbumChanges:
    """What an owner changes of an album; what is UNSET stays as it is."""

    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    visibility: Visibility | UnsetType = UNSET
    cover_url: str | UnsetType | None = UNSET

    def applied_to(self, album: Album) -> Album:
        """Return the album as it is after these changes."""
        named = {named.name: getattr(self, named.name) for named in fields(self)}
        return replace(album, **{name: value for name, value in named.items() if value is not UNSET})


@dataclass(frozen=True, slots=True)
class Item:
    """A photo or video in an album, as one caller sees it; `order` counts from 0 without holes.

    `video_thumbnail` is the address of a video's picture, if it has one.
    """

    id: UUID
    album_id: UUID
    media_type: MediaType
    media_id: UUID
    caption: str | None
    order: int
    created_at: datetime
    video_thumbnail: str | None = None


@dataclass(frozen=True, slots=True)
class NewItem:
    """What is to be put into an album."""

    media_type: MediaType
    media_id: UUID
    caption: str | None = None


@dataclass(frozen=True, slots=True)
class Cover:
    """The picture of an album: an address, or a photo of ours."""

    url: str | None = None
    photo_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ShownAlbum:
    """An album as one caller sees it."""

    album: Album
    cover: Cover
    item_count: int
    items: Sequence[Item] | None = None


@dataclass(frozen=True, slots=True)
class Photo:
    """An image that somebody uploaded; `format` is what it was, its sides are upright and in pixels."""

    id: UUID
    owner_id: UUID
    format: str
    width: int
    height: int
    sizes: tuple[PhotoSize, ...]
    created_at: datetime

    @property
    def size_bytes(self) -> int:
        """How many bytes are stored of it."""
        return sum(size.size_bytes for size in self.sizes)


@dataclass(frozen=True, slots=True)
class OpenedPicture:
    """A file that an address has led to."""

    key: str
    etag: str
    size: int
    seconds_left: int


@dataclass(frozen=True, slots=True)
class PhotoRoom:
    """What photos may cost: bytes of one file, bytes that an account may keep, the work of reading one."""

    most_bytes: int
    most_bytes_of_account: int
    engine: PhotoLimits = field(default_factory=PhotoLimits)
