"""Views on their way in, and what their judging needs, in PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import LiteralString, NamedTuple
from uuid import UUID

from ..kernel.db import Tx
from .models import Facts, Reason

Sitting = tuple[UUID, UUID]
"""Which: its video and its session."""

Row = tuple[object, ...]
BLOCK = 1024


@dataclass(frozen=True, slots=True)
class Batch:
    """Reports that are written together, and what is believed of their videos.

    Each row is what `_SAVE` names, in its order; `day` is the one of their sources.
    """

    id: int
    believed: Mapping[UUID, Facts]
    rows: Sequence[Row]
    day: date


class Saved(NamedTuple):
    """What a batch turned out to be; a sitting is a video and a session.

    `outdated`: videos that are gone or have changed, and then nothing was written. `reasons`: why a sitting
    does not count, where the batch alone does not tell. `overtaken`: sittings that another process opened in
    the same moment.
    """

    outdated: set[UUID]
    reasons: dict[Sitting, Reason | None]
    overtaken: list[Sitting]


# In this order: what is believed is compared, reports are kept for folding, sittings that are not there yet
# are opened, and those of them that count are taken from the quotas of their sources. Everybody locks quotas
# first (the sort needs them all) and sittings then, each in their order, so no two can wait for each other.
_SAVE: LiteralString = """
    WITH outdated AS MATERIALIZED (
        SELECT b.id
          FROM unnest($1::uuid[], $2::uuid[], $3::boolean[], $4::boolean[]) AS b (id, owner, hidden, counted)
          LEFT JOIN videos v ON v.id = b.id
          LEFT JOIN analytics_settings s ON s.video_id = b.id
         WHERE (v.owner_id = b.owner AND (v.visibility = 'private') = b.hidden
                AND COALESCE(s.count_owner_views, true) = b.counted) IS NOT TRUE
    ), fine AS (
        SELECT WHERE NOT EXISTS (SELECT FROM outdated)
    ), outbox AS (
        INSERT INTO view_batches SELECT $5 FROM fine
    ), given AS MATERIALIZED (
        SELECT g.*
          FROM unnest($8::uuid[], $9::uuid[], $10::date[], $11::timestamptz[], $12::uuid[], $13::uuid[],
                      $14::integer[], $15::smallint[], $16::text[], $17::text[], $18::text[], $19::text[],
                      $20::text[], $21::text[], $22::uuid[], $23::boolean[], $24::boolean[]) WITH ORDINALITY
            AS g (video_id, session_id, shelf, seen_at, viewer_id, user_id, watched_seconds, completion,
                  device, browser, os, country, city, reason, source, named, first, position), fine
    ), kept AS (
        INSERT INTO view_reports
               (video_id, session_id, shelf, occurred_at, seen_at, viewer_id, user_id, watched_seconds,
                completion, device, browser, os, country, city, reason, batch_id, position)
        SELECT video_id, session_id, shelf, seen_at, seen_at, viewer_id, user_id, watched_seconds,
               completion, device, browser, os, country, city, reason, $5, position
          FROM given WHERE named
    ), known AS MATERIALIZED (
        SELECT s.video_id, s.session_id, s.reason
          FROM given g
          JOIN sittings s ON s.video_id = g.video_id AND s.session_id = g.session_id AND s.shelf = g.shelf
         WHERE g.named AND g.first
    ), fresh AS MATERIALIZED (
        SELECT g.*, row_number() OVER (PARTITION BY source, reason IS NULL ORDER BY position DESC) AS back
          FROM given g
         WHERE first AND (video_id, session_id) NOT IN (SELECT video_id, session_id FROM known)
    ), spent AS (
        INSERT INTO view_quotas AS q (source, day, used)
        SELECT source, $6, count(*) FROM fresh WHERE reason IS NULL GROUP BY source ORDER BY source
            ON CONFLICT (source) DO UPDATE SET used = q.used + EXCLUDED.used
        RETURNING source, used
    ), saved AS (
        INSERT INTO sittings
               (video_id, session_id, shelf, occurred_at, seen_at, viewer_id, user_id, watched_seconds,
                completion, device, browser, os, country, city, reason, batch_id)
        SELECT video_id, session_id, shelf, seen_at, seen_at, viewer_id, user_id, watched_seconds,
               completion, device, browser, os, country, city,
               CASE WHEN reason IS NULL AND back <= used - $7 THEN 'rate' ELSE reason END, $5
          FROM fresh LEFT JOIN spent USING (source)
         ORDER BY video_id, session_id
            ON CONFLICT DO NOTHING
        RETURNING video_id, session_id, reason
    )
    SELECT 'outdated', id, NULL::uuid, NULL::text FROM outdated
     UNION ALL
    SELECT 'reason', video_id, session_id, reason FROM known
     UNION ALL
    SELECT 'reason', video_id, session_id, reason FROM saved WHERE reason = 'rate'
     UNION ALL
    SELECT 'overtaken', video_id, session_id, NULL FROM fresh
     WHERE named AND (video_id, session_id) NOT IN (SELECT video_id, session_id FROM saved)
