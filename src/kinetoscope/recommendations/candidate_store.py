"""What may be recommended beside a video, and what is known of it, in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ..kernel.db import Tx
from .models import Audience, Evidence, LookAlike


@dataclass(frozen=True, slots=True)
class Counted:
    """A public video with what votes say of it: `popularity` is its share of all."""

    video_id: UUID
    created_at: datetime
    viewers: int
    popularity: float
    together: int


async def plan_by_values(tx: Tx) -> None:
    """Let each statement of this transaction be planned for its own values.

    How many candidates there are decides which plan is right; the one for any number is ten times slower.
    """
    await tx.execute("SET LOCAL plan_cache_mode = force_custom_plan")


async def load_audience(tx: Tx, video_id: UUID) -> Audience:
    """Return how many have watched a video, and anything at all."""
    row = await tx.fetch_one(
        """
        SELECT COALESCE((SELECT viewers FROM recommendation_videos WHERE video_id = $1), 0),
               COALESCE((SELECT voters FROM recommendation_state), 0),
               COALESCE((SELECT votes FROM recommendation_state), 0)
        """,
        video_id,
    )
    assert row is not None, "a query without FROM has one row"
    return Audience(*row)


async def co_watched(tx: Tx, video_id: UUID, *, at_most: int) -> list[UUID]:
    """Return the videos that have viewers in common with one: from the model, and since then."""
    rows = await tx.fetch(
        """
        SELECT other FROM recommendation_neighbours n JOIN recommendation_models m USING (version)
         CROSS JOIN LATERAL unnest(n.others[1:$2]) AS other
         WHERE m.is_current AND n.kind = 'co_watch' AND n.video_id = $1
         UNION
        (SELECT other_id FROM recommendation_recent_pairs WHERE video_id = $1
          ORDER BY viewers DESC, other_id LIMIT $2)
        """,
        video_id,
        at_most,
    )
    return [row[0] for row in rows]


async def of_one_kind(tx: Tx, video_id: UUID, *, for_each_tag: int, of_author: int) -> list[UUID]:
    """Return public videos that share a tag with one, or its owner."""
    rows = await tx.fetch(
        """
        WITH own AS (SELECT id, owner_id, tag_keys[1:12] AS tag_keys FROM videos WHERE id = $1)
        SELECT v.id FROM own CROSS JOIN LATERAL unnest(own.tag_keys) AS tag
         CROSS JOIN LATERAL (
               SELECT id FROM videos WHERE tag_keys @> ARRAY[tag] AND visibility = 'public' LIMIT $2) AS v
         UNION
        (SELECT v.id FROM own JOIN videos v ON v.owner_id = own.owner_id AND v.visibility = 'public'
          ORDER BY v.created_at DESC, v.id DESC LIMIT $3)
        """,
        video_id,
        for_each_tag,
        of_author,
    )
    return [row[0] for row in rows]


async def popular(tx: Tx, *, at_most: int) -> list[UUID]:
    """Return the public videos that most votes are for, the most viewed, and the newest."""
    rows = await tx.fetch(
        """
        (SELECT video_id AS id FROM recommendation_videos ORDER BY popularity DESC, video_id LIMIT $1)
         UNION
        (SELECT video_id FROM video_counters WHERE views > 0 ORDER BY views DESC, video_id DESC LIMIT $1)
         UNION
        (SELECT id FROM videos WHERE visibility = 'public' ORDER BY created_at DESC, id DESC LIMIT $1)
        """,
        at_most,
    )
    return [row[0] for row in rows]


async def load_counted(tx: Tx, video_id: UUID | None, ids: Sequence[UUID]) -> list[Counted]:
    """Return those of these videos that may be recommended to anybody, with their votes beside a source.

    Public ones that have not failed; never the source itself.
    """
    rows = await tx.fetch(
        """
        WITH total AS (
            SELECT NULLIF(popularity, 0) AS popularity FROM recommendation_state
        ), known AS (
            SELECT other, weight FROM recommendation_neighbours n JOIN recommendation_models m USING (version)
             CROSS JOIN LATERAL unnest(n.others, n.weights) AS u (other, weight)
             WHERE m.is_current AND n.kind = 'co_watch' AND n.video_id = $1
        )
        SELECT v.id, v.created_at, COALESCE(r.viewers, 0) AS viewers,
               COALESCE(r.popularity / (SELECT popularity FROM total), 0) AS popularity,
               COALESCE(k.weight, 0)::integer + COALESCE(p.viewers, 0) AS together
          FROM videos v
          LEFT JOIN recommendation_videos r ON r.video_id = v.id
          LEFT JOIN known k ON k.other = v.id
          LEFT JOIN recommendation_recent_pairs p ON p.video_id = $1 AND p.other_id = v.id
         WHERE v.id = ANY($2) AND v.id IS DISTINCT FROM $1
           AND v.visibility = 'public' AND v.status <> 'failed'
        """,
        video_id,
        list(ids),
    )
    return [Counted(*row) for row in rows]


async def load_look_alikes(tx: Tx, ids: Sequence[UUID], among: Sequence[UUID]) -> list[LookAlike]:
    """Return videos with their viewers, and how many of these have watched each of some others."""
    rows = await tx.fetch(
        """
        WITH pairs AS (
            SELECT n.video_id, u.other, u.weight
              FROM recommendation_neighbours n JOIN recommendation_models m USING (version)
             CROSS JOIN LATERAL unnest(n.others, n.weights) AS u (other, weight)
             WHERE m.is_current AND n.kind = 'co_watch' AND n.video_id = ANY($1) AND u.other = ANY($2)
             UNION ALL
            SELECT video_id, other_id, viewers FROM recommendation_recent_pairs
             WHERE video_id = ANY($1) AND other_id = ANY($2)
        ), summed AS (
            SELECT video_id, other, sum(weight)::integer AS together FROM pairs GROUP BY video_id, other
        )
        SELECT r.video_id, r.viewers, array_agg(s.other), array_agg(s.together)
          FROM recommendation_videos r JOIN summed s USING (video_id)
         GROUP BY r.video_id, r.viewers ORDER BY r.video_id
        """,
        list(ids),
        list(among),
    )
    return [LookAlike(row[0], row[1], dict(zip(row[2], row[3], strict=True))) for row in rows]


async def load_evidence(tx: Tx, video_id: UUID) -> dict[UUID, tuple[Evidence, datetime]]:
    """Return what clicks say of the recommendations on a list, and as of when."""
    rows = await tx.fetch(
        """
        SELECT recommended_id, clicks, examinations, as_of FROM recommendation_evidence WHERE video_id = $1
        """,
        video_id,
    )
    return {row[0]: (Evidence(row[1], row[2]), row[3]) for row in rows}
