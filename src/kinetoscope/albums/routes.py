"""Albums over HTTP."""

import hashlib
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response

from ..accounts import AccountGone
from ..http.declare import Access, declare
from ..http.etags import is_unchanged, wanted_versions
from ..http.gate import gated_router
from ..http.request import MaybeCaller, PageParams, SignedIn, provided
from ..kernel.errors import ChangedMeanwhile
from ..videos import VideoNotFound
from .models import ShownAlbum
from .refusals import (
    AlbumFull,
    AlbumNotFound,
    AlreadyInAlbum,
    ItemNotFound,
    NotYourAlbum,
    PhotoNotFound,
    RepeatedItem,
    TooManyAlbums,
    UnknownItem,
)
from .schemas import AddedItem, AlbumList, AlbumOut, ChangedAlbum, ItemOut, NewAlbum, NewOrder
from .service import Albums
from .signed import PictureAddresses, Signed

router = gated_router(prefix="/api/v1/albums", tags=["albums"])

Service = Annotated[Albums, Depends(provided(Albums))]


def _answer(shown: ShownAlbum, signed: Signed, *, request: Request, status: int = 200) -> Response:
    """Return an album with its entity tag: the version, and a digest of what this caller sees."""
    body = AlbumOut.of(shown, signed).model_dump_json().encode()
    digest = hashlib.sha256(body).hexdigest()[:16]
    headers = {"ETag": f'"{shown.album.version}-{digest}"'}
    if request.method == "GET" and is_unchanged(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    if status == 201:  # noqa: PLR2004 - Made
        headers["Location"] = f"/api/v1/albums/{shown.album.id}"
    return Response(body, status, headers=headers, media_type="application/json")


@router.post(
    "", status_code=201, response_model=AlbumOut, **declare(Access.SIGNED_IN, TooManyAlbums, AccountGone)
)
async def create_album(
    body: NewAlbum, request: Request, caller: SignedIn, albums: Service, signed: PictureAddresses
) -> Response:
    """Make an album; it is private unless it is said to be public."""
    return _answer(await albums.create(caller, body.fields()), signed, request=request, status=201)


@router.get("", **declare(Access.SIGNED_IN))
async def list_albums(
    page: PageParams, caller: SignedIn, albums: Service, signed: PictureAddresses
) -> AlbumList:
    """Return a page of the caller's albums, newest first."""
    return AlbumList.of(await albums.list(caller, page), signed)


@router.get("/{album_id}", response_model=AlbumOut, **declare(Access.OPTIONAL, AlbumNotFound))
async def get_album(
    album_id: UUID, request: Request, caller: MaybeCaller, albums: Service, signed: PictureAddresses
) -> Response:
    """Return an album with its items. Public ones are for everybody, without those that are private."""
    return _answer(await albums.get(caller, album_id), signed, request=request)


_CHANGE = (AlbumNotFound, NotYourAlbum, ChangedMeanwhile)


@router.patch("/{album_id}", response_model=AlbumOut, **declare(Access.OWNER, *_CHANGE))
@router.put("/{album_id}", response_model=AlbumOut, **declare(Access.OWNER, *_CHANGE))
async def update_album(
    album_id: UUID,
    body: ChangedAlbum,
    request: Request,
    caller: SignedIn,
    albums: Service,
    signed: PictureAddresses,
) -> Response:
    """Change any subset of an album's fields. With If-Match, only the version that the caller has seen."""
    versions = wanted_versions(request)
    shown = await albums.change(caller, album_id, body.changes(), versions=versions)
    return _answer(shown, signed, request=request)


@router.delete("/{album_id}", status_code=204, **declare(Access.OWNER, *_CHANGE))
async def delete_album(album_id: UUID, request: Request, caller: SignedIn, albums: Service) -> None:
    """Delete an album and its items; the photos and videos themselves stay."""
    await albums.delete(caller, album_id, versions=wanted_versions(request))


@router.post(
    "/{album_id}/items",
    status_code=201,
    **declare(
        Access.OWNER, AlbumNotFound, NotYourAlbum, VideoNotFound, PhotoNotFound, AlreadyInAlbum, AlbumFull
    ),
)
async def add_album_item(
    album_id: UUID,
    body: AddedItem,
    response: Response,
    caller: SignedIn,
    albums: Service,
    signed: PictureAddresses,
) -> ItemOut:
    """Put a photo or video behind the last item of an album."""
    item = await albums.add_item(caller, album_id, body.item())
    response.headers["Location"] = f"/api/v1/albums/{album_id}/items/{item.id}"
    return ItemOut.of(item, signed)


@router.get("/{album_id}/items/{item_id}", **declare(Access.OPTIONAL, AlbumNotFound, ItemNotFound))
async def get_album_item(
    album_id: UUID, item_id: UUID, caller: MaybeCaller, albums: Service, signed: PictureAddresses
) -> ItemOut:
    """Return one item of an album."""
    return ItemOut.of(await albums.get_item(caller, album_id, item_id), signed)


@router.delete(
    "/{album_id}/items/{item_id}", status_code=204, **declare(Access.OWNER, *_CHANGE, ItemNotFound)
)
async def remove_album_item(
    album_id: UUID, item_id: UUID, request: Request, caller: SignedIn, albums: Service
) -> None:
    """Take an item out of an album; the photo or video itself stays."""
    await albums.remove_item(caller, album_id, item_id, versions=wanted_versions(request))


@router.post(
    "/{album_id}/reorder", status_code=204, **declare(Access.OWNER, *_CHANGE, UnknownItem, RepeatedItem)
)
async def reorder_album(
    album_id: UUID, body: NewOrder, request: Request, caller: SignedIn, albums: Service
) -> None:
    """Change the order of an album's items, all or none. Those that are not named follow as they were."""
    await albums.reorder(caller, album_id, body.places(), versions=wanted_versions(request))
