"""What reports read: the rollups, and of raw sittings only the last hours and the export."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import LiteralString
from uuid import UUID

from ..kernel.db import Record, Tx
from .models import Completion, Count, Granularity, Overview, Realtime, Reason, Totals
from .rules import remaining

SMALLEST_CELL = 3
"""Fewer viewers than this are not shown as a city."""

_SERIES: dict[Granularity, LiteralString] = {
    "hourly": """
        SELECT hour AS start, views, viewers, watched_seconds, completion_sum
          FROM video_stat_hours WHERE video_id = $1 AND hour >= $2 AND hour < $3
    """,
    "daily": """
        SELECT d.day::timestamptz AS start, d.views, COALESCE(r.viewers, 0)::bigint AS viewers,
               d.watched_seconds, d.completion_sum
          FROM video_stat_days d
          LEFT JOIN (SELECT day, sum(viewers) AS viewers FROM video_reach
                      WHERE video_id = $1 AND day >= $2::timestamptz::date AND day < $3::timestamptz::date
                      GROUP BY day) AS r ON r.day = d.day
         WHERE d.video_id = $1 AND d.day >= $2::timestamptz::date AND d.day < $3::timestamptz::date
    """,
    "weekly": """
        SELECT d.week AS start, d.views, COALESCE(r.viewers, 0)::bigint AS viewers, d.watched_seconds,
               d.completion_sum
          FROM (SELECT date_trunc('week', day::timestamptz) AS week, sum(views)::bigint AS views,
                       sum(watched_seconds)::bigint AS watched_seconds,
                       sum(completion_sum)::bigint AS completion_sum
                  FROM video_stat_days
                 WHERE video_id = $1 AND day >= $2::timestamptz::date AND day < $3::timestamptz::date
                 GROUP BY 1) AS d
          LEFT JOIN (SELECT date_trunc('week', day::timestamptz) AS week, sum(viewers) AS viewers
                       FROM video_reach
                      WHERE video_id = $1 AND day >= $2::timestamptz::date AND day < $3::timestamptz::date
                        AND prev_day < date_trunc('week', day::timestamptz)::date
                      GROUP BY 1) AS r ON r.week = d.week
    """,
}


@dataclass(frozen=True, slots=True)
class Days:
    """Two periods of days that follow each other, both ends of each included."""

    previous_first: date
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Trends:
    """The sums of two periods, and when in the later one views began."""

    current: Totals
    previous: Totals
    by_hour: Sequence[int]
    by_weekday: Sequence[int]


@dataclass(frozen=True, slots=True)
class Vote:
    """How far somebody watched a video: what recommendations learn from. `completion` is in percent."""

    video_id: UUID
    viewer_id: UUID
    occurred_at: datetime
    completion: float


@dataclass(frozen=True, slots=True)
class ViewRecord:
    """A sitting as its video's owner may have it: nothing of who or where but the country."""

    session_id: UUID
    occurred_at: datetime
    seen_at: datetime
    watched_seconds: int
    completion: int
    device: str
    browser: str
    os: str
    country: str
    reason: Reason | None


async def load_overview(tx: Tx, video_id: UUID) -> Overview | None:
    """Return what a video has had so far; None if it is gone."""
    row = await tx.fetch_one(
        """
        SELECT c.likes, c.shares, c.comments, COALESCE(sum(m.views), 0)::bigint AS views,
               COALESCE(sum(m.new_viewers), 0)::bigint AS viewers,
               COALESCE(sum(m.watched_seconds), 0)::bigint AS watched_seconds,
               COALESCE(sum(m.completion_sum), 0)::bigint AS completion_sum,
               COALESCE(sum(m.rejected_bot), 0)::bigint AS rejected_bot,
               COALESCE(sum(m.rejected_owner), 0)::bigint AS rejected_owner,
               COALESCE(sum(m.rejected_rate), 0)::bigint AS rejected_rate
          FROM video_counters c LEFT JOIN video_stat_months m ON m.video_id = c.video_id
         WHERE c.video_id = $1
         GROUP BY c.video_id
        """,
        video_id,
    )
    if row is None:
        return None
    return Overview(
        totals=_totals(row),
        likes=row["likes"],
        shares=row["shares"],
        comments=row["comments"],
        rejected_bot=row["rejected_bot"],
        rejected_owner=row["rejected_owner"],
        rejected_rate=row["rejected_rate"],
    )


