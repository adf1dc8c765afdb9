"""Uploads over HTTP: the tus protocol (1.0.0, https://tus.io/protocols/resumable-upload), and plain PUT."""

from collections.abc import AsyncGenerator
from email.utils import format_datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import Field
from starlette.requests import ClientDisconnect

from ..http.declare import Access, Declaration, WrongMediaType, declare
from ..http.request import BaseUrl, SignedIn, provided
from ..kernel.errors import Refusal, Unacceptable
from ..videos import NotYourVideo, VideoNotFound
from . import tus
from .fixed_headers import TusRoute
from .models import Upload, UploadWish
from .receiving import Receiving, Sending
from .refusals import (
    BadChecksum,
    BadMetadata,
    BodyCutOff,
    ChecksumMismatch,
    EmptyUpload,
    LengthRequired,
    OffsetMismatch,
    SizeMismatch,
    StorageUnavailable,
    TooManyPieces,
    TooManyUploads,
    UploadComplete,
    UploadExpired,
    UploadNotFound,
    UploadStalled,
    UploadTooLarge,
    VideoBusy,
    WrongTusVersion,
)
from .uploads import Uploads

PATH = "/api/v1/uploads"
PATCH_TYPE = "application/offset+octet-stream"

router = APIRouter(prefix=PATH, tags=["media"], route_class=TusRoute, default_response_class=Response)

UploadsService = Annotated[Uploads, Depends(provided(Uploads))]
ReceivingService = Annotated[Receiving, Depends(provided(Receiving))]

_Bytes = Annotated[int, Header(ge=0, le=1 << 53)]
# The document says from 1 on; 0 has a refusal of its own, `empty_upload`.
_Size = Annotated[int, Field(ge=0, le=1 << 53, json_schema_extra={"minimum": 1})]
_RECEIVING = (
    UploadNotFound,
    UploadExpired,
    UploadComplete,
    OffsetMismatch,
    UploadTooLarge,
    SizeMismatch,
    EmptyUpload,
    TooManyPieces,
    UploadStalled,
    BodyCutOff,
    StorageUnavailable,
)


def _binary(media_type: str, *, least: int = 0) -> dict[str, Any]:
    schema = {"type": "string", "format": "binary", "minLength": least}
    return {"required": True, "content": {media_type: {"schema": schema}}}


async def _speaks_tus(
    version: Annotated[str | None, Header(alias="Tus-Resumable", include_in_schema=False)] = None,
) -> None:
    if version != tus.VERSION:
        raise WrongTusVersion


_TUS = [Depends(_speaks_tus)]


_RESUMABLE: dict[str, Any] = {
    "name": "Tus-Resumable",
    "in": "header",
    "required": True,
    "description": "The version of the protocol; any other answers 412",
    "schema": {"type": "string", "enum": [tus.VERSION]},
    "example": tus.VERSION,
}
_METADATA: dict[str, Any] = {
    "name": "Upload-Metadata",
    "in": "header",
    "required": True,
    "description": "`video_id` and, if you like, `filename`: each value in Base64",
    "schema": {"type": "string", "maxLength": tus.LONGEST_METADATA, "pattern": tus.METADATA_PATTERN},
    "example": "video_id MDE5MzRjYWEtN2U1NS03M2I5LWExYjQtNGU1ZjZhN2I4Yzlk",
}


def _declare_tus(
    access: Access, *refusals: type[Refusal], body: str | None = None, metadata: bool = False
) -> Declaration:
    """Declare a route of the protocol, with the headers whose absence has an answer of its own, not 422."""
    declaration = declare(access, *refusals, WrongTusVersion, body=body)
    declaration["openapi_extra"]["parameters"] = [_RESUMABLE, _METADATA] if metadata else [_RESUMABLE]
    return declaration


def upload_url(base_url: str, token: str) -> str:
    """Return the address of an upload."""
    return f"{base_url}{PATH}/{token}"


def _standing(upload: Upload) -> dict[str, str]:
    headers = {"Upload-Offset": str(upload.received)}
    if upload.state == "open":
        headers["Upload-Expires"] = format_datetime(upload.expires_at, usegmt=True)
    return headers


async def _body(request: Request) -> AsyncGenerator[bytes]:
    try:
        async for chunk in request.stream():
            yield chunk
    except ClientDisconnect as error:
        raise BodyCutOff from error


def _content_length(request: Request) -> int | None:
    field = request.headers.get("content-length", "")
    return int(field) if field.isascii() and field.isdecimal() else None


@router.options("", status_code=204, **declare(Access.ANYONE))
@router.options("/{token}", status_code=204, include_in_schema=False, **declare(Access.ADDRESS))
async def tus_options(response: Response, uploads: UploadsService) -> None:
    """Return what of the tus protocol is spoken here, and how large a file may be."""
    response.headers["Tus-Version"] = tus.VERSION
    response.headers["Tus-Extension"] = tus.EXTENSIONS
    response.headers["Tus-Checksum-Algorithm"] = tus.CHECKSUM_ALGORITHMS
    response.headers["Tus-Max-Size"] = str(uploads.max_bytes)


