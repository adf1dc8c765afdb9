"""Search over HTTP."""

import time
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from ..http.declare import Access, declare
from ..http.gate import gated_router
from ..http.request import SignedIn, provided
from ..http.values import Question
from ..projects import ProjectNotFound
from ..videos import VideoNotFound
from .administration import Administration
from .indexing import Indexing
from .refusals import IdsDiffer, NotIndexed
from .related import Related
from .schemas import (
    AnyCaseCategory,
    BulkIndexed,
    BulkItems,
    DocumentIn,
    Indexed,
    RelatedVideos,
    SearchAnswer,
    SearchQuery,
    SearchSettings,
    SearchState,
    Suggestions,
    read_items,
)
from .searching import Searching
from .suggesting import Suggesting

router = gated_router(prefix="/api/v1/projects/{project_id}/videos", tags=["search"])

on_projects = gated_router(prefix="/api/v1/projects/{project_id}/search", tags=["search"])

routers = (router, on_projects)

AdministrationService = Annotated[Administration, Depends(provided(Administration))]
SuggestingService = Annotated[Suggesting, Depends(provided(Suggesting))]
SearchingService = Annotated[Searching, Depends(provided(Searching))]
IndexingService = Annotated[Indexing, Depends(provided(Indexing))]
RelatedService = Annotated[Related, Depends(provided(Related))]
Limit = Annotated[int, Query(ge=1, le=20, description="At most so many")]
CategoryFilter = Annotated[AnyCaseCategory | None, Query(description="Only of this category")]


@router.post("/search", **declare(Access.SIGNED_IN, ProjectNotFound))
async def search_videos(
    project_id: UUID, body: SearchQuery, caller: SignedIn, searching: SearchingService
) -> SearchAnswer:
    """Search the videos of a project by meaning and by words."""
    began = time.perf_counter()
    found = await searching.search(caller.id, project_id, body.wanted())
    return SearchAnswer.of(body, found, seconds=time.perf_counter() - began)


@router.post("/bulk-index", **declare(Access.SIGNED_IN, ProjectNotFound))
async def bulk_index_videos(
    project_id: UUID, body: BulkItems, caller: SignedIn, indexing: IndexingService
) -> BulkIndexed:
    """Index many videos at once, at most 1,000. A bad one fails alone."""
    items, errors = read_items(body)
    errors += await indexing.index_many(caller, project_id, items)
    return BulkIndexed.of(len(body), errors)


@router.get("/suggest", **declare(Access.SIGNED_IN, ProjectNotFound))
async def suggest_queries(
    project_id: UUID,
    q: Annotated[Question, Query(description="What was typed until now")],
    caller: SignedIn,
    suggesting: SuggestingService,
) -> Suggestions:
    """Return what a text that is being typed may become: titles that fit, and completed words."""
    return Suggestions.of(q, await suggesting.complete(caller.id, project_id, q))


@router.post("/{video_id}/index", **declare(Access.SIGNED_IN, ProjectNotFound, VideoNotFound, IdsDiffer))
async def index_video(
    project_id: UUID, video_id: UUID, body: DocumentIn, caller: SignedIn, indexing: IndexingService
) -> Indexed:
    """Store a document in the project's index, in place of what it holds of this video.

    Videos are indexed by themselves whenever they change; a later change of this one replaces the document.
    An id that the platform does not know is fine: the document then belongs to this project alone.
    """
    at = await indexing.index(caller, project_id, body.document(video_id))
    return Indexed(video_id=video_id, indexed_at=at)


@router.delete("/{video_id}/index", status_code=204, **declare(Access.SIGNED_IN, ProjectNotFound, NotIndexed))
async def remove_from_index(
    project_id: UUID, video_id: UUID, caller: SignedIn, indexing: IndexingService
) -> None:
    """Remove a video from the project's index. The video itself stays."""
    await indexing.remove(caller, project_id, video_id)


@router.post("/{video_id}/related", **declare(Access.SIGNED_IN, ProjectNotFound, NotIndexed))
async def find_related_videos(
    project_id: UUID,
    video_id: UUID,
    caller: SignedIn,
    related: RelatedService,
    limit: Limit = 5,
    category_filter: CategoryFilter = None,
) -> RelatedVideos:
    """Return the videos of the project that are most like one of them, by their texts and tags."""
    hits = await related.related(caller.id, project_id, video_id, category=category_filter, limit=limit)
    return RelatedVideos.of(video_id, hits)


@on_projects.get("", **declare(Access.SIGNED_IN, ProjectNotFound))
async def get_search_state(
    project_id: UUID, caller: SignedIn, administration: AdministrationService
) -> SearchState:
    """Return how the project's index is: its size, its language, what is still to be done."""
    return SearchState.of(await administration.state(caller, project_id))


@on_projects.put("", **declare(Access.SIGNED_IN, ProjectNotFound))
async def change_search_settings(
    project_id: UUID, body: SearchSettings, caller: SignedIn, administration: AdministrationService
) -> SearchState:
    """Set in what language the project's texts are written. They are read anew, which takes some moments."""
    return SearchState.of(await administration.set_language(caller, project_id, body.language))
