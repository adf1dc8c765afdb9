"""A fake of Cloudflare Realtime's Connection API: its states, rules and errors, without any media.

An ASGI application. `RealtimeFake` is also the hand of a test: it makes the service go away, forget, or
lose a client.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from starlette.types import Receive, Scope, Send

from .descriptions import Line, read_lines, write

MOST_TRACKS = 64
MOST_BYTES = 1 << 20
STUN_URL = "stun:192.0.2.1:3478"

Json = dict[str, Any]


class Declined(Exception):  # noqa: N818 - it reads as what it is
    """The service declines a request."""

    def __init__(self, status: int, code: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.body: Json = {"errorCode": code, "errorDescription": description}


@dataclass(slots=True)
class Track:
    """A track of a session: what it sends to the service (local) or gets from it (remote)."""

    location: str
    mid: str
    name: str
    source: str | None = None
    rid: str | None = None
    status: str = "active"


@dataclass(slots=True)
class FakeSession:
    """One connection."""

    id: str
    lines: list[Line] = field(default_factory=list[Line])
    tracks: list[Track] = field(default_factory=list[Track])
    version: int = 0
    awaits_answer: bool = False
    is_gone: bool = False

    def local(self, name: str) -> Track | None:
        """Return what it publishes under a name."""
        return next((t for t in self.tracks if t.location == "local" and t.name == name), None)


Call = Callable[[FakeSession, Json], tuple[int, Json]]


class RealtimeFake:
    """The service, with one app."""

    def __init__(self, app_id: str, secret: str) -> None:
        self._prefix = f"/v1/apps/{app_id}"
        self._secret = secret
        self.sessions: dict[str, FakeSession] = {}
        self.calls: list[tuple[str, str]] = []
        self.is_down = False

    def forget_all(self) -> None:
        """Do as a service that was started anew: no session is known any more."""
        self.sessions.clear()

    def lose_clients(self) -> None:
        """Do as if every client had gone: nothing flows any more."""
        for session in self.sessions.values():
            for track in session.tracks:
                track.status = "inactive"

    def open_tracks(self) -> list[Track]:
        """Return all tracks that flow."""
        found = (track for session in self.sessions.values() for track in session.tracks)
        return [track for track in found if track.status == "active"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        assert scope["type"] == "http", "the service speaks HTTP alone"
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        try:
            status, answer = self._answer(scope["method"], scope["path"], headers, body)
        except Declined as declined:
            status, answer = declined.status, declined.body
        payload = json.dumps(answer).encode()
        start: Json = {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", str(len(payload)).encode()),
            ],
        }
        await send(start)
        await send({"type": "http.response.body", "body": payload})

    def _answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Json]:
        self.calls.append((method, path))
        if self.is_down:
            raise Declined(503, "internal_error", "Backend error")
        if headers.get("authorization") != f"Bearer {self._secret}":
            raise Declined(401, "unauthorized", "The app or its secret is not known")
        if path.startswith("/v1/turn/keys/") and path.endswith("/credentials/generate-ice-servers"):
            return 201, {"iceServers": [{"urls": [STUN_URL]}]}
        if not path.startswith(self._prefix):
            raise Declined(401, "unauthorized", "The app or its secret is not known")
        wish = _read(body)
        parts = path.removeprefix(self._prefix).strip("/").split("/")
        if (method, parts) == ("POST", ["sessions", "new"]):
            return self._new_session(wish)
        if parts[0] != "sessions" or len(parts) < 2:  # noqa: PLR2004 - sessions and its id
            raise Declined(404, "not_found", "No such call")
        session = self._session(parts[1])
        call = self._call_of(method, "/".join(parts[2:]))
        return call(session, wish)

    def _call_of(self, method: str, path: str) -> Call:
        calls = self._calls()
        if (method, path) in calls:
            return calls[method, path]
        is_known = any(path == known for _, known in calls)
        raise Declined(405 if is_known else 404, "not_found", "No such call")

    def _calls(self) -> Mapping[tuple[str, str], Call]:
        return {
            ("GET", ""): self._state,
            ("POST", "tracks/new"): self._new_tracks,
            ("PUT", "renegotiate"): self._renegotiate,
            ("PUT", "tracks/update"): self._update,
            ("PUT", "tracks/close"): self._close,
        }

    def _session(self, session_id: str) -> FakeSession:
        session = self.sessions.get(session_id)
        if session is None or session.is_gone:
            raise Declined(410, "session_error", "Session is gone")
        return session

    def _new_session(self, wish: Json) -> tuple[int, Json]:
        session = FakeSession(secrets.token_hex(16))
        answer: Json = {"sessionId": session.id}
        if "sessionDescription" in wish:
            answer["sessionDescription"] = _answered(session, wish)
        self.sessions[session.id] = session
        return 201, answer

    def _new_tracks(self, session: FakeSession, wish: Json) -> tuple[int, Json]:
        items = _tracks(wish)
        if not all(_is_named(item, offered="sessionDescription" in wish) for item in items):
            raise Declined(400, "invalid_params", "A track lacks what names it")
        if session.awaits_answer:
            raise Declined(406, "invalid_session_description", "An offer has not been answered")
        described = _answered(session, wish) if "sessionDescription" in wish else None
        done = [self._new_track(session, item, offered=described is not None) for item in items]
        needs_answer = described is None and any("errorCode" not in item for item in done)
        if needs_answer:
            session.awaits_answer = True
            described = _described(session, "offer")
        answer: Json = {"requiresImmediateRenegotiation": needs_answer, "tracks": done}
        if described is not None:
            answer["sessionDescription"] = described
        return 200, answer

    def _new_track(self, session: FakeSession, item: Json, *, offered: bool) -> Json:
        if item.get("location") == "local":
            return _pushed(session, item)
        source = self.sessions.get(str(item.get("sessionId")))
        name = str(item.get("trackName"))
        found = source.local(name) if source and not source.is_gone else None
        if source is None or found is None:
            return item | _failure("not_found_track_error", "Track not found")
        if found.status == "inactive":
            return item | _failure("empty_track_error", "Nobody sends this track")
        if offered:
            line = next((each for each in session.lines if each.mid == item.get("mid")), None)
            if line is None:
                return item | _failure("invalid_params", "No such m-line")
        else:
            kind = next(each.kind for each in source.lines if each.mid == found.mid)
            line = _free_line(session, kind)
        line.direction = "sendonly"
        session.tracks.append(Track("remote", line.mid, name, source=source.id))
        return item | {"mid": line.mid}

    def _renegotiate(self, session: FakeSession, wish: Json) -> tuple[int, Json]:
        description = _object(wish.get("sessionDescription"))
        if not session.awaits_answer or description.get("type") != "answer":
            raise Declined(406, "invalid_session_description", "No offer waits for an answer")
        if read_lines(description.get("sdp")) is None:
            raise Declined(406, "invalid_session_description", "The answer cannot be read")
        session.awaits_answer = False
        return 200, {}

    def _update(self, session: FakeSession, wish: Json) -> tuple[int, Json]:
        done: list[Json] = []
        for item in _tracks(wish):
            found = _of_mid(session, item.get("mid"))
            if found is None or found.location != "remote":
                done.append(item | _failure("not_found_track_error", "Track not found"))
                continue
            found.rid = _object(item.get("simulcast")).get("preferredRid", found.rid)
            found.name = item.get("trackName", found.name)
            done.append(item)
        return 200, {"requiresImmediateRenegotiation": False, "tracks": done}

    def _close(self, session: FakeSession, wish: Json) -> tuple[int, Json]:
        answer: Json = {"requiresImmediateRenegotiation": False, "tracks": []}
        if not wish.get("force"):
            if "sessionDescription" not in wish:
                raise Declined(400, "invalid_params", "Closing without force needs an offer")
            answer["sessionDescription"] = _answered(session, wish)
        for item in _tracks(wish):
            found = _of_mid(session, item.get("mid"))
            if found is None:
                item = item | _failure("close_track_error", "Track doesn't exist or was already closed")  # noqa: PLW2901
            else:
                session.tracks.remove(found)
                next(line for line in session.lines if line.mid == found.mid).direction = "inactive"
            answer["tracks"].append(item)
        return 200, answer

    def _state(self, session: FakeSession, _: Json) -> tuple[int, Json]:
        tracks = [
            {"location": track.location, "mid": track.mid, "trackName": track.name, "status": track.status}
            | ({"sessionId": track.source} if track.source else {})
            for track in session.tracks
        ]
        return 200, {"tracks": tracks, "dataChannels": []}


def _read(body: bytes) -> Json:
    if len(body) > MOST_BYTES:
        raise Declined(413, "payload_too_large", "The request is too large")
    try:
        wish = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise Declined(400, "decoding_error", "The request could not be decoded.") from error
    if not isinstance(wish, dict):
        raise Declined(400, "decoding_error", "The request could not be decoded.")
    return _object(wish)  # pyright: ignore[reportUnknownArgumentType] - JSON


def _object(value: object) -> Json:
    return cast("Json", value) if isinstance(value, dict) else {}


def _tracks(wish: Json) -> list[Json]:
    items = wish.get("tracks", [])
    if not isinstance(items, list):
        raise Declined(400, "decoding_error", "The request could not be decoded.")
    tracks = [_object(item) for item in cast("list[object]", items)]
    if not 1 <= len(tracks) <= MOST_TRACKS:
        raise Declined(400, "invalid_params", "Expecting 1 to 64 tracks in the request")
    return tracks


def _is_named(track: Json, *, offered: bool) -> bool:
    """Whether a wish says whose track it means and its name; where to publish it, if it is the client's."""
    if track.get("location") == "local":
        needed = {"trackName", "mid" if offered else "kind"}
    else:
        needed = {"location", "sessionId", "trackName"}
    return needed <= track.keys()