async def _wish(
    upload_metadata: Annotated[str, Header(alias="Upload-Metadata", include_in_schema=False)] = "",
    upload_length: Annotated[_Size | None, Header(alias="Upload-Length")] = None,
    upload_defer_length: Annotated[
        Literal["1"] | None,
        Header(
            alias="Upload-Defer-Length",
            description="Instead of Upload-Length: it will be said when it is known",
            examples=["1"],
        ),
    ] = None,
) -> tuple[UUID, UploadWish]:
    pairs = tus.read_metadata(upload_metadata)
    try:
        video_id = UUID(pairs.get("video_id", ""))
    except ValueError as error:
        raise BadMetadata from error
    if (upload_length is None) == (upload_defer_length is None):
        raise Unacceptable(
            "send it, or Upload-Defer-Length: 1, not both", field="Upload-Length", place="header"
        )
    return video_id, UploadWish(upload_length, tus.printable(pairs.get("filename")), upload_metadata)


@router.post(
    "",
    status_code=201,
    dependencies=_TUS,
    **_declare_tus(
        Access.SIGNED_IN,  # whose the video is, the metadata says
        VideoNotFound,
        NotYourVideo,
        VideoBusy,
        TooManyUploads,
        UploadTooLarge,
        EmptyUpload,
        BadMetadata,
        metadata=True,
    ),
)
async def create_upload(
    wanted: Annotated[tuple[UUID, UploadWish], Depends(_wish)],
    response: Response,
    base_url: BaseUrl,
    caller: SignedIn,
    uploads: UploadsService,
) -> None:
    """Start an upload for a video of the caller (tus: creation). `Location` is where the bytes go."""
    video_id, wish = wanted
    started = await uploads.start(caller, video_id, wish, base_url=base_url)
    response.headers.update(_standing(started.upload))
    response.headers["Location"] = upload_url(base_url, started.token)


@router.head(
    "/{token}",
    dependencies=_TUS,
    **_declare_tus(Access.ADDRESS, UploadNotFound, UploadExpired),
)
async def ask_upload(token: str, response: Response, uploads: UploadsService) -> None:
    """Return in Upload-Offset how many bytes have been kept: the next ones go there."""
    upload = await uploads.get(token)
    response.headers.update(_standing(upload))
    if upload.size is None:
        response.headers["Upload-Defer-Length"] = "1"
    else:
        response.headers["Upload-Length"] = str(upload.size)
    if upload.metadata:
        response.headers["Upload-Metadata"] = upload.metadata


async def _sending(
    request: Request,
    upload_offset: Annotated[_Bytes, Header(alias="Upload-Offset")],
    upload_length: Annotated[_Size | None, Header(alias="Upload-Length")] = None,
    upload_checksum: Annotated[
        str | None,
        Header(
            alias="Upload-Checksum",
            examples=["sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0="],
            json_schema_extra={"pattern": tus.CHECKSUM_PATTERN},
        ),
    ] = None,
) -> Sending:
    if "content-type" not in request.headers:  # the gate has checked any that is there
        raise WrongMediaType(f"This route takes {PATCH_TYPE}.")
    return Sending(
        offset=upload_offset,
        announced=_content_length(request),
        size=upload_length,
        checksum=tus.read_checksum(upload_checksum),
    )


_APPEND = _declare_tus(Access.ADDRESS, *_RECEIVING, ChecksumMismatch, BadChecksum, body=PATCH_TYPE)
_APPEND["openapi_extra"]["requestBody"] = _binary(PATCH_TYPE)


@router.patch("/{token}", status_code=204, dependencies=_TUS, **_APPEND)
async def append_to_upload(
    token: str,
    request: Request,
    response: Response,
    sending: Annotated[Sending, Depends(_sending)],
    receiving: ReceivingService,
) -> None:
    """Add bytes to an upload, from Upload-Offset on. After the last one the video is processed."""
    upload = await receiving.append(token, sending, _body(request))
    response.headers.update(_standing(upload))


_REPLACE = declare(Access.ADDRESS, *_RECEIVING, LengthRequired, body="*/*")
_REPLACE["openapi_extra"]["requestBody"] = _binary("*/*", least=1)


@router.put("/{token}", status_code=204, **_REPLACE)
async def put_upload(token: str, request: Request, response: Response, receiving: ReceivingService) -> None:
    """Send the whole file in one request. If it breaks off, send it again, or go on by tus."""
    size = _content_length(request)
    if size is None:
        raise LengthRequired
    response.headers.update(_standing(await receiving.replace(token, size, _body(request))))


@router.delete(
    "/{token}",
    status_code=204,
    dependencies=_TUS,
    **_declare_tus(Access.ADDRESS, UploadNotFound, UploadExpired, UploadComplete),
)
async def cancel_upload(token: str, uploads: UploadsService) -> None:
    """Cancel an unfinished upload and remove what has come of it (tus: termination)."""
    await uploads.cancel(token)
