"""The reports: their shapes, who may read them, and what they say of nothing."""

import asyncio
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from httpx import AsyncClient

from support.cast import Person, registered_video

from .conftest import CHROME, From, analytics, tracked

REPORTS = [
    "", "aggregated", "devices", "watch-time-distribution", "completion-rate", "geography", "dashboard",
    "export", "settings",
]  # fmt: skip
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1"
)


def path_of(video_id: str, report: str) -> str:
    return f"/api/v1/videos/{video_id}/analytics{'/' if report else ''}{report}"


@pytest.mark.parametrize("report", REPORTS)
async def test_a_report_is_its_owners_alone(
    client: AsyncClient, alice: Person, bob: Person, video: str, report: str
) -> None:
    answers = [await who.get(path_of(video, report)) for who in (alice, bob, client)]
    assert [answer.status_code for answer in answers] == [200, 403, 401]
    await alice.patch(f"/api/v1/videos/{video}", json={"visibility": "private"})
    assert (await bob.get(path_of(video, report))).status_code == 404


@pytest.mark.parametrize(
    "query",
    ["aggregated?granularity=yearly", "aggregated?period=1d", "completion-rate?breakdown=os",
     "dashboard?include_realtime=maybe", "export?format=xml"],
)  # fmt: skip
async def test_an_unknown_choice_is_refused(alice: Person, video: str, query: str) -> None:
    assert (await alice.get(path_of(video, query))).status_code == 422


async def test_without_views_everything_is_zero(alice: Person, video: str) -> None:
    found = await analytics(alice, video)
    assert {name: found[name] for name in found if name not in {"video_id", "rejected_views"}} == {
        "total_views": 0, "unique_viewers": 0, "avg_watch_duration": 0.0, "avg_completion_rate": 0.0,
        "likes": 0, "shares": 0, "comments_count": 0, "received_views": 0,
    }  # fmt: skip
    for report, lists in (
        ("devices", ("device_types", "browsers", "operating_systems")),
        ("geography", ("countries", "cities")),
        ("completion-rate", ("drop_off_points",)),
        ("dashboard", ("peak_hours", "best_days")),
    ):
        found = await analytics(alice, video, report)
        assert [found[name] for name in lists] == [[] for _ in lists]
    completion = await analytics(alice, video, "completion-rate")
    assert completion["retention"][50] == {"percentage": 50, "viewers_remaining": 0, "low": 0.0, "high": 0.0}
    assert completion["device_breakdown"] is None
    distribution = (await analytics(alice, video, "watch-time-distribution"))["distribution"]
    assert [(bucket["count"], bucket["percentage"]) for bucket in distribution] == [(0, 0.0)] * 4
    trends = (await analytics(alice, video, "dashboard"))["trends"]
    assert trends["views"] == {"current": 0, "previous": 0, "change_percent": None}


@pytest.mark.parametrize(
    ("granularity", "period", "buckets"),
    [("hourly", "24h", 24), ("hourly", "7d", 168), ("hourly", "30d", 720), ("daily", "24h", 1),
     ("daily", "7d", 7), ("daily", "30d", 30)],
)  # fmt: skip
async def test_a_series_has_no_holes(
    client: AsyncClient, alice: Person, video: str, granularity: str, period: str, buckets: int
) -> None:
    await tracked(client, video)
    found = await analytics(alice, video, "aggregated", granularity=granularity, period=period)
    starts = [datetime.fromisoformat(bucket["timestamp"]) for bucket in found["data"]]
    assert len(starts) == buckets
    assert len({later - start for start, later in pairwise(starts)}) <= 1
    assert [bucket["views"] for bucket in found["data"]] == [0] * (buckets - 1) + [1]
    assert found["data"][0]["timestamp"] == found["start"]
    assert found["start"].endswith("Z")
    assert datetime.fromisoformat(found["end"]) > datetime.now(UTC)


