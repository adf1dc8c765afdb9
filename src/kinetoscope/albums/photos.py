"""The use cases of photos."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from uuid import UUID

from ..accounts import require_author
from ..engine import EngineFailed, MadePhoto, NotAPhoto, make_photo
from ..kernel import jobs
from ..kernel.caller import Caller
from ..kernel.clock import Clock
from ..kernel.db import Database, Tx
from ..kernel.ids import uuid7
from ..kernel.paging import Listing, Page
from ..media import FileNotFound, Scratch, Storage, StorageUnavailable
from . import photo_store
from .addresses import PhotoAddresses
from .models import Body, OpenedPicture, Photo, PhotoRoom
from .photo_cleaning import CLEAN_PHOTO, folder_of
from .refusals import PhotoNotFound, PhotosBusy, PhotoTooLarge, UnreadablePhoto

SIZE_NAMES = ("large", "medium", "small")

_MOST_WAITING = 16
_ERASED_AT_ONCE = 100


class Photos:
    """Receiving, reading and removing photos; each belongs to one account."""

    def __init__(
        self,
        db: Database,
        *,
        clock: Clock,
        storage: Storage,
        scratch: Scratch,
        addresses: PhotoAddresses,
        room: PhotoRoom,
    ) -> None:
        self._db = db
        self._clock = clock
        self._storage = storage
        self._scratch = scratch
        self._addresses = addresses
        self._room = room
        self._turn = asyncio.Semaphore(1)
        self._waiting = 0

    async def add(self, caller: Caller, body: Body) -> Photo:
        """Keep a photo: checked by its content, upright, without its metadata, in three sizes.

        Refuses with `UnreadablePhoto`, `PhotoTooLarge`, `PhotoSpaceUsedUp`, `PhotosBusy`,
        `StorageUnavailable`, and then nothing of it is left.
        """
        with self._scratch.room("photo") as room:
            await self._receive(body, room / "source")
            out = room / "out"
            out.mkdir()
            made = await self._make(room / "source", out)
            return await self._keep(caller, made, out)

    async def get(self, caller: Caller, photo_id: UUID) -> Photo:
        """Return a photo of the caller; refuses with `PhotoNotFound`."""
        async with self._db.read() as tx:
            return await photo_store.require_own_photo(tx, photo_id, caller.id)

    async def list(self, caller: Caller, page: Page) -> Listing[Photo]:
        """Return the caller's photos, newest first."""
        async with self._db.read() as tx:
            return await photo_store.list_photos(tx, caller.id, page)

    async def delete(self, caller: Caller, photo_id: UUID) -> None:
        """Remove a photo; it leaves all albums, and its files follow, promised in the same transaction."""
        async with self._db.transaction() as tx:
            if not await photo_store.delete_photo(tx, photo_id, caller.id):
                raise PhotoNotFound
            await jobs.enqueue(tx, CLEAN_PHOTO, {"photo_id": str(photo_id)}, at=self._clock())

    async def open(self, signed: str, photo_id: str, name: str) -> OpenedPicture:
        """Return the file of an address; refuses with `FileNotFound`, `AddressForged`, `AddressExpired`."""
        try:
            known = UUID(photo_id)
        except ValueError as error:
            raise FileNotFound from error
        left = self._addresses.verify(signed, known)
        size, _, kind = name.partition(".")
        if size not in SIZE_NAMES or kind != "webp":
            raise FileNotFound
        key = f"{folder_of(known)}{name}"
        file = await self._storage.head(key)
        if file is None:
            raise FileNotFound
        # The sizes of a photo never change.
        return OpenedPicture(key, f'"{known.hex}-{size}"', file.size, left)

    def stream(self, opened: OpenedPicture) -> AsyncGenerator[bytes]:
        """Return the bytes of an opened file."""
        return self._storage.stream(opened.key, 0, opened.size)

    async def erase_account(self, tx: Tx, account_id: UUID) -> int:
        """Remove some photos of an account that is being erased; return how many."""
        gone = await photo_store.take_photos_of(tx, account_id, at_most=_ERASED_AT_ONCE)
        payloads = [{"photo_id": str(photo_id)} for photo_id in gone]
        await jobs.enqueue_many(tx, CLEAN_PHOTO, payloads, at=self._clock())
        return len(gone)

    async def _receive(self, body: Body, path: Path) -> None:
        """Write what comes into a file."""
        left = self._room.most_bytes
        file = await asyncio.to_thread(path.open, "wb")
        try:
            async with aclosing(body) as chunks:
                async for chunk in chunks:
                    left -= len(chunk)
                    if left < 0:
                        raise PhotoTooLarge
                    await asyncio.to_thread(file.write, chunk)
        finally:
            await asyncio.to_thread(file.close)

    async def _make(self, source: Path, out: Path) -> MadePhoto:
        """Let the engine read a photo, one at a time: each may take much memory."""
        if self._waiting >= _MOST_WAITING:
            raise PhotosBusy
        self._waiting += 1
        try:
            async with self._turn:
                return await make_photo(source, out, self._room.engine)
        except NotAPhoto as refusal:
            raise UnreadablePhoto(refusal.reason, field="file") from refusal
        except EngineFailed as failure:
            raise PhotosBusy from failure
        finally:
            self._waiting -= 1

    async def _keep(self, caller: Caller, made: MadePhoto, out: Path) -> Photo:
        photo = Photo(
            id=uuid7(),
            owner_id=caller.id,
            format=made.format,
            width=made.width,
            height=made.height,
            sizes=made.sizes,
            created_at=self._clock(),
        )
        async with self._db.transaction() as tx:
            await require_author(tx, caller.id)
            await photo_store.insert_pending(tx, photo, most_bytes=self._room.most_bytes_of_account)
        try:
            for size in photo.sizes:
                name = f"{size.name}.webp"
                await self._storage.put_file(folder_of(photo.id) + name, out / name)
        except StorageUnavailable:
            await self.delete(caller, photo.id)
            raise
        async with self._db.transaction() as tx:
            if not await photo_store.mark_ready(tx, photo.id):
                raise StorageUnavailable  # it took so long that it was given up
        return photo
