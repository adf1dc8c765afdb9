"""The use cases around an upload: starting, asking, cancelling, and forgetting what was never finished."""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from ..kernel import jobs
from ..kernel.caller import Caller
from ..kernel.clock import Clock
from ..kernel.db import Database, Tx
from ..kernel.ids import uuid7
from ..videos import Video, find_video_for_update, require_own_video, save_changed_video
from . import store
from .cleaning import CLEAN
from .models import StartedUpload, Upload, UploadWish
from .refusals import (
    EmptyUpload,
    TooManyUploads,
    UploadComplete,
    UploadNotFound,
    UploadTooLarge,
    VideoBusy,
)

MOST_OPEN = 20
"""How many unfinished uploads an account may have."""

_EXPIRED_AT_ONCE = 100


class Uploads:
    """Unfinished files of videos, each with an address of its own."""

    def __init__(self, db: Database, *, clock: Clock, lifetime: timedelta, max_bytes: int) -> None:
        self._db = db
        self._clock = clock
        self._lifetime = lifetime
        self.max_bytes = max_bytes

    async def start(
        self, caller: Caller, video_id: UUID, wish: UploadWish, *, base_url: str
    ) -> StartedUpload:
        """Begin to receive a video's file, in the place of any that was begun before.

        Refuses with `VideoBusy`, `TooManyUploads`, `UploadTooLarge`, `EmptyUpload`.
        """
        _check_size(wish.size, self.max_bytes)
        now = self._clock()
        token = secrets.token_urlsafe(32)
        upload = Upload(
            uuid7(), video_id, wish.size, 0, 1, "open", wish.metadata, base_url, now + self._lifetime
        )
        async with self._db.transaction() as tx:
            video = await require_own_video(tx, video_id, caller)
            if video.status == "processing":
                raise VideoBusy
            if await store.delete_uploads_of(tx, video_id):
                await _promise_cleaning(tx, video_id, at=now)
            if await store.count_open_uploads(tx, caller.id, at=now) >= MOST_OPEN:
                raise TooManyUploads
            await store.insert_upload(tx, upload, wish, caller.id, store.hashed_token(token), now)
            changed = replace(
                video, status="uploading", status_detail=None, version=video.version + 1, updated_at=now
            )
            await save_changed_video(tx, changed)
        return StartedUpload(token, upload)

    async def get(self, token: str) -> Upload:
        """Return how an upload stands; refuses with `UploadNotFound`, `UploadExpired`."""
        async with self._db.read() as tx:
            return await store.require_upload(tx, token, at=self._clock())

    async def cancel(self, token: str) -> None:
        """Remove an unfinished upload and what has come of it; refuses with `UploadComplete`."""
        now = self._clock()
        async with self._db.transaction() as tx:
            upload = await store.require_upload(tx, token, at=now)
            video = await find_video_for_update(tx, upload.video_id)
            if video is None:
                raise UploadNotFound
            if not await store.delete_open_upload(tx, upload.id):
                raise UploadComplete
            await _settle(tx, video, at=now)

    async def forget_expired(self) -> None:
        """Remove uploads that were not finished in time, and rows that nobody can ask for any more."""
        now = self._clock()
        async with self._db.read() as tx:
            expired = await store.list_expired_uploads(tx, at=now, at_most=_EXPIRED_AT_ONCE)
            await store.forget_processed_uploads(tx, at=now)
        for upload in expired:
            async with self._db.transaction() as tx:
                video = await find_video_for_update(tx, upload.video_id)
                if video and await store.delete_open_upload(tx, upload.id, expired_at=now):
                    await _settle(tx, video, at=now)


def _check_size(size: int | None, most: int) -> None:
    if size == 0:
        raise EmptyUpload
    if size is not None and size > most:
        raise UploadTooLarge(f"The file is larger than this installation takes: at most {most:,} bytes.")


async def _settle(tx: Tx, video: Video, *, at: datetime) -> None:
    """Let a video be what it was before an upload that came to nothing."""
    await _promise_cleaning(tx, video.id, at=at)
    if video.status == "uploading":
        status = "registered" if video.playback is None else "ready"
        await save_changed_video(tx, replace(video, status=status, version=video.version + 1, updated_at=at))


async def _promise_cleaning(tx: Tx, video_id: UUID, *, at: datetime) -> None:
    await jobs.enqueue(tx, CLEAN, {"video_id": str(video_id)}, at=at)