async def test_weeks_begin_on_monday(client: AsyncClient, alice: Person, video: str) -> None:
    await tracked(client, video)
    found = await analytics(alice, video, "aggregated", granularity="weekly", period="30d")
    starts = [datetime.fromisoformat(bucket["timestamp"]) for bucket in found["data"]]
    assert {start.weekday() for start in starts} == {0}
    assert len(starts) in {5, 6}
    assert found["data"][-1]["views"] == 1


async def test_devices_are_told_apart_and_shares_sum_to_100(
    client: AsyncClient, alice: Person, video: str
) -> None:
    for agent in (CHROME, IPHONE, "x"):
        await tracked(client, video, {"User-Agent": agent})
    found = await analytics(alice, video, "devices")
    assert found["total_views"] == 3
    assert {device["device_type"] for device in found["device_types"]} == {"desktop", "mobile", "unknown"}
    assert {browser["browser"] for browser in found["browsers"]} == {"Chrome", "Mobile Safari", "unknown"}
    assert {system["os"] for system in found["operating_systems"]} == {"Windows", "iOS", "unknown"}
    assert sorted(device["percentage"] for device in found["device_types"]) == [33.3, 33.3, 33.4]


async def test_the_bounds_of_the_distribution(client: AsyncClient, alice: Person, video: str) -> None:
    for percent in (0, 24.999, 25, 49.99, 50, 75, 100):
        await tracked(client, video, completion_percentage=percent)
    distribution = (await analytics(alice, video, "watch-time-distribution"))["distribution"]
    assert [(bucket["bucket"], bucket["count"]) for bucket in distribution] == [
        ("0-25%", 2), ("25-50%", 2), ("50-75%", 1), ("75-100%", 2)
    ]  # fmt: skip
    assert sum(bucket["percentage"] for bucket in distribution) == pytest.approx(100)


async def test_completion_and_where_viewers_leave(client: AsyncClient, alice: Person, video: str) -> None:
    for percent in (10, 10, 10, 60, 95, 100):
        await tracked(client, video, completion_percentage=percent)
    await tracked(client, video, {"User-Agent": IPHONE}, completion_percentage=60)
    found = await analytics(alice, video, "completion-rate", breakdown="device")
    assert (found["total_views"], found["completed_views"]) == (7, 2)
    assert (found["avg_completion_rate"], found["full_completion_rate"]) == (49.3, 28.6)
    assert [point["percentage"] for point in found["retention"]] == list(range(101))
    left = {point["percentage"]: point["viewers_remaining"] for point in found["retention"]}
    assert (left[0], left[10], left[11], left[60], left[61], left[95], left[100]) == (7, 7, 4, 4, 2, 2, 1)
    assert all(point["low"] <= point["viewers_remaining"] <= point["high"] for point in found["retention"])
    assert found["drop_off_points"] == [
        {"percentage": 60, "viewers_remaining": 2, "drop_off_rate": 50.0},
        {"percentage": 10, "viewers_remaining": 4, "drop_off_rate": 42.9},
    ]
    assert found["device_breakdown"] == [
        {"device_type": "desktop", "total_views": 6, "avg_completion_rate": 47.5, "completed_views": 2,
         "full_completion_rate": 33.3},
        {"device_type": "mobile", "total_views": 1, "avg_completion_rate": 60.0, "completed_views": 0,
         "full_completion_rate": 0.0},
    ]  # fmt: skip


async def test_the_last_hour_is_shown_when_asked_for(
    client: AsyncClient, alice: Person, video: str, clock: Any
) -> None:
    await tracked(client, video)
    clock.advance(minutes=10)
    await tracked(client, video)
    await tracked(client, video, {"Sec-GPC": "1"})
    assert (await analytics(alice, video, "dashboard"))["realtime"] is None
    found = await analytics(alice, video, "dashboard", include_realtime=True)
    realtime = found["realtime"]
    assert (realtime["views_last_hour"], realtime["active_viewers"]) == (3, 2)
    assert [views for views in realtime["per_minute"] if views] == [1, 2]
    assert len(realtime["per_minute"]) == 60
    assert found["overview"]["total_views"] == 3
    assert sum(hour["views"] for hour in found["peak_hours"]) == 3
    assert found["best_days"][0]["day_name"] in {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday",
                                                 "Saturday", "Sunday"}  # fmt: skip


