"""Uploads and playable files in PostgreSQL."""

import hashlib
from collections.abc import Sequence
from dataclasses import astuple
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from ..kernel.db import Record, Tx
from .models import KeptMedia, MediaFile, Piece, Upload, UploadWish
from .refusals import UploadExpired, UploadNotFound

MOST_PIECES = 10_000

_UPLOAD: LiteralString = """
    SELECT id, video_id, size, received, attempt, state, metadata, base_url, expires_at FROM uploads
"""
_MEDIA: LiteralString = """
    SELECT video_id, processing_id, main, content_type, size_bytes, total_bytes, duration_seconds, poster,
           storyboard, hls, thumbnail_url, created_at
      FROM media_files WHERE video_id = $1
"""


async def count_open_uploads(tx: Tx, owner_id: UUID, *, at: datetime) -> int:
    """Return how many unfinished uploads an account has; nobody else starts one for it until the commit."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('uploads:' || $1::uuid, 0))", owner_id)
    count: int = await tx.fetch_value(
        "SELECT count(*) FROM uploads WHERE owner_id = $1 AND state = 'open' AND expires_at > $2",
        owner_id,
        at,
    )
    return count


async def insert_upload(
    tx: Tx, upload: Upload, wish: UploadWish, owner_id: UUID, token_hash: bytes, created_at: datetime
) -> None:
    """Save a new upload."""
    await tx.execute(
        """
        INSERT INTO uploads
               (id, video_id, owner_id, token_hash, size, filename, metadata, base_url, created_at,
                expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        upload.id,
        upload.video_id,
        owner_id,
        token_hash,
        upload.size,
        wish.filename,
        wish.metadata,
        upload.base_url,
        created_at,
        upload.expires_at,
    )


async def require_upload(tx: Tx, token: str, *, at: datetime) -> Upload:
    """Return the upload whose address holds this token; refuses with `UploadNotFound`, `UploadExpired`."""
    row = await tx.fetch_one(_UPLOAD + "WHERE token_hash = $1", hashed_token(token))
    if row is None:
        raise UploadNotFound
    upload = _upload(row)
    if upload.is_expired(at=at):
        raise UploadExpired
    return upload


def hashed_token(token: str) -> bytes:
    """Return what an upload's token is stored as."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


async def find_upload(tx: Tx, upload_id: UUID) -> Upload | None:
    """Return an upload."""
    row = await tx.fetch_one(_UPLOAD + "WHERE id = $1", upload_id)
    return _upload(row) if row else None


async def declare_size(tx: Tx, upload_id: UUID, size: int) -> Upload | None:
    """Say how long a file is that did not say it before; None if it has, or has more bytes already."""
    row = await tx.fetch_one(
        """
        UPDATE uploads SET size = $2
         WHERE id = $1 AND state = 'open' AND received <= $2 AND (size IS NULL OR size = $2)
        RETURNING id, video_id, size, received, attempt, state, metadata, base_url, expires_at
        """,
        upload_id,
        size,
    )
    return _upload(row) if row else None


async def begin_anew(tx: Tx, upload_id: UUID, size: int) -> Upload | None:
    """Forget the bytes of an open upload, so that its file starts from zero; None if it is not open."""
    row = await tx.fetch_one(
        """
        UPDATE uploads SET size = $2, received = 0, pieces = 0, attempt = attempt + 1
         WHERE id = $1 AND state = 'open'
        RETURNING id, video_id, size, received, attempt, state, metadata, base_url, expires_at
        """,
        upload_id,
        size,
    )
    await tx.execute("DELETE FROM upload_pieces WHERE upload_id = $1", upload_id)
    return _upload(row) if row else None


async def append_piece(
    tx: Tx, upload: Upload, piece: Piece, *, at: datetime, expires_at: datetime
) -> Upload | None:
    """Count a piece as received; None if it does not belong where the upload now stands.

    This statement is the fence between writers: of two that send the same bytes, one counts.
    """
    row = await tx.fetch_one(
        """
        WITH advanced AS (
            UPDATE uploads SET received = received + $4, pieces = pieces + 1, expires_at = $7
             WHERE id = $1 AND attempt = $2 AND received = $3 AND state = 'open' AND expires_at > $6
               AND pieces < $8 AND (size IS NULL OR received + $4 <= size)
            RETURNING id, video_id, size, received, attempt, state, metadata, base_url, expires_at
        ), kept AS (
            INSERT INTO upload_pieces (upload_id, start, length, key)
            SELECT id, $3, $4, $5 FROM advanced
        )
        SELECT id, video_id, size, received, attempt, state, metadata, base_url, expires_at FROM advanced
        """,
        upload.id,
        upload.attempt,
        piece.start,
        piece.length,
        piece.key,
        at,
        expires_at,
        MOST_PIECES,
    )
    return _upload(row) if row else None


async def count_pieces(tx: Tx, upload_id: UUID) -> int:
    """Return in how many pieces an upload has come so far."""
    return await tx.fetch_value("SELECT pieces FROM uploads WHERE id = $1", upload_id) or 0


async def complete_upload(tx: Tx, upload_id: UUID) -> bool:
    """Close an open upload that has all of its bytes; False if it is not so."""
    return bool(
        await tx.execute(
            "UPDATE uploads SET state = 'complete' WHERE id = $1 AND state = 'open' AND received = size",
            upload_id,
        )
    )


async def spend_upload(tx: Tx, upload_id: UUID) -> bool:
    """Say that a complete upload's bytes are no longer needed; of several callers one gets True."""
    spent = await tx.execute(
        "UPDATE uploads SET state = 'processed' WHERE id = $1 AND state = 'complete'", upload_id
    )
    await tx.execute("DELETE FROM upload_pieces WHERE upload_id = $1", upload_id)
    return bool(spent)


