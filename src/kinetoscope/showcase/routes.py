"""Showcases and their annotations over HTTP."""

import json
from collections.abc import Callable, Coroutine
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from ..http import values
from ..http.declare import Access, declare
from ..http.etags import is_unchanged, wanted_versions
from ..http.gate import GatedRoute
from ..http.limits import PublicWrite
from ..http.request import MaybeCaller, SignedIn, provided
from ..kernel.errors import ChangedMeanwhile
from ..kernel.paging import MAX_PAGE, Page
from ..videos import NotYourVideo, VideoNotFound
from .importing import AnnotationImport
from .models import Annotation, AnnotationType, ShowcaseFilter
from .refusals import AnnotationNotFound, NoCues, NotAShowcase, TimestampBeyondEnd, TooManyAnnotations
from .schemas import (
    AnnotationList,
    AnnotationOut,
    ChangedAnnotation,
    ClickOut,
    EffectsOut,
    ImportOut,
    NewAnnotation,
    NewClick,
    ShowcaseList,
    read_file,
    render_annotation,
    render_annotations,
    render_effects,
    render_outcome,
    render_showcase,
)
from .service import AnnotationFigures, Annotations, Showcase
from .webvtt import write_chapters

_PREFIX = "/api/v1/showcase-videos"
_JSON = "application/json"
_VTT = "text/vtt"
_VTT_TYPES = f"{_VTT},text/plain,application/x-subrip"


class _ExactRequest(Request):
    """A request whose JSON keeps the digits of its numbers."""

    async def json(self) -> Any:  # noqa: ANN401 - JSON is anything
        """Return the body, its fractions as decimals."""
        if not hasattr(self, "_json"):
            self._json = json.loads(await self.body(), parse_float=_decimal)
        return self._json


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent that not even a decimal holds
        return Decimal("NaN")


class ExactRoute(GatedRoute):
    """A route that reads numbers exactly: through a float, 42.50 would come back as 42.5."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler of the route, for requests whose numbers are exact."""
        handle = super().get_route_handler()

        async def exactly(request: Request) -> Response:
            return await handle(_ExactRequest(request.scope, request.receive))

        return exactly


router = APIRouter(prefix=_PREFIX, tags=["showcase"], route_class=ExactRoute)

ShowcaseService = Annotated[Showcase, Depends(provided(Showcase))]
AnnotationsService = Annotated[Annotations, Depends(provided(Annotations))]
ImportService = Annotated[AnnotationImport, Depends(provided(AnnotationImport))]
FiguresService = Annotated[AnnotationFigures, Depends(provided(AnnotationFigures))]


def _answer(annotation: Annotation, *, status: int = 200, location: bool = False) -> Response:
    headers = {"ETag": f'"{annotation.version}"'}
    if location:
        headers["Location"] = f"{_PREFIX}/{annotation.video_id}/annotations/{annotation.id}"
    return Response(render_annotation(annotation), status, headers=headers, media_type=_JSON)


