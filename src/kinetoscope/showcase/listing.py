"""The showcase in PostgreSQL: pages of demo videos, found through indexes.

Each filter is written in two forms, so that a plan which is made once for all values can use its index: the
usual `$1 IS NULL OR …` cannot.
"""

from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

from ..kernel.db import Tx
from ..kernel.paging import Listing, Page
from ..videos import keys_of, words_query
from .models import Entry, ShowcaseFilter

_COUNTED: LiteralString = """
    SELECT p.id AS video_id,
           (SELECT count(*) FROM annotations a WHERE a.video_id = p.id) AS annotation_count
      FROM page p ORDER BY p.created_at DESC, p.id DESC
"""

# Without filters: the newest of both indexes, as far as the page reaches.
_NEWEST: LiteralString = """
    WITH newest AS (
        (SELECT v.id, v.created_at FROM videos v
          WHERE v.video_type = 'demo' AND v.visibility = 'public'
          ORDER BY v.created_at DESC, v.id DESC LIMIT $2::bigint + $3::bigint)
         UNION ALL
        (SELECT v.id, v.created_at FROM videos v
          WHERE v.owner_id = $1 AND v.visibility <> 'public' AND v.video_type = 'demo'
          ORDER BY v.created_at DESC, v.id DESC LIMIT $2::bigint + $3::bigint)
    ), page AS (
        SELECT id, created_at FROM newest ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3
    )
"""

_TOTAL: LiteralString = """
    SELECT (SELECT count(*) FROM videos WHERE video_type = 'demo' AND visibility = 'public')
         + (SELECT count(*) FROM videos
             WHERE owner_id = $1 AND visibility <> 'public' AND video_type = 'demo')
"""

_MATCHING: LiteralString = """
     WHERE v.video_type = 'demo' AND (v.visibility = 'public' OR v.owner_id = $1)
"""


@dataclass(frozen=True, slots=True)
class _Statements:
    """How a page is fetched, and how long the whole list is."""

    page: LiteralString
    total: LiteralString


def _statements(wanted: ShowcaseFilter) -> _Statements:
    matching = _MATCHING
    matching += " AND v.tag_keys && $2::text[]" if wanted.tags else " AND $2::text[] IS NULL"
    matching += " AND v.tech_keys && $3::text[]" if wanted.tech_stack else " AND $3::text[] IS NULL"
    if wanted.search:
        matching += " AND v.words @@ to_tsquery('simple', $4::text)"
    else:
        matching += " AND $4::text IS NULL"
    # Materialized: else a plan might walk the newest first and hope to meet matches soon.
    found: LiteralString = (
        "WITH found AS MATERIALIZED (SELECT v.id, v.created_at FROM videos v"  # noqa: S608 - literals
        + matching
        + "), page AS (SELECT id, created_at FROM found ORDER BY created_at DESC, id DESC LIMIT $5 OFFSET $6)"
        + _COUNTED
    )
    return _Statements(found, "SELECT count(*) FROM videos v" + matching)  # noqa: S608 - as above


async def list_showcase(tx: Tx, caller_id: UUID, wanted: ShowcaseFilter, page: Page) -> Listing[Entry]:
    """Return one page of the demo videos that a caller may see in lists, newest first."""
    if not wanted.restricts:
        rows = await tx.fetch(_NEWEST + _COUNTED, caller_id, page.size, page.offset)
        total: int = await tx.fetch_value(_TOTAL, caller_id)
    else:
        statements = _statements(wanted)
        values = (
            caller_id,
            keys_of(wanted.tags) or None,
            keys_of(wanted.tech_stack) or None,
            words_query(wanted.search) if wanted.search else None,
        )
        rows = await tx.fetch(statements.page, *values, page.size, page.offset)
        total = await tx.fetch_value(statements.total, *values)
    return Listing([Entry(row["video_id"], row["annotation_count"]) for row in rows], total, page)