"""


async def load_facts(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, Facts]:
    """Return what must be known of these videos to judge views of them."""
    rows = await tx.fetch(
        """
        SELECT v.id, v.owner_id, v.visibility = 'private', COALESCE(s.count_owner_views, true)
          FROM videos v LEFT JOIN analytics_settings s ON s.video_id = v.id
         WHERE v.id = ANY($1)
        """,
        list(ids),
    )
    return {row[0]: Facts(row[1], row[2], row[3]) for row in rows}


async def reserve_batch_ids(tx: Tx) -> range:
    """Return a block of batch ids that nobody else gets."""
    block: int = await tx.fetch_value("SELECT nextval('view_batch_blocks')")
    return range(block * BLOCK, (block + 1) * BLOCK)


async def save_batch(tx: Tx, batch: Batch, *, quota: int) -> Saved:
    """Write a batch and its outbox row, in one statement: they are visible together or not at all.

    The first report of a sitting opens it, whichever process has it. The row of a source is locked until
    the commit, so racing batches cannot both have its last view.
    """
    believed = batch.believed.values()
    rows = await tx.fetch(
        _SAVE,
        list(batch.believed),
        [facts.owner_id for facts in believed],
        [facts.private for facts in believed],
        [facts.count_owner_views for facts in believed],
        batch.id,
        batch.day,
        quota,
        *zip(*batch.rows, strict=True),
    )
    saved = Saved(set(), {}, [])
    for what, video_id, session_id, reason in rows:
        if what == "outdated":
            saved.outdated.add(video_id)
        elif what == "reason":
            saved.reasons[video_id, session_id] = reason
        else:
            saved.overtaken.append((video_id, session_id))
    return saved


async def give_way(tx: Tx, rows: Sequence[Row]) -> dict[Sitting, Reason | None]:
    """Give back what overtaken sittings took from their quotas; return why the others do not count, or None.

    `rows`: video, session, shelf, source, and whether it was taken from the quota.
    """
    found = await tx.fetch(
        """
        WITH given AS (
            SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::date[], $4::uuid[], $5::boolean[])
                          AS g (video_id, session_id, shelf, source, taken)
        ), returned AS (
            UPDATE view_quotas q SET used = q.used - n.many
              FROM (SELECT source, count(*) AS many FROM given WHERE taken GROUP BY source) AS n
             WHERE q.source = n.source
        )
        SELECT s.video_id, s.session_id, s.reason
          FROM given g
          JOIN sittings s ON s.video_id = g.video_id AND s.session_id = g.session_id AND s.shelf = g.shelf
        """,
        *zip(*rows, strict=True),
    )
    return {(row[0], row[1]): row[2] for row in found}


async def publish_salt(tx: Tx, day: date, sealed: bytes) -> bytes:
    """Return the salt of a day, sealed: the one that is there, else this one."""
    await tx.execute("INSERT INTO viewer_salts VALUES ($1, $2) ON CONFLICT DO NOTHING", day, sealed)
    found: bytes | None = await tx.fetch_value("SELECT salt FROM viewer_salts WHERE day = $1", day)
    return sealed if found is None else found


async def replace_salt(tx: Tx, day: date, unreadable: bytes, sealed: bytes) -> bytes:
    """Put a salt in the place of one that nobody can open; return the one of whoever did it first."""
    await tx.execute(
        "UPDATE viewer_salts SET salt = $3 WHERE day = $1 AND salt = $2", day, unreadable, sealed
    )
    found: bytes = await tx.fetch_value("SELECT salt FROM viewer_salts WHERE day = $1", day)
    return found


async def destroy_salts(tx: Tx, *, before: date) -> list[date]:
    """Destroy the salts and quotas of earlier days; return the days that are left.

    The table is truncated and what is kept written anew: a deleted row would stay in the file for a while.
    """
    await tx.execute("LOCK TABLE viewer_salts IN ACCESS EXCLUSIVE MODE")
    rows = await tx.fetch("SELECT day, salt FROM viewer_salts")
    kept = [row for row in rows if row["day"] >= before]
    if len(kept) < len(rows):
        await tx.execute("TRUNCATE viewer_salts")
        await tx.execute_many("INSERT INTO viewer_salts VALUES ($1, $2)", [tuple(row) for row in kept])
    await tx.execute("DELETE FROM view_quotas WHERE day < $1", before)
    return [row["day"] for row in kept]


async def load_viewer_key(tx: Tx, user_id: UUID, offered: bytes) -> bytes | None:
    """Return what the viewer ids of an account are made with; None if the account is gone or going."""
    await tx.execute(
        """
        INSERT INTO viewer_keys
        SELECT id, $2 FROM accounts WHERE id = $1 AND erased_at IS NULL
            ON CONFLICT DO NOTHING
        """,
        user_id,
        offered,
    )
    key: bytes | None = await tx.fetch_value("SELECT key FROM viewer_keys WHERE user_id = $1", user_id)
    return key


async def forget_viewer(tx: Tx, user_id: UUID, *, at_most: int) -> int:
    """Remove an account from its views; return how many it was removed from."""
    await tx.execute("DELETE FROM viewer_keys WHERE user_id = $1", user_id)
    return await tx.execute(
        """
        UPDATE sittings s SET user_id = NULL
          FROM (SELECT video_id, session_id, shelf FROM sittings WHERE user_id = $1 LIMIT $2) AS k
         WHERE s.video_id = k.video_id AND s.session_id = k.session_id AND s.shelf = k.shelf
        """,
        user_id,
        at_most,
    )


async def remove_some_views(tx: Tx, video_id: UUID, *, at_most: int) -> int:
    """Remove some of what is left of a video that is gone; return how many rows that were."""
    removed = await tx.execute(
        """
        DELETE FROM sittings s
         USING (SELECT session_id, shelf FROM sittings WHERE video_id = $1 LIMIT $2) AS k
         WHERE s.video_id = $1 AND s.session_id = k.session_id AND s.shelf = k.shelf
        """,
        video_id,
        at_most,
    )
    return removed + await tx.execute(
        """
        DELETE FROM video_viewer_hours h
         USING (SELECT viewer_id, hour FROM video_viewer_hours WHERE video_id = $1 LIMIT $2) AS k
         WHERE h.video_id = $1 AND h.viewer_id = k.viewer_id AND h.hour = k.hour
        """,
        video_id,
        at_most,
    )


async def save_settings(tx: Tx, video_id: UUID, *, count_owner_views: bool) -> None:
    """Write the settings of a video."""
    await tx.execute(
        """
        INSERT INTO analytics_settings SELECT id, $2 FROM videos WHERE id = $1 FOR KEY SHARE
            ON CONFLICT (video_id) DO UPDATE SET count_owner_views = EXCLUDED.count_owner_views
        """,
        video_id,
        count_owner_views,
    )
