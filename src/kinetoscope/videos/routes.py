"""Videos over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from ..accounts import AccountGone
from ..http import values
from ..http.declare import Access, declare
from ..http.etags import is_unchanged, wanted_versions
from ..http.gate import gated_router
from ..http.request import PageParams, SignedIn, provided
from ..kernel.caller import Caller
from ..kernel.errors import ChangedMeanwhile, Unacceptable
from ..projects import ProjectNotFound
from .models import Shown, SortBy, SortOrder, VideoFilter, VideoType
from .refusals import NotYourVideo, VideoInUse, VideoNotFound
from .schemas import ChangedVideo, NewVideo, VideoList, VideoOut
from .service import VideoReads, Videos

router = gated_router(prefix="/api/v1/videos", tags=["videos"])

VideosService = Annotated[Videos, Depends(provided(Videos))]
Reads = Annotated[VideoReads, Depends(provided(VideoReads))]

_TYPES: dict[str, VideoType] = {
    "tutorial": "tutorial",
    "webinar": "webinar",
    "demo": "demo",
    "other": "other",
}


def _answer(shown: Shown, *, status: int = 200, location: bool = False) -> Response:
    headers = {"ETag": shown.etag}
    if location:
        headers["Location"] = f"/api/v1/videos/{shown.id}"
    return Response(shown.json, status, headers=headers, media_type="application/json")


def _parts(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def _any_case(word: str) -> str:
    return "".join(f"[{letter}{letter.upper()}]" for letter in word)


_A_TYPE = f" *({'|'.join(_any_case(name) for name in _TYPES)})? *"
_TYPE_LIST = f"^{_A_TYPE}(,{_A_TYPE})*$"


def _video_types(text: str | None) -> tuple[VideoType, ...]:
    names = [name for name in (part.strip(" ") for part in (text or "").split(",")) if name]
    unknown = [name for name in names if name.lower() not in _TYPES]
    if unknown:
        raise Unacceptable(
            f"{unknown[0]!r} is no video type; use {', '.join(_TYPES)}", field="video_type", place="query"
        )
    return tuple(_TYPES[name.lower()] for name in names)


async def _filter(  # noqa: PLR0917 - one for each query parameter of the list
    caller: SignedIn,
    video_type: Annotated[
        values.Query | None,
        Query(
            description=f"Comma list of {', '.join(_TYPES)}; any of them",
            json_schema_extra={"pattern": _TYPE_LIST},
        ),
    ] = None,
    tags: Annotated[values.Query | None, Query(description="Comma list; any of them")] = None,
    tech_stack: Annotated[values.Query | None, Query(description="Comma list; any of them")] = None,
    search: Annotated[values.Query | None, Query(description="Words that title or text begin with")] = None,
    user_id: Annotated[UUID | None, Query(description="Only this owner's")] = None,
    project_id: Annotated[UUID | None, Query(description="Only this project's")] = None,
    mine: Annotated[bool, Query(description="Only the caller's own")] = False,  # noqa: FBT002
    sort_by: SortBy = "created_at",
    sort_order: SortOrder = "desc",
) -> VideoFilter:
    return VideoFilter(
        video_types=_video_types(video_type),
        tags=_parts(tags),
        tech_stack=_parts(tech_stack),
        search=search.strip() or None if search else None,
        owner_id=caller.id if mine else user_id,
        project_id=project_id,
        sort_by=sort_by,
        sort_order=sort_order,
    )


@router.post(
    "", status_code=201, response_model=VideoOut, **declare(Access.SIGNED_IN, ProjectNotFound, AccountGone)
)
async def create_video(body: NewVideo, caller: SignedIn, videos: VideosService) -> Response:
    """Register a video. Its file, if it is to live here, is sent afterwards: see `/upload`."""
    return _answer(await videos.create(caller, body.fields()), status=201, location=True)


@router.get("", response_model=VideoList, **declare(Access.SIGNED_IN))
async def list_videos(
    wanted: Annotated[VideoFilter, Depends(_filter)], page: PageParams, caller: SignedIn, reads: Reads
) -> Response:
    """Return a page of the videos that the caller may see: all public ones and its own."""
    return Response(await reads.list(caller.id, wanted, page), media_type="application/json")


@router.get("/{video_id}", response_model=VideoOut, **declare(Access.SIGNED_IN, VideoNotFound))
async def get_video(video_id: UUID, request: Request, caller: SignedIn, reads: Reads) -> Response:
    """Return a video. Private ones exist for their owner only."""
    shown = await reads.get(caller.id, video_id)
    if is_unchanged(request, shown.etag):
        return Response(status_code=304, headers={"ETag": shown.etag})
    return _answer(shown)


_CHANGE = (VideoNotFound, NotYourVideo, ProjectNotFound, VideoInUse, ChangedMeanwhile)


@router.put("/{video_id}", response_model=VideoOut, **declare(Access.OWNER, *_CHANGE))
async def update_video(
    video_id: UUID, body: ChangedVideo, request: Request, caller: SignedIn, videos: VideosService
) -> Response:
    """Change any subset of a video's fields. With If-Match, only the version that the caller has seen."""
    return await _change(video_id, body, request, caller, videos)


@router.patch("/{video_id}", response_model=VideoOut, **declare(Access.OWNER, *_CHANGE))
async def patch_video(
    video_id: UUID, body: ChangedVideo, request: Request, caller: SignedIn, videos: VideosService
) -> Response:
    """Do the same as PUT: change any subset of a video's fields."""
    return await _change(video_id, body, request, caller, videos)


async def _change(
    video_id: UUID, body: ChangedVideo, request: Request, caller: Caller, videos: Videos
) -> Response:
    versions = wanted_versions(request)
    return _answer(await videos.change(caller, video_id, body.changes(), versions=versions))


@router.delete(
    "/{video_id}", status_code=204, **declare(Access.OWNER, VideoNotFound, NotYourVideo, ChangedMeanwhile)
)
async def delete_video(video_id: UUID, request: Request, caller: SignedIn, videos: VideosService) -> None:
    """Delete a video with its files and everything that hangs on it."""
    await videos.delete(caller, video_id, versions=wanted_versions(request))
