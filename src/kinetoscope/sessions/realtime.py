"""The only client of the media protocol: Cloudflare Realtime's Connection API over HTTP.

The server at the other end is ours or Cloudflare's; nothing here asks which.
https://developers.cloudflare.com/realtime/sfu/https-api/
"""

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal
from urllib.parse import urlsplit

import httpx
import msgspec

from ..kernel.realtime import RealtimeApp
from .models import Description
from .refusals import BadSdp, ConnectionNotUp, MediaRefused, MediaUnavailable

log = logging.getLogger(__name__)

TIMEOUT = httpx.Timeout(12.0, connect=2.0)
"""Seconds. A change waits up to 5 s at the server for the connection, and as long for a track to flow."""

_PING_SECONDS = 3.0
_NOBODY = "0" * 32
_CONNECTIONS = httpx.Limits(max_connections=100, max_keepalive_connections=20)
_SHOWN = 300
_STUN_KEPT_SECONDS = 60.0
_CLOUDFLARE = "rtc.live.cloudflare.com"
_CLOUDFLARE_STUN = "stun:stun.cloudflare.com:3478"


class ConnectionGone(Exception):  # noqa: N818 - it reads as what it is
    """The media server no longer knows the connection: it ended, or the server was started anew."""


@dataclass(frozen=True, slots=True)
class RealtimeSession:
    """A connection at a media server: what Cloudflare calls a session."""

    url: str
    id: str


@dataclass(frozen=True, slots=True)
class Push:
    """A track to publish: the m-line that it comes on, and its name at the server."""

    mid: str
    name: str


@dataclass(frozen=True, slots=True)
class Pull:
    """A track to receive: which connection publishes it, and its name there.

    `mid` is the m-line that it shall come on, where the client has offered one.
    """

    source: str
    name: str
    mid: str | None = None


@dataclass(frozen=True, slots=True)
class Pulled:
    """What came of the wish to receive tracks, in the order of the wish."""

    description: Description | None
    requires_renegotiation: bool
    items: Sequence["PulledItem"]


@dataclass(frozen=True, slots=True)
class PulledItem:
    """One track that is now received on `mid`, or the reason why not."""

    mid: str | None
    error: str | None


class _Description(msgspec.Struct):
    sdp: str
    type: Literal["offer", "answer"]


class _Track(msgspec.Struct, rename="camel"):
    location: str | None = None
    mid: str | None = None
    track_name: str | None = None
    status: str | None = None
    error_code: str | None = None
    error_description: str | None = None


class _IceServer(msgspec.Struct):
    urls: list[str]


class _Answer(msgspec.Struct, rename="camel"):
    session_id: str | None = None
    session_description: _Description | None = None
    requires_immediate_renegotiation: bool = False
    tracks: list[_Track] = []
    ice_servers: list[_IceServer] = []
    error_code: str | None = None
    error_description: str | None = None


