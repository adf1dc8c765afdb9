"""Videos in PostgreSQL."""

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

import msgspec

from ..kernel import jobs
from ..kernel.caller import Caller
from ..kernel.db import Record, Tx
from ..kernel.paging import Page
from .document import document_of, keys_of, words_query
from .models import CHANGED, Playback, Shown, SortBy, SortOrder, Video, VideoFilter
from .refusals import NotYourVideo, VideoNotFound

_VIDEO: LiteralString = """
    SELECT id, owner_id, project_id, author, title, description, video_type, video_url, thumbnail_url,
           duration, tags, tech_stack, project_url, visibility, status, status_detail, playback,
           version, created_at, updated_at
      FROM videos WHERE id = $1
"""

_VIDEOS: LiteralString = _VIDEO.replace("id = $1", "id = ANY($1)")

_WRITTEN: LiteralString = """
    project_id = $2, title = $3, description = $4, video_type = $5, video_url = $6, thumbnail_url = $7,
    duration = $8, tags = $9, tech_stack = $10, project_url = $11, visibility = $12, status = $13,
    status_detail = $14, playback = $15, version = $16, updated_at = $17, document = $18,
    tag_keys = $19, tech_keys = $20
"""

# The database puts the parts together: it costs the API process nothing, and what arrives is what is sent.
_SHOWN_COLUMNS: LiteralString = """
    v.id,
    CASE WHEN v.visibility = 'private' THEN v.owner_id END AS private_to,
    '"' || v.version || '-' || c.views || '-' || c.likes || '-' || c.shares
        || '-' || c.comments || '"' AS etag,
    convert_to(v.document || ',"view_count":' || c.views || ',"like_count":' || c.likes
               || ',"share_count":' || c.shares || ',"comment_count":' || c.comments || '}', 'UTF8') AS json
"""

_SHOWN: LiteralString = (
    "SELECT" + _SHOWN_COLUMNS + "FROM videos v JOIN video_counters c ON c.video_id = v.id\n"
)

_MATCHING: LiteralString = """
     WHERE (v.visibility = 'public' OR v.owner_id = $1)
       AND ($2::text[] IS NULL OR v.video_type = ANY($2))
       AND ($3::text[] IS NULL OR v.tag_keys && $3)
       AND ($4::text[] IS NULL OR v.tech_keys && $4)
       AND ($5::text IS NULL OR v.words @@ to_tsquery('simple', $5))
       AND ($6::uuid IS NULL OR v.owner_id = $6)
       AND ($7::uuid IS NULL OR v.project_id = $7)
"""

_ORDERS: dict[tuple[SortBy, SortOrder], LiteralString] = {
    ("created_at", "desc"): "ORDER BY v.created_at DESC, v.id DESC",
    ("created_at", "asc"): "ORDER BY v.created_at, v.id",
    ("title", "desc"): "ORDER BY lower(v.title) DESC, v.id DESC",
    ("title", "asc"): "ORDER BY lower(v.title), v.id",
    ("view_count", "desc"): "ORDER BY c.views DESC, c.video_id DESC",
    ("view_count", "asc"): "ORDER BY c.views, c.video_id",
    ("duration", "desc"): "ORDER BY v.duration DESC NULLS LAST, v.id DESC",
    ("duration", "asc"): "ORDER BY v.duration NULLS LAST, v.id",
}


async def insert_video(tx: Tx, video: Video) -> None:
    """Save a new video with its counters at zero."""
    await tx.execute(
        """
        WITH saved AS (
            INSERT INTO videos
                   (id, project_id, title, description, video_type, video_url, thumbnail_url, duration,
                    tags, tech_stack, project_url, visibility, status, status_detail, playback, version,
                    updated_at, document, tag_keys, tech_keys, owner_id, author, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
                    $20, $21, $22, $17)
            RETURNING id
        )
        INSERT INTO video_counters (video_id) SELECT id FROM saved
        """,
        *_values(video),
        video.owner_id,
        video.author,
    )
    await _announce(tx, video)


async def save_changed_video(tx: Tx, video: Video) -> None:
    """Write a changed video, and the document that answers are made of, as one; announces `CHANGED`."""
    await save_progress(tx, video)
    await _announce(tx, video)