def _parts(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


async def _filter(
    tech_stack: Annotated[values.Query | None, Query(description="Comma list; any of them")] = None,
    tags: Annotated[values.Query | None, Query(description="Comma list; any of them")] = None,
    search: Annotated[values.Query | None, Query(description="Words that title or text begin with")] = None,
) -> ShowcaseFilter:
    return ShowcaseFilter(_parts(tags), _parts(tech_stack), search.strip() or None if search else None)


async def _page(
    page: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Page number, from 1")] = 1,
    limit: Annotated[int, Query(ge=1, le=100, description="Items per page")] = 10,
) -> Page:
    return Page(page, limit)


@router.get("/showcase", response_model=ShowcaseList, **declare(Access.SIGNED_IN))
async def list_showcase_videos(
    wanted: Annotated[ShowcaseFilter, Depends(_filter)],
    page: Annotated[Page, Depends(_page)],
    caller: SignedIn,
    showcase: ShowcaseService,
) -> Response:
    """Return a page of the demo videos that the caller may see in lists, newest first."""
    return Response(render_showcase(await showcase.list(caller, wanted, page)), media_type=_JSON)


_WRITE = (VideoNotFound, NotYourVideo, NotAShowcase)


@router.post(
    "/{video_id}/annotations",
    status_code=201,
    response_model=AnnotationOut,
    **declare(Access.OWNER, *_WRITE, TimestampBeyondEnd, TooManyAnnotations),
)
async def create_annotation(
    video_id: UUID, body: NewAnnotation, caller: SignedIn, annotations: AnnotationsService
) -> Response:
    """Annotate a moment of a demo video, or with `end_timestamp` a range of it."""
    made = await annotations.create(caller, video_id, body.fields())
    return _answer(made, status=201, location=True)


@router.get(
    "/{video_id}/annotations",
    response_model=AnnotationList,
    **declare(Access.SIGNED_IN, VideoNotFound, NotAShowcase),
)
async def list_annotations(
    video_id: UUID,
    caller: SignedIn,
    annotations: AnnotationsService,
    annotation_type: Annotated[AnnotationType | None, Query(alias="type", description="Only these")] = None,
) -> Response:
    """Return all annotations of a demo video, along its time."""
    found = await annotations.list(caller, video_id, annotation_type)
    return Response(render_annotations(found), media_type=_JSON)


_EXPORT = declare(Access.SIGNED_IN, VideoNotFound, NotAShowcase)
_EXPORT["responses"][200] = {
    "description": "A WebVTT file of chapters",
    "content": {_VTT: {"schema": {"type": "string"}}},
}


@router.get("/{video_id}/annotations.vtt", response_class=Response, **_EXPORT)
async def export_annotations(video_id: UUID, caller: SignedIn, annotations: AnnotationsService) -> Response:
    """Return the annotations as WebVTT chapters, for players and editors.

    Type, text, link and exact times stand in comments, so that an import of the file loses nothing.
    """
    video, found = await annotations.export(caller, video_id)
    return Response(write_chapters(found, video.duration), media_type=f"{_VTT}; charset=utf-8")


_IMPORT = declare(Access.OWNER, *_WRITE, NoCues, TooManyAnnotations, body=_VTT_TYPES)
_IMPORT["openapi_extra"]["requestBody"] = {
    "required": True,
    "content": {
        _VTT: {
            "schema": {"type": "string", "minLength": 1},
            "example": "WEBVTT\n\n00:00.000 --> 00:42.500\nIntroduction\n\n00:42.500 --> 01:30.000\nSetup\n",
        }
    },
}


@router.post("/{video_id}/annotations/import", response_model=ImportOut, **_IMPORT)
async def import_annotations(
    video_id: UUID,
    request: Request,
    caller: SignedIn,
    service: ImportService,
    mode: Annotated[
        Literal["append", "replace"],
        Query(description="Beside the annotations that are there, or instead of them"),
    ] = "append",
) -> Response:
    """Make annotations of WebVTT chapters, such as an editor writes; SubRip passes too.

    A cue that cannot be taken is reported with its line, and the others are taken. When none can be, nothing
    changes. With `mode=replace`, a cue named by an annotation's id becomes that annotation.
    """
    file = read_file(await request.body())
    outcome = await service.take_in(caller, video_id, file, replaces=mode == "replace")
    return Response(render_outcome(outcome), media_type=_JSON)


@router.get("/{video_id}/annotations/analytics", response_model=EffectsOut, **declare(Access.OWNER, *_WRITE))
async def get_annotation_analytics(video_id: UUID, caller: SignedIn, figures: FiguresService) -> Response:
    """Return for each annotation which share of the viewers has reached it, and how many followed it."""
    return Response(render_effects(await figures.effects(caller, video_id)), media_type=_JSON)


@router.get(
    "/{video_id}/annotations/{annotation_id}",
    response_model=AnnotationOut,
    **declare(Access.SIGNED_IN, VideoNotFound, NotAShowcase, AnnotationNotFound),
)
async def get_annotation(
    video_id: UUID,
    annotation_id: UUID,
    request: Request,
    caller: SignedIn,
    annotations: AnnotationsService,
) -> Response:
    """Return an annotation."""
    answer = _answer(await annotations.get(caller, video_id, annotation_id))
    if is_unchanged(request, answer.headers["etag"]):
        return Response(status_code=304, headers={"ETag": answer.headers["etag"]})
    return answer


_CHANGE = (*_WRITE, AnnotationNotFound, TimestampBeyondEnd, ChangedMeanwhile)


@router.put(
    "/{video_id}/annotations/{annotation_id}",
    response_model=AnnotationOut,
    **declare(Access.OWNER, *_CHANGE),
)
@router.patch(
    "/{video_id}/annotations/{annotation_id}",
    response_model=AnnotationOut,
    **declare(Access.OWNER, *_CHANGE),
)
async def change_annotation(
    video_id: UUID,
    annotation_id: UUID,
    body: ChangedAnnotation,
    request: Request,
    caller: SignedIn,
    annotations: AnnotationsService,
) -> Response:
    """Change any subset of an annotation's fields. With If-Match, only the version the caller has seen."""
    versions = wanted_versions(request)
    changed = await annotations.change(caller, video_id, annotation_id, body.changes(), versions=versions)
    return _answer(changed)


@router.delete(
    "/{video_id}/annotations/{annotation_id}",
    status_code=204,
    **declare(Access.OWNER, *_WRITE, AnnotationNotFound, ChangedMeanwhile),
)
async def delete_annotation(
    video_id: UUID, annotation_id: UUID, request: Request, caller: SignedIn, annotations: AnnotationsService
) -> None:
    """Delete an annotation with its clicks."""
    await annotations.delete(caller, video_id, annotation_id, versions=wanted_versions(request))


@router.post(
    "/{video_id}/annotations/{annotation_id}/click",
    **declare(Access.OPTIONAL, VideoNotFound, NotAShowcase, AnnotationNotFound, limited=True),
)
async def click_annotation(
    video_id: UUID,
    annotation_id: UUID,
    caller: MaybeCaller,
    figures: FiguresService,
    _: PublicWrite,
    body: NewClick | None = None,
) -> ClickOut:
    """Record that an annotation was followed. Anybody may; in one sitting it counts once."""
    session_id = body.session_id if body else None
    return ClickOut.of(await figures.click(caller, video_id, annotation_id, session_id))
