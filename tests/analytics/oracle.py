"""Every report, counted plainly from the raw sittings: slow, and obviously right."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

from kinetoscope.analytics.models import Granularity, Totals
from kinetoscope.kernel.db import Tx

ROLLUPS: tuple[LiteralString, ...] = (
    "SELECT * FROM video_stat_months ORDER BY video_id, month",
    "SELECT * FROM video_stat_days ORDER BY video_id, day",
    "SELECT * FROM video_stat_hours ORDER BY video_id, hour",
    "SELECT * FROM video_stat_completions ORDER BY video_id, month, device, percent",
    "SELECT * FROM video_stat_values ORDER BY video_id, dimension, month, value, part_of",
    "SELECT * FROM video_viewer_hours ORDER BY video_id, viewer_id, hour",
    "SELECT * FROM video_reach ORDER BY video_id, day, prev_day",
    "SELECT * FROM video_places ORDER BY video_id, country, city",
    "SELECT * FROM video_place_viewers ORDER BY video_id, country, city, viewer_id",
    "SELECT * FROM video_counters ORDER BY video_id",
)

_DEVICES: LiteralString = """
    SELECT device, browser, os, completion FROM sittings WHERE video_id = $1 AND reason IS NULL
"""
_UNITS: dict[Granularity, str] = {"hourly": "hour", "daily": "day", "weekly": "week"}


async def rollups(tx: Tx) -> list[list[str]]:
    """Return all rollups, row by row, as text."""
    return [[str(tuple(row)) for row in await tx.fetch(query)] for query in ROLLUPS]


async def totals(tx: Tx, video: UUID, start: datetime | None = None, end: datetime | None = None) -> Totals:
    """Count the views that began in [start, end)."""
    row = await tx.fetch_one(
        """
        SELECT count(*), count(DISTINCT viewer_id), COALESCE(sum(watched_seconds), 0),
               COALESCE(sum(completion), 0)
          FROM sittings
         WHERE video_id = $1 AND reason IS NULL AND ($2::timestamptz IS NULL OR occurred_at >= $2)
           AND ($3::timestamptz IS NULL OR occurred_at < $3)
        """,
        video,
        start,
        end,
    )
    assert row is not None
    return Totals(*row)


async def rejected(tx: Tx, video: UUID) -> dict[str, int]:
    """Count the views that do not count."""
    rows = await tx.fetch(
        "SELECT reason, count(*) FROM sittings WHERE video_id = $1 AND reason IS NOT NULL GROUP BY 1", video
    )
    return {row[0]: row[1] for row in rows}


async def series(
    tx: Tx, video: UUID, granularity: Granularity, start: datetime, end: datetime
) -> dict[datetime, Totals]:
    """Count views by bucket."""
    rows = await tx.fetch(
        """
        SELECT date_trunc($4, occurred_at), count(*), count(DISTINCT viewer_id), sum(watched_seconds),
               sum(completion)
          FROM sittings
         WHERE video_id = $1 AND reason IS NULL AND occurred_at >= $2 AND occurred_at < $3 GROUP BY 1
        """,
        video,
        start,
        end,
        _UNITS[granularity],
    )
    return {row[0]: Totals(*row[1:]) for row in rows}


async def by_device(tx: Tx, video: UUID) -> dict[str, Sequence[tuple[Any, int]]]:
    """Count views by device, browser and system."""
    rows = await tx.fetch(_DEVICES, video)
    return {name: _counted([row[name] for row in rows]) for name in ("device", "browser", "os")}


async def by_place(tx: Tx, video: UUID) -> tuple[Sequence[tuple[Any, int]], Sequence[tuple[Any, int]]]:
    """Count views by country, and by city where three viewers or more were there."""
    rows = await tx.fetch(
        """
        SELECT country, city, count(*) AS views, count(DISTINCT viewer_id) AS viewers
          FROM sittings WHERE video_id = $1 AND reason IS NULL GROUP BY country, city
        """,
        video,
    )
    countries = [row["country"] for row in rows for _ in range(row["views"])]
    cities = [
        (row["city"], row["country"]) if row["viewers"] >= 3 else ("other", "")
        for row in rows
        if row["city"]
        for _ in range(row["views"])
    ]
    return _counted(countries), _counted(cities)


async def completions(tx: Tx, video: UUID) -> dict[str, tuple[list[int], int]]:
    """Count views by device and whole percent, and sum their completion."""
    rows = await tx.fetch(_DEVICES, video)
    found: dict[str, tuple[list[int], int]] = {}
    for row in rows:
        counts, total = found.get(row["device"], ([0] * 101, 0))
        counts[row["completion"] // 100] += 1
        found[row["device"]] = (counts, total + row["completion"])
    return found


async def by_clock(tx: Tx, video: UUID, start: datetime, end: datetime) -> tuple[list[int], list[int]]:
    """Count views by hour of the day, and by day of the week."""
    rows = await tx.fetch(
        """
        SELECT occurred_at FROM sittings
         WHERE video_id = $1 AND reason IS NULL AND occurred_at >= $2 AND occurred_at < $3
        """,
        video,
        start,
        end,
    )
    hours, days = [0] * 24, [0] * 7
    for row in rows:
        hours[row[0].hour] += 1
        days[row[0].weekday()] += 1
    return hours, days


async def last_hour(tx: Tx, video: UUID, now: datetime) -> tuple[int, int]:
    """Count the views of the last hour, and who has reported in the last five minutes."""
    row = await tx.fetch_one(
        """
        SELECT count(*) FILTER (WHERE occurred_at >= $2),
               count(DISTINCT COALESCE(viewer_id, session_id))
                   FILTER (WHERE seen_at > $3 AND occurred_at > $4)
          FROM sittings WHERE video_id = $1 AND reason IS NULL AND occurred_at <= $5
        """,
        video,
        now - timedelta(hours=1),
        now - timedelta(minutes=5),
        now - timedelta(hours=6),
        now,
    )
    assert row is not None
    return row[0], row[1]


def _counted(values: list[Any]) -> list[tuple[Any, int]]:
    return sorted((value, values.count(value)) for value in set(values))
