"""What was shown and clicked, and what it teaches, in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from ..kernel.db import Tx
from .clicks import HALF_LIFE
from .examination import Exchange
from .models import Slate

ONCE_IN = timedelta(days=30)
"""Of one source, a list learns from one slate in this time: nobody steers it alone."""

CLICKABLE = timedelta(hours=24)
"""A click that names no slate belongs to one of the last hours."""


@dataclass(frozen=True, slots=True)
class Click:
    """A click as it was reported."""

    id: UUID
    video_id: UUID
    recommended_id: UUID
    rank: int
    slate_id: UUID | None
    source: UUID | None
    clicked_at: datetime


@dataclass(frozen=True, slots=True)
class Belonging:
    """The slate that a click belongs to, and the rank that its item had there."""

    slate_id: UUID
    strategy: str
    rank: int
    swapped_at: int
    source: UUID
    shown_at: datetime
    learns: bool


@dataclass(frozen=True, slots=True)
class RankCount:
    """What happened at a rank of the lists of one strategy."""

    strategy: str
    rank: int
    impressions: int
    clicks: int


async def may_learn(tx: Tx, slates: Sequence[Slate]) -> set[UUID]:
    """Return the slates that lists may learn from: those whose source has not taught the list lately.

    One statement: of two slates of one source that race, one learns.
    """
    first = {(slate.video_id, slate.source): slate for slate in reversed(slates) if slate.learns}
    rows = await tx.fetch(
        """
        INSERT INTO recommendation_learnt AS l (video_id, source, at)
        SELECT s.video_id, s.source, s.at
          FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) AS s (video_id, source, at)
         ORDER BY s.video_id, s.source
            ON CONFLICT (video_id, source) DO UPDATE SET at = EXCLUDED.at
         WHERE l.at <= EXCLUDED.at - $4::interval
        RETURNING video_id, source
        """,
        [slate.video_id for slate in first.values()],
        [slate.source for slate in first.values()],
        [slate.shown_at for slate in first.values()],
        ONCE_IN,
    )
    return {first[row[0], row[1]].id for row in rows}


async def hold_videos(tx: Tx, ids: Sequence[UUID]) -> set[UUID]:
    """Return those of these videos that exist; none of them goes before the commit."""
    rows = await tx.fetch("SELECT id FROM videos WHERE id = ANY($1) ORDER BY id FOR KEY SHARE", list(ids))
    return {row[0] for row in rows}


async def save_slates(tx: Tx, slates: Sequence[Slate], learning: set[UUID]) -> None:
    """Save slates, and count their impressions by hour, strategy and rank."""
    await tx.copy(
        "recommendation_slates",
        (
            "id", "video_id", "strategy", "policy", "source", "shown_at", "items", "propensities",
            "swapped_at", "learns",
        ),
        [
            (
                s.id, s.video_id, s.strategy, s.policy, s.source, s.shown_at, list(s.items),
                list(s.propensities), s.swapped_at, s.id in learning,
            )
            for s in slates
        ],
    )  # fmt: skip
    await tx.execute(
        """
        INSERT INTO recommendation_hours AS h (video_id, hour, strategy, rank, impressions, clicks)
        SELECT video_id, date_trunc('hour', shown_at), strategy, rank, count(*), 0
          FROM recommendation_slates CROSS JOIN LATERAL generate_series(1, cardinality(items)) AS rank
         WHERE id = ANY($1)
         GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
            ON CONFLICT (video_id, hour, strategy, rank) DO UPDATE
           SET impressions = h.impressions + EXCLUDED.impressions
        """,
        [slate.id for slate in slates],
    )


async def add_examinations(tx: Tx, slates: Sequence[UUID]) -> None:
    """Add to the evidence that the items of these slates were looked at, as their ranks make likely."""
    await tx.execute(
        """
        WITH seen AS (
            SELECT s.video_id, i.item, max(s.shown_at) AS at,
                   sum(power(i.rank, -COALESCE((SELECT eta FROM recommendation_state), 1))) AS examinations
              FROM recommendation_slates s
             CROSS JOIN LATERAL unnest(s.items) WITH ORDINALITY AS i (item, rank)
             WHERE s.id = ANY($1)
             GROUP BY s.video_id, i.item
        ), alive AS MATERIALIZED (
            SELECT id FROM videos WHERE id IN (SELECT item FROM seen) ORDER BY id FOR KEY SHARE
        )
        INSERT INTO recommendation_evidence AS e (video_id, recommended_id, clicks, examinations, as_of)
        SELECT s.video_id, s.item, 0, s.examinations, s.at
          FROM seen s JOIN alive a ON a.id = s.item ORDER BY s.video_id, s.item
            ON CONFLICT (video_id, recommended_id) DO UPDATE
           SET as_of = GREATEST(e.as_of, EXCLUDED.as_of),
               clicks = e.clicks * recommendation_left(e.as_of, EXCLUDED.as_of, $2),
               examinations = e.examinations * recommendation_left(e.as_of, EXCLUDED.as_of, $2)
                              + EXCLUDED.examinations
        """,
        list(slates),
        HALF_LIFE.total_seconds(),
    )


async def count_exchanges(tx: Tx, slates: Sequence[UUID]) -> None:
    """Count how often each rank and the next were shown, as they were meant and exchanged."""
    await tx.execute(
        """
        INSERT INTO recommendation_exchanges AS x (rank, shown, shown_exchanged)
        SELECT r.rank, count(*) FILTER (WHERE s.swapped_at = 0),
               count(*) FILTER (WHERE s.swapped_at = r.rank)
          FROM recommendation_slates s
         CROSS JOIN LATERAL generate_series(1, cardinality(s.items) - 1) AS r (rank)
         WHERE s.id = ANY($1) AND s.swapped_at IN (0, r.rank)
         GROUP BY r.rank ORDER BY r.rank
            ON CONFLICT (rank) DO UPDATE
           SET shown = x.shown + EXCLUDED.shown,
               shown_exchanged = x.shown_exchanged + EXCLUDED.shown_exchanged
        """,
        list(slates),
    )


async def find_slate(tx: Tx, click: Click) -> Belonging | None:
    """Return the slate that a click belongs to: the one it names, else a recent one that fits.

    Of a signed-in visitor the latest it was shown; of nobody in particular, the latest that has the item at
    the rank and was not clicked for it.
    """
    row = await tx.fetch_one(
        """
        SELECT id, strategy, array_position(items, $3) AS rank, swapped_at, source, shown_at, learns
          FROM recommendation_slates s
         WHERE video_id = $2 AND items @> ARRAY[$3::uuid] AND shown_at > $6::timestamptz - $7::interval
           AND CASE WHEN $1::uuid IS NOT NULL THEN id = $1
                    WHEN $4::uuid IS NOT NULL THEN source = $4
                    ELSE items[$5] = $3 AND NOT EXISTS (
                         SELECT FROM recommendation_clicks c
                          WHERE c.slate_id = s.id AND c.recommended_id = $3) END
         ORDER BY shown_at DESC, id DESC LIMIT 1
        """,
        click.slate_id,
        click.video_id,
        click.recommended_id,
        click.source,
        click.rank,
        click.clicked_at,
        CLICKABLE if click.slate_id is None else ONCE_IN,
    )
    return None if row is None else Belonging(*row)


async def save_click(tx: Tx, click: Click, slate_id: UUID | None) -> bool:
    """Save a click; False if that impression has been clicked already."""
    saved = await tx.execute(
        """
        INSERT INTO recommendation_clicks
               (id, video_id, recommended_id, rank, slate_id, source, clicked_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT DO NOTHING
        """,
        click.id,
        click.video_id,
        click.recommended_id,
        click.rank,
        slate_id,
        click.source,
        click.clicked_at,
    )
    return saved == 1


async def count_click(tx: Tx, click: Click, belonging: Belonging) -> None:
    """Count a click at its rank, in the hour in which the list was shown."""
    await tx.execute(
        """
        UPDATE recommendation_hours SET clicks = clicks + 1
         WHERE video_id = $1 AND hour = date_trunc('hour', $2::timestamptz) AND strategy = $3 AND rank = $4
        """,
        click.video_id,
        belonging.shown_at,
        belonging.strategy,
        belonging.rank,
    )


async def learn_click(tx: Tx, click: Click, belonging: Belonging) -> None:
    """Add a click to the evidence, and to what tells how ranks are looked at."""
    await tx.execute(
        """
        UPDATE recommendation_evidence
           SET clicks = clicks * recommendation_left(as_of, $3, $4) + 1,
               examinations = examinations * recommendation_left(as_of, $3, $4), as_of = GREATEST(as_of, $3)
         WHERE video_id = $1 AND recommended_id = $2
        """,
        click.video_id,
        click.recommended_id,
        click.clicked_at,
        HALF_LIFE.total_seconds(),
    )
    await tx.execute(
        """
        UPDATE recommendation_exchanges
           SET upper = upper + (rank = $1 AND $2 = 0)::int,
               lower = lower + (rank = $1 - 1 AND $2 = 0)::int,
               upper_exchanged = upper_exchanged + (rank = $1 AND $2 = rank)::int,
               lower_exchanged = lower_exchanged + (rank = $1 - 1 AND $2 = rank)::int
         WHERE rank IN ($1, $1 - 1)
        """,
        belonging.rank,
        belonging.swapped_at,
    )


async def load_exchanges(tx: Tx) -> list[Exchange]:
    """Return what is known of how ranks are looked at."""
    rows = await tx.fetch(
        """
        SELECT rank, shown, upper, lower, shown_exchanged, upper_exchanged, lower_exchanged
          FROM recommendation_exchanges ORDER BY rank
        """
    )
    return [Exchange(*row) for row in rows]


async def load_counts(tx: Tx, video_id: UUID, *, since: datetime) -> list[RankCount]:
    """Return impressions and clicks of a video's lists by strategy and rank, in whole hours."""
    rows = await tx.fetch(
        """
        SELECT strategy, rank, sum(impressions)::bigint, sum(clicks)::bigint
          FROM recommendation_hours WHERE video_id = $1 AND hour >= date_trunc('hour', $2::timestamptz)
         GROUP BY strategy, rank ORDER BY strategy, rank
        """,
        video_id,
        since,
    )
    return [RankCount(*row) for row in rows]


async def forget_source(tx: Tx, source: UUID, *, at_most: int) -> int:
    """Remove some of what was shown to somebody and clicked by it; return how many rows."""
    removed = await tx.execute(
        """
        DELETE FROM recommendation_slates WHERE id IN (
               SELECT id FROM recommendation_slates WHERE source = $1 LIMIT $2)
        """,
        source,
        at_most,
    )
    removed += await tx.execute("UPDATE recommendation_clicks SET source = NULL WHERE source = $1", source)
    return removed + await tx.execute("DELETE FROM recommendation_learnt WHERE source = $1", source)


async def forget_old(tx: Tx, *, before: datetime, at_most: int) -> int:
    """Remove some slates, with their clicks, and counts from before an instant; return how many rows."""
    removed = await tx.execute(
        """
        DELETE FROM recommendation_slates WHERE id IN (
               SELECT id FROM recommendation_slates WHERE shown_at < $1 LIMIT $2)
        """,
        before,
        at_most,
    )
    await tx.execute("DELETE FROM recommendation_clicks WHERE clicked_at < $1", before)
    await tx.execute("DELETE FROM recommendation_learnt WHERE at < $1", before)
    return removed + await tx.execute("DELETE FROM recommendation_hours WHERE hour < $1", before)


async def take_click(tx: Tx, click_id: UUID) -> Click | None:
    """Remove and return a click that belongs to no list; None if it is gone or belongs to one."""
    row = await tx.fetch_one(
        """
        DELETE FROM recommendation_clicks WHERE id = $1 AND slate_id IS NULL
        RETURNING id, video_id, recommended_id, rank, slate_id, source, clicked_at
        """,
        click_id,
    )
    return None if row is None else Click(*row)
