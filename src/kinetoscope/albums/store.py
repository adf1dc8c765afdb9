"""Albums in PostgreSQL.

Whoever changes an album or its items first locks its row (`require_own_album`), so positions are given out
by one at a time. What a caller may not see of the items is left out by the queries themselves.
"""

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

from ..kernel.caller import Caller
from ..kernel.db import Record, Tx
from ..kernel.paging import Listing, Page
from .models import Album, Cover, Item, NewItem, ShownAlbum
from .refusals import AlbumNotFound, AlreadyInAlbum, ItemNotFound, NotYourAlbum, TooManyAlbums

MOST_ALBUMS = 1000

_ALBUM: LiteralString = """
    SELECT a.id, a.owner_id, a.title, a.description, a.visibility, a.cover_url, a.version,
           a.created_at, a.updated_at
      FROM albums a
"""

_VISIBLE_ITEMS: LiteralString = """
      FROM album_items i LEFT JOIN videos v ON v.id = i.video_id
     WHERE (i.photo_id IS NOT NULL OR v.visibility <> 'private' OR v.owner_id = $2)
"""


async def insert_album(tx: Tx, album: Album) -> None:
    """Save a new album; refuses with `TooManyAlbums`."""
    counted = await tx.execute(
        """
        INSERT INTO album_usage AS u (account_id, albums) VALUES ($1, 1)
            ON CONFLICT (account_id) DO UPDATE SET albums = u.albums + 1 WHERE u.albums < $2
        """,
        album.owner_id,
        MOST_ALBUMS,
    )
    if not counted:
        raise TooManyAlbums
    await tx.execute(
        """
        INSERT INTO albums (id, owner_id, title, description, visibility, cover_url, version,
                            created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        album.id,
        album.owner_id,
        album.title,
        album.description,
        album.visibility,
        album.cover_url,
        album.version,
        album.created_at,
        album.updated_at,
    )


async def require_visible_album(tx: Tx, album_id: UUID, caller_id: UUID | None) -> Album:
    """Return an album that the caller may know of; refuses with `AlbumNotFound`."""
    row = await tx.fetch_one(_ALBUM + "WHERE a.id = $1", album_id)
    album = Album(**dict(row)) if row else None
    if album is None or not album.is_visible_to(caller_id):
        raise AlbumNotFound
    return album


async def require_own_album(tx: Tx, album_id: UUID, caller: Caller) -> Album:
    """Return an album of the caller, which nobody else changes until the commit.

    Refuses with `AlbumNotFound` where the caller may not know of it, else with `NotYourAlbum`.
    """
    row = await tx.fetch_one(_ALBUM + "WHERE a.id = $1 FOR UPDATE", album_id)
    album = Album(**dict(row)) if row else None
    if album is None or not album.is_visible_to(caller.id):
        raise AlbumNotFound
    if album.owner_id != caller.id:
        raise NotYourAlbum
    return album


async def save_album(tx: Tx, album: Album) -> None:
    """Write a changed album."""
    await tx.execute(
        """
        UPDATE albums SET title = $2, description = $3, visibility = $4, cover_url = $5, version = $6,
               updated_at = $7
         WHERE id = $1
        """,
        album.id,
        album.title,
        album.description,
        album.visibility,
        album.cover_url,
        album.version,
        album.updated_at,
    )


async def delete_album(tx: Tx, album: Album) -> None:
    """Remove an album with its items."""
    await tx.execute("DELETE FROM albums WHERE id = $1", album.id)
    await tx.execute("UPDATE album_usage SET albums = albums - 1 WHERE account_id = $1", album.owner_id)


async def list_albums(tx: Tx, owner_id: UUID, page: Page) -> Listing[ShownAlbum]:
    """Return one page of an owner's albums as the owner sees them, newest first."""
    rows = await tx.fetch(
        """
        SELECT a.id, a.owner_id, a.title, a.description, a.visibility, a.cover_url, a.version,
               a.created_at, a.updated_at, counted.item_count, first.photo_id, first.thumbnail_url
          FROM albums a
         CROSS JOIN LATERAL (
                SELECT count(*) AS item_count"""  # noqa: S608 - literals, as the type says
        + _VISIBLE_ITEMS
        + """ AND i.album_id = a.id
               ) AS counted
          LEFT JOIN LATERAL (
                SELECT i.photo_id, v.thumbnail_url"""
        + _VISIBLE_ITEMS
        + """ AND i.album_id = a.id AND (i.photo_id IS NOT NULL OR v.thumbnail_url IS NOT NULL)
                 ORDER BY i.position, i.id LIMIT 1
               ) AS first ON true
         WHERE a.owner_id = $1
         ORDER BY a.created_at DESC, a.id DESC LIMIT $3 OFFSET $4
        """,
        owner_id,
        owner_id,
        page.size,
        page.offset,
    )
    total: int = await tx.fetch_value("SELECT count(*) FROM albums WHERE owner_id = $1", owner_id)
    return Listing([_shown(row) for row in rows], total, page)


async def list_items(tx: Tx, album_id: UUID, caller_id: UUID | None) -> list[Item]:
    """Return all items of an album that a caller may see, in their order."""
    rows = await tx.fetch(
        """
        SELECT i.id, i.album_id, i.video_id, i.photo_id, i.caption, i.created_at,
               v.thumbnail_url AS video_thumbnail"""
        + _VISIBLE_ITEMS
        + " AND i.album_id = $1 ORDER BY i.position, i.id",
        album_id,
        caller_id,
    )
    return [_item(row, order) for order, row in enumerate(rows)]


async def require_item(tx: Tx, album_id: UUID, item_id: UUID, caller_id: UUID | None) -> Item:
    """Return an item of an album that a caller may see; refuses with `ItemNotFound`."""
    for item in await list_items(tx, album_id, caller_id):
        if item.id == item_id:
            return item
    raise ItemNotFound


async def item_ids(tx: Tx, album_id: UUID) -> list[UUID]:
    """Return the ids of all items of an album in their order, seen or not."""
    rows = await tx.fetch("SELECT id FROM album_items WHERE album_id = $1 ORDER BY position, id", album_id)
    return [row["id"] for row in rows]


async def insert_item(tx: Tx, album: Album, item_id: UUID, item: NewItem) -> None:
    """Put an item behind the last one; the album is locked. Refuses with `AlreadyInAlbum`."""
    saved = await tx.execute(
        """
        INSERT INTO album_items (id, album_id, video_id, photo_id, caption, created_at, position)
        SELECT $1, $2, $3, $4, $5, $6, COALESCE(max(position) + 1, 0) FROM album_items WHERE album_id = $2
            ON CONFLICT DO NOTHING
        """,
        item_id,
        album.id,
        item.media_id if item.media_type == "video" else None,
        item.media_id if item.media_type == "photo" else None,
        item.caption,
        album.updated_at,
    )
    if not saved:
        raise AlreadyInAlbum


async def delete_item(tx: Tx, album_id: UUID, item_id: UUID) -> None:
    """Remove an item; refuses with `ItemNotFound`."""
    removed = await tx.execute("DELETE FROM album_items WHERE id = $1 AND album_id = $2", item_id, album_id)
    if not removed:
        raise ItemNotFound


async def save_order(tx: Tx, album_id: UUID, ids: Sequence[UUID]) -> None:
    """Put all items of an album into this order; the album is locked, so these are all of them."""
    await tx.execute(
        """
        UPDATE album_items i SET position = wanted.place - 1
          FROM unnest($2::uuid[]) WITH ORDINALITY AS wanted(id, place)
         WHERE i.album_id = $1 AND i.id = wanted.id AND i.position <> wanted.place - 1
        """,
        album_id,
        list(ids),
    )


async def take_albums_of(tx: Tx, owner_id: UUID, *, at_most: int) -> int:
    """Remove some albums of an account that is being erased; return how many."""
    return await tx.execute(
        "DELETE FROM albums WHERE id IN (SELECT id FROM albums WHERE owner_id = $1 ORDER BY id LIMIT $2)",
        owner_id,
        at_most,
    )


async def forget_usage(tx: Tx, account_id: UUID) -> int:
    """Remove what is counted of an account whose albums and photos are gone."""
    return await tx.execute("DELETE FROM album_usage WHERE account_id = $1", account_id)


def _shown(row: Record) -> ShownAlbum:
    columns = dict(row)
    count, photo_id, thumbnail = (columns.pop(name) for name in ("item_count", "photo_id", "thumbnail_url"))
    album = Album(**columns)
    cover = Cover(url=album.cover_url) if album.cover_url else Cover(url=thumbnail, photo_id=photo_id)
    return ShownAlbum(album, cover, count)


def _item(row: Record, order: int) -> Item:
    is_video = row["video_id"] is not None
    return Item(
        id=row["id"],
        album_id=row["album_id"],
        media_type="video" if is_video else "photo",
        media_id=row["video_id"] if is_video else row["photo_id"],
        caption=row["caption"],
        order=order,
        created_at=row["created_at"],
        video_thumbnail=row["video_thumbnail"],
    )