async def load_series(
    tx: Tx, video_id: UUID, granularity: Granularity, *, start: datetime, end: datetime
) -> dict[datetime, Totals]:
    """Return the sums of the buckets that have anything, by their start."""
    rows = await tx.fetch(_SERIES[granularity], video_id, start, end)
    return {row["start"]: _totals(row) for row in rows}


async def load_counts(tx: Tx, video_id: UUID, dimensions: Sequence[str]) -> dict[str, list[Count]]:
    """Return how many views had each value of these dimensions, most first."""
    rows = await tx.fetch(
        """
        SELECT dimension, value, sum(views)::bigint AS views
          FROM video_stat_values WHERE video_id = $1 AND dimension = ANY($2)
         GROUP BY dimension, value ORDER BY views DESC, value
        """,
        video_id,
        list(dimensions),
    )
    found: dict[str, list[Count]] = {dimension: [] for dimension in dimensions}
    for row in rows:
        found[row["dimension"]].append(Count(row["value"], row["views"]))
    return found


async def load_places(tx: Tx, video_id: UUID) -> tuple[list[Count], list[Count]]:
    """Return how many views came from each country and from each city, most first.

    Cities of too few viewers are one count without a country.
    """
    rows = await tx.fetch(
        """
        SELECT dimension, value, part_of, sum(views)::bigint AS views
          FROM (SELECT s.dimension, s.views,
                       CASE WHEN is_shown THEN s.value ELSE 'other' END AS value,
                       CASE WHEN is_shown THEN s.part_of ELSE '' END AS part_of
                  FROM video_stat_values s
                  LEFT JOIN video_places p
                    ON s.dimension = 'city' AND p.video_id = s.video_id AND p.country = s.part_of
                       AND p.city = s.value
                 CROSS JOIN LATERAL (SELECT s.dimension = 'country' OR COALESCE(p.viewers, 0) >= $2)
                            AS c (is_shown)
                 WHERE s.video_id = $1 AND s.dimension IN ('country', 'city')) AS shown
         GROUP BY dimension, value, part_of ORDER BY views DESC, part_of, value
        """,
        video_id,
        SMALLEST_CELL,
    )
    counts = [(row["dimension"], Count(row["value"], row["views"], row["part_of"])) for row in rows]
    return (
        [count for dimension, count in counts if dimension == "country"],
        [count for dimension, count in counts if dimension == "city"],
    )


async def load_completions(tx: Tx, video_id: UUID) -> list[Completion]:
    """Return how far views got, for each kind of device."""
    rows = await tx.fetch(
        """
        SELECT device, percent, sum(views)::bigint AS views, sum(completion_sum)::bigint AS completion_sum
          FROM video_stat_completions WHERE video_id = $1 GROUP BY device, percent
        """,
        video_id,
    )
    by_device: dict[str, list[int]] = {}
    sums: dict[str, int] = {}
    for row in rows:
        by_device.setdefault(row["device"], [0] * 101)[row["percent"]] = row["views"]
        sums[row["device"]] = sums.get(row["device"], 0) + row["completion_sum"]
    found = [Completion(device, counts, sums[device]) for device, counts in by_device.items()]
    return sorted(found, key=lambda completion: (-completion.views, completion.device))


async def retention(tx: Tx, video_id: UUID) -> tuple[int, ...]:
    """Return how many counted views reached each percentage from 0 to 100, as of the last fold."""
    found = await load_completions(tx, video_id)
    by_percent = [sum(counts) for counts in zip(*(c.by_percent for c in found), strict=True)] or [0] * 101
    return tuple(remaining(by_percent))


async def votes(tx: Tx, *, since: datetime, after: Vote | None, at_most: int) -> list[Vote]:
    """Return counted views since an instant in pages, ordered by video, instant and viewer.

    A viewer is an account, the same on all videos; or an anonymous viewer, the same for one day.
    """
    rows = await tx.fetch(
        """
        SELECT video_id, COALESCE(user_id, viewer_id), occurred_at, completion / 100.0
          FROM sittings
         WHERE occurred_at >= $1 AND reason IS NULL AND viewer_id IS NOT NULL
           AND (video_id, occurred_at, COALESCE(user_id, viewer_id)) > ($2, $3, $4)
         ORDER BY video_id, occurred_at, COALESCE(user_id, viewer_id) LIMIT $5
        """,
        since,
        after.video_id if after else UUID(int=0),
        after.occurred_at if after else since,
        after.viewer_id if after else UUID(int=0),
        at_most,
    )
    return [Vote(row[0], row[1], row[2], float(row[3])) for row in rows]


