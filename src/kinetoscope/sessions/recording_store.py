"""Recordings and the tracks in them, in PostgreSQL."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from ..kernel.db import Record, Tx
from .models import RecordedTrack, Recording, RecordingOutcome

_COLUMNS: LiteralString = """
    r.id, r.session_id, r.host_id, r.title, r.base_url, r.media_url, r.instance, r.status, r.status_detail,
    r.video_id, r.started_at, r.ended_at
"""


async def begin(tx: Tx, recording: Recording) -> bool:
    """Save a new recording, unless one goes on in its session or that has ended; of racing ones one is."""
    begun = await tx.execute(
        """
        WITH begun AS (
            UPDATE video_sessions SET recording_id = $1
             WHERE id = $2 AND status = 'active' AND recording_id IS NULL AND deleted_at IS NULL
            RETURNING id
        )
        INSERT INTO session_recordings
               (id, session_id, host_id, title, base_url, media_url, instance, started_at)
        SELECT $1, id, $3, $4, $5, $6, $7, $8 FROM begun
        """,
        recording.id,
        recording.session_id,
        recording.host_id,
        recording.title,
        recording.base_url,
        recording.media_url,
        recording.instance,
        recording.started_at,
    )
    return begun == 1


async def end(tx: Tx, session_id: UUID, *, at: datetime) -> Recording | None:
    """Save that the recording that goes on in a session has ended and return it; None if there is none."""
    row = await tx.fetch_one(
        """
        WITH ended AS (
            UPDATE session_recordings r SET status = 'processing', ended_at = $2
              FROM video_sessions s
             WHERE s.id = $1 AND r.id = s.recording_id AND r.status = 'recording'
            RETURNING r.*
        ), freed AS (
            UPDATE video_sessions SET recording_id = NULL WHERE id = $1
        )
        SELECT
        """  # noqa: S608 - literals
        + _COLUMNS
        + "FROM ended r",
        session_id,
        at,
    )
    return _recording(row) if row else None


async def save_video(tx: Tx, recording_id: UUID, video_id: UUID) -> bool:
    """Save which video a recording becomes; False if it becomes another, or none any more."""
    saved = await tx.execute(
        """
        UPDATE session_recordings SET video_id = $2
         WHERE id = $1 AND video_id IS NULL AND status = 'processing'
        """,
        recording_id,
        video_id,
    )
    return saved == 1


async def finish(
    tx: Tx, recording_id: UUID, status: RecordingOutcome, *, detail: str | None
) -> Recording | None:
    """Save what has become of a recording and return it; None if that was known before."""
    row = await tx.fetch_one(
        """
        UPDATE session_recordings r SET status = $2, status_detail = $3
         WHERE id = $1 AND status = 'processing'
        RETURNING
        """  # noqa: S608 - literals
        + _COLUMNS,
        recording_id,
        status,
        detail,
    )
    return _recording(row) if row else None


async def find(tx: Tx, recording_id: UUID) -> Recording | None:
    """Return a recording."""
    row = await tx.fetch_one("SELECT" + _COLUMNS + "FROM session_recordings r WHERE id = $1", recording_id)
    return _recording(row) if row else None


async def find_unfinished_of_video(tx: Tx, video_id: UUID) -> Recording | None:
    """Return the recording that becomes a video, unless it already has."""
    row = await tx.fetch_one(
        "SELECT" + _COLUMNS + "FROM session_recordings r WHERE video_id = $1 AND status = 'processing'",
        video_id,
    )
    return _recording(row) if row else None


async def list_of(tx: Tx, session_id: UUID) -> list[Recording]:
    """Return the recordings of a session, oldest first."""
    rows = await tx.fetch(
        "SELECT" + _COLUMNS + "FROM session_recordings r WHERE session_id = $1 ORDER BY started_at, id",
        session_id,
    )
    return [_recording(row) for row in rows]


async def list_open(tx: Tx) -> list[tuple[Recording, int]]:
    """Return the recordings that go on, each with how many participants its session has."""
    rows = await tx.fetch(
        "SELECT"
        + _COLUMNS
        + """, s.participant_count
          FROM session_recordings r JOIN video_sessions s ON s.id = r.session_id
         WHERE r.status = 'recording'
        """
    )
    return [(_recording(row), row["participant_count"]) for row in rows]


async def add_tracks(tx: Tx, session_id: UUID) -> UUID | None:
    """Add what is published in a session to its recording; return that if there was something to add."""
    rows = await tx.fetch(
        """
        INSERT INTO session_recording_tracks (recording_id, track_id, type, realtime_id)
        SELECT r.id, t.id, t.type, c.realtime_id
          FROM video_sessions s
          JOIN session_recordings r ON r.id = s.recording_id
          JOIN session_tracks t ON t.session_id = s.id AND t.status = 'active'
          JOIN session_connections c ON c.id = t.connection_id AND c.media_url = r.media_url
         WHERE s.id = $1
            ON CONFLICT DO NOTHING
        RETURNING recording_id
        """,
        session_id,
    )
    return rows[0]["recording_id"] if rows else None


async def list_tracks(tx: Tx, recording_id: UUID) -> list[RecordedTrack]:
    """Return the tracks of a recording, oldest first."""
    rows = await tx.fetch(
        """
        SELECT recording_id, track_id, type, realtime_id, is_running
          FROM session_recording_tracks WHERE recording_id = $1 ORDER BY track_id
        """,
        recording_id,
    )
    return [RecordedTrack(**dict(row)) for row in rows]


async def save_running(tx: Tx, recording_id: UUID, track_ids: Sequence[UUID]) -> bool:
    """Save that tracks are being written; False if their recording has ended meanwhile."""
    saved = await tx.execute(
        """
        UPDATE session_recording_tracks t SET is_running = true
          FROM session_recordings r
         WHERE t.recording_id = $1 AND t.track_id = ANY($2) AND r.id = $1 AND r.status = 'recording'
        """,
        recording_id,
        list(track_ids),
    )
    return saved > 0


async def still_needed(tx: Tx, recording_ids: Collection[UUID], *, since: datetime) -> set[UUID]:
    """Return those of these whose files are needed: not ready yet, or failed after an instant."""
    rows = await tx.fetch(
        """
        SELECT id FROM session_recordings
         WHERE id = ANY($1)
           AND (status IN ('recording', 'processing') OR (status = 'failed' AND ended_at >= $2))
        """,
        list(recording_ids),
        since,
    )
    return {row["id"] for row in rows}


async def delete_of(tx: Tx, host_id: UUID) -> None:
    """Remove the recordings of an account; their files are swept away."""
    await tx.execute("DELETE FROM session_recordings WHERE host_id = $1", host_id)


def _recording(row: Record) -> Recording:
    return Recording(
        row["id"],
        row["session_id"],
        row["host_id"],
        row["title"],
        row["base_url"],
        row["media_url"],
        row["instance"],
        row["status"],
        row["status_detail"],
        row["video_id"],
        row["started_at"],
        row["ended_at"],
    )
