"""Photos over HTTP: uploading them, and the signed addresses themselves."""

from collections.abc import AsyncGenerator
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse

from ..accounts import AccountGone
from ..http.declare import Access, declare
from ..http.etags import is_unchanged
from ..http.gate import gated_router
from ..http.request import PageParams, SignedIn, provided
from ..media import AddressExpired, AddressForged, FileNotFound, FileRoute, StorageUnavailable
from .addresses import PREFIX
from .models import OpenedPicture
from .photo_schemas import PhotoList, PhotoOut
from .photos import Photos
from .refusals import (
    BadForm,
    PhotoCutOff,
    PhotoNotFound,
    PhotosBusy,
    PhotoSpaceUsedUp,
    PhotoTooLarge,
    UnreadablePhoto,
)
from .signed import PictureAddresses

router = gated_router(prefix="/api/v1/photos", tags=["photos"])
files = APIRouter(prefix=PREFIX, tags=["photos"], route_class=FileRoute, default_response_class=Response)

routers = (router, files)

Service = Annotated[Photos, Depends(provided(Photos))]

_CHUNK_BYTES = 1 << 20
_FORM = "multipart/form-data"
_TYPES = (
    _FORM,
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/avif",
    "image/heic",
    "image/heif",
    "application/octet-stream",
)
_BINARY: dict[str, Any] = {"type": "string", "format": "binary"}

_UPLOAD = declare(
    Access.SIGNED_IN,
    BadForm,
    PhotoCutOff,
    PhotoTooLarge,
    PhotoSpaceUsedUp,
    UnreadablePhoto,
    PhotosBusy,
    StorageUnavailable,
    AccountGone,
    body=",".join(_TYPES),
)
_UPLOAD["openapi_extra"]["requestBody"] = {
    "required": True,
    "content": {
        _FORM: {"schema": {"type": "object", "required": ["file"], "properties": {"file": _BINARY}}},
        "application/octet-stream": {"schema": _BINARY},
    },
}


async def _sent(request: Request) -> AsyncGenerator[bytes]:
    """Return the bytes of the one file that a request carries, in a form or alone."""
    try:
        if not request.headers.get("content-type", "").lower().startswith(_FORM):
            async for chunk in request.stream():
                yield chunk
            return
        async with request.form(max_files=1, max_fields=8) as form:
            found = [part for part in form.values() if isinstance(part, UploadFile)]
            if not found:
                raise BadForm
            while chunk := await found[0].read(_CHUNK_BYTES):
                yield chunk
    except ClientDisconnect as error:
        raise PhotoCutOff from error
    except HTTPException as error:
        if error.status_code != HTTPStatus.BAD_REQUEST:
            raise
        raise BadForm from error


@router.post("", status_code=201, **_UPLOAD)
async def upload_photo(
    request: Request, response: Response, caller: SignedIn, photos: Service, signed: PictureAddresses
) -> PhotoOut:
    """Upload a photo: JPEG, PNG, WebP, AVIF or HEIC, as the one file of a form or as the whole body.

    What it is is told by its content. It is turned upright, and nothing of its metadata, where it was taken
    above all, is kept.
    """
    photo = await photos.add(caller, _sent(request))
    response.headers["Location"] = f"/api/v1/photos/{photo.id}"
    return PhotoOut.of(photo, signed, signed.until)


@router.get("", **declare(Access.SIGNED_IN))
async def list_photos(
    page: PageParams, caller: SignedIn, photos: Service, signed: PictureAddresses
) -> PhotoList:
    """Return a page of the caller's photos, newest first."""
    return PhotoList.of(await photos.list(caller, page), signed, signed.until)


@router.get("/{photo_id}", **declare(Access.SIGNED_IN, PhotoNotFound))
async def get_photo(photo_id: UUID, caller: SignedIn, photos: Service, signed: PictureAddresses) -> PhotoOut:
    """Return a photo of the caller, with signed addresses of its sizes."""
    return PhotoOut.of(await photos.get(caller, photo_id), signed, signed.until)


@router.delete("/{photo_id}", status_code=204, **declare(Access.SIGNED_IN, PhotoNotFound))
async def delete_photo(photo_id: UUID, caller: SignedIn, photos: Service) -> None:
    """Delete a photo with its files; it leaves all albums."""
    await photos.delete(caller, photo_id)


async def _opened(signed: str, photo_id: str, name: str, photos: Service) -> OpenedPicture:
    return await photos.open(signed, photo_id, name)


Opened = Annotated[OpenedPicture, Depends(_opened)]

_PATH = "/{signed}/{photo_id}/{name}"
_REFUSALS = (FileNotFound, AddressForged, AddressExpired, StorageUnavailable)
_GET = declare(Access.ADDRESS, *_REFUSALS)
_GET["responses"] |= {
    200: {"description": "The picture", "content": {"image/webp": {"schema": _BINARY}}},
    304: {"description": "The caller has it already"},
}
_HEAD = declare(Access.ADDRESS, *_REFUSALS)
_HEAD["responses"] |= {304: {"description": "The caller has it already"}}


@files.get(_PATH, **_GET)
async def get_picture(opened: Opened, request: Request, photos: Service) -> Response:
    """Return a photo in the size that the address was signed for."""
    if is_unchanged(request, opened.etag):
        return Response(status_code=304, headers=_headers(opened))
    return StreamingResponse(photos.stream(opened), 200, headers=_headers(opened, length=opened.size))


@files.head(_PATH, **_HEAD)
async def head_picture(opened: Opened, request: Request) -> Response:
    """Return what GET would, without the picture."""
    if is_unchanged(request, opened.etag):
        return Response(status_code=304, headers=_headers(opened))
    return Response(headers=_headers(opened, length=opened.size))


def _headers(opened: OpenedPicture, *, length: int | None = None) -> dict[str, str]:
    headers = {
        "ETag": opened.etag,
        "Cache-Control": f"private, max-age={min(opened.seconds_left, 86_400)}, immutable",
    }
    if length is not None:
        headers |= {"Content-Type": "image/webp", "Content-Length": str(length)}
    return headers
