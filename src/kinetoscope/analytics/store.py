"""Views on their way in, and what their judging needs, in PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import LiteralString
from uuid import UUID

from ..kernel.db import Tx
from .models import Facts, Reason

COLUMNS = (
    "video_id", "session_id", "shelf", "occurred_at", "seen_at", "viewer_id", "user_id", "watched_seconds",
    "completion", "device", "browser", "os", "country", "city", "reason", "batch_id",
)  # fmt: skip
"""The columns of a sitting, in the order of the rows that are copied."""

_INSERT: LiteralString = """
    INSERT INTO sittings
           (video_id, session_id, shelf, occurred_at, seen_at, viewer_id, user_id, watched_seconds,
            completion, device, browser, os, country, city, reason, batch_id)
"""

Row = tuple[object, ...]
BLOCK = 1024


@dataclass(frozen=True, slots=True)
class Spending:
    """What the new views of a batch take from the quotas of their sources."""

    sources: Sequence[UUID]
    counts: Sequence[int]
    day: date


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


async def begin_batch(tx: Tx, batch_id: int, believed: Mapping[UUID, Facts]) -> set[UUID]:
    """Write the outbox row of a batch: it is visible exactly when its views are.

    Returns those of its videos that are gone, or of which something else is true by now than believed.
    """
    rows = await tx.fetch(
        """
        WITH outbox AS (INSERT INTO view_batches VALUES ($5))
        SELECT b.id
          FROM unnest($1::uuid[], $2::uuid[], $3::boolean[], $4::boolean[]) AS b (id, owner, hidden, counted)
          LEFT JOIN videos v ON v.id = b.id
          LEFT JOIN analytics_settings s ON s.video_id = b.id
         WHERE (v.owner_id = b.owner AND (v.visibility = 'private') = b.hidden
                AND COALESCE(s.count_owner_views, true) = b.counted) IS NOT TRUE
        """,
        list(believed),
        [facts.owner_id for facts in believed.values()],
        [facts.private for facts in believed.values()],
        [facts.count_owner_views for facts in believed.values()],
        batch_id,
    )
    return {row[0] for row in rows}


async def save_new_sittings(tx: Tx, rows: Sequence[Row]) -> None:
    """Save sittings whose ids were made just now: they cannot be there already."""
    await tx.copy("sittings", COLUMNS, rows)


async def save_reports(tx: Tx, rows: Sequence[Row], batch_id: int) -> set[tuple[UUID, UUID]]:
    """Save reports that name their sitting; open the sittings that are not there yet, and return those.

    The first report of a sitting opens it, whichever process has it: of the others none does.
    """
    await tx.copy("view_reports", (*COLUMNS, "position"), [(*row, at) for at, row in enumerate(rows)])
    opened = await tx.fetch(
        _INSERT  # noqa: S608 - two literals, as the type says
        + """
        SELECT DISTINCT ON (video_id, session_id)
               video_id, session_id, shelf, occurred_at, seen_at, viewer_id, user_id, watched_seconds,
               completion, device, browser, os, country, city, reason, batch_id
          FROM view_reports WHERE batch_id = $1
         ORDER BY video_id, session_id, position  -- in order, or two batches could wait for each other
            ON CONFLICT DO NOTHING
        RETURNING video_id, session_id
        """,
        batch_id,
    )
    return {(row[0], row[1]) for row in opened}


async def load_reasons(tx: Tx, batch_id: int) -> dict[tuple[UUID, UUID], Reason | None]:
    """Return why the sittings that a batch reports on do not count, or None."""
    rows = await tx.fetch(
        """
        SELECT DISTINCT s.video_id, s.session_id, s.reason
          FROM view_reports r
          JOIN sittings s ON s.video_id = r.video_id AND s.session_id = r.session_id AND s.shelf = r.shelf
         WHERE r.batch_id = $1
        """,
        batch_id,
    )
    return {(row[0], row[1]): row[2] for row in rows}


async def spend_quotas(tx: Tx, spending: Spending, *, limit: int) -> dict[UUID, int]:
    """Count new views against their sources; return by how many a source is over, where it is.

    The row of a source is locked until the commit, so racing batches cannot both have the last one.
    """
    rows = await tx.fetch(
        """
        WITH spent AS (
            INSERT INTO view_quotas AS q (source, day, used)
            SELECT source, $3, used FROM unnest($1::uuid[], $2::integer[]) AS n (source, used)
             ORDER BY source
                ON CONFLICT (source) DO UPDATE SET used = q.used + EXCLUDED.used
            RETURNING source, used
        )
        SELECT source, used - $4::integer FROM spent WHERE used > $4
        """,
        spending.sources,
        spending.counts,
        spending.day,
        limit,
    )
    return {row[0]: row[1] for row in rows}


async def reject(tx: Tx, keys: Sequence[tuple[UUID, UUID, date]]) -> None:
    """Mark sittings of the present transaction as too many from one source."""
    await tx.execute(
        """
        UPDATE sittings s SET reason = 'rate'
          FROM unnest($1::uuid[], $2::uuid[], $3::date[]) AS k (video_id, session_id, shelf)
         WHERE s.video_id = k.video_id AND s.session_id = k.session_id AND s.shelf = k.shelf
        """,
        [key[0] for key in keys],
        [key[1] for key in keys],
        [key[2] for key in keys],
    )


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
