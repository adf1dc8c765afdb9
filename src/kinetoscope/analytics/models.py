"""The nouns of analytics."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

Device = Literal["desktop", "mobile", "tablet", "tv", "bot", "unknown"]
Reason = Literal["bot", "owner", "rate"]
"""Why a view does not count: a declared crawler, the owner's own, or too many from one source."""

Granularity = Literal["hourly", "daily", "weekly"]
Period = Literal["24h", "7d", "30d"]

UNKNOWN = "unknown"
"""What stands for a country, browser or system that nothing is known of."""


@dataclass(frozen=True, slots=True)
class Agent:
    """What a user agent says of itself."""

    device: Device
    browser: str
    os: str

    @property
    def is_crawler(self) -> bool:
        """Whether it declares itself to be one."""
        return self.device == "bot"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an address is: ISO 3166 code and city, or `unknown` and the empty text."""

    country: str
    city: str


NOWHERE = Place(UNKNOWN, "")


class Visitor(msgspec.Struct, frozen=True):
    """Who reports, as the request shows it. Neither stored nor logged.

    `source` is what a limit counts by: the address, or the /64 network of an IPv6 one.
    """

    address: str
    source: str
    agent: str
    account_id: UUID | None
    untracked: bool


class Progress(msgspec.Struct, frozen=True):
    """What a player reports: whole seconds watched, hundredths of a percent reached, and its sitting."""

    watched_seconds: int
    completion: int
    session_id: UUID | None


class Facts(msgspec.Struct, frozen=True):
    """What must be known of a video to judge a view of it."""

    owner_id: UUID
    private: bool
    count_owner_views: bool


class Receipt(msgspec.Struct, frozen=True):
    """What a report did: the sitting to report to next, and whether it counts."""

    session_id: UUID
    view_id: UUID
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over views. `completion_sum` is in hundredths of a percent."""

    views: int = 0
    viewers: int = 0
    watched_seconds: int = 0
    completion_sum: int = 0


@dataclass(frozen=True, slots=True)
class Overview:
    """What a video has had so far."""

    totals: Totals
    likes: int
    shares: int
    comments: int
    rejected_bot: int
    rejected_owner: int
    rejected_rate: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """One step of a time series."""

    start: datetime
    totals: Totals


@dataclass(frozen=True, slots=True)
class Series:
    """A time series without holes, oldest first; `end` is not in it any more."""

    start: datetime
    end: datetime
    buckets: Sequence[Bucket]


@dataclass(frozen=True, slots=True)
class Count:
    """How many views had a value; `part_of` is the country of a city."""

    value: str
    views: int
    part_of: str = ""


@dataclass(frozen=True, slots=True)
class Completion:
    """How far the views of one kind of device got: `by_percent[p]` stopped between p and p + 1 percent."""

    device: str
    by_percent: Sequence[int]
    completion_sum: int

    @property
    def views(self) -> int:
        """How many there were."""
        return sum(self.by_percent)


@dataclass(frozen=True, slots=True)
class Realtime:
    """The last hour, minute by minute, oldest first; `active_viewers` reported in the last five minutes."""

    views_last_hour: int
    active_viewers: int
    per_minute: Sequence[int]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """All of a video at a glance: `current` and `previous` are two periods of the same length."""

    overview: Overview
    first_day: date
    last_day: date
    current: Totals
    previous: Totals
    likes_current: int
    likes_previous: int
    by_hour: Sequence[int]
    by_weekday: Sequence[int]
    realtime: Realtime | None = field(default=None)