async def save_progress(tx: Tx, video: Video) -> None:
    """Write how far the processing of a video is: as `save_changed_video`, but no news for anybody else."""
    await tx.execute("UPDATE videos SET" + _WRITTEN + "WHERE id = $1", *_values(video))


async def _announce(tx: Tx, video: Video) -> None:
    await jobs.enqueue(tx, CHANGED, {"video_id": str(video.id)}, at=video.updated_at)


async def find_video_for_update(tx: Tx, video_id: UUID) -> Video | None:
    """Return a video, and let nobody else change it until the commit."""
    row = await tx.fetch_one(_VIDEO + " FOR UPDATE", video_id)
    return _video(row) if row else None


async def require_own_video(tx: Tx, video_id: UUID, caller: Caller) -> Video:
    """Return a video of the caller, locked until the commit.

    Refuses with `VideoNotFound` where the caller may not know of it, else with `NotYourVideo`.
    """
    video = await find_video_for_update(tx, video_id)
    if video is None or not video.is_visible_to(caller.id):
        raise VideoNotFound
    if video.owner_id != caller.id:
        raise NotYourVideo
    return video


async def require_visible_video(tx: Tx, video_id: UUID, caller_id: UUID | None) -> Video:
    """Return a video that the caller may know of; refuses with `VideoNotFound`."""
    row = await tx.fetch_one(_VIDEO, video_id)
    video = _video(row) if row else None
    if video is None or not video.is_visible_to(caller_id):
        raise VideoNotFound
    return video


async def keep_visible_video(tx: Tx, video_id: UUID, caller_id: UUID | None) -> Video:
    """Return a video that the caller may know of, which nobody deletes until the commit.

    Whoever writes something that hangs on a video asks for it first: deleting takes the same lock, so the
    two never wait for each other. Refuses with `VideoNotFound`.
    """
    row = await tx.fetch_one(_VIDEO + " FOR KEY SHARE", video_id)
    video = _video(row) if row else None
    if video is None or not video.is_visible_to(caller_id):
        raise VideoNotFound
    return video


async def load_videos(tx: Tx, ids: Sequence[UUID]) -> list[Video]:
    """Return those of these videos that exist."""
    rows = await tx.fetch(_VIDEOS, list(ids))
    return [_video(row) for row in rows]


async def hold_videos(tx: Tx, ids: Sequence[UUID]) -> list[Video]:
    """Return those of these videos that exist; none of them changes before the commit."""
    rows = await tx.fetch(_VIDEOS + " ORDER BY id FOR SHARE", list(ids))
    return [_video(row) for row in rows]


async def list_public_versions(tx: Tx, *, after: UUID, at_most: int) -> list[tuple[UUID, int]]:
    """Return public videos with their versions, in the order of their ids from behind `after`."""
    rows = await tx.fetch(
        "SELECT id, version FROM videos WHERE visibility = 'public' AND id > $1 ORDER BY id LIMIT $2",
        after,
        at_most,
    )
    return [(row["id"], row["version"]) for row in rows]


async def keep_visible_video(tx: Tx, video_id: UUID, caller_id: UUID | None) -> Video:
    """Return a video that the caller may know of, which nobody deletes until the commit.

    Whoever writes something that hangs on a video asks for it first: deleting takes the same lock, so the
    two never wait for each other. Refuses with `VideoNotFound`.
    """
    row = await tx.fetch_one(_VIDEO + " FOR KEY SHARE", video_id)
    video = _video(row) if row else None
    if video is None or not video.is_visible_to(caller_id):
        raise VideoNotFound
    return video


async def delete_video(tx: Tx, video_id: UUID) -> None:
    """Remove a video and all rows that hang on it."""
    await tx.execute("DELETE FROM videos WHERE id = $1", video_id)


async def take_videos_of(tx: Tx, owner_id: UUID, *, at_most: int) -> list[UUID]:
    """Remove some videos of an account that is being erased, and return which."""
    rows = await tx.fetch(
        """
        DELETE FROM videos
         WHERE id IN (SELECT id FROM videos WHERE owner_id = $1 ORDER BY id LIMIT $2 FOR UPDATE)
        RETURNING id
        """,
        owner_id,
        at_most,
    )
    return [row["id"] for row in rows]


