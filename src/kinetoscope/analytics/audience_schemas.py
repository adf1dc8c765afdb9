"""The JSON of reports on who watches, where and when."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from pydantic import BaseModel, Field

from . import rules
from .countries import country_name
from .models import UNKNOWN, Count, Dashboard, Device, Realtime
from .schemas import AnalyticsOut, Percent, mean_completion

_DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class DeviceCount(BaseModel):
    """Views from one kind of device."""

    device_type: Device
    views: int
    percentage: Percent


class BrowserCount(BaseModel):
    """Views from one browser."""

    browser: str
    views: int
    percentage: Percent


class SystemCount(BaseModel):
    """Views from one operating system."""

    os: str
    views: int
    percentage: Percent


class DevicesOut(BaseModel):
    """Views by what they were watched with, most first."""

    video_id: UUID
    total_views: int
    device_types: list[DeviceCount]
    browsers: list[BrowserCount]
    operating_systems: list[SystemCount]

    @classmethod
    def of(cls, video_id: UUID, found: dict[str, list[Count]]) -> "DevicesOut":
        """Return counts as they are sent."""
        return cls.model_validate(
            {
                "video_id": video_id,
                "total_views": sum(count.views for count in found["device"]),
                "device_types": _shares("device_type", found["device"]),
                "browsers": _shares("browser", found["browser"]),
                "operating_systems": _shares("os", found["os"]),
            }
        )


class CountryCount(BaseModel):
    """Views from one country."""

    country_code: str = Field(description="ISO 3166, or `unknown`")
    country: str
    views: int
    percentage: Percent


class CityCount(BaseModel):
    """Views from one city; `other` holds all cities with fewer than three viewers."""

    city: str
    country_code: str | None
    views: int
    percentage: Percent


class GeographyOut(BaseModel):
    """Views by where they came from, most first."""

    video_id: UUID
    total_views: int
    countries: list[CountryCount]
    cities: list[CityCount]

    @classmethod
    def of(cls, video_id: UUID, countries: Sequence[Count], cities: Sequence[Count]) -> "GeographyOut":
        """Return places as they are sent."""
        total = sum(count.views for count in countries)
        without_city = total - sum(count.views for count in cities)
        if without_city:
            cities = [*cities, Count(UNKNOWN, without_city)]
        shares = rules.percentages([count.views for count in countries])
        city_shares = rules.percentages([count.views for count in cities])
        return cls(
            video_id=video_id,
            total_views=total,
            countries=[
                CountryCount(
                    country_code=count.value,
                    country="Unknown" if count.value == UNKNOWN else country_name(count.value),
                    views=count.views,
                    percentage=share,
                )
                for count, share in zip(countries, shares, strict=True)
            ],
            cities=[
                CityCount(
                    city=count.value, country_code=count.part_of or None, views=count.views, percentage=share
                )
                for count, share in zip(cities, city_shares, strict=True)
            ],
        )


class Trend(BaseModel):
    """A figure of this period and of the one before."""

    current: float
    previous: float
    change_percent: float | None = Field(description="Null where the earlier one is 0")


class TrendsOut(BaseModel):
    """This period against the one before; both are as long."""

    views: Trend
    unique_viewers: Trend
    watch_time: Trend = Field(description="Seconds")
    completion_rate: Trend = Field(description="Percent")
    likes: Trend


class PeakHour(BaseModel):
    """An hour of the day, in UTC."""

    hour: int = Field(ge=0, le=23)
    views: int


class BestDay(BaseModel):
    """A day of the week, in UTC."""

    day_of_week: int = Field(ge=0, le=6, description="0 is Monday")
    day_name: str
    views: int


class RealtimeOut(BaseModel):
    """The last hour."""

    views_last_hour: int
    active_viewers: int = Field(description="Who has reported in the last five minutes")
    per_minute: list[int] = Field(description="Sixty, oldest first")

    @classmethod
    def of(cls, found: Realtime) -> "RealtimeOut":
        """Return the last hour as it is sent."""
        return cls(
            views_last_hour=found.views_last_hour,
            active_viewers=found.active_viewers,
            per_minute=list(found.per_minute),
        )


class DashboardOut(BaseModel):
    """Everything at a glance. `start` and `end` are the first and last day of the period."""

    video_id: UUID
    start: date
    end: date
    overview: AnalyticsOut
    trends: TrendsOut
    peak_hours: list[PeakHour] = Field(
        description="Of the period, most views first; those without are left out"
    )
    best_days: list[BestDay] = Field(description="As peak_hours")
    realtime: RealtimeOut | None

    @classmethod
    def of(cls, video_id: UUID, found: Dashboard) -> "DashboardOut":
        """Return a dashboard as it is sent."""
        now, before = found.current, found.previous
        return cls(
            video_id=video_id,
            start=found.first_day,
            end=found.last_day,
            overview=AnalyticsOut.of(video_id, found.overview),
            trends=TrendsOut(
                views=_trend(now.views, before.views),
                unique_viewers=_trend(now.viewers, before.viewers),
                watch_time=_trend(now.watched_seconds, before.watched_seconds),
                completion_rate=_trend(mean_completion(now), mean_completion(before)),
                likes=_trend(found.likes_current, found.likes_previous),
            ),
            peak_hours=[PeakHour(hour=hour, views=views) for hour, views in _most(found.by_hour)],
            best_days=[
                BestDay(day_of_week=day, day_name=_DAY_NAMES[day], views=views)
                for day, views in _most(found.by_weekday)
            ],
            realtime=None if found.realtime is None else RealtimeOut.of(found.realtime),
        )


def _trend(current: float, previous: float) -> Trend:
    change = rules.change_percent(current, previous)
    return Trend(current=current, previous=previous, change_percent=change)


def _shares(name: str, counts: Sequence[Count]) -> list[dict[str, str | int | float]]:
    shares = rules.percentages([count.views for count in counts])
    return [
        {name: count.value, "views": count.views, "percentage": share}
        for count, share in zip(counts, shares, strict=True)
    ]


def _most(counts: Sequence[int]) -> list[tuple[int, int]]:
    found = [(number, views) for number, views in enumerate(counts) if views]
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))