async def test_trends_compare_with_the_thirty_days_before(
    client: AsyncClient, alice: Person, video: str, clock: Any
) -> None:
    clock.advance(days=-45)
    await tracked(client, video, watch_duration=100, completion_percentage=40)
    clock.advance(days=45)
    for _ in range(3):
        await tracked(client, video, watch_duration=60, completion_percentage=60)
    trends = (await analytics(alice, video, "dashboard"))["trends"]
    assert trends["views"] == {"current": 3, "previous": 1, "change_percent": 200.0}
    assert trends["watch_time"] == {"current": 180, "previous": 100, "change_percent": 80.0}
    assert trends["completion_rate"] == {"current": 60.0, "previous": 40.0, "change_percent": 50.0}
    assert trends["unique_viewers"] == {"current": 1, "previous": 1, "change_percent": 0.0}


async def test_the_export_has_a_line_for_each_view(client: AsyncClient, alice: Person, video: str) -> None:
    session = (await tracked(client, video, completion_percentage=12.34))["session_id"]
    await tracked(client, video, {"User-Agent": "Googlebot/2.1"})
    text = await alice.get(path_of(video, "export"))
    assert text.headers["content-type"] == "text/csv; charset=utf-8"
    head, first, second = text.text.splitlines()
    assert head.startswith("session_id,started_at,last_report_at,watch_duration,completion_percentage,")
    assert first.startswith(f"{session},")
    assert first.endswith(",60,12.34,desktop,Chrome,Windows,unknown,true,")
    assert second.endswith(",false,bot")
    lines = await alice.get(path_of(video, "export"), params={"format": "ndjson"})
    assert lines.headers["content-type"] == "application/x-ndjson"
    assert len(lines.text.splitlines()) == 2


async def test_racing_readers_all_see_what_was_answered_before(
    client: AsyncClient, alice: Person, video: str
) -> None:
    for count in range(1, 6):
        await tracked(client, video)
        found = await asyncio.gather(*(analytics(alice, video) for _ in range(10)))
        assert {one["total_views"] for one in found} == {count}


async def test_deleting_a_video_deletes_its_views(
    client: AsyncClient, alice: Person, tx: Any, jobs_done: Any, at: From
) -> None:
    gone, kept = [(await registered_video(alice))["id"] for _ in range(2)]
    for video_id in (gone, kept):
        await tracked(client, video_id)
        await analytics(alice, video_id)
        await tracked(at("198.51.100.9"), video_id)
    await alice.delete(f"/api/v1/videos/{gone}")
    await jobs_done()
    for table in ("sittings", "video_viewer_hours", "video_stat_days", "video_reach"):
        ids = await tx.fetch(f"SELECT DISTINCT video_id::text FROM {table}")  # noqa: S608 - names above
        assert [row[0] for row in ids] == [kept]
    assert (await analytics(alice, kept))["total_views"] == 2


async def test_likes_shares_and_comments_are_in_the_report_at_once(
    alice: Person, bob: Person, video: str, clock: Any
) -> None:
    path = f"/api/v1/videos/{video}"
    clock.advance(days=-40)
    await alice.post(f"{path}/like")
    clock.advance(days=40)
    await bob.post(f"{path}/like")
    await bob.post(f"{path}/share")
    await bob.post(f"{path}/comments", json={"text": "Good"})
    found = await analytics(alice, video)
    assert (found["likes"], found["shares"], found["comments_count"]) == (2, 1, 1)
    likes = (await analytics(alice, video, "dashboard"))["trends"]["likes"]
    assert likes == {"current": 1, "previous": 1, "change_percent": 0.0}
