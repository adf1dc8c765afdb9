"""Votes, and what is counted from them, in PostgreSQL."""

from datetime import datetime, timedelta
from uuid import UUID

from ..kernel.db import Tx
from .popularity import BEGINNING, HALF_LIFE

LOCK = 0x4B52_5643
"""One at a time takes votes or swaps models: of each pair it must be known where it is counted."""

LATE = timedelta(minutes=10)
"""A report may be written, or folded into its sitting, so much after its time."""

_VOTES_OF_ONE = 100


async def lock_counting(tx: Tx) -> None:
    """Wait until nobody else counts, and let nobody count until the commit."""
    await tx.execute("SELECT pg_advisory_xact_lock($1)", LOCK)


async def begin_counting(tx: Tx) -> datetime | None:
    """Return up to when votes have been taken; None if another process is taking some just now."""
    if not await tx.fetch_value("SELECT pg_try_advisory_xact_lock($1)", LOCK):
        return None
    await tx.execute("INSERT INTO recommendation_state DEFAULT VALUES ON CONFLICT DO NOTHING")
    until: datetime = await tx.fetch_value("SELECT read_until FROM recommendation_state")
    return until


async def take_votes(tx: Tx, *, since: datetime, at_most: int) -> tuple[int, datetime | None, int]:
    """Take new votes from views and likes; return how many, the latest one's time, the first one's number.

    Those from `since` on that are not there yet, oldest first.
    """
    row = await tx.fetch_one(
        """
        WITH cast_votes AS (
            SELECT COALESCE(user_id, viewer_id) AS voter, video_id, seen_at AS voted_at
              FROM sittings
             WHERE seen_at >= $1 AND completion >= 5000 AND reason IS NULL
               AND COALESCE(user_id, viewer_id) IS NOT NULL
             UNION ALL
            SELECT user_id, video_id, created_at FROM likes WHERE created_at >= $1
        ), fresh AS (
            SELECT voter, video_id, min(voted_at) AS voted_at FROM cast_votes c
             WHERE NOT EXISTS (SELECT FROM recommendation_votes v
                                WHERE v.voter = c.voter AND v.video_id = c.video_id)
             GROUP BY voter, video_id ORDER BY min(voted_at), voter, video_id LIMIT $2
        ), alive AS MATERIALIZED (  -- locked against deletion until the commit
            SELECT id FROM videos WHERE id IN (SELECT video_id FROM fresh) ORDER BY id FOR KEY SHARE
        ), taken AS (
            INSERT INTO recommendation_votes (voter, video_id, voted_at)
            SELECT f.voter, f.video_id, f.voted_at FROM fresh f JOIN alive a ON a.id = f.video_id
             ORDER BY f.voted_at, f.voter, f.video_id
            RETURNING number, voted_at
        )
        SELECT count(*), max(voted_at), min(number) FROM taken
        """,
        since,
        at_most,
    )
    assert row is not None, "an aggregate has one row"
    return row[0], row[1], row[2] or 0


async def count_votes(tx: Tx, *, first: int) -> set[UUID]:
    """Add the votes from a number on to everything that is counted; return the videos whose lists that moves.

    Of two votes of one viewer, the later one counts the pair.
    """
    await tx.execute(
        """
        WITH fresh AS (
            SELECT voter, video_id, power(2, extract(epoch FROM voted_at - $2::timestamptz) / $3) AS weight
              FROM recommendation_votes WHERE number >= $1
        ), sums AS (
            INSERT INTO recommendation_videos AS r (video_id, viewers, popularity)
            SELECT video_id, count(*), sum(weight) FROM fresh GROUP BY video_id ORDER BY video_id
                ON CONFLICT (video_id) DO UPDATE
               SET viewers = r.viewers + EXCLUDED.viewers, popularity = r.popularity + EXCLUDED.popularity
        )
        UPDATE recommendation_state
           SET popularity = popularity + (SELECT COALESCE(sum(weight), 0) FROM fresh),
               votes = votes + (SELECT count(*) FROM fresh),
               voters = voters + (
                   SELECT count(DISTINCT voter) FROM fresh f
                    WHERE NOT EXISTS (SELECT FROM recommendation_votes o
                                       WHERE o.voter = f.voter AND o.number < $1))
        """,
        first,
        BEGINNING,
        HALF_LIFE.total_seconds(),
    )
    return {row[0] for row in await _count_pairs(tx, first)}


async def _count_pairs(tx: Tx, first: int) -> list[tuple[UUID]]:
    rows = await tx.fetch(
        """
        WITH pairs AS (
            SELECT n.video_id, o.video_id AS other_id
              FROM recommendation_votes n
             CROSS JOIN LATERAL (
                   SELECT video_id FROM recommendation_votes
                    WHERE voter = n.voter AND number < n.number ORDER BY number DESC LIMIT $2) AS o
             WHERE n.number >= $1
        ), counted AS (
            INSERT INTO recommendation_recent_pairs AS p (video_id, other_id, viewers)
            SELECT video_id, other_id, count(*)
              FROM (SELECT video_id, other_id FROM pairs
                     UNION ALL SELECT other_id, video_id FROM pairs) AS both_ways
             GROUP BY video_id, other_id ORDER BY video_id, other_id
                ON CONFLICT (video_id, other_id) DO UPDATE SET viewers = p.viewers + EXCLUDED.viewers
            RETURNING video_id
        )
        SELECT DISTINCT video_id FROM counted
        """,
        first,
        _VOTES_OF_ONE,
    )
    return [(row[0],) for row in rows]


async def end_counting(tx: Tx, *, read_until: datetime) -> None:
    """Write up to when votes have been taken."""
    await tx.execute("UPDATE recommendation_state SET read_until = $1", read_until)


async def forget_voter(tx: Tx, voter: UUID, *, at_most: int) -> int:
    """Take back some votes of an account that is being erased, and what was counted from them."""
    removed: int = await tx.fetch_value(
        """
        WITH gone AS (
            DELETE FROM recommendation_votes
             WHERE voter = $1 AND video_id IN (
                   SELECT video_id FROM recommendation_votes WHERE voter = $1 LIMIT $2)
            RETURNING video_id, power(2, extract(epoch FROM voted_at - $3::timestamptz) / $4) AS weight
        ), sums AS (
            UPDATE recommendation_videos r
               SET viewers = GREATEST(0, r.viewers - 1), popularity = GREATEST(0, r.popularity - g.weight)
              FROM gone g WHERE r.video_id = g.video_id
        )
        SELECT count(*) FROM gone
        """,
        voter,
        at_most,
        BEGINNING,
        HALF_LIFE.total_seconds(),
    )
    return removed


async def load_history(tx: Tx, voter: UUID, *, at_most: int) -> list[UUID]:
    """Return the videos that an account has watched or liked, the latest first."""
    rows = await tx.fetch(
        "SELECT video_id FROM recommendation_votes WHERE voter = $1 ORDER BY number DESC LIMIT $2",
        voter,
        at_most,
    )
    return [row[0] for row in rows]


async def load_watched(tx: Tx, user_id: UUID, among: list[UUID]) -> frozenset[UUID]:
    """Return those of these videos that an account has watched to at least half, or liked."""
    rows = await tx.fetch(
        """
        SELECT video_id FROM recommendation_votes WHERE voter = $1 AND video_id = ANY($2)
         UNION
        SELECT video_id FROM sittings WHERE user_id = $1 AND video_id = ANY($2) AND completion >= 5000
        """,
        user_id,
        among,
    )
    return frozenset(row[0] for row in rows)
