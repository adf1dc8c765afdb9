"""Likes and shares in PostgreSQL.

Everything here that counts is one statement: the row and the counter change together or not at all. Before
it, the use case has locked the video against its deletion (`keep_visible_video`).
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ..kernel.db import Tx
from .models import Like, LikeState


async def save_like(tx: Tx, like: Like) -> int | None:
    """Save a like and return how many the video has now; None if there was one already."""
    total: int | None = await tx.fetch_value(
        """
        WITH liked AS (
            INSERT INTO likes (video_id, user_id, created_at) VALUES ($1, $2, $3)
                ON CONFLICT DO NOTHING
            RETURNING video_id
        )
        UPDATE video_counters c SET likes = c.likes + 1
          FROM liked WHERE c.video_id = liked.video_id
        RETURNING c.likes
        """,
        like.video_id,
        like.user_id,
        like.created_at,
    )
    return total


async def delete_like(tx: Tx, video_id: UUID, user_id: UUID) -> int | None:
    """Take a like back and return how many the video has now; None if there was none."""
    total: int | None = await tx.fetch_value(
        """
        WITH unliked AS (
            DELETE FROM likes WHERE video_id = $1 AND user_id = $2 RETURNING video_id
        )
        UPDATE video_counters c SET likes = c.likes - 1
          FROM unliked WHERE c.video_id = unliked.video_id
        RETURNING c.likes
        """,
        video_id,
        user_id,
    )
    return total


async def load_like_state(tx: Tx, video_id: UUID, user_id: UUID) -> LikeState | None:
    """Return how a video stands with an account; None if the video has just been deleted."""
    row = await tx.fetch_one(
        """
        SELECT l.created_at AS liked_at, c.likes AS total_likes
          FROM video_counters c LEFT JOIN likes l ON l.video_id = c.video_id AND l.user_id = $2
         WHERE c.video_id = $1
        """,
        video_id,
        user_id,
    )
    return None if row is None else LikeState(**dict(row))


async def save_share(
    tx: Tx, video_id: UUID, *, user_id: UUID | None, platform: str | None, at: datetime
) -> int:
    """Save a share and return how many the video has now. An account that is being erased is nobody."""
    total: int = await tx.fetch_value(
        """
        WITH sharer AS (
            SELECT id FROM accounts WHERE id = $2 AND erased_at IS NULL FOR KEY SHARE
        ), shared AS (
            INSERT INTO shares (video_id, user_id, platform, created_at)
            VALUES ($1, (SELECT id FROM sharer), $3, $4)
            RETURNING video_id
        )
        UPDATE video_counters c SET shares = c.shares + 1
          FROM shared WHERE c.video_id = shared.video_id
        RETURNING c.shares
        """,
        video_id,
        user_id,
        platform,
        at,
    )
    return total


async def count_likes(tx: Tx, video_id: UUID, *, since: datetime, until: datetime) -> int:
    """Return how many of a video's present likes were given from `since` on and before `until`."""
    count: int = await tx.fetch_value(
        "SELECT count(*) FROM likes WHERE video_id = $1 AND created_at >= $2 AND created_at < $3",
        video_id,
        since,
        until,
    )
    return count


async def load_likes_of(tx: Tx, video_ids: Sequence[UUID], *, at_most: int) -> list[Like]:
    """Return likes of these videos: for each video its newest `at_most`."""
    rows = await tx.fetch(
        """
        SELECT l.video_id, l.user_id, l.created_at
          FROM unnest($1::uuid[]) AS wanted(id)
         CROSS JOIN LATERAL (
                SELECT * FROM likes WHERE video_id = wanted.id ORDER BY created_at DESC LIMIT $2
               ) AS l
        """,
        list(video_ids),
        at_most,
    )
    return [Like(**dict(row)) for row in rows]


async def load_likes_by(tx: Tx, user_ids: Sequence[UUID], *, at_most: int) -> list[Like]:
    """Return likes that these accounts have given: for each account its newest `at_most`."""
    rows = await tx.fetch(
        """
        SELECT l.video_id, l.user_id, l.created_at
          FROM unnest($1::uuid[]) AS wanted(id)
         CROSS JOIN LATERAL (
                SELECT * FROM likes WHERE user_id = wanted.id ORDER BY created_at DESC LIMIT $2
               ) AS l
        """,
        list(user_ids),
        at_most,
    )
    return [Like(**dict(row)) for row in rows]


async def take_likes_of(tx: Tx, user_id: UUID, *, at_most: int) -> int:
    """Remove some likes of an account that is being erased; return how many.

    Videos first and counters next, each in order of their ids: no two that lock several wait in a circle.
    """
    return await tx.execute(
        """
        WITH kept AS MATERIALIZED (
            SELECT v.id FROM videos v
             WHERE v.id IN (SELECT video_id FROM likes WHERE user_id = $1 ORDER BY video_id LIMIT $2)
             ORDER BY v.id FOR KEY SHARE
        ), gone AS (
            DELETE FROM likes WHERE user_id = $1 AND video_id IN (SELECT id FROM kept)
            RETURNING video_id
        ), counted AS MATERIALIZED (
            SELECT c.video_id FROM video_counters c
             WHERE c.video_id IN (SELECT video_id FROM gone) ORDER BY c.video_id FOR NO KEY UPDATE
        )
        UPDATE video_counters c SET likes = c.likes - 1 FROM counted WHERE c.video_id = counted.video_id
        """,
        user_id,
        at_most,
    )


async def forget_sharer(tx: Tx, user_id: UUID, *, at_most: int) -> int:
    """Let some shares of an account that is being erased be anybody's; return how many."""
    return await tx.execute(
        "UPDATE shares SET user_id = NULL WHERE id IN (SELECT id FROM shares WHERE user_id = $1 LIMIT $2)",
        user_id,
        at_most,
    )
