"""The Connection API over HTTP, as a plain ASGI application: who calls, what for, and how it is answered."""

import hmac
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import msgspec

from .channels import Channels
from .ice_servers import IceServerList
from .recordings import Recordings
from .refusals import NotFound, PayloadTooLarge, Refused, Unauthorized, WrongMethod
from .schemas import (
    ChangedTracks,
    ClosedTracks,
    DataChannels,
    Establishment,
    IceServersWish,
    NewSession,
    NewTracks,
    RecordedTracks,
    Renegotiation,
    decoded,
)
from .sdp import number
from .sending_files import send_file
from .sessions import Session, Sessions
from .tracks import Tracks

log = logging.getLogger("kinetoscope_sfu")

MOST_BODY_BYTES = 1 << 20
_SESSION_PATH = 6  # /v1/apps/{app}/sessions/{session}

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Answered = tuple[HTTPStatus, msgspec.Struct | Path]
SessionCall = Callable[[Session, bytes], Awaitable[msgspec.Struct]]


@dataclass(frozen=True, slots=True)
class App:
    """The one app that this server serves, and the secret of who may use it."""

    id: str
    secret: str

    def __repr__(self) -> str:
        """Show no secret."""
        return f"App({self.id!r})"


class ConnectionApi:
    """The application. Answers are JSON; a refusal is `{errorCode, errorDescription}`."""

    def __init__(
        self, app: App, sessions: Sessions, ice_servers: IceServerList, recordings: Recordings
    ) -> None:
        self._app_id = app.id
        self._secret = app.secret.encode()
        self._sessions = sessions
        self._ice_servers = ice_servers
        self._recordings = recordings
        self._tracks = Tracks(sessions)
        self._channels = Channels(sessions)
        self._session_calls = self._calls()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        try:
            status, answer = await self._answered(scope, receive)
            if isinstance(answer, Path):
                await send_file(send, answer)
                return
            body = msgspec.json.encode(answer)
        except Refused as refused:
            status = refused.status
            body = msgspec.json.encode({"errorCode": refused.code, "errorDescription": str(refused)})
        except Exception:
            log.exception("a call failed", extra={"path": scope["path"]})
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            body = b'{"errorCode":"internal_error","errorDescription":"Something went wrong in the server"}'
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": int(status), "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answered(self, scope: Message, receive: Receive) -> Answered:
        method: str = scope["method"]
        parts: list[str] = scope["path"].split("/")
        if parts == ["", "healthz"]:
            return HTTPStatus.OK, msgspec.defstruct("Health", [])()
        self._authorize(scope)
        body = await _body(scope, receive)
        match parts:
            case ["", "v1", "turn", "keys", _, "credentials", "generate-ice-servers"]:
                _refuse_unless(method, "POST")
                wish = decoded(body, IceServersWish)
                return HTTPStatus.CREATED, self._ice_servers.generate(wish.ttl)
            case ["", "v1", "apps", app_id, "sessions", *rest] if rest and app_id == self._app_id:
                return await self._of_sessions(method, rest, body)
            case ["", "v1", "apps", app_id, "recordings", *rest] if app_id == self._app_id:
                return HTTPStatus.OK, await self._of_recordings(method, rest)
            case _:
                raise NotFound("There is no such call")

    async def _of_sessions(self, method: str, rest: list[str], body: bytes) -> Answered:
        if rest == ["new"]:
            _refuse_unless(method, "POST")
            wish = decoded(body, NewSession) if body.strip() else NewSession()
            return HTTPStatus.CREATED, self._tracks.new_session(wish)
        calls = self._session_calls.get("/".join(rest[1:]))
        if calls is None:
            raise NotFound("There is no such call")
        call = calls.get(method)
        if call is None:
            raise WrongMethod(f"This call is made with {' or '.join(calls)}")
        return HTTPStatus.OK, await call(self._sessions.called(rest[0]), body)

    async def _of_recordings(self, method: str, rest: list[str]) -> msgspec.Struct | Path:
        match method, rest:
            case "GET", []:
                return await self._recordings.kept()
            case "GET", [name]:
                return await self._recordings.file(name)
            case "DELETE", [name]:
                return await self._recordings.remove(name)
            case _:
                raise NotFound("There is no such call")

    def _authorize(self, scope: Message) -> None:
        header = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        scheme, _, given = header.partition(b" ")
        # Compared in constant time: how long it takes tells nothing of the secret.
        if not (hmac.compare_digest(given, self._secret) and scheme.lower() == b"bearer"):
            raise Unauthorized("The app's secret is needed as bearer token")

    def _calls(self) -> dict[str, dict[str, SessionCall]]:
        tracks, channels, recordings = self._tracks, self._channels, self._recordings

        async def show(session: Session, _: bytes) -> msgspec.Struct:
            return tracks.show(session)

        async def end(session: Session, _: bytes) -> msgspec.Struct:
            return tracks.end(session)

        async def renegotiate(session: Session, body: bytes) -> msgspec.Struct:
            return tracks.renegotiate(session, decoded(body, Renegotiation))

        async def close_channels(session: Session, body: bytes) -> msgspec.Struct:
            return channels.close(session, decoded(body, DataChannels))

        async def start_recording(session: Session, body: bytes) -> msgspec.Struct:
            return recordings.start(session, decoded(body, RecordedTracks))

        return {
            "": {"GET": show, "DELETE": end},
            "tracks/new": {"POST": lambda s, body: tracks.add(s, decoded(body, NewTracks))},
            "renegotiate": {"PUT": renegotiate},
            "tracks/update": {"PUT": lambda s, body: tracks.update(s, decoded(body, ChangedTracks))},
            "tracks/close": {"PUT": lambda s, body: tracks.close(s, decoded(body, ClosedTracks))},
            "datachannels/establish": {
                "POST": lambda s, body: channels.establish(s, decoded(body, Establishment))
            },
            "datachannels/new": {"POST": lambda s, body: channels.add(s, decoded(body, DataChannels))},
            "datachannels/update": {"PUT": lambda s, body: channels.update(s, decoded(body, DataChannels))},
            "datachannels/close": {"PUT": close_channels},
            "recordings/new": {"POST": start_recording},
            "recordings/close": {"PUT": lambda s, body: recordings.stop(s, decoded(body, RecordedTracks))},
        }


def _refuse_unless(method: str, wanted: str) -> None:
    if method != wanted:
        raise WrongMethod(f"This call is made with {wanted}")


async def _body(scope: Message, receive: Receive) -> bytes:
    declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    if number(declared.decode("latin-1"), MOST_BODY_BYTES) is None:
        raise PayloadTooLarge(f"a body may have {MOST_BODY_BYTES} bytes")
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > MOST_BODY_BYTES:
            raise PayloadTooLarge(f"a body may have {MOST_BODY_BYTES} bytes")
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)
