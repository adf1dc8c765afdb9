"""The use cases of engagement."""

from dataclasses import replace
from uuid import UUID

from msgspec import UNSET

from ..accounts import require_author
from ..kernel.caller import Caller
from ..kernel.clock import Clock
from ..kernel.db import Database, Tx
from ..kernel.ids import uuid7
from ..kernel.paging import Page
from ..videos import Video, VideoNotFound, keep_visible_video, require_visible_video
from . import comment_store, store
from .models import Comment, CommentChanges, CommentFields, CommentFilter, CommentListing, Like, LikeState
from .refusals import (
    AlreadyLiked,
    CommentNotFound,
    NestedTooDeep,
    NotLiked,
    NotYourComment,
    TimestampBeyondEnd,
)

_ERASED_AT_ONCE = 100
_COMMENTS_ERASED_AT_ONCE = 20


class Likes:
    """One like for each account and video."""

    def __init__(self, db: Database, *, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def like(self, caller: Caller, video_id: UUID) -> int:
        """Like a video and return how many do; refuses with `VideoNotFound` and `AlreadyLiked`."""
        async with self._db.transaction() as tx:
            await keep_visible_video(tx, video_id, caller.id)
            await require_author(tx, caller.id)
            total = await store.save_like(tx, Like(video_id, caller.id, self._clock()))
            if total is None:
                raise AlreadyLiked
            return total

    async def unlike(self, caller: Caller, video_id: UUID) -> int:
        """Take a like back and return how many are left; refuses with `VideoNotFound` and `NotLiked`."""
        async with self._db.transaction() as tx:
            await keep_visible_video(tx, video_id, caller.id)
            total = await store.delete_like(tx, video_id, caller.id)
            if total is None:
                raise NotLiked
            return total

    async def state(self, caller: Caller, video_id: UUID) -> LikeState:
        """Return whether the caller likes a video, and how many do; refuses with `VideoNotFound`."""
        async with self._db.read() as tx:
            await require_visible_video(tx, video_id, caller.id)
            state = await store.load_like_state(tx, video_id, caller.id)
        if state is None:
            raise VideoNotFound
        return state

    async def erase_account(self, tx: Tx, account_id: UUID) -> int:
        """Take back some likes of an account that is being erased; return how many."""
        return await store.take_likes_of(tx, account_id, at_most=_ERASED_AT_ONCE)


class Shares:
    """That a video was passed on, by anybody."""

    def __init__(self, db: Database, *, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def share(self, caller: Caller | None, video_id: UUID, platform: str | None) -> int:
        """Note a share and return how many there are; refuses with `VideoNotFound`."""
        user_id = caller.id if caller else None
        async with self._db.transaction() as tx:
            await keep_visible_video(tx, video_id, user_id)
            return await store.save_share(tx, video_id, user_id=user_id, platform=platform, at=self._clock())

    async def erase_account(self, tx: Tx, account_id: UUID) -> int:
        """Make some shares of an account that is being erased anonymous; return how many."""
        return await store.forget_sharer(tx, account_id, at_most=_ERASED_AT_ONCE)


class Comments:
    """What people say of a video, in threads of one level."""

    def __init__(self, db: Database, *, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def add(self, caller: Caller, video_id: UUID, fields: CommentFields) -> Comment:
        """Save a comment; refuses with `VideoNotFound`, `TimestampBeyondEnd`, and for a reply as its thread.

        A reply needs a comment of the same video (`CommentNotFound`) that is no reply (`NestedTooDeep`).
        """
        now = self._clock()
        async with self._db.transaction() as tx:
            video = await keep_visible_video(tx, video_id, caller.id)
            _require_within(video, fields.timestamp)
            author = await require_author(tx, caller.id)
            await comment_store.lock_comments(tx, video_id)
            if fields.parent_id is not None:
                await _require_thread(tx, fields.parent_id, video_id)
            comment = Comment(
                id=uuid7(),
                video_id=video_id,
                parent_id=fields.parent_id,
                user_id=caller.id,
                author=author,
                text=fields.text,
                timestamp=fields.timestamp,
                created_at=now,
                updated_at=now,
            )
            await comment_store.insert_comment(tx, comment)
        return comment

    async def get(self, caller: Caller, comment_id: UUID) -> Comment:
        """Return a comment; refuses with `CommentNotFound`."""
        async with self._db.read() as tx:
            comment = await comment_store.require_comment(tx, comment_id)
            try:
                await require_visible_video(tx, comment.video_id, caller.id)
            except VideoNotFound as error:
                raise CommentNotFound from error
        return comment

    async def list(self, caller: Caller, video_id: UUID, wanted: CommentFilter, page: Page) -> CommentListing:
        """Return a page of the comments of a video; refuses with `VideoNotFound`."""
        async with self._db.read() as tx:
            await require_visible_video(tx, video_id, caller.id)
            return await comment_store.list_comments(tx, video_id, wanted, page)

    async def change(self, caller: Caller, comment_id: UUID, changes: CommentChanges) -> Comment:
        """Change a comment of the caller and return it.

        Refuses with `CommentNotFound`, `NotYourComment` and `TimestampBeyondEnd`.
        """
        async with self._db.transaction() as tx:
            comment, video = await _locked(tx, comment_id, caller)
            if comment.user_id != caller.id:
                raise NotYourComment
            timestamp = comment.timestamp if changes.timestamp is UNSET else changes.timestamp
            if changes.timestamp is not UNSET:
                _require_within(video, timestamp)
            text = comment.text if changes.text is UNSET else changes.text
            changed = replace(comment, text=text, timestamp=timestamp, updated_at=self._clock())
            await comment_store.update_comment(tx, changed)
        return changed

    async def remove(self, caller: Caller, comment_id: UUID) -> None:
        """Remove a comment, as its author or the owner of the video.

        Refuses with `CommentNotFound` and `NotYourComment`.
        """
        async with self._db.transaction() as tx:
            comment, video = await _locked(tx, comment_id, caller)
            if caller.id not in {comment.user_id, video.owner_id}:
                raise NotYourComment
            await comment_store.remove_comment(tx, comment)

    async def erase_account(self, tx: Tx, account_id: UUID) -> int:
        """Remove some comments of an account that is being erased; return 0 when none is left."""
        video_id = await comment_store.find_commented_video(tx, account_id)
        if video_id is None:
            return 0
        await comment_store.lock_comments(tx, video_id)
        found = await comment_store.list_comments_by(
            tx, account_id, video_id, at_most=_COMMENTS_ERASED_AT_ONCE
        )
        for comment in found:
            await comment_store.remove_comment(tx, comment)
        return 1  # even where the video has just been deleted: there may be comments of others


async def _locked(tx: Tx, comment_id: UUID, caller: Caller) -> tuple[Comment, Video]:
    """Return a comment and its video, and let nobody else write comments of it until the commit."""
    found = await comment_store.require_comment(tx, comment_id)
    try:
        video = await keep_visible_video(tx, found.video_id, caller.id)
    except VideoNotFound as error:
        raise CommentNotFound from error
    await comment_store.lock_comments(tx, video.id)
    return await comment_store.require_comment(tx, comment_id), video


async def _require_thread(tx: Tx, parent_id: UUID, video_id: UUID) -> None:
    """Refuse what cannot be replied to."""
    parent = await comment_store.require_comment(tx, parent_id)
    if parent.video_id != video_id:
        raise CommentNotFound
    if parent.parent_id is not None:
        raise NestedTooDeep


def _require_within(video: Video, timestamp: float | None) -> None:
    if timestamp is not None and video.duration is not None and timestamp > video.duration:
        raise TimestampBeyondEnd(f"The video is {video.duration} seconds long.")