def _answered(session: FakeSession, wish: Json) -> Json:
    description = _object(wish.get("sessionDescription"))
    lines = read_lines(description.get("sdp"))
    if lines is None or description.get("type") != "offer" or len(lines) < len(session.lines):
        raise Declined(406, "invalid_session_description", "The offer cannot be read")
    session.lines = lines
    return _described(session, "answer")


def _described(session: FakeSession, kind: str) -> Json:
    session.version += 1
    setup = "passive" if kind == "answer" else "actpass"
    sdp = write(session.lines, session_id=session.id, version=session.version, setup=setup)
    return {"sdp": sdp, "type": kind}


def _pushed(session: FakeSession, item: Json) -> Json:
    mid, name = item.get("mid"), str(item.get("trackName"))
    if session.local(name) is not None:
        return item | _failure("repeated_local_track_error", "This name is in use")
    if all(line.mid != mid for line in session.lines) or _of_mid(session, mid) is not None:
        return item | _failure("invalid_params", "No such m-line, or it is in use")
    session.tracks.append(Track("local", str(mid), name))
    return item


def _of_mid(session: FakeSession, mid: object) -> Track | None:
    return next((track for track in session.tracks if track.mid == mid), None)


def _free_line(session: FakeSession, kind: str) -> Line:
    """Return an m-line for a track that the service sends: one that is free again, else a new one."""
    for line in session.lines:
        if line.kind == kind and line.direction == "inactive" and _of_mid(session, line.mid) is None:
            return line
    used = {line.mid for line in session.lines}
    number = len(session.lines)
    while str(number) in used:
        number += 1
    line = Line(kind, str(number), "sendonly")
    session.lines.append(line)
    return line


def _failure(code: str, description: str) -> Json:
    return {"errorCode": code, "errorDescription": description}
