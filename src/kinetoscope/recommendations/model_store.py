"""Trained models in PostgreSQL: what they are trained on, and the swap to a new one."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from ..kernel.db import Database, Tx
from .history import Neighbours
from .popularity import BEGINNING, HALF_LIFE

_PAGE = 50_000
_KEPT_MODELS = 2


async def pages_of_votes(db: Database, *, up_to: int) -> AsyncIterator[list[tuple[int, UUID]]]:
    """Yield votes, oldest first, as a number that stands for the voter, and the video."""
    after = 0
    while True:
        async with db.read() as tx:
            rows = await tx.fetch(
                """
                SELECT number, uuid_hash_extended(voter, 0) AS voter, video_id FROM recommendation_votes
                 WHERE number > $1 AND number <= $2 ORDER BY number LIMIT $3
                """,
                after,
                up_to,
                _PAGE,
            )
        if not rows:
            return
        yield [(row[1], row[2]) for row in rows]
        after = rows[-1][0]


async def votes_since_model(tx: Tx) -> tuple[int, int, int]:
    """Return the last vote's number, how many votes there are, and how many the model does not know."""
    row = await tx.fetch_one(
        """
        SELECT COALESCE(max(number), 0), count(*),
               count(*) FILTER (WHERE number > COALESCE(
                   (SELECT up_to FROM recommendation_models WHERE is_current), 0))
          FROM recommendation_votes
        """
    )
    assert row is not None, "an aggregate has one row"
    return row[0], row[1], row[2]


async def is_promised(tx: Tx, kind: str) -> bool:
    """Whether a job of a kind is waiting or running."""
    return bool(
        await tx.fetch_value("SELECT EXISTS (SELECT FROM jobs WHERE kind = $1 AND state <> 'dead')", kind)
    )


async def save_model(tx: Tx, *, method: str, at: datetime, up_to: int, votes: int, videos: int) -> int:
    """Save a model that is not used yet, and return its version."""
    version: int = await tx.fetch_value(
        """
        INSERT INTO recommendation_models (is_current, method, trained_at, up_to, votes, videos)
        VALUES (false, $1, $2, $3, $4, $5)
        RETURNING version
        """,
        method,
        at,
        up_to,
        votes,
        videos,
    )
    return version


async def save_beside_current(tx: Tx, *, method: str, at: datetime, videos: int) -> int:
    """Save a model that is not used yet, with the present one's counts of co-watch; return its version."""
    version: int = await tx.fetch_value(
        """
        WITH present AS (
            SELECT version, up_to, votes FROM recommendation_models WHERE is_current
        ), saved AS (
            INSERT INTO recommendation_models (is_current, method, trained_at, up_to, votes, videos)
            SELECT false, $1, $2, COALESCE(max(up_to), 0), COALESCE(max(votes), 0), $3 FROM present
            RETURNING version
        )
        SELECT version FROM saved
        """,
        method,
        at,
        videos,
    )
    await tx.execute(
        """
        INSERT INTO recommendation_neighbours (version, kind, video_id, others, weights)
        SELECT $1, n.kind, n.video_id, n.others, n.weights
          FROM recommendation_neighbours n JOIN recommendation_models m USING (version)
         WHERE m.is_current AND n.kind = 'co_watch'
        """,
        version,
    )
    return version


async def save_neighbours(
    tx: Tx, version: int, kind: str, rows: Sequence[tuple[UUID, list[UUID], list[float]]]
) -> None:
    """Save the neighbours of some videos; of a video that is gone by now, nothing."""
    alive = {
        row[0]
        for row in await tx.fetch(
            "SELECT id FROM videos WHERE id = ANY($1) ORDER BY id FOR KEY SHARE", [row[0] for row in rows]
        )
    }
    columns = ("version", "kind", "video_id", "others", "weights")
    await tx.copy("recommendation_neighbours", columns, _records(version, kind, rows, alive))


def _records(
    version: int, kind: str, rows: Sequence[tuple[UUID, list[UUID], list[float]]], alive: set[UUID]
) -> Iterable[tuple[object, ...]]:
    for video_id, others, weights in rows:
        if video_id in alive:
            yield version, kind, video_id, others, weights


async def use_model(tx: Tx, version: int) -> None:
    """Let a model be the present one, and count anew what it does not know; `lock_counting` comes before."""
    await tx.execute("UPDATE recommendation_models SET is_current = false WHERE is_current")
    await tx.execute("UPDATE recommendation_models SET is_current = true WHERE version = $1", version)
    await tx.execute("DELETE FROM recommendation_recent_pairs")
    await tx.execute(
        """
        WITH fresh AS (
            SELECT voter, video_id, number FROM recommendation_votes
             WHERE number > (SELECT up_to FROM recommendation_models WHERE version = $1)
        ), pairs AS (
            SELECT n.video_id, o.video_id AS other_id
              FROM fresh n JOIN recommendation_votes o ON o.voter = n.voter AND o.number < n.number
        )
        INSERT INTO recommendation_recent_pairs (video_id, other_id, viewers)
        SELECT video_id, other_id, count(*)
          FROM (SELECT video_id, other_id FROM pairs
                 UNION ALL SELECT other_id, video_id FROM pairs) AS both_ways
         GROUP BY video_id, other_id
        """,
        version,
    )
    await _recount(tx)
    await tx.execute("UPDATE recommendation_lists SET is_stale = true WHERE strategy <> 'content'")
    await tx.execute(
        "DELETE FROM recommendation_models WHERE NOT is_current AND version <= $1", version - _KEPT_MODELS
    )


async def _recount(tx: Tx) -> None:
    """Count viewers and popularity from the votes: what was deleted meanwhile leaves no trace."""
    await tx.execute("DELETE FROM recommendation_videos")
    await tx.execute(
        """
        INSERT INTO recommendation_videos (video_id, viewers, popularity)
        SELECT video_id, count(*), sum(power(2, extract(epoch FROM voted_at - $1::timestamptz) / $2))
          FROM recommendation_votes GROUP BY video_id
        """,
        BEGINNING,
        HALF_LIFE.total_seconds(),
    )
    await tx.execute(
        """
        UPDATE recommendation_state
           SET voters = (SELECT count(DISTINCT voter) FROM recommendation_votes),
               votes = (SELECT count(*) FROM recommendation_votes),
               popularity = (SELECT COALESCE(sum(popularity), 0) FROM recommendation_videos)
        """
    )


async def load_wishes(tx: Tx, history: Sequence[UUID], *, at_most: int) -> Neighbours:
    """Return what each of these videos speaks for in the present model."""
    rows = await tx.fetch(
        """
        SELECT n.video_id, n.others[1:$2] AS others, n.weights[1:$2] AS weights
          FROM recommendation_neighbours n JOIN recommendation_models m USING (version)
         WHERE m.is_current AND n.kind = 'history' AND n.video_id = ANY($1)
        """,
        list(history),
        at_most,
    )
    return {row[0]: list(zip(row[1], row[2], strict=True)) for row in rows}