async def load_shown(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, Shown]:
    """Return those of these videos that exist, as they are sent."""
    rows = await tx.fetch(_SHOWN + "WHERE v.id = ANY($1)", list(ids))
    return {row["id"]: _shown(row) for row in rows}


async def list_videos(tx: Tx, caller_id: UUID, wanted: VideoFilter, page: Page) -> list[Shown]:
    """Return one page of the videos that a caller may see in lists."""
    order = _ORDERS[wanted.sort_by, wanted.sort_order]
    rows = await tx.fetch(
        _SHOWN + _MATCHING + order + " LIMIT $8 OFFSET $9",
        *_filter_values(caller_id, wanted),
        page.size,
        page.offset,
    )
    return [_shown(row) for row in rows]


async def count_videos(tx: Tx, caller_id: UUID, wanted: VideoFilter) -> int:
    """Return how many videos a caller may see in such a list."""
    count: int = await tx.fetch_value(
        "SELECT count(*) FROM videos v" + _MATCHING,  # noqa: S608 - two literals, as the type says
        *_filter_values(caller_id, wanted),
    )
    return count


async def load_newest_listed(tx: Tx, size: int) -> tuple[list[Shown], int]:
    """Return the newest public videos, and how many public ones there are."""
    rows = await tx.fetch(
        _SHOWN + "WHERE v.visibility = 'public' ORDER BY v.created_at DESC, v.id DESC LIMIT $1", size
    )
    total: int = await tx.fetch_value("SELECT sum(listed)::bigint FROM video_tallies")
    return [_shown(row) for row in rows], total


async def load_newest_hidden(
    tx: Tx, owners: Sequence[UUID], size: int
) -> dict[UUID, tuple[list[Shown], int]]:
    """Return, for each owner who has any, the newest of the videos that others do not see in lists."""
    rows = await tx.fetch(
        "SELECT"  # noqa: S608 - literals, as the type says
        + _SHOWN_COLUMNS
        + """, v.owner_id, v.hidden
          FROM unnest($1::uuid[]) AS owner
         CROSS JOIN LATERAL (
                SELECT id, owner_id, visibility, version, document, created_at, count(*) OVER () AS hidden
                  FROM videos WHERE owner_id = owner AND visibility <> 'public'
                 ORDER BY created_at DESC, id DESC LIMIT $2
               ) AS v
          JOIN video_counters c ON c.video_id = v.id
         ORDER BY v.created_at DESC, v.id DESC
        """,
        list(owners),
        size,
    )
    found: dict[UUID, tuple[list[Shown], int]] = {}
    for row in rows:
        found.setdefault(row["owner_id"], ([], row["hidden"]))[0].append(_shown(row))
    return found


def _filter_values(caller_id: UUID, wanted: VideoFilter) -> tuple[object, ...]:
    return (
        caller_id,
        list(wanted.video_types) or None,
        keys_of(wanted.tags) or None,
        keys_of(wanted.tech_stack) or None,
        None if wanted.search is None else words_query(wanted.search),
        wanted.owner_id,
        wanted.project_id,
    )


def _values(video: Video) -> tuple[object, ...]:
    return (
        video.id,
        video.project_id,
        video.title,
        video.description,
        video.video_type,
        video.video_url,
        video.thumbnail_url,
        video.duration,
        list(video.tags),
        list(video.tech_stack),
        video.project_url,
        video.visibility,
        video.status,
        video.status_detail,
        video.playback,
        video.version,
        video.updated_at,
        document_of(video),
        keys_of(video.tags),
        keys_of(video.tech_stack),
    )


def _video(row: Record) -> Video:
    columns = dict(row)
    playback = columns.pop("playback")
    return Video(
        tags=tuple(columns.pop("tags")),
        tech_stack=tuple(columns.pop("tech_stack")),
        playback=None if playback is None else msgspec.convert(playback, Playback),
        **columns,
    )


def _shown(row: Record) -> Shown:
    return Shown(row[0], row[1], row[2], row[3])
