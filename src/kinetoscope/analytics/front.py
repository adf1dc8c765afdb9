"""POST track-view in pure ASGI: the plain case of the hottest write.

Its FastAPI twin in `routes.py` is its documentation, its fallback and its oracle. Whatever is not the plain
case (a body that is not as it should be, a bad credential, a safe retry) goes to the twin.
"""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..accounts import Authentication
from ..http.gate import credential_of
from ..http.limits import POLICY, PublicWriteLimit
from ..http.request import source_of
from ..kernel.ids import parse_uuid
from . import rules
from .models import Progress, Receipt, Visitor
from .tracking import Tracking

_VIDEOS = "/api/v1/videos/"
_TRACK = "/track-view"
_LENGTH = len(_VIDEOS) + 36 + len(_TRACK)
_JSON = (b"content-type", b"application/json")
_JSON_KINDS = frozenset({b"application/json", b"application/json; charset=utf-8", b""})
_FOR_THE_TWIN = frozenset({b"idempotency-key", b"transfer-encoding"})


class _Body(msgspec.Struct):
    watch_duration: Annotated[int, msgspec.Meta(ge=0, le=2_147_483_647)]
    completion_percentage: Annotated[float, msgspec.Meta(ge=0, le=100)]
    session_id: UUID | None = None


_decode = msgspec.json.Decoder(_Body).decode


@dataclass(frozen=True, slots=True)
class _Route:
    """What the edge names in its log and figures, as for the twin."""

    path: str


_ROUTE = _Route(_VIDEOS + "{video_id}" + _TRACK)


class TrackingFront:
    """Answers the plain case itself, and leaves all else to the application behind it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["method"] == "POST":
            path: str = scope["path"]
            if len(path) == _LENGTH and path.endswith(_TRACK) and path.startswith(_VIDEOS):
                receive = await self._track(scope, receive, send, path[len(_VIDEOS) : -len(_TRACK)])
        if receive is not _ANSWERED:
            await self._app(scope, receive, send)

    async def _track(self, scope: Scope, receive: Receive, send: Send, text: str) -> Receive:
        """Answer the request; or return where the twin receives it from."""
        headers = dict[bytes, bytes](scope["headers"])
        if len(headers) != len(scope["headers"]) or not _is_plain(headers):
            return receive
        visitor = await _visitor(scope, headers)
        if visitor is None:
            return receive
        message = await receive()
        try:
            video_id, body = parse_uuid(text), _decode(_whole(message))
        except ValueError:  # msgspec's own errors are among them
            return _again(message, receive)
        services = scope["state"]["services"]
        limit: PublicWriteLimit = services[PublicWriteLimit]
        turn = await limit.take(visitor.source)
        if not turn.passes:
            return _again(message, receive)
        scope["route"] = _ROUTE
        completion = rules.completion_of(body.completion_percentage)
        tracking: Tracking = services[Tracking]
        progress = Progress(body.watch_duration, completion, body.session_id)
        receipt = await tracking.track_view(video_id, visitor, progress)
        content = _json(receipt)
        answer = [_JSON, (b"content-length", str(len(content)).encode()), *turn.allowance.raw_headers(POLICY)]
        await send({"type": "http.response.start", "status": 201, "headers": answer, "body": content})
        return _ANSWERED


def _is_plain(headers: dict[bytes, bytes]) -> bool:
    return headers.keys().isdisjoint(_FOR_THE_TWIN) and headers.get(b"content-type", b"") in _JSON_KINDS


async def _visitor(scope: Scope, headers: dict[bytes, bytes]) -> Visitor | None:
    """Return who reports; None where the twin refuses the credential."""
    account_id: UUID | None = None
    if b"authorization" in headers or b"x-api-key" in headers:
        credential = credential_of(scope["headers"])
        if not credential:
            return None
        authentication: Authentication = scope["state"]["services"][Authentication]
        caller = authentication.remembered(credential) or await authentication.authenticate(credential)
        if caller is None or "write" not in caller.scopes:
            return None
        account_id = caller.id
    client: tuple[str, int] | None = scope["client"]
    address = client[0] if client else "unknown"
    return Visitor(
        address=address,
        source=source_of(address),
        agent=headers.get(b"user-agent", b"").decode("latin-1"),
        account_id=account_id,
        untracked=headers.get(b"dnt") == b"1" or headers.get(b"sec-gpc") == b"1",
    )


def _json(receipt: Receipt) -> bytes:
    ids = f'{{"session_id":"{receipt.session_id}","view_id":"{receipt.view_id}",'
    if receipt.reason is None:
        return (ids + '"counted":true,"reason":null}').encode()
    return f'{ids}"counted":false,"reason":"{receipt.reason}"}}'.encode()


def _whole(message: Message) -> bytes:
    """Return a body that came in one piece, and nothing for one that did not: the twin puts it together."""
    return b"" if message.get("more_body") else message.get("body", b"")


def _again(message: Message, receive: Receive) -> Receive:
    """Return where a message that was taken is received once more, before what follows it."""
    first: list[Message] = [message]

    async def replay() -> Message:
        return first.pop() if first else await receive()

    return replay


async def _ANSWERED() -> Message:  # noqa: N802 - a mark, never called
    raise AssertionError
