"""Recording a session, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from ..http.declare import Access, declare
from ..http.request import BaseUrl, provided
from .gate import InSession, InsideRoute
from .recording_schemas import RecordingList, RecordingOut
from .recordings import Recordings
from .refusals import (
    MediaRefused,
    MediaUnavailable,
    NotAMember,
    NotTheHost,
    RecordingUnsupported,
    Removed,
    SessionEnded,
    SessionNotFound,
    WrongSession,
)

PATH = "/api/v1/video-sessions/sessions/{session_id}/recordings"

router = APIRouter(prefix=PATH, tags=["sessions"], route_class=InsideRoute)

RecordingsService = Annotated[Recordings, Depends(provided(Recordings))]

_HOSTING = (SessionNotFound, WrongSession, NotTheHost)
_STARTING = declare(
    Access.PARTICIPANT, *_HOSTING, SessionEnded, RecordingUnsupported, MediaRefused, MediaUnavailable
)
_STARTING["responses"] |= {200: {"model": RecordingOut, "description": "It is recorded already"}}


@router.post("", status_code=201, **_STARTING)
async def start_recording(
    session_id: UUID, response: Response, actor: InSession, recordings: RecordingsService, base_url: BaseUrl
) -> RecordingOut:
    """Record all that is sent in a session, for its host. It becomes a private video of the host's.

    Where it is recorded already, that recording goes on.
    """
    recording, is_new = await recordings.start(actor, session_id, base_url=base_url)
    response.status_code = 201 if is_new else 200
    response.headers["Location"] = PATH.format(session_id=session_id)
    return RecordingOut.of(recording)


@router.delete("", status_code=204, **declare(Access.PARTICIPANT, *_HOSTING))
async def stop_recording(session_id: UUID, actor: InSession, recordings: RecordingsService) -> None:
    """End the recording of a session, for its host. Again, or without one, nothing happens."""
    await recordings.stop(actor, session_id)


@router.get("", **declare(Access.PARTICIPANT, SessionNotFound, WrongSession, NotAMember, Removed))
async def list_recordings(session_id: UUID, actor: InSession, recordings: RecordingsService) -> RecordingList:
    """Return the recordings of a session, oldest first: for the host, who is in it, and administrators."""
    return RecordingList.of(await recordings.list(actor, session_id))
