"""What becomes of a recording: its files are joined, and handed in as the file of a video of the host's.

Each step may be interrupted and begun anew: the video is remembered before its file is handed in, and files
are removed when the video is ready, or when nobody knows them.
"""

import asyncio
import logging
import re
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from ..accounts import AccountGone
from ..engine import EngineFailed, EngineLimits, NotAVideo, Progress, TapeFile, join_recording
from ..kernel import jobs
from ..kernel.caller import Caller
from ..kernel.clock import Clock
from ..kernel.db import Database, Tx
from ..kernel.errors import NotFound
from ..kernel.jobs import Job
from ..media import Receiving, Scratch, Uploads, UploadWish, VideoBusy
from ..videos import Status, VideoFields, find_video_for_update, register_video
from . import events, recording_store
from .models import FORGET_RECORDING, RecordedTrack, Recording, RecordingOutcome
from .realtime import Realtime, RealtimeSession
from .recorded import about, by_connection
from .refusals import MediaRefused, MediaUnavailable, RecordingUnsupported
from .servers import MediaServers

log = logging.getLogger(__name__)

SWEPT_EVERY = timedelta(hours=1)
NOTHING = "Nothing was sent while this was recorded."
GAVE_UP = "The recording could not be put together. Ask whoever runs this installation."
_VIDEO_DELETED = "The video was deleted."
_FAILED_KEPT = timedelta(days=7)
_READ_BYTES = 1 << 20
_FILE = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-[0-9a-f-]{36}\.ktrtp")
_HANDED_IN: frozenset[Status] = frozenset({"processing", "ready", "failed"})


