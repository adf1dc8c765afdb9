"""The use cases of albums."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from ..accounts import require_author
from ..kernel.caller import Caller
from ..kernel.clock import Clock
from ..kernel.db import Database, Tx
from ..kernel.errors import ChangedMeanwhile
from ..kernel.ids import uuid7
from ..kernel.paging import Listing, Page
from ..videos import keep_visible_video
from . import photo_store, store
from .models import Album, AlbumChanges, AlbumFields, Cover, Item, NewItem, ShownAlbum
from .refusals import AlbumFull
from .rules import cover_of, reordered

MOST_ITEMS = 1000

_ERASED_AT_ONCE = 20

Versions = frozenset[int] | None
"""Which versions of an album the caller has seen, if it says so."""


class Albums:
    """Collections of photos and videos, each with an owner."""

    def __init__(self, db: Database, *, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def create(self, caller: Caller, fields: AlbumFields) -> ShownAlbum:
        """Make an album; refuses with `TooManyAlbums`."""
        now = self._clock()
        album = Album(
            id=uuid7(),
            owner_id=caller.id,
            title=fields.title,
            description=fields.description,
            visibility=fields.visibility,
            cover_url=fields.cover_url,
            version=1,
            created_at=now,
            updated_at=now,
        )
        async with self._db.transaction() as tx:
            await require_author(tx, caller.id)
            await store.insert_album(tx, album)
        return ShownAlbum(album, Cover(url=album.cover_url), 0, ())

    async def get(self, caller: Caller | None, album_id: UUID) -> ShownAlbum:
        """Return an album with the items that the caller may see; refuses with `AlbumNotFound`."""
        caller_id = caller.id if caller else None
        async with self._db.read() as tx:
            album = await store.require_visible_album(tx, album_id, caller_id)
            return await _shown(tx, album, caller_id)

    async def list(self, caller: Caller, page: Page) -> Listing[ShownAlbum]:
        """Return the caller's albums without their items, newest first."""
        async with self._db.read() as tx:
            return await store.list_albums(tx, caller.id, page)

    async def change(
        self, caller: Caller, album_id: UUID, changes: AlbumChanges, *, versions: Versions
    ) -> ShownAlbum:
        """Change an album and return it; refuses as all changes do.

        With `AlbumNotFound`, `NotYourAlbum`, and `ChangedMeanwhile` where it has another version.
        """
        async with self._db.transaction() as tx:
            album = await self._touched(tx, caller, album_id, versions)
            album = changes.applied_to(album)
            await store.save_album(tx, album)
            return await _shown(tx, album, caller.id)

    async def delete(self, caller: Caller, album_id: UUID, *, versions: Versions) -> None:
        """Remove an album and its items; the photos and videos stay. Refuses as all changes do."""
        async with self._db.transaction() as tx:
            album = await self._touched(tx, caller, album_id, versions)
            await store.delete_album(tx, album)

    async def add_item(self, caller: Caller, album_id: UUID, item: NewItem) -> Item:
        """Put a photo or video behind the last item and return it; refuses as all changes do.

        And with `VideoNotFound` or `PhotoNotFound` where the owner may not see it, `AlreadyInAlbum`, and
        `AlbumFull`.
        """
        item_id = uuid7()
        async with self._db.transaction() as tx:
            album = await self._touched(tx, caller, album_id, None)
            if len(await store.item_ids(tx, album_id)) >= MOST_ITEMS:
                raise AlbumFull
            if item.media_type == "video":
                await keep_visible_video(tx, item.media_id, caller.id)
            else:
                await photo_store.keep_own_photo(tx, item.media_id, caller.id)
            await store.insert_item(tx, album, item_id, item)
            await store.save_album(tx, album)
            return await store.require_item(tx, album_id, item_id, caller.id)

    async def get_item(self, caller: Caller | None, album_id: UUID, item_id: UUID) -> Item:
        """Return an item that the caller may see; refuses with `AlbumNotFound` and `ItemNotFound`."""
        caller_id = caller.id if caller else None
        async with self._db.read() as tx:
            await store.require_visible_album(tx, album_id, caller_id)
            return await store.require_item(tx, album_id, item_id, caller_id)

    async def remove_item(self, caller: Caller, album_id: UUID, item_id: UUID, *, versions: Versions) -> None:
        """Take an item out of an album; refuses as all changes do, and with `ItemNotFound`."""
        async with self._db.transaction() as tx:
            album = await self._touched(tx, caller, album_id, versions)
            await store.delete_item(tx, album_id, item_id)
            await store.save_album(tx, album)

    async def reorder(
        self, caller: Caller, album_id: UUID, wanted: Sequence[tuple[UUID, int]], *, versions: Versions
    ) -> None:
        """Put items into an order, all or none; those that are not named follow as they were.

        Refuses as all changes do, and with `UnknownItem` and `RepeatedItem`.
        """
        async with self._db.transaction() as tx:
            album = await self._touched(tx, caller, album_id, versions)
            order = reordered(await store.item_ids(tx, album_id), wanted)
            await store.save_order(tx, album_id, order)
            await store.save_album(tx, album)

    async def erase_account(self, tx: Tx, account_id: UUID) -> int:
        """Remove some albums of an account that is being erased; return how many."""
        return await store.take_albums_of(tx, account_id, at_most=_ERASED_AT_ONCE)

    async def _touched(self, tx: Tx, caller: Caller, album_id: UUID, versions: Versions) -> Album:
        """Return the caller's album in its next version, locked until the commit."""
        album = await store.require_own_album(tx, album_id, caller)
        if versions is not None and album.version not in versions:
            raise ChangedMeanwhile
        return replace(album, version=album.version + 1, updated_at=self._clock())


async def _shown(tx: Tx, album: Album, caller_id: UUID | None) -> ShownAlbum:
    items = await store.list_items(tx, album.id, caller_id)
    return ShownAlbum(album, cover_of(album, items), len(items), items)
