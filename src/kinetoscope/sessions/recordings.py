"""Recording a session: starting, ending, and what is told of it. What becomes of it is `filing`'s."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from ..kernel.clock import Clock
from ..kernel.db import Database, Tx
from ..kernel.ids import uuid7
from ..kernel.jobs import Job
from . import events, recording_store, store
from .models import Actor, RecordedTrack, Recording
from .realtime import ConnectionGone, KeptRecordings, Realtime, RealtimeSession
from .recorded import about, by_connection, end_recording, record_published
from .refusals import MediaRefused, MediaUnavailable, RecordingUnsupported, SessionEnded, SessionNotFound
from .rules import require_host, require_right_session
from .service import require_insight

WATCHED_EVERY = timedelta(seconds=5)


class Recordings:
    """Starts and ends recordings of sessions."""

    def __init__(self, db: Database, *, clock: Clock, realtime: Realtime) -> None:
        self._db = db
        self._clock = clock
        self._realtime = realtime

    async def start(self, actor: Actor, session_id: UUID, *, base_url: str) -> tuple[Recording, bool]:
        """Record a session from now on; return the recording that goes on, and whether it is a new one.

        Refuses with `NotTheHost`, `SessionEnded`, `RecordingUnsupported`, `MediaUnavailable`.
        """
        async with self._db.read() as tx:
            session = await store.require_session(tx, session_id)
        require_right_session(actor, session_id)
        require_host(actor, session)
        if session.status == "ended":
            raise SessionEnded
        kept = await self._realtime.recordings(session.media_url)
        recording = Recording(
            id=uuid7(),
            session_id=session_id,
            host_id=session.host_id,
            title=session.session_name,
            base_url=base_url,
            media_url=session.media_url,
            instance=kept.instance,
            status="recording",
            status_detail=None,
            video_id=None,
            started_at=self._clock(),
            ended_at=None,
        )
        async with self._db.transaction() as tx:
            return await self._begun(tx, recording, session_id)

    async def stop(self, actor: Actor, session_id: UUID) -> None:
        """End the recording of a session; one that does not go on is as good as ended."""
        async with self._db.transaction() as tx:
            session = await store.lock_session(tx, session_id)
            require_right_session(actor, session_id)
            require_host(actor, session)
            await end_recording(tx, session_id, at=self._clock())

    async def list(self, actor: Actor, session_id: UUID) -> Sequence[Recording]:
        """Return the recordings of a session, oldest first; refuses who may not look into it."""
        async with self._db.read() as tx:
            await require_insight(tx, actor, session_id)
            return await recording_store.list_of(tx, session_id)

    async def start_tracks(self, job: Job) -> None:
        """Let the media server record what it does not record yet; again and again, without harm."""
        recording_id = UUID(job.text("recording_id"))
        async with self._db.read() as tx:
            recording = await recording_store.find(tx, recording_id)
            tracks = await recording_store.list_tracks(tx, recording_id)
        if recording is None or recording.status != "recording":
            return
        if await self._instance(recording.media_url) not in {None, recording.instance}:
            await self._end(recording)
            return
        for realtime_id, published in by_connection([each for each in tracks if not each.is_running]):
            connection = RealtimeSession(recording.media_url, realtime_id)
            await self._start_tracks(recording, connection, published)

    async def watch(self) -> None:
        """End the recordings of rooms that all have left, and of media servers that were started anew."""
        async with self._db.read() as tx:
            going_on = await recording_store.list_open(tx)
        instances: dict[str, str | None] = {}
        for recording, present in going_on:
            url = recording.media_url
            if url not in instances:
                instances[url] = await self._instance(url)
            if present == 0 or instances[url] not in {None, recording.instance}:
                await self._end(recording)

    async def _end(self, recording: Recording) -> None:
        """End a recording, unless it has ended meanwhile."""
        if recording.session_id is None:
            return
        async with self._db.transaction() as tx:
            try:
                session = await store.lock_session(tx, recording.session_id)
            except SessionNotFound:
                return  # deleted just now, and so ended
            if session.recording_id == recording.id:
                await end_recording(tx, session.id, at=self._clock())

    async def _begun(self, tx: Tx, recording: Recording, session_id: UUID) -> tuple[Recording, bool]:
        """Save a recording; of racing ones one is new, and the others are told of it."""
        now = recording.started_at
        session = await store.lock_active_session(tx, session_id)
        if session.media_url != recording.media_url:
            raise MediaUnavailable  # it has just moved
        if not await recording_store.begin(tx, recording):
            assert session.recording_id is not None, "it is active, and locked"
            present = await recording_store.find(tx, session.recording_id)
            assert present is not None, "it goes on"
            return present, False
        await events.record(tx, session_id, "recording.started", about(recording), at=now)
        await record_published(tx, session_id, at=now)
        return recording, True

    async def _start_tracks(
        self, recording: Recording, connection: RealtimeSession, tracks: Sequence[RecordedTrack]
    ) -> None:
        files = {str(track.track_id): track.file for track in tracks}
        try:
            names = await self._realtime.start_recording(connection, files)
        except (ConnectionGone, MediaRefused):
            return  # who published them is gone
        async with self._db.read() as tx:
            goes_on = await recording_store.save_running(tx, recording.id, [UUID(name) for name in names])
        if names and not goes_on:  # it ended while we asked
            await self._realtime.stop_recording(connection, names)

    async def _instance(self, url: str) -> str | None:
        """Return which start of a media server this is; None where it does not say."""
        try:
            kept: KeptRecordings = await self._realtime.recordings(url)
        except (MediaUnavailable, RecordingUnsupported):
            return None
        return kept.instance
