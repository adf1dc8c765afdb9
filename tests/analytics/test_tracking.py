"""Tracking: what one report does."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient

from kinetoscope.analytics import Folding
from kinetoscope.kernel.db import Tx
from kinetoscope.wiring import Platform
from support.cast import Person, registered_video

from .conftest import CHROME, From, analytics, report, tracked

BAD: list[dict[str, Any]] = [
    {"watch_duration": -1},
    {"watch_duration": True},
    {"watch_duration": "60"},
    {"watch_duration": 10**30},
    {"watch_duration": 1.5},
    {"completion_percentage": 100.1},
    {"completion_percentage": -0.1},
    {"completion_percentage": None},
    {"session_id": "not-a-uuid"},
    {"session_id": 7},
]


def sums(found: dict[str, Any]) -> tuple[int, float, float]:
    return found["total_views"], found["avg_watch_duration"], found["avg_completion_rate"]


async def test_a_report_is_a_view_and_names_its_sitting(
    client: AsyncClient, alice: Person, video: str
) -> None:
    receipt = await tracked(client, video, watch_duration=420, completion_percentage=73.5)
    assert receipt["counted"]
    assert receipt["reason"] is None
    assert UUID(receipt["session_id"]).version == 7
    found = await analytics(alice, video)
    assert (found["total_views"], found["unique_viewers"]) == (1, 1)
    assert (found["avg_watch_duration"], found["avg_completion_rate"]) == (420.0, 73.5)


async def test_later_reports_raise_a_sitting_and_add_no_view(
    client: AsyncClient, alice: Person, video: str
) -> None:
    first = await tracked(client, video, watch_duration=10, completion_percentage=5)
    session = first["session_id"]
    for seconds, percent in ((40, 20), (30, 60), (20, 10)):
        again = await tracked(
            client, video, watch_duration=seconds, completion_percentage=percent, session_id=session
        )
        assert again == first
    found = await analytics(alice, video)
    assert (found["total_views"], found["avg_watch_duration"], found["avg_completion_rate"]) == (
        1,
        40.0,
        60.0,
    )


async def test_a_sitting_is_raised_after_it_was_reported(
    client: AsyncClient, alice: Person, video: str
) -> None:
    session = (await tracked(client, video, watch_duration=10, completion_percentage=5))["session_id"]
    assert (await analytics(alice, video))["avg_completion_rate"] == 5.0
    await tracked(client, video, watch_duration=90, completion_percentage=100, session_id=session)
    found = await analytics(alice, video)
    assert (found["total_views"], found["avg_watch_duration"], found["avg_completion_rate"]) == (
        1,
        90.0,
        100.0,
    )
    distribution = (await analytics(alice, video, "watch-time-distribution"))["distribution"]
    assert [bucket["count"] for bucket in distribution] == [0, 0, 0, 1]


@pytest.mark.parametrize("version", [4, 7])
async def test_any_uuid_may_name_a_sitting(
    client: AsyncClient, alice: Person, video: str, version: int
) -> None:
    session = UUID(int=(uuid4().int & ~(0xF << 76)) | version << 76)
    receipt = await tracked(client, video, session_id=str(session))
    assert receipt["session_id"] == str(session)
    assert (await tracked(client, video, session_id=str(session)))["view_id"] == receipt["view_id"]
    assert (await analytics(alice, video))["total_views"] == 1


async def test_one_session_on_two_videos_is_two_views(client: AsyncClient, alice: Person, video: str) -> None:
    other = (await registered_video(alice))["id"]
    session = str(uuid4())
    receipts = [await tracked(client, one, session_id=session) for one in (video, other)]
    assert receipts[0]["view_id"] != receipts[1]["view_id"]
    assert [(await analytics(alice, one))["total_views"] for one in (video, other)] == [1, 1]


async def test_fifty_racing_reports_of_one_sitting_are_one_view(
    client: AsyncClient, alice: Person, video: str, second_platform: Platform
) -> None:
    session = str(uuid4())
    receipts = await asyncio.gather(
        *(tracked(client, video, session_id=session, watch_duration=n) for n in range(50))
    )
    assert len({receipt["view_id"] for receipt in receipts}) == 1
    found = await analytics(alice, video)
    assert (found["total_views"], found["received_views"], found["avg_watch_duration"]) == (1, 1, 49.0)


@pytest.mark.parametrize("bad", BAD, ids=str)
async def test_a_bad_report_is_refused_and_changes_nothing(
    client: AsyncClient, tx: Tx, video: str, bad: dict[str, Any]
) -> None:
    answer = await report(client, video, **bad)
    assert answer.status_code == 422, answer.text
    assert await tx.fetch_value("SELECT count(*) FROM sittings") == 0


@pytest.mark.parametrize("content", [b"", b"{", b"null", b"[]", b"\xff", b'"\\ud800"', b"[" * 5000])
async def test_what_is_no_report_is_refused(client: AsyncClient, video: str, content: bytes) -> None:
    answer = await client.post(
        f"/api/v1/videos/{video}/track-view", content=content, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in {400, 422}, answer.text


async def test_a_view_of_a_video_that_is_not_there_is_refused(
    client: AsyncClient, alice: Person, video: str
) -> None:
    assert (await report(client, str(uuid4()))).status_code == 404
    assert (await report(client, video)).status_code == 201
    await alice.delete(f"/api/v1/videos/{video}")
    assert (await report(client, video)).status_code == 404


async def test_a_private_video_exists_for_its_owner_only(
    client: AsyncClient, alice: Person, bob: Person, video: str
) -> None:
    assert (await report(client, video)).status_code == 201
    await alice.patch(f"/api/v1/videos/{video}", json={"visibility": "private"})
    assert [(await report(who, video)).status_code for who in (client, bob, alice)] == [404, 404, 201]
    await alice.patch(f"/api/v1/videos/{video}", json={"visibility": "public"})
    assert (await report(client, video)).status_code == 201


async def test_the_owners_views_count_until_the_owner_says_otherwise(
    alice: Person, bob: Person, video: str
) -> None:
    assert (await tracked(alice, video))["counted"]
    path = f"/api/v1/videos/{video}/analytics/settings"
    assert (await alice.get(path)).json() == {"video_id": video, "count_owner_views": True}
    assert (await bob.put(path, json={"count_owner_views": False})).status_code == 403
    assert (await alice.put(path, json={"count_owner_views": False})).json()["count_owner_views"] is False
    receipt = await tracked(alice, video)
    assert (receipt["counted"], receipt["reason"]) == (False, "owner")
    assert (await tracked(bob, video))["counted"]
    found = await analytics(alice, video)
    assert (found["total_views"], found["received_views"]) == (2, 3)
    assert found["rejected_views"] == {"bot": 0, "owner": 1, "rate": 0}


async def test_declared_crawlers_do_not_count_and_http_libraries_do(
    client: AsyncClient, alice: Person, video: str
) -> None:
    google = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    receipt = await tracked(client, video, {"User-Agent": google})
    assert (receipt["counted"], receipt["reason"]) == (False, "bot")
    for agent in ("python-requests/2.32", "curl/8.9", "Java/17.0.1", "okhttp/4.12", "???", ""):
        assert (await tracked(client, video, {"User-Agent": agent}))["counted"], agent
    devices = await analytics(alice, video, "devices")
    assert devices["device_types"] == [{"device_type": "unknown", "views": 6, "percentage": 100.0}]
    assert (await analytics(alice, video))["rejected_views"]["bot"] == 1


async def test_the_view_count_of_the_video_follows(
    client: AsyncClient, alice: Person, video: str, platform: Platform
) -> None:
    for _ in range(3):
        await tracked(client, video)
    folding = platform.services[Folding]
    assert isinstance(folding, Folding)
    await folding.fold_if_free()
    assert (await alice.get(f"/api/v1/videos/{video}")).json()["view_count"] == 3


async def test_a_safe_retry_is_one_view(client: AsyncClient, alice: Person, video: str) -> None:
    key = {"Idempotency-Key": "once", "User-Agent": CHROME}
    first, second = [await report(client, video, key) for _ in range(2)]
    assert first.json() == second.json()
    assert second.headers["Idempotency-Replayed"] == "true"
    assert (await analytics(alice, video))["total_views"] == 1


async def test_a_day_is_the_most_that_one_sitting_adds(
    client: AsyncClient, alice: Person, video: str
) -> None:
    await tracked(client, video, watch_duration=2_000_000_000)
    assert (await analytics(alice, video))["avg_watch_duration"] == 86_400.0


async def test_viewers_are_told_apart_by_address_browser_and_account(
    alice: Person, bob: Person, video: str, at: From
) -> None:
    for address in ("203.0.113.1", "203.0.113.2"):
        for agent in (CHROME, "Another/1.0"):
            for _ in range(2):
                await tracked(at(address), video, {"User-Agent": agent})
    for _ in range(2):
        await tracked(bob, video)
    found = await analytics(alice, video)
    assert (found["total_views"], found["unique_viewers"]) == (10, 5)
