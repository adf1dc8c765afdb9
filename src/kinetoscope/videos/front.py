"""The two hottest reads in pure ASGI: GET video, and the plain list.

Each has its FastAPI twin in `routes.py`, which is its documentation, its fallback and its oracle. Whatever
is not the plain case (another parameter, a bad credential, an unknown video) goes to the twin.
"""

from dataclasses import dataclass
from uuid import UUID

from starlette.types import ASGIApp, Receive, Scope, Send

from ..http.etags import matches_any
from ..http.gate import Authenticate
from ..kernel.caller import Caller
from .refusals import VideoNotFound
from .rendering import render_listing
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
            video_id = UUID(text)
        except ValueError:
            return False
        caller, known = await _caller_and_known(scope)
        if caller is None:
            return False
        reads: VideoReads = scope["state"]["services"][VideoReads]
        try:
            shown = await reads.get(caller.id, video_id)
        except VideoNotFound:
            return False
        scope["route"] = _ONE
        etag = shown.etag
        if known and matches_any(known, etag):
            await _send(send, 304, [(b"etag", etag.encode())], b"")
        else:
            await _send(send, 200, [_JSON, (b"etag", etag.encode())], shown.json.encode())
        return True

    async def _list(self, scope: Scope, send: Send) -> bool:
        caller, _ = await _caller_and_known(scope)
        if caller is None:
            return False
        reads: VideoReads = scope["state"]["services"][VideoReads]
        listing = await reads.newest(caller.id)
        scope["route"] = _LIST
        await _send(send, 200, [_JSON], render_listing(listing))
        return True


async def _caller_and_known(scope: Scope) -> tuple[Caller | None, str]:
    """Return who is calling with the right to read, and If-None-Match; the twin refuses everybody else."""
    credential = known = ""
    for name, value in scope["headers"]:
        if name == b"authorization":
            credential = value[7:].strip().decode("latin-1") if value[:7].lower() == b"bearer " else ""
        elif name == b"x-api-key":
            credential = credential or value.decode("latin-1")
        elif name == b"if-none-match":
            known = value.decode("latin-1")
    if not credential:
        return None, known
    authenticate: Authenticate = scope["state"]["authenticate"]
    caller = await authenticate(credential)
    return (caller if caller is not None and "read" in caller.scopes else None), known


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    if status == 200:  # noqa: PLR2004 - a 304 has no length
        headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
