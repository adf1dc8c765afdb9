"""Comments in PostgreSQL.

Whoever writes comments of a video first locks its row of counters (`lock_comments`): so what is read after
it, such as whether there are replies, stays true until the commit.
"""

from typing import LiteralString
from uuid import UUID

from ..kernel.db import Record, Tx
from ..kernel.paging import Listing, Page
from .models import Comment, CommentFilter, CommentListing, CommentOrder
from .refusals import CommentNotFound

_COMMENT: LiteralString = """
    SELECT c.id, c.video_id, c.parent_id, c.user_id, c.author, c.text, c.at_seconds AS timestamp,
           c.created_at, c.updated_at,
           (SELECT count(*) FROM comments r WHERE r.parent_id = c.id) AS reply_count
      FROM comments c
"""

_THREADS: dict[CommentOrder, LiteralString] = {
    "created_at": "ORDER BY c.created_at DESC, c.id DESC",
    "timestamp": "ORDER BY c.at_seconds, c.created_at, c.id",
}


async def lock_comments(tx: Tx, video_id: UUID) -> None:
    """Let nobody else write comments of a video, or delete it, until the commit."""
    await tx.execute(
        """
        WITH kept AS MATERIALIZED (
            SELECT id FROM videos WHERE id = $1 FOR KEY SHARE
        )
        SELECT FROM video_counters c JOIN kept ON kept.id = c.video_id FOR NO KEY UPDATE OF c
        """,
        video_id,
    )


async def require_comment(tx: Tx, comment_id: UUID) -> Comment:
    """Return a comment that has not been removed; refuses with `CommentNotFound`."""
    row = await tx.fetch_one(_COMMENT + "WHERE c.id = $1 AND c.text IS NOT NULL", comment_id)
    if row is None:
        raise CommentNotFound
    return _comment(row)


async def insert_comment(tx: Tx, comment: Comment) -> None:
    """Save a new comment and count it."""
    await tx.execute(
        """
        WITH saved AS (
            INSERT INTO comments
                   (id, video_id, parent_id, user_id, author, text, at_seconds, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            RETURNING video_id
        )
        UPDATE video_counters c SET comments = c.comments + 1
          FROM saved WHERE c.video_id = saved.video_id
        """,
        comment.id,
        comment.video_id,
        comment.parent_id,
        comment.user_id,
        comment.author,
        comment.text,
        comment.timestamp,
        comment.created_at,
        comment.updated_at,
    )


async def update_comment(tx: Tx, comment: Comment) -> None:
    """Write a comment's new text and timestamp."""
    await tx.execute(
        "UPDATE comments SET text = $2, at_seconds = $3, updated_at = $4 WHERE id = $1",
        comment.id,
        comment.text,
        comment.timestamp,
        comment.updated_at,
    )


async def remove_comment(tx: Tx, comment: Comment) -> None:
    """Remove a comment and count it no more.

    One that has replies leaves its place empty, and such a place goes with the last reply.
    """
    await tx.execute(
        """
        WITH emptied AS (
            UPDATE comments c SET text = NULL, user_id = NULL, author = NULL
             WHERE c.id = $1 AND EXISTS (SELECT FROM comments r WHERE r.parent_id = $1)
            RETURNING c.id
        ), gone AS (
            DELETE FROM comments c
             WHERE (c.id = $1 AND NOT EXISTS (SELECT FROM comments r WHERE r.parent_id = $1))
                OR (c.id = $2 AND c.text IS NULL
                    AND NOT EXISTS (SELECT FROM comments r WHERE r.parent_id = $2 AND r.id <> $1))
        )
        UPDATE video_counters SET comments = comments - 1 WHERE video_id = $3
        """,
        comment.id,
        comment.parent_id,
        comment.video_id,
    )


async def list_comments(tx: Tx, video_id: UUID, wanted: CommentFilter, page: Page) -> CommentListing:
    """Return one page of a video's threads, or of the replies in one of them, oldest first."""
    if wanted.parent_id is None:
        which: LiteralString = "WHERE c.video_id = $1 AND c.parent_id IS NULL AND $2::uuid IS NULL "
        order = _THREADS[wanted.order]
    else:
        which = "WHERE c.video_id = $1 AND c.parent_id = $2 "
        order = "ORDER BY c.created_at, c.id"
    rows = await tx.fetch(
        _COMMENT + which + order + " LIMIT $3 OFFSET $4", video_id, wanted.parent_id, page.size, page.offset
    )
    total: int = await tx.fetch_value(
        "SELECT count(*) FROM comments c " + which,  # noqa: S608 - literals, as the type says
        video_id,
        wanted.parent_id,
    )
    count = await tx.fetch_value("SELECT comments FROM video_counters WHERE video_id = $1", video_id)
    return CommentListing(Listing([_comment(row) for row in rows], total, page), count or 0)


async def find_commented_video(tx: Tx, user_id: UUID) -> UUID | None:
    """Return a video that an account has commented; None if there is none."""
    video_id: UUID | None = await tx.fetch_value(
        "SELECT video_id FROM comments WHERE user_id = $1 ORDER BY video_id LIMIT 1", user_id
    )
    return video_id


async def list_comments_by(tx: Tx, user_id: UUID, video_id: UUID, *, at_most: int) -> list[Comment]:
    """Return some comments that an account has made of a video."""
    rows = await tx.fetch(
        _COMMENT + "WHERE c.user_id = $1 AND c.video_id = $2 LIMIT $3", user_id, video_id, at_most
    )
    return [_comment(row) for row in rows]


def _comment(row: Record) -> Comment:
    return Comment(**dict(row))
