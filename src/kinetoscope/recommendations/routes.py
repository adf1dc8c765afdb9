"""Recommendations over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request

from ..analytics import agent_of
from ..http.declare import Access, declare
from ..http.gate import gated_router
from ..http.limits import PublicWrite
from ..http.request import MaybeCaller, SignedIn, provided
from ..videos import NotYourVideo, VideoNotFound
from .clicking import Clicking, ClickReports
from .models import Strategy
from .refusals import RecommendedNotFound
from .schemas import ClickOut, ClickReportOut, ForMeOut, NewClick, RelatedOut
from .service import Recommending

beside_videos = gated_router(prefix="/api/v1/videos", tags=["recommendations"])
for_accounts = gated_router(prefix="/api/v1/recommendations", tags=["recommendations"])

routers = (beside_videos, for_accounts)

RecommendingService = Annotated[Recommending, Depends(provided(Recommending))]
ClickingService = Annotated[Clicking, Depends(provided(Clicking))]
ReportsService = Annotated[ClickReports, Depends(provided(ClickReports))]

Limit = Annotated[int, Query(ge=1, le=50, description="Most recommendations")]
Chosen = Annotated[
    Strategy,
    Query(
        description="`content`: alike in what is said of them; `collaborative`: watched by the same people; "
        "`hybrid`: both"
    ),
]
Days = Annotated[int, Query(ge=1, le=90, description="How many days back")]


@beside_videos.get("/{video_id}/related", **declare(Access.SIGNED_IN, VideoNotFound))
async def get_related(
    video_id: UUID,
    caller: SignedIn,
    recommending: RecommendingService,
    limit: Limit = 10,
    strategy: Chosen = "hybrid",
) -> RelatedOut:
    """Return what to watch after a video. Lists are kept for an hour; what is returned counts as shown."""
    return RelatedOut.of(video_id, await recommending.related(caller, video_id, strategy, limit=limit))


@beside_videos.post(
    "/{video_id}/related/click",
    status_code=201,
    **declare(Access.OPTIONAL, VideoNotFound, RecommendedNotFound, limited=True),
)
async def click_related(
    video_id: UUID,
    body: NewClick,
    request: Request,
    caller: MaybeCaller,
    clicking: ClickingService,
    _: PublicWrite,
) -> ClickOut:
    """Record that a recommendation was chosen. Anybody may; a second click on the same one is the first."""
    is_crawler = agent_of(request.headers.get("user-agent", "")).is_crawler
    await clicking.click(caller, video_id, body.clicked(), is_crawler=is_crawler)
    return ClickOut()


@beside_videos.get("/{video_id}/related/analytics", **declare(Access.OWNER, VideoNotFound, NotYourVideo))
async def get_click_report(
    video_id: UUID, caller: SignedIn, reports: ReportsService, time_range_days: Days = 7
) -> ClickReportOut:
    """Return how often the recommendations beside a video were chosen: for its owner, or an administrator."""
    counts = await reports.counts(caller, video_id, days=time_range_days)
    return ClickReportOut.of(video_id, time_range_days, counts)


@for_accounts.get("/for-me", **declare(Access.SIGNED_IN))
async def get_recommendations(
    caller: SignedIn, recommending: RecommendingService, limit: Limit = 10, strategy: Chosen = "hybrid"
) -> ForMeOut:
    """Return what the caller may like and has not watched yet, by what it has watched."""
    return ForMeOut.of(await recommending.for_me(caller, strategy, limit=limit))
