"""Likes, shares and comments over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response

from ..accounts import AccountGone
from ..http.declare import Access, declare
from ..http.gate import gated_router
from ..http.limits import PublicWrite
from ..http.request import MaybeCaller, PageParams, SignedIn, provided
from ..videos import VideoNotFound
from .models import CommentFilter, CommentOrder
from .refusals import (
    AlreadyLiked,
    CommentNotFound,
    NestedTooDeep,
    NotLiked,
    NotYourComment,
    TimestampBeyondEnd,
)
from .schemas import (
    ChangedComment,
    CommentList,
    CommentOut,
    LikeOut,
    LikeStateOut,
    NewComment,
    NewShare,
    ShareOut,
)
from .service import Comments, Likes, Shares

on_videos = gated_router(prefix="/api/v1/videos", tags=["engagement"])
comments = gated_router(prefix="/api/v1/comments", tags=["engagement"])

routers = (on_videos, comments)

LikesService = Annotated[Likes, Depends(provided(Likes))]
SharesService = Annotated[Shares, Depends(provided(Shares))]
CommentsService = Annotated[Comments, Depends(provided(Comments))]


@on_videos.post("/{video_id}/like", **declare(Access.SIGNED_IN, VideoNotFound, AlreadyLiked, AccountGone))
async def like_video(video_id: UUID, caller: SignedIn, likes: LikesService) -> LikeOut:
    """Like a video. One like for each account."""
    total = await likes.like(caller, video_id)
    return LikeOut(message="Video liked successfully", total_likes=total)


@on_videos.delete("/{video_id}/like", **declare(Access.SIGNED_IN, VideoNotFound, NotLiked))
async def unlike_video(video_id: UUID, caller: SignedIn, likes: LikesService) -> LikeOut:
    """Take a like back."""
    total = await likes.unlike(caller, video_id)
    return LikeOut(message="Video unliked successfully", total_likes=total)


@on_videos.get("/{video_id}/like", **declare(Access.SIGNED_IN, VideoNotFound))
async def get_like(video_id: UUID, caller: SignedIn, likes: LikesService) -> LikeStateOut:
    """Return whether the caller likes a video, and how many do."""
    return LikeStateOut.of(video_id, await likes.state(caller, video_id))


@on_videos.post("/{video_id}/share", **declare(Access.OPTIONAL, VideoNotFound, limited=True))
async def share_video(
    video_id: UUID,
    caller: MaybeCaller,
    shares: SharesService,
    _: PublicWrite,
    body: NewShare | None = None,
) -> ShareOut:
    """Record that a video was passed on. Anybody may; without an account it stays anonymous."""
    total = await shares.share(caller, video_id, body.word if body else None)
    return ShareOut(message="Share recorded successfully", total_shares=total)


async def _filter(
    parent_id: Annotated[UUID | None, Query(description="Only the replies to this one, oldest first")] = None,
    sort_by: Annotated[
        CommentOrder, Query(description="Threads: newest first, or along the video's time")
    ] = "created_at",
) -> CommentFilter:
    return CommentFilter(parent_id, sort_by)


@on_videos.get("/{video_id}/comments", **declare(Access.SIGNED_IN, VideoNotFound))
async def list_comments(
    video_id: UUID,
    wanted: Annotated[CommentFilter, Depends(_filter)],
    page: PageParams,
    caller: SignedIn,
    service: CommentsService,
) -> CommentList:
    """Return a page of a video's threads, or of the replies in one of them."""
    return CommentList.of(await service.list(caller, video_id, wanted, page))


@on_videos.post(
    "/{video_id}/comments",
    status_code=201,
    **declare(
        Access.SIGNED_IN, VideoNotFound, CommentNotFound, TimestampBeyondEnd, NestedTooDeep, AccountGone
    ),
)
async def add_comment(
    video_id: UUID, body: NewComment, response: Response, caller: SignedIn, service: CommentsService
) -> CommentOut:
    """Say something of a video, of a second in it, or in reply to a comment."""
    comment = await service.add(caller, video_id, body.fields())
    response.headers["Location"] = f"/api/v1/comments/{comment.id}"
    return CommentOut.of(comment)


@comments.get("/{comment_id}", **declare(Access.SIGNED_IN, CommentNotFound))
async def get_comment(comment_id: UUID, caller: SignedIn, service: CommentsService) -> CommentOut:
    """Return a comment."""
    return CommentOut.of(await service.get(caller, comment_id))


@comments.patch("/{comment_id}", **declare(Access.OWNER, CommentNotFound, NotYourComment, TimestampBeyondEnd))
async def change_comment(
    comment_id: UUID, body: ChangedComment, caller: SignedIn, service: CommentsService
) -> CommentOut:
    """Change what the caller has said."""
    return CommentOut.of(await service.change(caller, comment_id, body.changes()))


@comments.delete("/{comment_id}", status_code=204, **declare(Access.OWNER, CommentNotFound, NotYourComment))
async def delete_comment(comment_id: UUID, caller: SignedIn, service: CommentsService) -> None:
    """Remove a comment: its author may, and the owner of the video.

    One that has replies leaves an empty place behind, which goes with the last of them.
    """
    await service.remove(caller, comment_id)
