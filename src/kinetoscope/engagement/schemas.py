"""The JSON of engagement."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET
from pydantic import BaseModel, ConfigDict, Field

from ..http.values import OnlyNumbers, Prose, ShortName
from .models import Comment, CommentChanges, CommentFields, CommentListing, LikeState

Timestamp = Annotated[
    float,
    Field(ge=0, le=2_147_483_647, allow_inf_nan=False, description="Seconds into the video"),
    OnlyNumbers,
]


class NewShare(BaseModel):
    """Where a video was passed on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"platform": "twitter"}]})

    platform: ShortName | None = Field(
        None, description="Any word; kept in lower case. Common: twitter, facebook, linkedin, email"
    )

    @property
    def word(self) -> str | None:
        """The platform as it is kept."""
        return None if self.platform is None else self.platform.lower()


class LikeOut(BaseModel):
    """A like was given or taken back."""

    status: Literal["success"] = "success"
    message: str
    total_likes: int


class LikeStateOut(BaseModel):
    """Whether the caller likes a video, and how many do."""

    video_id: UUID
    liked: bool
    liked_at: datetime | None
    total_likes: int

    @classmethod
    def of(cls, video_id: UUID, state: LikeState) -> "LikeStateOut":
        """Return it as JSON shows it."""
        return cls(
            video_id=video_id,
            liked=state.liked_at is not None,
            liked_at=state.liked_at,
            total_likes=state.total_likes,
        )


class ShareOut(BaseModel):
    """A share was recorded."""

    status: Literal["success"] = "success"
    message: str
    total_shares: int


class NewComment(BaseModel):
    """What somebody says of a video."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "This is the part I was looking for.", "timestamp": 42.5}]}
    )

    text: Prose
    timestamp: Timestamp | None = None
    parent_id: UUID | None = Field(None, description="The comment that this one replies to")

    def fields(self) -> CommentFields:
        """Return what was sent."""
        return CommentFields(self.text, self.timestamp, self.parent_id)


class ChangedComment(BaseModel):
    """What to change of a comment: any subset; null takes the timestamp away."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "Exactly what I was looking for."}]})

    text: Prose = ""
    timestamp: Timestamp | None = None

    def changes(self) -> CommentChanges:
        """Return what was sent, and UNSET for the rest."""
        sent = self.model_fields_set
        return CommentChanges(
            text=self.text if "text" in sent else UNSET,
            timestamp=self.timestamp if "timestamp" in sent else UNSET,
        )


class CommentOut(BaseModel):
    """A comment. One that was removed while there were replies to it has no text and no author any more."""

    id: UUID
    comment_id: UUID = Field(description="The same as id")
    video_id: UUID
    parent_id: UUID | None = Field(description="The comment that this one replies to")
    user_id: UUID | None
    author: str | None
    text: str | None = Field(description="Null when it was removed")
    timestamp: float | None = Field(description="Seconds into the video")
    reply_count: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, comment: Comment) -> "CommentOut":
        """Return a comment as JSON shows it."""
        return cls(
            id=comment.id,
            comment_id=comment.id,
            video_id=comment.video_id,
            parent_id=comment.parent_id,
            user_id=comment.user_id,
            author=comment.author,
            text=comment.text,
            timestamp=comment.timestamp,
            reply_count=comment.reply_count,
            created_at=comment.created_at,
            updated_at=comment.updated_at,
        )


class CommentList(BaseModel):
    """A page of comments: threads, or the replies in one."""

    comments: list[CommentOut]
    comments_count: int = Field(description="How many comments the video has in all, replies included")
    total: int = Field(description="How many this list has on all its pages")
    page: int
    page_size: int
    has_more: bool

    @classmethod
    def of(cls, listing: CommentListing) -> "CommentList":
        """Return a page of comments as JSON shows it."""
        return cls(
            comments=[CommentOut.of(comment) for comment in listing.items],
            comments_count=listing.comments_count,
            total=listing.page.total,
            page=listing.page.page.number,
            page_size=listing.page.page.size,
            has_more=listing.page.has_more,
        )
