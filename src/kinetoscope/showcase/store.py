"""Annotations in PostgreSQL."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from ..kernel import jobs
from ..kernel.caller import Caller
from ..kernel.db import Record, Tx
from ..videos import CHANGED, Video, require_own_video
from .models import Annotation, AnnotationType
from .refusals import AnnotationNotFound, NotAShowcase

_ANNOTATION: LiteralString = """
    SELECT a.id, a.video_id, a.starts_at AS timestamp, a.ends_at AS end_timestamp, a.title, a.description,
           a.kind AS annotation_type, a.url, a.created_by, a.version, a.created_at, a.updated_at
      FROM annotations a
"""


async def require_own_showcase(tx: Tx, video_id: UUID, caller: Caller) -> Video:
    """Return a demo video of the caller, locked until the commit.

    Refuses with `VideoNotFound`, `NotYourVideo` and `NotAShowcase`.
    """
    video = await require_own_video(tx, video_id, caller)
    if video.video_type != "demo":
        raise NotAShowcase
    return video


async def announce_annotated(tx: Tx, video_id: UUID, *, had: int, has: int, at: datetime) -> None:
    """Tell those who find videos by it when a video gets its first annotation, or has lost its last."""
    if bool(had) != bool(has):
        await jobs.enqueue(tx, CHANGED, {"video_id": str(video_id)}, at=at)


async def insert_annotations(tx: Tx, annotations: Iterable[Annotation]) -> None:
    """Save annotations; one that is there under its id is written anew."""
    await tx.execute_many(
        """
        INSERT INTO annotations
               (id, video_id, starts_at, ends_at, title, description, kind, url, created_by, version,
                created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
            ON CONFLICT (id) DO UPDATE
           SET starts_at = $3, ends_at = $4, title = $5, description = $6, kind = $7, url = $8,
               version = $10, updated_at = $12
         WHERE annotations.video_id = $2
        """,
        [
            (
                a.id,
                a.video_id,
                a.timestamp,
                a.end_timestamp,
                a.title,
                a.description,
                a.annotation_type,
                a.url,
                a.created_by,
                a.version,
                a.created_at,
                a.updated_at,
            )
            for a in annotations
        ],
    )


async def count_annotations(tx: Tx, video_id: UUID) -> int:
    """Return how many annotations a video has."""
    count: int = await tx.fetch_value("SELECT count(*) FROM annotations WHERE video_id = $1", video_id)
    return count


async def list_annotations(
    tx: Tx, video_id: UUID, annotation_type: AnnotationType | None = None
) -> list[Annotation]:
    """Return a video's annotations, along its time."""
    rows = await tx.fetch(
        _ANNOTATION
        + """
         WHERE a.video_id = $1 AND ($2::text IS NULL OR a.kind = $2)
         ORDER BY a.starts_at, a.id
        """,
        video_id,
        annotation_type,
    )
    return [_annotation(row) for row in rows]


async def require_annotation(tx: Tx, video_id: UUID, annotation_id: UUID) -> Annotation:
    """Return an annotation of a video; refuses with `AnnotationNotFound`."""
    row = await tx.fetch_one(_ANNOTATION + "WHERE a.id = $2 AND a.video_id = $1", video_id, annotation_id)
    if row is None:
        raise AnnotationNotFound
    return _annotation(row)


async def delete_annotation(tx: Tx, annotation_id: UUID) -> None:
    """Remove an annotation and its clicks."""
    await tx.execute("DELETE FROM annotations WHERE id = $1", annotation_id)


async def delete_other_annotations(tx: Tx, video_id: UUID, kept: Sequence[UUID]) -> None:
    """Remove a video's annotations but these."""
    await tx.execute("DELETE FROM annotations WHERE video_id = $1 AND id <> ALL($2)", video_id, list(kept))


async def latest_moment(tx: Tx, video_id: UUID) -> Record | None:
    """Return how many annotations a video has and the latest second that one of them names, if any."""
    return await tx.fetch_one(
        """
        SELECT count(*) AS annotations, max(greatest(starts_at, ends_at)) AS latest
          FROM annotations WHERE video_id = $1 HAVING count(*) > 0
        """,
        video_id,
    )


async def annotated_among(tx: Tx, video_ids: Sequence[UUID]) -> set[UUID]:
    """Return those of these videos that have annotations."""
    rows = await tx.fetch(
        """
        SELECT id FROM unnest($1::uuid[]) AS id
         WHERE EXISTS (SELECT FROM annotations a WHERE a.video_id = id)
        """,
        list(video_ids),
    )
    return {row["id"] for row in rows}


async def save_click(tx: Tx, annotation_id: UUID, session_id: UUID, at: datetime) -> bool:
    """Save that a sitting has followed an annotation; return whether it had not before."""
    saved = await tx.execute(
        """
        INSERT INTO annotation_clicks (annotation_id, session_id, clicked_at)
        SELECT id, $2, $3 FROM annotations WHERE id = $1 FOR KEY SHARE
            ON CONFLICT DO NOTHING
        """,
        annotation_id,
        session_id,
        at,
    )
    return saved > 0


async def count_clicks(tx: Tx, video_id: UUID) -> dict[UUID, int]:
    """Return how many sittings have followed each annotation of a video; none where it is missing."""
    rows = await tx.fetch(
        """
        SELECT a.id, count(*) AS clicks
          FROM annotations a JOIN annotation_clicks c ON c.annotation_id = a.id
         WHERE a.video_id = $1
         GROUP BY a.id
        """,
        video_id,
    )
    return {row["id"]: row["clicks"] for row in rows}


async def count_clicks_of(tx: Tx, annotation_id: UUID) -> int:
    """Return how many sittings have followed an annotation."""
    count: int = await tx.fetch_value(
        "SELECT count(*) FROM annotation_clicks WHERE annotation_id = $1", annotation_id
    )
    return count


def _annotation(row: Record) -> Annotation:
    return Annotation(**dict(row))