class Realtime:
    """Speaks to media servers as the app that they know us as; `app` tells which, and where ours is."""

    def __init__(self, app: Callable[[], RealtimeApp]) -> None:
        self._find_app = app
        self._app = ""
        self._client: httpx.AsyncClient | None = None
        self.own_urls: tuple[str, ...] = ()
        self._stun_urls: tuple[str, ...] = ()
        self._stun_asked = -_STUN_KEPT_SECONDS

    async def open(self) -> None:
        """Make the client; connections are opened when they are first needed."""
        app = self._find_app()
        self.own_urls = tuple(url.removesuffix("/v1") for url in (app.url, *app.more_urls))
        self._app = f"/v1/apps/{app.app_id}"
        # No proxy of the environment: the way to the media server is short.
        self._client = httpx.AsyncClient(
            timeout=TIMEOUT,
            limits=_CONNECTIONS,
            headers={"Authorization": f"Bearer {app.app_secret}"},
            trust_env=False,
        )

    async def close(self) -> None:
        """Close all connections."""
        if self._client is not None:
            await self._client.aclose()

    async def ping(self, url: str) -> None:
        """Ask a server for a connection that nobody has; refuses with `MediaUnavailable`.

        The protocol has no call of its own for this.
        """
        with suppress(ConnectionGone, MediaRefused, BadSdp):
            await self._call("GET", RealtimeSession(url, _NOBODY), "", seconds=_PING_SECONDS)

    async def stun_urls(self) -> tuple[str, ...]:
        """Return where our own media server answers STUN; what it last said while it cannot be asked."""
        own_url = self.own_urls[0]
        if urlsplit(own_url).hostname == _CLOUDFLARE:
            return (_CLOUDFLARE_STUN,)
        if time.monotonic() - self._stun_asked > _STUN_KEPT_SECONDS:
            self._stun_asked = time.monotonic()
            with suppress(MediaUnavailable, MediaRefused, ConnectionGone):
                url = f"{own_url}/v1/turn/keys/own/credentials/generate-ice-servers"
                answer = await self._request("POST", url, {"ttl": 60}, seconds=_PING_SECONDS)
                urls = [url for server in answer.ice_servers for url in server.urls]
                self._stun_urls = tuple(url for url in urls if url.startswith("stun:"))
        return self._stun_urls

    async def new_session(self, url: str) -> RealtimeSession:
        """Make a connection that nobody has connected to yet."""
        answer = await self._request("POST", f"{url}{self._app}/sessions/new", {})
        if not answer.session_id:
            raise MediaRefused("The media server gave no name to the connection.")
        return RealtimeSession(url, answer.session_id)

    async def push(self, session: RealtimeSession, offer: str, tracks: Sequence[Push]) -> str:
        """Publish tracks of an offer and return the answer. Refuses if any of them fails."""
        wish = [{"location": "local", "mid": track.mid, "trackName": track.name} for track in tracks]
        body = {"sessionDescription": {"sdp": offer, "type": "offer"}, "tracks": wish}
        answer = await self._call("POST", session, "/tracks/new", body)
        failed = [track for track in answer.tracks if track.error_code]
        if failed:
            raise MediaRefused(_reason(failed[0].error_code, failed[0].error_description))
        if answer.session_description is None or answer.session_description.type != "answer":
            raise MediaRefused("The media server gave no answer to the offer.")
        return answer.session_description.sdp

    async def pull(self, session: RealtimeSession, tracks: Sequence[Pull], offer: str | None) -> Pulled:
        """Receive tracks; with an offer of the client it is answered, without one the server offers."""
        body: dict[str, object] = {
            "tracks": [
                {"location": "remote", "sessionId": track.source, "trackName": track.name}
                | ({} if track.mid is None else {"mid": track.mid})
                for track in tracks
            ]
        }
        if offer is not None:
            body["sessionDescription"] = {"sdp": offer, "type": "offer"}
        answer = await self._call("POST", session, "/tracks/new", body)
        if len(answer.tracks) != len(tracks):
            raise MediaRefused("The media server answered for other tracks than were asked for.")
        found = answer.session_description
        return Pulled(
            Description(found.sdp, found.type) if found else None,
            answer.requires_immediate_renegotiation,
            [PulledItem(track.mid, track.error_code) for track in answer.tracks],
        )

    async def renegotiate(self, session: RealtimeSession, sdp: str) -> None:
        """Give the server the client's answer to its offer."""
        body = {"sessionDescription": {"sdp": sdp, "type": "answer"}}
        await self._call("PUT", session, "/renegotiate", body)

    async def prefer(self, session: RealtimeSession, track: Pull, rid: str) -> None:
        """Say which simulcast layer of a received track is wanted."""
        wish = {
            "location": "remote",
            "sessionId": track.source,
            "trackName": track.name,
            "mid": track.mid,
            # A layer that is not there, or does not fit through, is replaced by the next one.
            "simulcast": {
                "preferredRid": rid,
                "priorityOrdering": "asciibetical",
                "ridNotAvailable": "asciibetical",
            },
        }
        answer = await self._call("PUT", session, "/tracks/update", {"tracks": [wish]})
        failed = [item for item in answer.tracks if item.error_code]
        if failed:
            raise MediaRefused(_reason(failed[0].error_code, failed[0].error_description))

    async def close_tracks(self, session: RealtimeSession, mids: Sequence[str]) -> None:
        """Stop tracks without negotiating; those that have stopped already are no failure."""
        body = {"tracks": [{"mid": mid} for mid in mids], "force": True}
        with suppress(ConnectionGone):
            await self._call("PUT", session, "/tracks/close", body)

    async def is_alive(self, session: RealtimeSession) -> bool:
        """Whether the client of a connection is still there.

        It is not when the server has forgotten it, or when it publishes and none of that flows any more. What
        it receives tells nothing: that ends with those who sent it.
        """
        try:
            answer = await self._call("GET", session, "", seconds=_PING_SECONDS)
        except ConnectionGone:
            return False
        states = [track.status for track in answer.tracks if track.location != "remote"]
        return not states or any(state != "inactive" for state in states)

    async def end(self, session: RealtimeSession) -> None:
        """Take a connection down: stop all its tracks, and let a server that can forget it altogether.

        The protocol cannot end a connection; ours can, with DELETE, which Cloudflare's declines.
        """
        try:
            answer = await self._call("GET", session, "")
            mids = [track.mid for track in answer.tracks if track.mid and track.status != "inactive"]
            if mids:
                await self.close_tracks(session, mids)
            await self._call("DELETE", session, "")
        except (ConnectionGone, MediaRefused):
            return

    async def _call(
        self,
        method: str,
        session: RealtimeSession,
        path: str,
        body: object = None,
        *,
        seconds: float | None = None,
    ) -> _Answer:
        url = f"{session.url}{self._app}/sessions/{session.id}{path}"
        return await self._request(method, url, body, seconds=seconds)

    async def _request(
        self, method: str, url: str, body: object = None, *, seconds: float | None = None
    ) -> _Answer:
        assert self._client is not None, "open() comes first"
        try:
            response = await self._client.request(
                method,
                url,
                content=None if body is None else msgspec.json.encode(body),
                headers={} if body is None else {"Content-Type": "application/json"},
                timeout=TIMEOUT if seconds is None else seconds,
            )
        except (httpx.TransportError, httpx.InvalidURL) as error:
            log.warning("media server unreachable", extra={"url": url, "error": repr(error)})
            raise MediaUnavailable from error
        return _read(response)


def _read(response: httpx.Response) -> _Answer:
    """Return what an answer says, or raise what it stands for."""
    status = response.status_code
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        log.error("the media server does not accept our app's secret", extra={"status": status})
        raise MediaUnavailable
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("media server failed", extra={"status": status, "error": response.text[:_SHOWN]})
        raise MediaUnavailable
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        raise ConnectionGone
    try:
        answer = msgspec.json.decode(response.content or b"{}", type=_Answer)
    except msgspec.MsgspecError as error:
        raise MediaRefused("The media server gave an answer that cannot be read.") from error
    if status == HTTPStatus.TOO_EARLY:
        raise ConnectionNotUp
    if status == HTTPStatus.NOT_ACCEPTABLE:
        raise BadSdp(_reason(answer.error_code, answer.error_description))
    if status >= HTTPStatus.BAD_REQUEST or answer.error_code:
        raise MediaRefused(_reason(answer.error_code, answer.error_description))
    return answer


def _reason(code: str | None, description: str | None) -> str:
    return f"The media server has refused this: {(description or code or 'no reason given')[:_SHOWN]}"
