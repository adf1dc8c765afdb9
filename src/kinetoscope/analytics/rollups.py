"""Folding: from sittings to the rollups that reports read, in one statement for each fold.

Every rollup is a sum over sittings, so a fold adds differences: 1 view for a sitting that is new in it, and
for one that was there already only what its progress has grown by.
"""

from collections.abc import Sequence
from datetime import date
from typing import LiteralString

from ..kernel.db import Tx

LOCK = 0x4B52_4F4C
"""One fold at a time in a database: of each difference it must be known what was before."""

# A sitting whose own batch is still in the outbox is counted with that batch, grown as it is by then.
_DIFFERENCES: LiteralString = """
    WITH reports AS (
        DELETE FROM view_reports WHERE batch_id = ANY($1)
        RETURNING video_id, session_id, shelf, seen_at, watched_seconds, completion
    ), best AS (
        SELECT video_id, session_id, shelf, max(seen_at) AS seen_at,
               max(watched_seconds) AS watched_seconds, max(completion) AS completion
          FROM reports GROUP BY video_id, session_id, shelf
    ), grown AS (
        UPDATE sittings s
           SET seen_at = GREATEST(s.seen_at, b.seen_at), completion = GREATEST(s.completion, b.completion),
               watched_seconds = GREATEST(s.watched_seconds, b.watched_seconds)
          FROM best b
         WHERE s.video_id = b.video_id AND s.session_id = b.session_id AND s.shelf = b.shelf
           AND (b.seen_at, b.completion, b.watched_seconds) IS DISTINCT FROM
               (LEAST(s.seen_at, b.seen_at), LEAST(s.completion, b.completion),
                LEAST(s.watched_seconds, b.watched_seconds))
    ), touched AS (
        SELECT s.video_id, s.occurred_at, s.viewer_id, s.device, s.browser, s.os, s.country, s.city, s.reason,
               1 AS views, 0 AS old_watched, 0 AS old_completion,
               GREATEST(s.watched_seconds, b.watched_seconds) AS watched_seconds,
               GREATEST(s.completion, b.completion) AS completion
          FROM sittings s LEFT JOIN best b USING (video_id, session_id, shelf)
         WHERE s.batch_id = ANY($1)
        UNION ALL
        SELECT s.video_id, s.occurred_at, s.viewer_id, s.device, s.browser, s.os, s.country, s.city, s.reason,
               0, s.watched_seconds, s.completion,
               GREATEST(s.watched_seconds, b.watched_seconds), GREATEST(s.completion, b.completion)
          FROM best b JOIN sittings s USING (video_id, session_id, shelf)
         WHERE s.batch_id <> ALL($1)
           AND NOT EXISTS (SELECT FROM view_batches o WHERE o.batch_id = s.batch_id)
    ), alive AS MATERIALIZED (  -- locked against deletion until the commit: no rollup of what is gone
        SELECT id FROM videos WHERE id IN (SELECT video_id FROM touched) ORDER BY id FOR KEY SHARE
    ), received AS MATERIALIZED (
        SELECT t.*, date_trunc('month', t.occurred_at)::date AS month, t.occurred_at::date AS day,
               date_trunc('hour', t.occurred_at) AS hour,
               t.watched_seconds - t.old_watched AS more_watched,
               t.completion - t.old_completion AS more_completion
          FROM touched t JOIN alive ON alive.id = t.video_id
    ), counted AS MATERIALIZED (
        SELECT * FROM received WHERE reason IS NULL
    )
"""