async def load_trends(tx: Tx, video_id: UUID, days: Days) -> Trends:
    """Return the sums of two periods, and the hours and weekdays of the later one."""
    rows = await tx.fetch(
        """
        SELECT 'sums' AS kind, p.number AS key, COALESCE(sum(d.views), 0)::bigint AS views,
               (SELECT COALESCE(sum(r.viewers), 0) FROM video_reach r
                 WHERE r.video_id = $1 AND r.day BETWEEN p.first AND p.last AND r.prev_day < p.first)::bigint
                   AS viewers,
               COALESCE(sum(d.watched_seconds), 0)::bigint AS watched_seconds,
               COALESCE(sum(d.completion_sum), 0)::bigint AS completion_sum
          FROM (VALUES (0, $3::date, $4::date), (1, $2::date, $3::date - 1)) AS p (number, first, last)
          LEFT JOIN video_stat_days d ON d.video_id = $1 AND d.day BETWEEN p.first AND p.last
         GROUP BY p.number, p.first, p.last
        UNION ALL
        SELECT 'hour', extract(hour FROM hour)::int, sum(views)::bigint, 0, 0, 0
          FROM video_stat_hours
         WHERE video_id = $1 AND hour >= $3::date::timestamptz AND hour < ($4::date + 1)::timestamptz
         GROUP BY 2
        UNION ALL
        SELECT 'weekday', extract(isodow FROM day)::int - 1, sum(views)::bigint, 0, 0, 0
          FROM video_stat_days WHERE video_id = $1 AND day BETWEEN $3 AND $4 GROUP BY 2
        """,
        video_id,
        days.previous_first,
        days.first,
        days.last,
    )
    by_hour, by_weekday, sums = [0] * 24, [0] * 7, [Totals(), Totals()]
    for row in rows:
        if row["kind"] == "sums":
            sums[row["key"]] = _totals(row)
        elif row["kind"] == "hour":
            by_hour[row["key"]] = row["views"]
        else:
            by_weekday[row["key"]] = row["views"]
    return Trends(sums[0], sums[1], by_hour, by_weekday)


async def load_realtime(tx: Tx, video_id: UUID, *, now: datetime) -> Realtime:
    """Return the last sixty minutes. Who began more than six hours ago is not looked for any more."""
    rows = await tx.fetch(
        """
        SELECT floor(extract(epoch FROM occurred_at - ($2::timestamptz - interval '1 hour')) / 60)::int
                   AS minute,
               count(*) AS views,
               count(DISTINCT COALESCE(viewer_id, session_id))
                   FILTER (WHERE seen_at > $2 - interval '5 minutes') AS active
          FROM sittings
         WHERE video_id = $1 AND occurred_at > $2 - interval '6 hours' AND occurred_at <= $2
           AND reason IS NULL
         GROUP BY GROUPING SETS ((1), ())
        """,
        video_id,
        now,
    )
    per_minute = [0] * 60
    active = 0
    for row in rows:
        if row["minute"] is None:
            active = row["active"]
        elif row["minute"] >= 0:
            per_minute[min(row["minute"], 59)] += row["views"]
    return Realtime(sum(per_minute), active, per_minute)


async def load_settings(tx: Tx, video_id: UUID) -> bool:
    """Return whether the owner's own views of a video count."""
    found: bool | None = await tx.fetch_value(
        "SELECT count_owner_views FROM analytics_settings WHERE video_id = $1", video_id
    )
    return True if found is None else found


async def load_views_after(
    tx: Tx, video_id: UUID, after: tuple[datetime, UUID], *, at_most: int
) -> list[ViewRecord]:
    """Return the sittings of a video that come next, in the order of their beginning."""
    rows = await tx.fetch(
        """
        SELECT session_id, occurred_at, seen_at, watched_seconds, completion, device, browser, os, country,
               reason
          FROM sittings
         WHERE video_id = $1 AND (occurred_at, session_id) > ($2, $3)
         ORDER BY occurred_at, session_id LIMIT $4
        """,
        video_id,
        *after,
        at_most,
    )
    return [ViewRecord(*row) for row in rows]


def _totals(row: Record) -> Totals:
    return Totals(row["views"], row["viewers"], row["watched_seconds"], row["completion_sum"])


def previous_days(last: date, *, length: int) -> Days:
    """Return the `length` days up to one, and as many before them."""
    first = last - timedelta(days=length - 1)
    return Days(first - timedelta(days=length), first, last)
