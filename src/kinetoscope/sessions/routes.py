"""Live sessions over HTTP: the sessions themselves, and who is in them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from ..accounts import AccountGone
from ..http.declare import Access, declare
from ..http.etags import is_unchanged, wanted_versions
from ..http.gate import gated_router
from ..http.request import PageParams, SignedIn, provided
from ..kernel.caller import Caller
from ..kernel.errors import ChangedMeanwhile
from . import ingest_routes, media_routes, recording_routes
from .gate import InSession, InsideRoute, MaybeActor
from .ice import IceServers
from .joining import Joining
from .models import Session
from .refusals import (
    MediaUnavailable,
    NotAMember,
    NotTheHost,
    NotYourParticipant,
    OthersSessions,
    ParticipantNotFound,
    Removed,
    SessionEnded,
    SessionFull,
    SessionNotFound,
    TooManyForMaximum,
    WrongSession,
)
from .schemas import (
    ChangedSession,
    IceServerList,
    IceServerOut,
    Join,
    NewSession,
    ParticipantList,
    SessionList,
    SessionOut,
    SessionToken,
)
from .service import POLICY, SessionLimit, Sessions

PATH = "/api/v1/video-sessions"

rooms = gated_router(prefix=PATH, tags=["sessions"])
inside = APIRouter(prefix=PATH, tags=["sessions"], route_class=InsideRoute)
routers = (rooms, inside, media_routes.router, recording_routes.router, *ingest_routes.routers)

SessionsService = Annotated[Sessions, Depends(provided(Sessions))]
JoiningService = Annotated[Joining, Depends(provided(Joining))]
Ice = Annotated[IceServers, Depends(provided(IceServers))]
Limit = Annotated[SessionLimit, Depends(provided(SessionLimit))]

_SEEING = (SessionNotFound, WrongSession)


def _etag(session: Session) -> str:
    return f'"{session.version}-{session.last_event}"'


@inside.get("/ice-servers", response_model_exclude_none=True, **declare(Access.OPTIONAL))
async def get_ice_servers(actor: MaybeActor, ice: Ice) -> IceServerList:
    """Return how to reach the media: STUN for everybody, TURN for who shows a credential, for a while."""
    holder = actor and (actor.participant_id or actor.user_id)
    servers = await ice.of(holder) if holder else await ice.public()
    return IceServerList(ice_servers=[IceServerOut.of(server) for server in servers])


@rooms.post(
    "/sessions", status_code=201, **declare(Access.SIGNED_IN, AccountGone, MediaUnavailable, limited=True)
)
async def create_session(
    body: NewSession, response: Response, caller: SignedIn, sessions: SessionsService, limit: Limit
) -> SessionOut:
    """Create a live session; the caller is its host. Join it with POST …/token."""
    response.headers.update((await limit.spend(caller)).headers(POLICY))
    session = await sessions.create(caller, body.session_name, max_participants=body.max_participants)
    response.headers.update({"Location": f"{PATH}/sessions/{session.id}", "ETag": _etag(session)})
    return SessionOut.of(session)


@rooms.get("/sessions/active", **declare(Access.SIGNED_IN))
async def list_active_sessions(page: PageParams, caller: SignedIn, sessions: SessionsService) -> SessionList:
    """Return the active sessions that the caller hosts or is in, newest first."""
    return SessionList.of(await sessions.list_active(caller, page))


@rooms.get("/sessions/user/{user_id}", **declare(Access.SIGNED_IN, OthersSessions))
async def list_user_sessions(
    user_id: UUID, page: PageParams, caller: SignedIn, sessions: SessionsService
) -> SessionList:
    """Return all sessions that an account hosts or has been in, newest first: its own, or for an admin."""
    return SessionList.of(await sessions.list_of(caller, user_id, page))


@inside.get("/sessions/{session_id}", response_model=SessionOut, **declare(Access.PARTICIPANT, *_SEEING))
async def get_session(
    session_id: UUID, request: Request, response: Response, actor: InSession, sessions: SessionsService
) -> SessionOut | Response:
    """Return a session; with its participants for the host, who is in it, and administrators."""
    shown = await sessions.get(actor, session_id)
    response.headers["ETag"] = _etag(shown.session)
    if is_unchanged(request, response.headers["ETag"]):
        return Response(status_code=304, headers={"ETag": response.headers["ETag"]})
    return SessionOut.of(shown.session, shown.members)


_CHANGE = (SessionNotFound, NotTheHost, TooManyForMaximum, SessionEnded, ChangedMeanwhile)


@rooms.put("/sessions/{session_id}", **declare(Access.OWNER, *_CHANGE))
async def update_session(
    session_id: UUID,
    body: ChangedSession,
    request: Request,
    response: Response,
    caller: SignedIn,
    sessions: SessionsService,
) -> SessionOut:
    """Change any subset of a session's fields, or end it. For its host."""
    return await _change(session_id, body, (request, response), caller, sessions)


@rooms.patch("/sessions/{session_id}", **declare(Access.OWNER, *_CHANGE))
async def patch_session(
    session_id: UUID,
    body: ChangedSession,
    request: Request,
    response: Response,
    caller: SignedIn,
    sessions: SessionsService,
) -> SessionOut:
    """Do the same as PUT: change any subset of a session's fields, or end it."""
    return await _change(session_id, body, (request, response), caller, sessions)


async def _change(
    session_id: UUID,
    body: ChangedSession,
    exchange: tuple[Request, Response],
    caller: Caller,
    sessions: Sessions,
) -> SessionOut:
    request, response = exchange
    session = await sessions.change(caller, session_id, body.changes(), versions=wanted_versions(request))
    response.headers["ETag"] = _etag(session)
    return SessionOut.of(session)


@rooms.delete(
    "/sessions/{session_id}",
    status_code=204,
    **declare(Access.OWNER, SessionNotFound, NotTheHost, ChangedMeanwhile),
)
async def delete_session(
    session_id: UUID, request: Request, caller: SignedIn, sessions: SessionsService
) -> None:
    """Delete a session: it ends, and its media are closed. For its host and administrators."""
    await sessions.delete(caller, session_id, versions=wanted_versions(request))


@rooms.post(
    "/sessions/{session_id}/token",
    response_model_exclude_none=True,
    **declare(Access.SIGNED_IN, SessionNotFound, SessionFull, SessionEnded, Removed, AccountGone),
)
async def create_session_token(
    session_id: UUID, caller: SignedIn, joining: JoiningService, body: Join | None = None
) -> SessionToken:
    """Join a session, and get the token for everything inside it. Again, it is the same participant."""
    wish = body or Join(display_name=None)
    return SessionToken.of(
        await joining.join(caller, session_id, display_name=wish.display_name, resume=wish.resume)
    )


@inside.get(
    "/sessions/{session_id}/participants", **declare(Access.PARTICIPANT, *_SEEING, NotAMember, Removed)
)
async def list_participants(session_id: UUID, actor: InSession, sessions: SessionsService) -> ParticipantList:
    """Return who is and was in a session, with the tracks that each publishes."""
    return ParticipantList.of(await sessions.participants(actor, session_id))


@inside.delete(
    "/sessions/{session_id}/participants/{participant_id}",
    status_code=204,
    **declare(Access.PARTICIPANT, *_SEEING, ParticipantNotFound, NotYourParticipant, Removed),
)
async def leave_session(
    session_id: UUID, participant_id: UUID, actor: InSession, joining: JoiningService
) -> None:
    """Leave a session. The host can remove another, who may then not come back."""
    await joining.leave(actor, session_id, participant_id)
