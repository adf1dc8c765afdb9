"""The JSON of analytics: the report of a player, the sums and the series of a video."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from ..http.values import OnlyNumbers
from . import rules
from .models import Granularity, Overview, Period, Progress, Reason, Receipt, Series, Totals

Percent = Annotated[float, Field(ge=0, le=100, description="With one decimal")]


class ViewReport(BaseModel):
    """What a player reports of one sitting, as often as it likes: progress only grows."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"watch_duration": 420, "completion_percentage": 73.5}]}
    )

    watch_duration: Annotated[
        int,
        Field(ge=0, le=2_147_483_647, description="Seconds watched; more than a day counts as one"),
        OnlyNumbers,
    ]
    completion_percentage: Annotated[
        float, Field(ge=0, le=100, allow_inf_nan=False, description="Percent of the video"), OnlyNumbers
    ]
    session_id: UUID | None = Field(
        None, description="The sitting, from an earlier answer; without it, a new one begins"
    )

    def progress(self) -> Progress:
        """Return what was sent."""
        completion = rules.completion_of(self.completion_percentage)
        return Progress(self.watch_duration, completion, self.session_id)


class ViewReceipt(BaseModel):
    """What a report did. `counted` says whether its view counts, and `reason` why not."""

    session_id: UUID = Field(description="To be sent with the next report of this sitting")
    view_id: UUID
    counted: bool
    reason: Reason | None = Field(description="`bot`, `owner` or `rate`; null if it counts")

    @classmethod
    def of(cls, receipt: Receipt) -> "ViewReceipt":
        """Return a receipt as it is sent."""
        return cls(
            session_id=receipt.session_id,
            view_id=receipt.view_id,
            counted=receipt.reason is None,
            reason=receipt.reason,
        )


class Rejected(BaseModel):
    """Views that were received and do not count, by reason."""

    bot: int = Field(description="Declared crawlers")
    owner: int = Field(description="The owner's own, while the settings of the video say so")
    rate: int = Field(description="Too many from one source on one day")


class AnalyticsOut(BaseModel):
    """What a video has had so far."""

    video_id: UUID
    total_views: int
    unique_viewers: int
    avg_watch_duration: float = Field(description="Seconds")
    avg_completion_rate: Percent
    likes: int
    shares: int
    comments_count: int
    received_views: int = Field(description="Counted and rejected ones")
    rejected_views: Rejected

    @classmethod
    def of(cls, video_id: UUID, found: Overview) -> "AnalyticsOut":
        """Return an overview as it is sent."""
        rejected = Rejected(bot=found.rejected_bot, owner=found.rejected_owner, rate=found.rejected_rate)
        return cls(
            video_id=video_id,
            total_views=found.totals.views,
            unique_viewers=found.totals.viewers,
            avg_watch_duration=_watched(found.totals),
            avg_completion_rate=mean_completion(found.totals),
            likes=found.likes,
            shares=found.shares,
            comments_count=found.comments,
            received_views=found.totals.views + rejected.bot + rejected.owner + rejected.rate,
            rejected_views=rejected,
        )


class BucketOut(BaseModel):
    """One step of a series."""

    timestamp: datetime = Field(description="Its beginning")
    views: int
    unique_viewers: int
    avg_watch_duration: float
    avg_completion_rate: Percent


class AggregatedOut(BaseModel):
    """A series of whole buckets, oldest first, without holes; the last one holds the present."""

    video_id: UUID
    granularity: Granularity
    period: Period
    start: datetime
    end: datetime = Field(description="Not in it any more")
    timezone: Literal["UTC"]
    data: list[BucketOut]

    @classmethod
    def of(cls, video_id: UUID, granularity: Granularity, period: Period, found: Series) -> "AggregatedOut":
        """Return a series as it is sent."""
        data = [
            BucketOut(
                timestamp=bucket.start,
                views=bucket.totals.views,
                unique_viewers=bucket.totals.viewers,
                avg_watch_duration=_watched(bucket.totals),
                avg_completion_rate=mean_completion(bucket.totals),
            )
            for bucket in found.buckets
        ]
        return cls(
            video_id=video_id,
            granularity=granularity,
            period=period,
            start=found.start,
            end=found.end,
            timezone="UTC",
            data=data,
        )


class SettingsChange(BaseModel):
    """What to change of how the views of a video are counted."""

    count_owner_views: bool = Field(strict=True, description="Whether the owner's own views count")


class SettingsOut(BaseModel):
    """How the views of a video are counted."""

    video_id: UUID
    count_owner_views: bool


def _watched(totals: Totals) -> float:
    return rules.average(totals.watched_seconds, totals.views)


def mean_completion(totals: Totals) -> float:
    """Return the average completion in percent."""
    return rules.average(totals.completion_sum, totals.views, unit=100)
