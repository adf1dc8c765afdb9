"""The JSON of recordings."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from .models import Recording, RecordingStatus


class RecordingOut(BaseModel):
    """A recording of a live session; `ready` once its video is."""

    id: UUID
    recording_id: UUID = Field(description="The same as id")
    session_id: UUID
    status: RecordingStatus
    status_detail: str | None = Field(description="Why it has failed")
    video_id: UUID | None = Field(description="What it becomes: a video of the host's, private at first")
    started_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, recording: Recording) -> "RecordingOut":
        """Return a recording as it is shown."""
        assert recording.session_id is not None, "it was found by its session"
        return cls(
            id=recording.id,
            recording_id=recording.id,
            session_id=recording.session_id,
            status=recording.status,
            status_detail=recording.status_detail,
            video_id=recording.video_id,
            started_at=recording.started_at,
            ended_at=recording.ended_at,
        )


class RecordingList(BaseModel):
    """The recordings of a session, oldest first."""

    recordings: list[RecordingOut]
    total: int

    @classmethod
    def of(cls, recordings: Sequence[Recording]) -> "RecordingList":
        """Return recordings as they are shown."""
        return cls(recordings=[RecordingOut.of(each) for each in recordings], total=len(recordings))
