"""Photos in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import msgspec

from ..engine import PhotoSize
from ..kernel.db import Record, Tx
from ..kernel.paging import Listing, Page
from .models import Photo
from .refusals import PhotoNotFound, PhotoSpaceUsedUp

_PHOTO: LiteralString = """
    SELECT id, owner_id, format, width, height, sizes, created_at FROM photos
"""


async def insert_pending(tx: Tx, photo: Photo, *, most_bytes: int) -> None:
    """Save a photo whose bytes are not stored yet, and count its room; refuses with `PhotoSpaceUsedUp`."""
    counted = await tx.execute(
        """
        INSERT INTO album_usage AS u (account_id, photo_bytes) SELECT $1, $2::bigint WHERE $2 <= $3::bigint
            ON CONFLICT (account_id) DO UPDATE SET photo_bytes = u.photo_bytes + $2
         WHERE u.photo_bytes + $2 <= $3
        """,
        photo.owner_id,
        photo.size_bytes,
        most_bytes,
    )
    if not counted:
        raise PhotoSpaceUsedUp
    await tx.execute(
        """
        INSERT INTO photos (id, owner_id, format, width, height, size_bytes, sizes, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        photo.id,
        photo.owner_id,
        photo.format,
        photo.width,
        photo.height,
        photo.size_bytes,
        msgspec.to_builtins(photo.sizes),
        photo.created_at,
    )


async def mark_ready(tx: Tx, photo_id: UUID) -> bool:
    """Let a photo be there; False if it has been given up meanwhile."""
    return bool(
        await tx.execute("UPDATE photos SET state = 'ready' WHERE id = $1 AND state = 'pending'", photo_id)
    )


async def require_own_photo(tx: Tx, photo_id: UUID, owner_id: UUID) -> Photo:
    """Return a photo of this owner; refuses with `PhotoNotFound`."""
    row = await tx.fetch_one(
        _PHOTO + "WHERE id = $1 AND owner_id = $2 AND state = 'ready'", photo_id, owner_id
    )
    if row is None:
        raise PhotoNotFound
    return _photo(row)


async def keep_own_photo(tx: Tx, photo_id: UUID, owner_id: UUID) -> None:
    """Let nobody delete a photo of this owner until the commit; refuses with `PhotoNotFound`."""
    kept = await tx.fetch_one(
        "SELECT id FROM photos WHERE id = $1 AND owner_id = $2 AND state = 'ready' FOR KEY SHARE",
        photo_id,
        owner_id,
    )
    if kept is None:
        raise PhotoNotFound


async def list_photos(tx: Tx, owner_id: UUID, page: Page) -> Listing[Photo]:
    """Return one page of an owner's photos, newest first."""
    rows = await tx.fetch(
        _PHOTO
        + """
         WHERE owner_id = $1 AND state = 'ready'
         ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3
        """,
        owner_id,
        page.size,
        page.offset,
    )
    total: int = await tx.fetch_value(
        "SELECT count(*) FROM photos WHERE owner_id = $1 AND state = 'ready'", owner_id
    )
    return Listing([_photo(row) for row in rows], total, page)


async def delete_photo(tx: Tx, photo_id: UUID, owner_id: UUID) -> bool:
    """Remove a photo, from albums too, and free its room; False if there is none of this owner."""
    gone = await tx.fetch_one(
        """
        WITH gone AS (
            DELETE FROM photos WHERE id = $1 AND owner_id = $2 RETURNING owner_id, size_bytes
        )
        UPDATE album_usage u SET photo_bytes = u.photo_bytes - gone.size_bytes
          FROM gone WHERE u.account_id = gone.owner_id
        RETURNING u.account_id
        """,
        photo_id,
        owner_id,
    )
    return gone is not None


async def take_unfinished(tx: Tx, *, before: datetime) -> list[UUID]:
    """Remove photos whose bytes never came, and free their room; return which."""
    rows = await tx.fetch(
        """
        WITH gone AS (
            DELETE FROM photos WHERE state = 'pending' AND created_at < $1
            RETURNING id, owner_id, size_bytes
        ), freed AS (
            UPDATE album_usage u SET photo_bytes = u.photo_bytes - of_owner.bytes
              FROM (SELECT owner_id, sum(size_bytes) AS bytes FROM gone GROUP BY owner_id) AS of_owner
             WHERE u.account_id = of_owner.owner_id
        )
        SELECT id FROM gone
        """,
        before,
    )
    return [row["id"] for row in rows]


async def take_photos_of(tx: Tx, owner_id: UUID, *, at_most: int) -> list[UUID]:
    """Remove some photos of an account that is being erased; return which."""
    rows = await tx.fetch(
        """
        DELETE FROM photos WHERE id IN (SELECT id FROM photos WHERE owner_id = $1 ORDER BY id LIMIT $2)
        RETURNING id
        """,
        owner_id,
        at_most,
    )
    return [row["id"] for row in rows]


async def known_photos(tx: Tx, ids: Sequence[UUID]) -> set[UUID]:
    """Return those of these photos that there are, finished or not."""
    rows = await tx.fetch("SELECT id FROM photos WHERE id = ANY($1)", list(ids))
    return {row["id"] for row in rows}


def _photo(row: Record) -> Photo:
    columns = dict(row)
    sizes = msgspec.convert(columns.pop("sizes"), tuple[PhotoSize, ...])
    return Photo(sizes=sizes, **columns)
