"""What other changes of a session mean for its recording, in their transactions."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from ..kernel import jobs
from ..kernel.db import Tx
from . import events, recording_store
from .models import JOIN_RECORDING, START_TRACKS, RecordedTrack, Recording

_MOST_AT_ONCE = 64


async def record_published(tx: Tx, session_id: UUID, *, at: datetime) -> None:
    """Promise that what is published in a session that is locked is recorded, if the session is."""
    recording_id = await recording_store.add_tracks(tx, session_id)
    if recording_id is not None:
        await jobs.enqueue(tx, START_TRACKS, {"recording_id": str(recording_id)}, at=at)


async def end_recording(tx: Tx, session_id: UUID, *, at: datetime) -> None:
    """End the recording of a session that is locked, if one goes on; that it becomes a video is promised."""
    ended = await recording_store.end(tx, session_id, at=at)
    if ended is None:
        return
    await events.record(tx, session_id, "recording.stopped", about(ended), at=at)
    await jobs.enqueue(tx, JOIN_RECORDING, {"recording_id": str(ended.id)}, at=at)


def about(recording: Recording) -> dict[str, object]:
    """Return what an event tells of a recording."""
    return {
        "session_id": str(recording.session_id),
        "recording_id": str(recording.id),
        "status": recording.status,
        "status_detail": recording.status_detail,
        "video_id": str(recording.video_id) if recording.video_id else None,
    }


def by_connection(tracks: Sequence[RecordedTrack]) -> Iterator[tuple[str, Sequence[RecordedTrack]]]:
    """Give tracks by the connection that publishes them, as many at a time as a media server takes."""
    found: dict[str, list[RecordedTrack]] = {}
    for track in tracks:
        found.setdefault(track.realtime_id, []).append(track)
    for realtime_id, published in found.items():
        for start in range(0, len(published), _MOST_AT_ONCE):
            yield realtime_id, published[start : start + _MOST_AT_ONCE]