# The viewers of a day by their previous one. A day that comes in before one that is known already moves that
# one's predecessor: one less under the old, one more under the new.
_VIEWERS: LiteralString = """
    , new_hours AS (
        INSERT INTO video_viewer_hours
        SELECT DISTINCT video_id, viewer_id, hour FROM counted WHERE views = 1 AND viewer_id IS NOT NULL
            ON CONFLICT DO NOTHING
        RETURNING video_id, viewer_id, hour
    ), known_days AS (
        SELECT DISTINCT h.video_id, h.viewer_id, h.hour::date AS day
          FROM (SELECT DISTINCT video_id, viewer_id FROM new_hours) n
          JOIN video_viewer_hours h USING (video_id, viewer_id)
    ), days AS (
        SELECT video_id, viewer_id, day, false AS is_new FROM known_days
        UNION ALL
        SELECT *, true FROM (SELECT video_id, viewer_id, hour::date AS day FROM new_hours
                             EXCEPT SELECT video_id, viewer_id, day FROM known_days) AS n
    ), chain AS (
        SELECT video_id, day, is_new, COALESCE(lag(day) OVER w, '-infinity') AS prev_day,
               COALESCE(max(day) FILTER (WHERE NOT is_new)
                            OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), '-infinity')
                   AS old_prev
          FROM days WINDOW w AS (PARTITION BY video_id, viewer_id ORDER BY day)
    ), moves AS (
        SELECT video_id, day, prev_day, 1 AS viewers FROM chain WHERE is_new OR prev_day <> old_prev
        UNION ALL
        SELECT video_id, day, old_prev, -1 FROM chain WHERE NOT is_new AND prev_day <> old_prev
    ), reach AS (
        INSERT INTO video_reach AS r (video_id, day, prev_day, viewers)
        SELECT video_id, day, prev_day, sum(viewers) FROM moves GROUP BY video_id, day, prev_day
        HAVING sum(viewers) <> 0
            ON CONFLICT (video_id, day, prev_day) DO UPDATE SET viewers = r.viewers + EXCLUDED.viewers
    )
"""

_SUMS: LiteralString = """
    , months AS (
        INSERT INTO video_stat_months AS m
               (video_id, month, views, new_viewers, watched_seconds, completion_sum,
                rejected_bot, rejected_owner, rejected_rate)
        SELECT video_id, month, sum(views), sum(new_viewers), sum(watched), sum(completed),
               sum(bot), sum(owner), sum(rate)
          FROM (SELECT video_id, month, views, 0 AS new_viewers, more_watched AS watched,
                       more_completion AS completed, 0 AS bot, 0 AS owner, 0 AS rate
                  FROM counted
                UNION ALL
                SELECT video_id, date_trunc('month', day)::date, 0, viewers, 0, 0, 0, 0, 0
                  FROM moves WHERE prev_day = '-infinity'
                UNION ALL
                SELECT video_id, month, 0, 0, 0, 0, (reason = 'bot')::int, (reason = 'owner')::int,
                       (reason = 'rate')::int
                  FROM received WHERE reason IS NOT NULL AND views = 1) AS parts
         GROUP BY video_id, month
            ON CONFLICT (video_id, month) DO UPDATE
           SET views = m.views + EXCLUDED.views, new_viewers = m.new_viewers + EXCLUDED.new_viewers,
               watched_seconds = m.watched_seconds + EXCLUDED.watched_seconds,
               completion_sum = m.completion_sum + EXCLUDED.completion_sum,
               rejected_bot = m.rejected_bot + EXCLUDED.rejected_bot,
               rejected_owner = m.rejected_owner + EXCLUDED.rejected_owner,
               rejected_rate = m.rejected_rate + EXCLUDED.rejected_rate
    ), stat_days AS (
        INSERT INTO video_stat_days AS d (video_id, day, views, watched_seconds, completion_sum)
        SELECT video_id, day, sum(views), sum(more_watched), sum(more_completion)
          FROM counted GROUP BY video_id, day
            ON CONFLICT (video_id, day) DO UPDATE
           SET views = d.views + EXCLUDED.views,
               watched_seconds = d.watched_seconds + EXCLUDED.watched_seconds,
               completion_sum = d.completion_sum + EXCLUDED.completion_sum
    ), hours AS (
        INSERT INTO video_stat_hours AS h (video_id, hour, views, viewers, watched_seconds, completion_sum)
        SELECT video_id, hour, sum(views), sum(viewers), sum(watched), sum(completed)
          FROM (SELECT video_id, hour, views, 0 AS viewers, more_watched AS watched,
                       more_completion AS completed
                  FROM counted
                UNION ALL
                SELECT video_id, hour, 0, 1, 0, 0 FROM new_hours) AS parts
         GROUP BY video_id, hour
            ON CONFLICT (video_id, hour) DO UPDATE
           SET views = h.views + EXCLUDED.views, viewers = h.viewers + EXCLUDED.viewers,
               watched_seconds = h.watched_seconds + EXCLUDED.watched_seconds,
               completion_sum = h.completion_sum + EXCLUDED.completion_sum
    ), counters AS (
        UPDATE video_counters c SET views = c.views + n.views
          FROM (SELECT video_id, sum(views) AS views FROM counted GROUP BY video_id) AS n
         WHERE c.video_id = n.video_id AND n.views > 0
    )
"""

