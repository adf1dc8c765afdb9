"""The nouns of engagement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import UNSET, UnsetType

from ..kernel.paging import Listing

CommentOrder = Literal["created_at", "timestamp"]


@dataclass(frozen=True, slots=True)
class Like:
    """That somebody likes a video."""

    video_id: UUID
    user_id: UUID
    created_at: datetime


@dataclass(frozen=True, slots=True)
class LikeState:
    """How a video stands with one account, and with all."""

    liked_at: datetime | None
    total_likes: int


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody says of a video; `timestamp` is the second of the video that it belongs to.

    One that was removed while there were replies to it has no `text`, `user_id` and `author` any more.
    """

    id: UUID
    video_id: UUID
    parent_id: UUID | None
    user_id: UUID | None
    author: str | None
    text: str | None
    timestamp: float | None
    created_at: datetime
    updated_at: datetime
    reply_count: int = 0


@dataclass(frozen=True, slots=True)
class CommentFields:
    """What somebody says in a new comment."""

    text: str
    timestamp: float | None = None
    parent_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class CommentChanges:
    """What an author changes of a comment; what is UNSET stays as it is."""

    text: str | UnsetType = UNSET
    timestamp: float | UnsetType | None = UNSET


@dataclass(frozen=True, slots=True)
class CommentFilter:
    """Which comments of a video a list shows: the beginnings of threads, or the replies in one of them."""

    parent_id: UUID | None = None
    order: CommentOrder = "created_at"


@dataclass(frozen=True, slots=True)
class CommentListing:
    """One page of comments, and how many the video has in all, replies included."""

    page: Listing[Comment]
    comments_count: int

    @property
    def items(self) -> Sequence[Comment]:
        """The comments of the page."""
        return self.page.items
