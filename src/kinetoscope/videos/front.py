"""The two hottest reads in pure ASGI: GET video, and the plain list.

Each has its FastAPI twin in `routes.py`, which is its documentation, its fallback and its oracle. Whatever
is not the plain case (another parameter, a bad credential, an unknown video) goes to the twin.
"""

from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from ..accounts import Authentication
from ..http.etags import matches_any
from ..http.gate import credential_of
from ..kernel.caller import Caller
from ..kernel.ids import parse_uuid
from .refusals import VideoNotFound
from .service import VideoReads

_VIDEOS = "/api/v1/videos"
_AN_ID = len(_VIDEOS) + 1 + 36
_PLAIN_QUERIES = frozenset({b"", b"page=1", b"page=1&page_size=20", b"page_size=20", b"limit=20"})
_JSON = (b"content-type", b"application/json")


@dataclass(frozen=True, slots=True)
class _Route:
    """What the edge names in its log and figures, as for the twin."""

    path: str


_LIST = _Route(_VIDEOS)
_ONE = _Route(_VIDEOS + "/{video_id}")


class VideoFront:
    """Answers the plain case itself, and leaves all else to the application behind it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith(_VIDEOS):
            path: str = scope["path"]
            if len(path) == len(_VIDEOS) and scope["query_string"] in _PLAIN_QUERIES:
                if await self._list(scope, send):
                    return
            elif len(path) == _AN_ID and await self._one(scope, send, path[-36:]):
                return
        await self._app(scope, receive, send)

    async def _one(self, scope: Scope, send: Send, text: str) -> bool:
        try:
            video_id = parse_uuid(text)
        except ValueError:
            return False
        caller = await _reader(scope)
        if caller is None:
            return False
        reads: VideoReads = scope["state"]["services"][VideoReads]
        try:
            shown = await reads.get(caller.id, video_id)
        except VideoNotFound:
            return False
        scope["route"] = _ONE
        etag = shown.etag
        if matches_any(_known(scope), etag):
            await _send(send, 304, [(b"etag", etag.encode())], b"")
        else:
            await _send(send, 200, [_JSON, (b"etag", etag.encode())], shown.json)
        return True

    async def _list(self, scope: Scope, send: Send) -> bool:
        caller = await _reader(scope)
        if caller is None:
            return False
        reads: VideoReads = scope["state"]["services"][VideoReads]
        body = await reads.newest(caller.id)
        scope["route"] = _LIST
        await _send(send, 200, [_JSON], body)
        return True


async def _reader(scope: Scope) -> Caller | None:
    """Return who is calling with the right to read; the twin refuses everybody else."""
    credential = credential_of(scope["headers"])
    if not credential:
        return None
    authentication: Authentication = scope["state"]["services"][Authentication]
    caller = authentication.remembered(credential) or await authentication.authenticate(credential)
    return caller if caller is not None and "read" in caller.scopes else None


def _known(scope: Scope) -> str:
    """Return If-None-Match as it was sent."""
    for name, value in scope["headers"]:
        if name == b"if-none-match":
            return value.decode("latin-1")
    return ""


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    if status == 200:  # noqa: PLR2004 - a 304 has no length
        headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers, "body": body})