_SHARES: LiteralString = """
    , completions AS (
        INSERT INTO video_stat_completions AS s (video_id, month, device, percent, views, completion_sum)
        SELECT c.video_id, c.month, c.device, p.percent, sum(p.views), sum(p.completion)
          FROM counted c
         CROSS JOIN LATERAL (VALUES (c.completion / 100, 1, c.completion),
                                    (c.old_completion / 100, c.views - 1, -c.old_completion))
                         AS p (percent, views, completion)
         WHERE c.views = 1 OR c.more_completion > 0
         GROUP BY c.video_id, c.month, c.device, p.percent
        HAVING sum(p.views) <> 0 OR sum(p.completion) <> 0
            ON CONFLICT (video_id, month, device, percent) DO UPDATE
           SET views = s.views + EXCLUDED.views, completion_sum = s.completion_sum + EXCLUDED.completion_sum
    ), stat_values AS (
        INSERT INTO video_stat_values AS s (video_id, dimension, month, value, part_of, views)
        SELECT c.video_id, d.dimension, c.month, d.value, d.part_of, count(*)
          FROM counted c
         CROSS JOIN LATERAL (VALUES ('device', c.device, ''), ('browser', c.browser, ''), ('os', c.os, ''),
                                    ('country', c.country, ''), ('city', c.city, c.country))
                         AS d (dimension, value, part_of)
         WHERE c.views = 1 AND d.value <> ''
         GROUP BY c.video_id, d.dimension, c.month, d.value, d.part_of
            ON CONFLICT (video_id, dimension, month, value, part_of) DO UPDATE
           SET views = s.views + EXCLUDED.views
    ), place_viewers AS (
        INSERT INTO video_place_viewers
        SELECT DISTINCT c.video_id, c.country, c.city, c.viewer_id
          FROM counted c
         WHERE c.views = 1 AND c.city <> '' AND c.viewer_id IS NOT NULL
           AND NOT EXISTS (SELECT FROM video_places p
                            WHERE p.video_id = c.video_id AND p.country = c.country AND p.city = c.city
                              AND p.viewers >= 3)
            ON CONFLICT DO NOTHING
        RETURNING video_id, country, city
    ), places AS (
        INSERT INTO video_places AS p (video_id, country, city, viewers)
        SELECT video_id, country, city, LEAST(3, count(*))
          FROM place_viewers GROUP BY video_id, country, city
            ON CONFLICT (video_id, country, city) DO UPDATE
           SET viewers = LEAST(3, p.viewers + EXCLUDED.viewers)
        RETURNING video_id, viewers
    )
    SELECT (SELECT array_agg(DISTINCT video_id) FROM moves WHERE viewers < 0),
           (SELECT array_agg(DISTINCT video_id) FROM counted WHERE views = 0),
           (SELECT array_agg(DISTINCT video_id) FROM places WHERE viewers >= 3)
"""

_FOLD: LiteralString = _DIFFERENCES + _VIEWERS + _SUMS + _SHARES

