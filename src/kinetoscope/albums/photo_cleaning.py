"""Removing what is stored of photos that are gone, or never came to be."""

from datetime import timedelta
from uuid import UUID

from ..kernel import jobs
from ..kernel.clock import Clock
from ..kernel.db import Database
from ..media import Storage
from . import photo_store

CLEAN_PHOTO = "photos.clean"
"""The job that removes the files of a photo that is gone, by its `photo_id`."""

FOLDER = "photos/"
_UNFINISHED_FOR = timedelta(minutes=10)
_CHECKED_AT_ONCE = 1000


def folder_of(photo_id: UUID) -> str:
    """Return under which prefix the files of a photo are stored."""
    return f"{FOLDER}{photo_id}/"


class PhotoCleaning:
    """May be repeated, and be interrupted, at any point.

    A photo's row is there before its first file. So what has a file and no row is waste, and what a killed
    process leaves is a row that is still pending after minutes.
    """

    def __init__(self, db: Database, *, clock: Clock, storage: Storage) -> None:
        self._db = db
        self._clock = clock
        self._storage = storage

    async def clean(self, photo_id: UUID) -> None:
        """Remove the files of a photo, if it is gone."""
        async with self._db.read() as tx:
            known = await photo_store.known_photos(tx, [photo_id])
        if not known:
            await self._storage.delete_folder(folder_of(photo_id))

    async def forget_unfinished(self) -> None:
        """Give up photos whose bytes have not come in ten minutes, and free their room."""
        now = self._clock()
        async with self._db.transaction() as tx:
            gone = await photo_store.take_unfinished(tx, before=now - _UNFINISHED_FOR)
            payloads = [{"photo_id": str(photo_id)} for photo_id in gone]
            await jobs.enqueue_many(tx, CLEAN_PHOTO, payloads, at=now)

    async def sweep(self) -> None:
        """Remove all files that belong to no photo."""
        names = [name for name in await self._storage.folders(FOLDER) if _is_id(name)]
        for start in range(0, len(names), _CHECKED_AT_ONCE):
            ids = [UUID(name) for name in names[start : start + _CHECKED_AT_ONCE]]
            async with self._db.read() as tx:
                known = await photo_store.known_photos(tx, ids)
            for photo_id in ids:
                if photo_id not in known:
                    await self._storage.delete_folder(folder_of(photo_id))


def _is_id(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False