async def list_pieces(tx: Tx, upload_id: UUID) -> list[Piece]:
    """Return the pieces of an upload, in the order of their bytes."""
    rows = await tx.fetch(
        "SELECT start, length, key FROM upload_pieces WHERE upload_id = $1 ORDER BY start", upload_id
    )
    return [Piece(row["start"], row["length"], row["key"]) for row in rows]


async def delete_uploads_of(tx: Tx, video_id: UUID) -> int:
    """Remove all uploads of a video, whatever their state; return how many."""
    return await tx.execute("DELETE FROM uploads WHERE video_id = $1", video_id)


async def delete_open_upload(tx: Tx, upload_id: UUID, *, expired_at: datetime | None = None) -> bool:
    """Remove an unfinished upload, with `expired_at` only one that has expired; False if it is not so."""
    return bool(
        await tx.execute(
            """
            DELETE FROM uploads
             WHERE id = $1 AND state = 'open' AND ($2::timestamptz IS NULL OR expires_at <= $2)
            """,
            upload_id,
            expired_at,
        )
    )


async def list_expired_uploads(tx: Tx, *, at: datetime, at_most: int) -> list[Upload]:
    """Return unfinished uploads whose time is over."""
    rows = await tx.fetch(
        _UPLOAD + "WHERE state = 'open' AND expires_at <= $1 ORDER BY expires_at LIMIT $2", at, at_most
    )
    return [_upload(row) for row in rows]


async def forget_processed_uploads(tx: Tx, *, at: datetime) -> int:
    """Remove uploads whose bytes have been used, once nobody can ask for them any more; return how many."""
    return await tx.execute("DELETE FROM uploads WHERE state = 'processed' AND expires_at <= $1", at)


async def find_media(tx: Tx, video_id: UUID) -> MediaFile | None:
    """Return what of a video is ready to play."""
    row = await tx.fetch_one(_MEDIA, video_id)
    return MediaFile(**dict(row)) if row else None


async def save_media(tx: Tx, media: MediaFile) -> None:
    """Write what of a video is ready to play, in the place of what was before."""
    await tx.execute(
        """
        INSERT INTO media_files
               (video_id, processing_id, main, content_type, size_bytes, total_bytes, duration_seconds,
                poster, storyboard, hls, thumbnail_url, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
            ON CONFLICT (video_id) DO UPDATE
           SET processing_id = $2, main = $3, content_type = $4, size_bytes = $5, total_bytes = $6,
               duration_seconds = $7, poster = $8, storyboard = $9, hls = $10, thumbnail_url = $11,
               created_at = $12
        """,
        *astuple(media),
    )


async def load_kept(tx: Tx, video_id: UUID) -> KeptMedia:
    """Return what of a video's stored files is still needed; nothing if the video is gone."""
    rows = await tx.fetch(
        "SELECT id, attempt, state FROM uploads WHERE video_id = $1 AND state <> 'processed'", video_id
    )
    processing_id = await tx.fetch_value(
        "SELECT processing_id FROM media_files WHERE video_id = $1", video_id
    )
    return KeptMedia(
        processing_id=processing_id,
        attempts={row["id"]: row["attempt"] for row in rows},
        is_processing=any(row["state"] == "complete" for row in rows),
    )


async def videos_without_media(tx: Tx, video_ids: Sequence[UUID]) -> list[UUID]:
    """Return those of these ids for which there should be no stored file at all."""
    rows = await tx.fetch(
        """
        SELECT id FROM unnest($1::uuid[]) AS id
         WHERE NOT EXISTS (SELECT FROM media_files m WHERE m.video_id = id)
           AND NOT EXISTS (SELECT FROM uploads u WHERE u.video_id = id AND u.state <> 'processed')
        """,
        list(video_ids),
    )
    return [row["id"] for row in rows]


def _upload(row: Record) -> Upload:
    return Upload(**dict(row))