# In the order of what a fold returns: the videos where some row may have come to nothing. To look through all
# that were touched would cost as much as a small fold itself.
_TIDY: tuple[LiteralString, ...] = (
    "DELETE FROM video_reach WHERE video_id = ANY($1) AND viewers = 0",
    "DELETE FROM video_stat_completions WHERE video_id = ANY($1) AND views = 0",
    """
    DELETE FROM video_place_viewers v USING video_places p
     WHERE v.video_id = ANY($1) AND p.video_id = v.video_id AND p.country = v.country AND p.city = v.city
       AND p.viewers >= 3
    """,
)

_FROM_HORIZON: tuple[LiteralString, ...] = (
    "DELETE FROM video_stat_months WHERE month >= $1",
    "DELETE FROM video_stat_days WHERE day >= $1",
    "DELETE FROM video_stat_hours WHERE hour >= $1::date::timestamptz",
    "DELETE FROM video_stat_completions WHERE month >= $1",
    "DELETE FROM video_stat_values WHERE month >= $1",
    "DELETE FROM video_viewer_hours WHERE hour >= $1::date::timestamptz",
    "DELETE FROM video_reach WHERE day >= $1",
)


async def is_behind(tx: Tx) -> bool:
    """Whether something is not in the rollups yet."""
    return bool(await tx.fetch_value("SELECT EXISTS (SELECT FROM view_batches)"))


async def take_lock(tx: Tx) -> bool:
    """Wait until nobody folds, and let nobody else until the commit; return True."""
    await tx.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
    return True


async def try_lock(tx: Tx) -> bool:
    """As `take_lock`, but return False instead of waiting."""
    return bool(await tx.fetch_value("SELECT pg_try_advisory_xact_lock($1)", LOCK))


async def fold_outbox(tx: Tx, *, at_most: int) -> int:
    """Fold the oldest batches of the outbox; return how many. The lock must be held."""
    rows = await tx.fetch(
        """
        DELETE FROM view_batches
         WHERE batch_id IN (SELECT batch_id FROM view_batches ORDER BY batch_id LIMIT $1)
        RETURNING batch_id
        """,
        at_most,
    )
    if rows:
        await _fold(tx, [row["batch_id"] for row in rows])
    return len(rows)


async def _fold(tx: Tx, batches: Sequence[int]) -> None:
    row = await tx.fetch_one(_FOLD, batches)
    assert row is not None, "an aggregate is one row"
    for statement, videos in zip(_TIDY, row, strict=True):
        if videos:
            await tx.execute(statement, videos)


async def horizon(tx: Tx) -> date:
    """Return the month from which on the raw sittings are there."""
    found: date = await tx.fetch_value("SELECT kept_from FROM analytics_horizon")
    return found


async def clear_rollups(tx: Tx, *, since: date) -> None:
    """Remove what is to be made anew. The places only grow, so they stay if older sittings are gone."""
    for statement in _FROM_HORIZON:
        await tx.execute(statement, since)
    if since.year == 1:
        await tx.execute("DELETE FROM video_places")
        await tx.execute("DELETE FROM video_place_viewers")
    await tx.execute(
        """
        UPDATE video_counters c SET views = COALESCE(
            (SELECT sum(views) FROM video_stat_months m WHERE m.video_id = c.video_id), 0)
        """
    )


async def fold_again(tx: Tx, *, after: int, at_most: int) -> int | None:
    """Fold the sittings of the next batches after one, whether or not they were; return the last of them."""
    rows = await tx.fetch(
        """
        WITH RECURSIVE next AS (
            (SELECT batch_id, 1 AS number FROM sittings WHERE batch_id > $1 ORDER BY batch_id LIMIT 1)
            UNION ALL
            SELECT (SELECT s.batch_id FROM sittings s WHERE s.batch_id > n.batch_id
                     ORDER BY s.batch_id LIMIT 1),
                   n.number + 1
              FROM next n WHERE n.batch_id IS NOT NULL AND n.number < $2
        )
        SELECT batch_id FROM next WHERE batch_id IS NOT NULL
        """,
        after,
        at_most,
    )
    batches = [row["batch_id"] for row in rows]
    if batches:
        await _fold(tx, batches)
    return max(batches, default=None)