class Filing:
    """Makes videos of recordings, and removes the files that they were made of."""

    def __init__(
        self,
        db: Database,
        *,
        clock: Clock,
        realtime: Realtime,
        servers: MediaServers,
        media: tuple[Uploads, Receiving, Scratch],
        limits: EngineLimits,
    ) -> None:
        self._db = db
        self._clock = clock
        self._realtime = realtime
        self._servers = servers
        self._uploads, self._receiving, self._scratch = media
        self._limits = limits

    async def join(self, job: Job) -> None:
        """Make a video of a recording that has ended. Raises what may pass when it is tried again."""
        async with self._db.read() as tx:
            recording = await recording_store.find(tx, UUID(job.text("recording_id")))
        if recording is None or recording.status != "processing" or await self._is_handed_in(recording):
            return
        with self._scratch.room(str(recording.id)) as room:
            try:
                await self._join(recording, room)
            except NotAVideo as refusal:
                await self.fail(recording.id, refusal.reason)
            except EngineFailed as failure:
                if failure.may_pass_later:
                    raise
                log.warning("recording failed", extra={"recording": str(recording.id)}, exc_info=failure)
                await self.fail(recording.id, failure.reason)
            except AccountGone:
                return

    async def fail(self, recording_id: UUID, sentence: str) -> None:
        """Let a recording fail; its files are kept for some days."""
        async with self._db.transaction() as tx:
            await _finish(tx, recording_id, "failed", detail=sentence, clock=self._clock)

    async def forget(self, job: Job) -> None:
        """Remove the files of a recording."""
        async with self._db.read() as tx:
            recording = await recording_store.find(tx, UUID(job.text("recording_id")))
            tracks = await recording_store.list_tracks(tx, UUID(job.text("recording_id")))
        if recording is not None:
            for track in tracks:
                await self._realtime.forget_recording(recording.media_url, track.file)

    async def sweep(self) -> None:
        """Remove the files that no recording needs: what was erased, what has failed long ago."""
        for url in await self._servers.known():
            try:
                kept = await self._realtime.recordings(url)
            except (MediaUnavailable, RecordingUnsupported):
                continue
            # Listed first, then asked for: a file is written after the row that needs it.
            owners = {file: UUID(found[1]) for file in kept.files if (found := _FILE.fullmatch(file))}
            async with self._db.read() as tx:
                since = self._clock() - _FAILED_KEPT
                needed = await recording_store.still_needed(tx, set(owners.values()), since=since)
            for file in [file for file, owner in owners.items() if owner not in needed]:
                try:
                    await self._realtime.forget_recording(url, file)
                except (MediaRefused, MediaUnavailable):
                    log.warning("a file of a recording stays", extra={"url": url, "file": file})

    async def video_changed(self, job: Job) -> None:
        """Finish a recording when its video is ready, or has failed."""
        async with self._db.transaction() as tx:
            recording = await recording_store.find_unfinished_of_video(tx, UUID(job.text("video_id")))
            if recording is None or recording.video_id is None:
                return
            video = await find_video_for_update(tx, recording.video_id)
            if video is None:
                await _finish(tx, recording.id, "failed", detail=_VIDEO_DELETED, clock=self._clock)
            elif video.status == "ready":
                await _finish(tx, recording.id, "ready", detail=None, clock=self._clock)
            elif video.status == "failed":
                await _finish(tx, recording.id, "failed", detail=video.status_detail, clock=self._clock)

    async def _is_handed_in(self, recording: Recording) -> bool:
        """Whether nothing is left to do: its video has the file, or was deleted."""
        if recording.video_id is None:
            return False
        async with self._db.transaction() as tx:
            video = await find_video_for_update(tx, recording.video_id)
        return video is None or video.status in _HANDED_IN

    async def _join(self, recording: Recording, room: Path) -> None:
        async with self._db.read() as tx:
            tracks = await recording_store.list_tracks(tx, recording.id)
        for realtime_id, published in by_connection(tracks):
            connection = RealtimeSession(recording.media_url, realtime_id)
            await self._realtime.stop_recording(connection, [str(track.track_id) for track in published])
        tapes = [tape for track in tracks if (tape := await self._fetched(recording, track, room))]
        if not tapes:
            raise NotAVideo(NOTHING)
        joined = room / "recording.mkv"
        await join_recording(tapes, joined, self._limits, _untold)
        await self._hand_in(recording, joined)

    async def _fetched(self, recording: Recording, track: RecordedTrack, room: Path) -> TapeFile | None:
        path = room / track.file
        found = await self._realtime.fetch_recording(recording.media_url, track.file, path)
        return TapeFile(str(path), track.type, track.realtime_id) if found else None

    async def _hand_in(self, recording: Recording, path: Path) -> None:
        """Give the file to the video as its owner would, in the place of one that was begun before."""
        try:
            video_id = await self._video_of(recording)
            size = (await asyncio.to_thread(path.stat)).st_size
            wish = UploadWish(size=size, filename=path.name)
            host = Caller(recording.host_id, "USER")
            started = await self._uploads.start(host, video_id, wish, base_url=recording.base_url)
            await self._receiving.replace(started.token, size, _read(path))
        except (VideoBusy, NotFound):
            return  # another run has handed it in, or the video was deleted

    async def _video_of(self, recording: Recording) -> UUID:
        """Return the video that a recording becomes: always the same."""
        if recording.video_id is not None:
            return recording.video_id
        fields = VideoFields(
            title=recording.title,
            description=f"Recorded live on {recording.started_at:%Y-%m-%d at %H:%M} UTC.",
            visibility="private",
        )
        async with self._db.transaction() as tx:
            video = await register_video(tx, recording.host_id, fields, at=self._clock())
            if await recording_store.save_video(tx, recording.id, video.id):
                return video.id
        raise NotFound


async def _finish(
    tx: Tx, recording_id: UUID, status: RecordingOutcome, *, detail: str | None, clock: Clock
) -> None:
    """Say what has become of a recording, once, to all who follow its session."""
    now = clock()
    recording = await recording_store.finish(tx, recording_id, status, detail=detail)
    if recording is None:
        return
    if status == "ready":
        await jobs.enqueue(tx, FORGET_RECORDING, {"recording_id": str(recording_id)}, at=now)
    if recording.session_id is not None:
        kind: events.EventType = "recording.ready" if status == "ready" else "recording.failed"
        await events.record(tx, recording.session_id, kind, about(recording), at=now)


async def _untold(_: Progress) -> None:
    """Tell nobody how far it is."""


async def _read(path: Path) -> AsyncGenerator[bytes]:
    file = await asyncio.to_thread(path.open, "rb")
    try:
        while piece := await asyncio.to_thread(file.read, _READ_BYTES):
            yield piece
    finally:
        await asyncio.to_thread(file.close)
