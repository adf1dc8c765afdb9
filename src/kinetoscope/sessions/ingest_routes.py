"""WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep) over HTTP, with a session's token as the bearer."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from ..http.declare import Access, Declaration, declare
from ..http.request import provided
from ..kernel.errors import ChangedMeanwhile, Refusal
from . import examples, trickle
from .gate import InSession, InsideRoute
from .ingest import Ingest
from .models import IceServer, Ingested
from .refusals import (
    AnswerPending,
    BadSdp,
    ConnectionLost,
    ConnectionNotFound,
    ConnectionNotUp,
    ConnectionReplaced,
    EtagNeeded,
    IceRestartUnsupported,
    MediaRefused,
    MediaUnavailable,
    NotAMember,
    NothingPublished,
    NotJoined,
    NotYourParticipant,
    ParticipantNotFound,
    Removed,
    SessionEnded,
    SessionFull,
    SessionNotFound,
    WrongSession,
)

PATH = "/api/v1/video-sessions"
SDP = "application/sdp"

whip = APIRouter(prefix=PATH + "/whip", tags=["sessions"], route_class=InsideRoute)
whep = APIRouter(prefix=PATH + "/whep", tags=["sessions"], route_class=InsideRoute)
routers = (whip, whep)

IngestService = Annotated[Ingest, Depends(provided(Ingest))]

_OWN = (
    SessionNotFound,
    WrongSession,
    ParticipantNotFound,
    NotYourParticipant,
    NotAMember,
    Removed,
    SessionEnded,
)
_BEGINNING = (
    *_OWN,
    BadSdp,
    SessionFull,
    NotJoined,
    ConnectionReplaced,
    ConnectionLost,
    ConnectionNotUp,
    AnswerPending,
    MediaRefused,
    MediaUnavailable,
)


def _sdp_body(media_type: str, example: str) -> dict[str, Any]:
    return {"required": True, "content": {media_type: {"schema": {"type": "string"}, "example": example}}}


def _declare_begin(*refusals: type[Refusal]) -> Declaration:
    declaration = declare(Access.PARTICIPANT, *_BEGINNING, *refusals, body=SDP)
    declaration["openapi_extra"]["requestBody"] = _sdp_body(SDP, examples.OFFER)
    answer: dict[str, Any] = {"description": "The answer", "content": {SDP: {"schema": {"type": "string"}}}}
    header = {"schema": {"type": "string"}}
    answer["headers"] = {
        "ETag": header | {"description": "Names the ICE session"},
        "Link": header | {"description": "STUN and TURN servers, `rel=ice-server`"},
    }
    declaration["responses"][201] = answer
    return declaration


def _declare_trickle() -> Declaration:
    refusals = (ConnectionNotFound, ChangedMeanwhile, EtagNeeded, BadSdp, IceRestartUnsupported)
    declaration = declare(Access.PARTICIPANT, *_OWN, *refusals, body=trickle.MEDIA_TYPE)
    declaration["openapi_extra"]["requestBody"] = _sdp_body(trickle.MEDIA_TYPE, examples.FRAGMENT)
    return declaration


async def _text(request: Request) -> str:
    try:
        return (await request.body()).decode()
    except UnicodeDecodeError as error:
        raise BadSdp from error


Text = Annotated[str, Depends(_text)]


def _link(server: IceServer) -> str:
    """Return a server as a Link header names it (RFC 9725, section 4.6)."""
    signs = ""
    if server.username is not None:
        signs = (
            f'; username="{server.username}"; credential="{server.credential}"; credential-type="password"'
        )
    return ", ".join(f'<{url}>; rel="ice-server"{signs}' for url in server.urls)


def _answer(kind: str, ingested: Ingested) -> Response:
    headers = {
        "Location": f"{PATH}/{kind}/{ingested.session_id}/{ingested.connection_id}",
        "ETag": ingested.etag,
    }
    if ingested.ice_servers:
        headers["Link"] = ", ".join(_link(server) for server in ingested.ice_servers)
    return Response(ingested.answer, 201, headers=headers, media_type=SDP)


@whip.post("/{session_id}", status_code=201, response_class=Response, **_declare_begin())
async def whip_publish(session_id: UUID, sdp: Text, actor: InSession, ingest: IngestService) -> Response:
    """Publish with one request (WHIP): OBS, GStreamer, ffmpeg. Every m-line that is sent becomes a track."""
    return _answer("whip", await ingest.publish(actor, session_id, sdp))


@whep.post("/{session_id}", status_code=201, response_class=Response, **_declare_begin(NothingPublished))
async def whep_play(session_id: UUID, sdp: Text, actor: InSession, ingest: IngestService) -> Response:
    """Play with one request (WHEP): each m-line gets the newest track of its kind."""
    return _answer("whep", await ingest.play(actor, session_id, sdp))


async def _trickle(
    request: Request, session_id: UUID, connection_id: UUID, actor: InSession, ingest: IngestService
) -> None:
    await ingest.require(actor, session_id, connection_id, etags=None)
    field = request.headers.get("if-match")
    if field is None:
        raise EtagNeeded
    etags = None if field.strip() == "*" else [tag.strip() for tag in field.split(",")]
    connection = await ingest.require(actor, session_id, connection_id, etags=etags)
    trickle.require_no_restart(await _text(request), connection.ice_ufrag)


_Trickled = Annotated[None, Depends(_trickle)]


@whip.patch("/{session_id}/{connection_id}", status_code=204, **_declare_trickle())
async def whip_trickle(session_id: UUID, connection_id: UUID, _: _Trickled) -> None:
    """Take further ICE candidates. The server learns addresses from connectivity checks and needs none."""


@whep.patch("/{session_id}/{connection_id}", status_code=204, **_declare_trickle())
async def whep_trickle(session_id: UUID, connection_id: UUID, _: _Trickled) -> None:
    """Take further ICE candidates. The server learns addresses from connectivity checks and needs none."""


_END = declare(Access.PARTICIPANT, *_OWN, ConnectionNotFound)


@whip.delete("/{session_id}/{connection_id}", status_code=204, **_END)
async def whip_end(session_id: UUID, connection_id: UUID, actor: InSession, ingest: IngestService) -> None:
    """Stop publishing; the participant leaves."""
    await ingest.end(actor, session_id, connection_id)


@whep.delete("/{session_id}/{connection_id}", status_code=204, **_END)
async def whep_end(session_id: UUID, connection_id: UUID, actor: InSession, ingest: IngestService) -> None:
    """Stop playing; the participant leaves."""
    await ingest.end(actor, session_id, connection_id)
