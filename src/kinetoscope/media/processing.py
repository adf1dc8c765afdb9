"""Making a video of a complete upload: the engine's work, and what counts of it."""

import asyncio
import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from ..engine import EngineFailed, EngineLimits, NotAVideo, Processed, Progress, Stage, run_engine
from ..kernel import jobs
from ..kernel.clock import Clock
from ..kernel.db import Database
from ..kernel.errors import DatabaseUnavailable
from ..kernel.ids import uuid7
from ..videos import Playback, Video, find_video_for_update, save_changed_video, save_progress
from . import store
from .cleaning import CLEAN, Cleaning, folder_of
from .models import MediaFile, Piece, Upload
from .scratch import Scratch
from .signing import AddressSigner
from .storage import Storage

log = logging.getLogger(__name__)

GAVE_UP = "Processing failed several times. Upload the file again, or ask whoever runs this installation."

_PROGRESS_SECONDS = 1.0
_SIDEWAYS = frozenset({90, 270})
_STAGES: Mapping[Stage, str] = {
    "checking": "Checking the file",
    "copying": "Preparing the file",
    "transcoding": "Transcoding",
    "poster": "Making the poster",
    "storyboard": "Making the storyboard",
    "streaming": "Preparing for streaming",
}


class Processing:
    """Turns complete uploads into videos that play.

    May be interrupted anywhere and begun anew, and even run twice at once: every run writes to places of its
    own, and one transaction lets one of them count.
    """

    def __init__(
        self,
        db: Database,
        *,
        clock: Clock,
        storage: Storage,
        cleaning: Cleaning,
        scratch: Scratch,
        signer: AddressSigner,
        limits: EngineLimits,
    ) -> None:
        self._db = db
        self._clock = clock
        self._storage = storage
        self._cleaning = cleaning
        self._scratch = scratch
        self._signer = signer
        self._limits = limits

    async def process(self, upload_id: UUID) -> None:
        """Make a video of an upload, or let it fail with a sentence.

        Raises what may pass when it is tried again.
        """
        async with self._db.read() as tx:
            upload = await store.find_upload(tx, upload_id)
            pieces = await store.list_pieces(tx, upload_id)
        if upload is None or upload.state != "complete":
            return  # done before, or its video is gone
        with self._scratch.room(str(upload_id)) as room:
            try:
                await self._assemble(pieces, room / "source")
                processed = await self._run_engine(upload, room)
            except NotAVideo as refusal:
                await self.fail(upload_id, refusal.reason)
                return
            except EngineFailed as failure:
                if failure.may_pass_later:
                    raise
                log.warning("processing failed", extra={"upload": str(upload_id)}, exc_info=failure)
                await self.fail(upload_id, failure.reason)
                return
            await self._publish(upload, processed, room / "out")

    async def fail(self, upload_id: UUID, sentence: str) -> None:
        """Let a video fail, and its upload be removed; the file that it had before, if any, stays."""
        now = self._clock()
        async with self._db.transaction() as tx:
            upload = await store.find_upload(tx, upload_id)
            video = await find_video_for_update(tx, upload.video_id) if upload else None
            if video is None or not await store.spend_upload(tx, upload_id):
                return
            failed = replace(
                video, status="failed", status_detail=sentence, version=video.version + 1, updated_at=now
            )
            await save_changed_video(tx, failed)
            await jobs.enqueue(tx, CLEAN, {"video_id": str(video.id)}, at=now)

    async def _assemble(self, pieces: list[Piece], path: Path) -> None:
        """Write the pieces into one file."""
        file = await asyncio.to_thread(path.open, "wb")
        try:
            for piece in pieces:
                async for chunk in self._storage.stream(piece.key, 0, piece.length):
                    await asyncio.to_thread(file.write, chunk)
        finally:
            await asyncio.to_thread(file.close)

    async def _run_engine(self, upload: Upload, room: Path) -> Processed:
        out = room / "out"
        out.mkdir()
        note = _ProgressNote(self._db, upload.video_id)
        return await run_engine(room / "source", out, self._limits, note)

    async def _publish(self, upload: Upload, processed: Processed, out: Path) -> None:
        """Store the files, then let them count; of several runs for the same upload, one does."""
        media = self._media_file(upload, processed)
        folder = f"{folder_of(upload.video_id)}{media.processing_id}/"
        for path in await asyncio.to_thread(_files_in, out):
            await self._storage.put_file(folder + path.relative_to(out).as_posix(), path)
        async with self._db.transaction() as tx:
            video = await find_video_for_update(tx, upload.video_id)
            counts = video is not None and await store.spend_upload(tx, upload.id)
            if video is not None and counts:
                before = await store.find_media(tx, video.id)
                await store.save_media(tx, media)
                await save_changed_video(tx, self._ready(video, processed, media, before))
                await jobs.enqueue(tx, CLEAN, {"video_id": str(video.id)}, at=self._clock())
        if not counts:
            await self._storage.delete_folder(folder)
            await self._cleaning.clean(upload.video_id)

    def _media_file(self, upload: Upload, processed: Processed) -> MediaFile:
        processing_id = uuid7()
        poster = self._signer.poster(upload.video_id, processing_id)
        return MediaFile(
            video_id=upload.video_id,
            processing_id=processing_id,
            main=processed.main,
            content_type=processed.content_type,
            size_bytes=processed.result.size_bytes,
            total_bytes=processed.total_bytes,
            duration_seconds=processed.result.duration_seconds,
            poster=processed.poster,
            storyboard=processed.storyboard_track,
            hls=processed.hls,
            thumbnail_url=upload.base_url + poster + processed.poster,
            created_at=self._clock(),
        )

    def _ready(self, video: Video, processed: Processed, media: MediaFile, before: MediaFile | None) -> Video:
        """Return a video with its new file; a thumbnail that its owner chose stays."""
        result = processed.result
        sides = (result.width, result.height)
        width, height = reversed(sides) if result.rotation in _SIDEWAYS else sides
        is_owners = video.thumbnail_url is not None and (
            before is None or video.thumbnail_url != before.thumbnail_url
        )
        return replace(
            video,
            status="ready",
            status_detail=None,
            duration=round(result.duration_seconds),
            thumbnail_url=video.thumbnail_url if is_owners else media.thumbnail_url,
            playback=Playback(
                url=f"/api/v1/videos/{video.id}/playback",
                content_type=media.content_type,
                hls=media.hls is not None,
                width=width,
                height=height,
                size_bytes=media.size_bytes,
                video_codec=result.video_codec,
                audio_codec=result.audio_codec,
                bit_rate=result.bit_rate,
            ),
            version=video.version + 1,
            updated_at=self._clock(),
        )


def _files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


class _ProgressNote:
    """Writes how far the engine is into the video: each stage when it begins, then at most once a second."""

    def __init__(self, db: Database, video_id: UUID) -> None:
        self._db = db
        self._video_id = video_id
        self._next = 0.0
        self._stage: Stage | None = None

    async def __call__(self, progress: Progress) -> None:
        if progress.stage == self._stage and time.monotonic() < self._next:
            return
        self._stage = progress.stage
        self._next = time.monotonic() + _PROGRESS_SECONDS
        with suppress(DatabaseUnavailable):  # no reason to give up an hour's work
            await self._write(f"{_STAGES[progress.stage]}: {progress.percent} %")

    async def _write(self, text: str) -> None:
        async with self._db.transaction() as tx:
            video = await find_video_for_update(tx, self._video_id)
            if video is not None and video.status == "processing":
                # The version stays: progress is no change that an owner's If-Match should trip over.
                await save_progress(tx, replace(video, status_detail=text))
