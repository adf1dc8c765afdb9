"""Files of videos over HTTP: starting an upload, playing, and the signed addresses themselves."""

from email.utils import format_datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response
from starlette.responses import StreamingResponse

from ..http.declare import Access, declare
from ..http.etags import is_unchanged
from ..http.gate import gated_router
from ..http.request import BaseUrl, SignedIn, provided
from ..videos import NotYourVideo, VideoNotFound
from .fixed_headers import FileRoute
from .models import ByteRange, OpenedFile
from .playback import Playing
from .ranges import wanted_range
from .refusals import (
    AddressExpired,
    AddressForged,
    EmptyUpload,
    FileNotFound,
    NotReadyToPlay,
    RangeNotSatisfiable,
    StorageUnavailable,
    TooManyUploads,
    UploadTooLarge,
    VideoBusy,
)
from .schemas import NewUpload, PlaybackAddresses, UploadOut
from .tus_routes import UploadsService, upload_url
from .tus_routes import router as uploads

on_videos = gated_router(prefix="/api/v1/videos", tags=["media"])
files = APIRouter(prefix="/media", tags=["media"], route_class=FileRoute, default_response_class=Response)

routers = (on_videos, uploads, files)

PlayingService = Annotated[Playing, Depends(provided(Playing))]


@on_videos.post(
    "/{video_id}/upload",
    status_code=201,
    **declare(
        Access.OWNER, VideoNotFound, NotYourVideo, VideoBusy, TooManyUploads, UploadTooLarge, EmptyUpload
    ),
)
async def start_upload(
    video_id: UUID,
    response: Response,
    base_url: BaseUrl,
    caller: SignedIn,
    service: UploadsService,
    body: NewUpload | None = None,
) -> UploadOut:
    """Start to upload a video's file; the answer says where to send the bytes, and how.

    A video that has a file keeps playing it until the new one is ready.
    """
    wanted = body or NewUpload()
    started = await service.start(caller, video_id, wanted.wish(), base_url=base_url)
    url = upload_url(base_url, started.token)
    response.headers["Location"] = url
    return UploadOut.of(started, url, wanted.protocol)


@on_videos.get("/{video_id}/playback", **declare(Access.SIGNED_IN, VideoNotFound, NotReadyToPlay))
async def get_playback(
    video_id: UUID, base_url: BaseUrl, caller: SignedIn, playing: PlayingService
) -> PlaybackAddresses:
    """Return signed addresses of a video's files, for a player. Ask again when they have expired."""
    return PlaybackAddresses.of(await playing.addresses(caller.id, video_id, base_url=base_url))


async def _opened(
    signed: str, video_id: str, processing_id: str, path: str, request: Request, playing: PlayingService
) -> OpenedFile:
    if b"%" in request.scope.get("raw_path", b""):
        raise FileNotFound  # no name of ours needs it, and it hides slashes and dots
    return await playing.open(signed, video_id, processing_id, path)


Opened = Annotated[OpenedFile, Depends(_opened)]

_PATH = "/{signed}/{video_id}/{processing_id}/{path:path}"
_BINARY: dict[str, Any] = {"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}
_REFUSALS = (FileNotFound, AddressForged, AddressExpired, StorageUnavailable)

_GET = declare(Access.ADDRESS, *_REFUSALS, RangeNotSatisfiable)
_GET["responses"] |= {
    200: {"description": "The whole file", **_BINARY},
    206: {"description": "The range that was asked for", **_BINARY},
    304: {"description": "The caller has it already"},
}
_HEAD = declare(Access.ADDRESS, *_REFUSALS)
_HEAD["responses"] |= {304: {"description": "The caller has it already"}}


@files.get(_PATH, **_GET)
async def get_file(
    opened: Opened,
    request: Request,
    playing: PlayingService,
    wanted: Annotated[str | None, Header(alias="Range", examples=["bytes=0-1023"])] = None,
) -> Response:
    """Return a file that the address was signed for, or one range of it."""
    if is_unchanged(request, opened.etag):
        return Response(status_code=304, headers=_headers(opened))
    part = wanted_range(wanted, opened.file.size) if _range_applies(request, opened) else None
    return _sent(playing, opened, part)


def _sent(playing: Playing, opened: OpenedFile, part: ByteRange | None) -> Response:
    """Return a file or one range of it, streamed."""
    size = opened.file.size
    if part is None:
        whole = playing.stream(opened, ByteRange(0, size))
        return StreamingResponse(whole, 200, headers=_headers(opened, length=size))
    headers = _headers(opened, length=part.end - part.start)
    headers["Content-Range"] = f"bytes {part.start}-{part.end - 1}/{size}"
    return StreamingResponse(playing.stream(opened, part), 206, headers=headers)


@files.head(_PATH, **_HEAD)
async def head_file(opened: Opened, request: Request) -> Response:
    """Return what GET would, without the file."""
    if is_unchanged(request, opened.etag):
        return Response(status_code=304, headers=_headers(opened))
    return Response(headers=_headers(opened, length=opened.file.size))


@files.options(_PATH, status_code=204, include_in_schema=False, **declare(Access.ADDRESS))
async def allow_players(response: Response) -> None:
    """Let pages of any origin ask for ranges (CORS)."""
    response.headers["Access-Control-Allow-Methods"] = "GET, HEAD"
    response.headers["Access-Control-Allow-Headers"] = "Range, If-Range, If-None-Match"
    response.headers["Access-Control-Max-Age"] = "86400"


def _headers(opened: OpenedFile, *, length: int | None = None) -> dict[str, str]:
    headers = {
        "ETag": opened.etag,
        "Last-Modified": _modified(opened),
        "Cache-Control": f"private, max-age={min(opened.seconds_left, 86_400)}, immutable",
        "Accept-Ranges": "bytes",
    }
    if length is not None:
        headers |= {"Content-Type": opened.content_type, "Content-Length": str(length)}
    return headers


def _modified(opened: OpenedFile) -> str:
    return format_datetime(opened.file.modified_at, usegmt=True)


def _range_applies(request: Request, opened: OpenedFile) -> bool:
    """Whether If-Range, if it is there, names this very file (RFC 9110, section 13.1.5)."""
    field = request.headers.get("if-range")
    return field is None or field.strip() in {opened.etag, _modified(opened)}
