"""Removing stored files that nothing refers to any more."""

from uuid import UUID

from ..kernel.db import Database
from . import store
from .storage import Storage

CLEAN = "media.clean"
"""The job that removes what a video, by its `video_id`, no longer needs."""

VIDEOS = "videos/"
UPLOADS = "uploads"
_CHECKED_AT_ONCE = 1000


def folder_of(video_id: UUID) -> str:
    """Return under which prefix everything of a video is stored."""
    return f"{VIDEOS}{video_id}/"


class Cleaning:
    """Compares what is stored with what is needed. May be repeated, and be interrupted, at any point.

    It always lists the files before it asks the database: a file is written after the row that needs it, so
    what is listed and has no row then is waste, and what is written meanwhile is not listed.
    """

    def __init__(self, db: Database, *, storage: Storage) -> None:
        self._db = db
        self._storage = storage

    async def clean(self, video_id: UUID) -> None:
        """Remove what a video no longer needs; everything, if the video is gone."""
        folder = folder_of(video_id)
        runs = await self._storage.folders(folder)
        attempts = await self._attempts(folder) if UPLOADS in runs else []
        async with self._db.read() as tx:
            kept = await store.load_kept(tx, video_id)
        for upload, attempt in attempts:
            if not kept.needs_attempt(upload, attempt):
                await self._storage.delete_folder(f"{folder}{UPLOADS}/{upload}/{attempt}/")
        for run in runs:
            if run != UPLOADS and not kept.needs_run(run):
                await self._storage.delete_folder(f"{folder}{run}/")

    async def sweep(self) -> None:
        """Remove the files of videos that have none any more: what a killed process may leave behind."""
        names = [name for name in await self._storage.folders(VIDEOS) if _is_id(name)]
        for start in range(0, len(names), _CHECKED_AT_ONCE):
            ids = [UUID(name) for name in names[start : start + _CHECKED_AT_ONCE]]
            async with self._db.read() as tx:
                empty = await store.videos_without_media(tx, ids)
            for video_id in empty:
                await self.clean(video_id)

    async def _attempts(self, folder: str) -> list[tuple[str, str]]:
        uploads = await self._storage.folders(f"{folder}{UPLOADS}/")
        return [
            (upload, attempt)
            for upload in uploads
            for attempt in await self._storage.folders(f"{folder}{UPLOADS}/{upload}/")
        ]


def _is_id(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False
