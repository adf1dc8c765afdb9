"""Analytics over HTTP."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Query, Request
from starlette.responses import StreamingResponse

from ..http.declare import Access, Declaration, declare
from ..http.gate import gated_router
from ..http.limits import PublicWrite
from ..http.request import MaybeCaller, SignedIn, client_address, limited_source, provided
from ..videos import NotYourVideo, VideoNotFound
from .audience_schemas import DashboardOut, DevicesOut, GeographyOut
from .completion_schemas import CompletionOut, WatchTimeOut
from .exporting import MEDIA_TYPES, ExportFormat, render
from .models import Granularity, Period, Visitor
from .schemas import AggregatedOut, AnalyticsOut, SettingsChange, SettingsOut, ViewReceipt, ViewReport
from .service import Reports
from .tracking import Tracking

router = gated_router(prefix="/api/v1/videos/{video_id}", tags=["analytics"])

TrackingService = Annotated[Tracking, Depends(provided(Tracking))]
ReportsService = Annotated[Reports, Depends(provided(Reports))]


async def _visitor(request: Request, caller: MaybeCaller) -> Visitor:
    headers = request.headers
    return Visitor(
        address=client_address(request),
        source=limited_source(request),
        agent=headers.get("user-agent", ""),
        account_id=caller.id if caller else None,
        untracked=headers.get("dnt") == "1" or headers.get("sec-gpc") == "1",
    )


VisitorOf = Annotated[Visitor, Depends(_visitor)]


def _owner_only() -> Declaration:
    return declare(Access.OWNER, VideoNotFound, NotYourVideo)


@router.post("/track-view", status_code=201, **declare(Access.OPTIONAL, VideoNotFound, limited=True))
async def track_view(
    video_id: UUID, body: ViewReport, visitor: VisitorOf, tracking: TrackingService, _: PublicWrite
) -> ViewReceipt:
    """Report how far somebody has watched. No address is stored.

    One sitting is one view, however often it is reported on. With `DNT: 1` or `Sec-GPC: 1` the view counts,
    and nothing of who it was is kept.
    """
    return ViewReceipt.of(await tracking.track_view(video_id, visitor, body.progress()))


@router.get("/analytics", **_owner_only())
async def get_analytics(video_id: UUID, caller: SignedIn, reports: ReportsService) -> AnalyticsOut:
    """Return what a video has had so far. Like every report, it holds all that was answered before."""
    return AnalyticsOut.of(video_id, await reports.overview(caller, video_id))


@router.get("/analytics/aggregated", **_owner_only())
async def get_aggregated_analytics(
    video_id: UUID,
    caller: SignedIn,
    reports: ReportsService,
    granularity: Granularity = "daily",
    period: Period = "7d",
) -> AggregatedOut:
    """Return views over time, in whole hours, days or weeks of UTC."""
    series = await reports.aggregated(caller, video_id, granularity, period)
    return AggregatedOut.of(video_id, granularity, period, series)


@router.get("/analytics/devices", **_owner_only())
async def get_devices(video_id: UUID, caller: SignedIn, reports: ReportsService) -> DevicesOut:
    """Return views by device, browser and operating system."""
    return DevicesOut.of(video_id, await reports.devices(caller, video_id))


@router.get("/analytics/watch-time-distribution", **_owner_only())
async def get_watch_time_distribution(
    video_id: UUID, caller: SignedIn, reports: ReportsService
) -> WatchTimeOut:
    """Return views by the quarter of the video that they got to."""
    return WatchTimeOut.of(video_id, await reports.completions(caller, video_id))


@router.get("/analytics/completion-rate", **_owner_only())
async def get_completion_rate(
    video_id: UUID,
    caller: SignedIn,
    reports: ReportsService,
    breakdown: Annotated[Literal["device"] | None, Query(description="Also for each kind of device")] = None,
) -> CompletionOut:
    """Return how far views get, and where they end."""
    found = await reports.completions(caller, video_id)
    return CompletionOut.of(video_id, found, by_device=breakdown == "device")


@router.get("/analytics/geography", **_owner_only())
async def get_geography(video_id: UUID, caller: SignedIn, reports: ReportsService) -> GeographyOut:
    """Return views by country and city. Cities with fewer than three viewers are not named."""
    return GeographyOut.of(video_id, *await reports.places(caller, video_id))


@router.get("/analytics/dashboard", **_owner_only())
async def get_dashboard(
    video_id: UUID,
    caller: SignedIn,
    reports: ReportsService,
    include_realtime: Annotated[bool, Query(description="With the last hour")] = False,  # noqa: FBT002 - a query parameter
) -> DashboardOut:
    """Return everything at a glance: the last 30 days against the 30 before them."""
    found = await reports.dashboard(caller, video_id, realtime=include_realtime)
    return DashboardOut.of(video_id, found)


_EXPORT: dict[str, Any] = {**_owner_only()}
_EXPORT["responses"] |= {
    200: {
        "description": "One line for each sitting, oldest first",
        "content": {kind.partition(";")[0]: {"schema": {"type": "string"}} for kind in MEDIA_TYPES.values()},
    }
}


@router.get("/analytics/export", response_class=StreamingResponse, **_EXPORT)
async def export_views(
    video_id: UUID,
    caller: SignedIn,
    reports: ReportsService,
    kind: Annotated[ExportFormat, Query(alias="format")] = "csv",
) -> StreamingResponse:
    """Return all views of a video, one line each, without anything of who or in which city."""
    pages = await reports.export(caller, video_id)
    headers = {"Content-Disposition": f'attachment; filename="views-{video_id}.{kind}"'}
    return StreamingResponse(render(pages, kind), media_type=MEDIA_TYPES[kind], headers=headers)


@router.get("/analytics/settings", **_owner_only())
async def get_analytics_settings(video_id: UUID, caller: SignedIn, reports: ReportsService) -> SettingsOut:
    """Return how the views of a video are counted."""
    counted = await reports.settings(caller, video_id)
    return SettingsOut(video_id=video_id, count_owner_views=counted)


@router.put("/analytics/settings", **_owner_only())
async def change_analytics_settings(
    video_id: UUID, body: SettingsChange, caller: SignedIn, reports: ReportsService
) -> SettingsOut:
    """Say whether the owner's own views count, from now on; they do at first."""
    counted = await reports.change_settings(caller, video_id, count_owner_views=body.count_owner_views)
    return SettingsOut(video_id=video_id, count_owner_views=counted)
