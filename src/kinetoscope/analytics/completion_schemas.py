"""The JSON of reports on how far views get."""

from collections.abc import Sequence
from uuid import UUID

from pydantic import BaseModel, Field

from . import rules
from .models import Completion, Device
from .schemas import Percent

_BUCKETS = (("0-25%", 0, 25), ("25-50%", 25, 50), ("50-75%", 50, 75), ("75-100%", 75, 100))


class WatchTimeBucket(BaseModel):
    """Views that got so far; the lower bound is in it, and 100 in the last."""

    bucket: str
    min: int
    max: int
    count: int
    percentage: Percent


class WatchTimeOut(BaseModel):
    """Views by the quarter of the video that they got to."""

    video_id: UUID
    total_views: int
    distribution: list[WatchTimeBucket]

    @classmethod
    def of(cls, video_id: UUID, found: Sequence[Completion]) -> "WatchTimeOut":
        """Return completions as they are sent."""
        all_views = _all_devices(found)
        by_percent = [*all_views.by_percent[:99], sum(all_views.by_percent[99:])]
        counts = [sum(by_percent[low:high]) for _, low, high in _BUCKETS]
        shares = rules.percentages(counts)
        distribution = [
            WatchTimeBucket(bucket=name, min=low, max=high, count=count, percentage=share)
            for (name, low, high), count, share in zip(_BUCKETS, counts, shares, strict=True)
        ]
        return cls(video_id=video_id, total_views=sum(counts), distribution=distribution)


class RetentionPoint(BaseModel):
    """How many views got to a percentage, with the 95 % interval (Wilson) of what to expect of as many."""

    percentage: int = Field(ge=0, le=100)
    viewers_remaining: int
    low: float
    high: float


class DropOffPoint(BaseModel):
    """Where viewers leave: of those who reached this percent, `drop_off_rate` percent saw no further one."""

    percentage: int = Field(ge=0, le=100)
    viewers_remaining: int = Field(description="Who went on")
    drop_off_rate: Percent


class DeviceCompletion(BaseModel):
    """The completion of views from one kind of device."""

    device_type: Device
    total_views: int
    avg_completion_rate: Percent
    completed_views: int
    full_completion_rate: Percent


class CompletionOut(BaseModel):
    """How far views get. A view is complete from 95 % on."""

    video_id: UUID
    total_views: int
    avg_completion_rate: Percent
    completed_views: int
    full_completion_rate: Percent
    retention: list[RetentionPoint]
    drop_off_points: list[DropOffPoint] = Field(description="At most ten, steepest first")
    device_breakdown: list[DeviceCompletion] | None = Field(None, description="Only with `breakdown=device`")

    @classmethod
    def of(cls, video_id: UUID, found: Sequence[Completion], *, by_device: bool) -> "CompletionOut":
        """Return completions as they are sent."""
        all_views = _all_devices(found)
        devices = [_device_completion(completion) for completion in found] if by_device else None
        return cls(
            video_id=video_id,
            total_views=all_views.views,
            avg_completion_rate=rules.average(all_views.completion_sum, all_views.views, unit=100),
            completed_views=_completed_views(all_views),
            full_completion_rate=rules.average(_completed_views(all_views) * 100, all_views.views),
            retention=_retention(all_views),
            drop_off_points=[
                DropOffPoint(percentage=percent, viewers_remaining=left, drop_off_rate=rate)
                for percent, left, rate in rules.drop_offs(all_views.by_percent)
            ],
            device_breakdown=devices,
        )


def _all_devices(found: Sequence[Completion]) -> Completion:
    by_percent = [sum(counts) for counts in zip(*(c.by_percent for c in found), strict=True)] or [0] * 101
    return Completion("all", by_percent, sum(completion.completion_sum for completion in found))


def _completed_views(completion: Completion) -> int:
    return sum(completion.by_percent[rules.COMPLETED_FROM :])


def _retention(completion: Completion) -> list[RetentionPoint]:
    views = completion.views
    points: list[RetentionPoint] = []
    for percent, left in enumerate(rules.remaining(completion.by_percent)):
        low, high = rules.wilson(left, views)
        points.append(
            RetentionPoint(
                percentage=percent,
                viewers_remaining=left,
                low=round(low * views, 1),
                high=round(high * views, 1),
            )
        )
    return points


def _device_completion(completion: Completion) -> DeviceCompletion:
    completed = _completed_views(completion)
    return DeviceCompletion.model_validate(
        {
            "device_type": completion.device,
            "total_views": completion.views,
            "avg_completion_rate": rules.average(completion.completion_sum, completion.views, unit=100),
            "completed_views": completed,
            "full_completion_rate": rules.average(completed * 100, completion.views),
        }
    )
