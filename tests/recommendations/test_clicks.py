"""Clicks on recommendations: recorded, counted once, learnt from only where they may teach."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient

from kinetoscope.kernel.db import Tx
from kinetoscope.recommendations import Impressions
from kinetoscope.wiring import Platform
from support.cast import PASSWORD, Person, registered_video
from support.clock import FakeClock

from .conftest import Worked, ids, related, service_of

TOPIC = {"tags": ["tea"]}


@pytest.fixture
async def videos(alice: Person, worked: Worked) -> list[str]:
    made = [await registered_video(alice, title=f"Tea, part {n}", **TOPIC) for n in range(4)]
    await worked()
    return [video["id"] for video in made]


async def click(person: AsyncClient, video_id: str, **body: Any) -> int:
    answer = await person.post(f"/api/v1/videos/{video_id}/related/click", json=body)
    return answer.status_code


async def report(owner: Person, video_id: str, **query: Any) -> dict[str, Any]:
    answer = await owner.get(f"/api/v1/videos/{video_id}/related/analytics", params=query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def learnt(tx: Tx, video_id: str) -> float:
    total: float = await tx.fetch_value(
        "SELECT COALESCE(sum(clicks), 0) FROM recommendation_evidence WHERE video_id = $1", UUID(video_id)
    )
    return total


async def test_a_click_is_answered_counted_and_learnt(
    alice: Person, bob: Person, videos: list[str], tx: Tx
) -> None:
    shown = await related(bob, videos[0])
    chosen = shown["recommendations"][1]
    answer = await bob.post(
        f"/api/v1/videos/{videos[0]}/related/click",
        json={"recommended_video_id": chosen["video_id"], "rank": chosen["rank"]},
    )
    assert (answer.status_code, answer.json()["status"]) == (201, "success")
    found = await report(alice, videos[0])
    assert (found["total_impressions"], found["total_clicks"]) == (3, 1)
    assert found["average_ctr"] == pytest.approx(1 / 3)
    second = found["by_rank"][1]
    assert (second["rank"], second["impressions"], second["clicks"], second["ctr"]) == (2, 1, 1, 1.0)
    assert second["low"] < 1.0 == second["high"]
    assert [one["strategy"] for one in found["by_strategy"]] == ["hybrid"]
    assert await learnt(tx, videos[0]) == pytest.approx(1.0)


async def test_cached_answers_are_impressions_too(alice: Person, bob: Person, videos: list[str]) -> None:
    for _ in range(3):
        await related(bob, videos[0], limit=2)
    assert (await report(alice, videos[0]))["total_impressions"] == 6


async def test_without_anything_the_report_is_empty(alice: Person, videos: list[str]) -> None:
    found = await report(alice, videos[0], time_range_days=90)
    assert (found["total_impressions"], found["average_ctr"], found["by_rank"]) == (0, 0, [])


async def test_a_second_click_on_the_same_impression_is_the_first(
    alice: Person, bob: Person, videos: list[str], tx: Tx
) -> None:
    shown = await related(bob, videos[0])
    body = {"recommended_video_id": ids(shown)[0], "rank": 1, "recommendation_id": shown["recommendation_id"]}
    codes = await asyncio.gather(*(click(bob, videos[0], **body) for _ in range(12)))
    assert set(codes) == {201}
    assert (await report(alice, videos[0]))["total_clicks"] == 1
    assert await learnt(tx, videos[0]) == pytest.approx(1.0)


async def test_of_one_source_a_list_learns_once_in_thirty_days(
    bob: Person, videos: list[str], tx: Tx
) -> None:
    for _ in range(3):
        shown = await related(bob, videos[0])
        await click(
            bob,
            videos[0],
            recommended_video_id=ids(shown)[0],
            rank=1,
            recommendation_id=shown["recommendation_id"],
        )
    assert await learnt(tx, videos[0]) == pytest.approx(1.0)


async def test_the_owners_own_clicks_count_but_teach_nothing(
    alice: Person, videos: list[str], tx: Tx
) -> None:
    shown = await related(alice, videos[0])
    await click(alice, videos[0], recommended_video_id=ids(shown)[0], rank=1)
    assert (await report(alice, videos[0]))["total_clicks"] == 1
    assert await learnt(tx, videos[0]) == 0


async def test_a_crawlers_click_is_kept_and_counts_nowhere(
    alice: Person, bob: Person, videos: list[str], tx: Tx
) -> None:
    shown = await related(bob, videos[0])
    body = {"recommended_video_id": ids(shown)[0], "rank": 1}
    answer = await bob.post(
        f"/api/v1/videos/{videos[0]}/related/click", json=body, headers={"User-Agent": "Googlebot/2.1"}
    )
    assert answer.status_code == 201
    assert (await report(alice, videos[0]))["total_clicks"] == 0
    assert await tx.fetch_value("SELECT count(*) FROM recommendation_clicks") == 1


async def test_a_click_without_an_impression_is_kept_and_counts_as_neither(
    alice: Person, client: AsyncClient, videos: list[str], tx: Tx
) -> None:
    assert await click(client, videos[0], recommended_video_id=videos[1], rank=1) == 201
    found = await report(alice, videos[0])
    assert (found["total_impressions"], found["total_clicks"]) == (0, 0)
    assert await tx.fetch_value("SELECT count(*) FROM recommendation_clicks") == 1


async def test_an_anonymous_click_belongs_to_a_list_that_had_it_there(
    alice: Person, bob: Person, client: AsyncClient, videos: list[str]
) -> None:
    shown = await related(bob, videos[0])
    for _ in range(2):
        assert await click(client, videos[0], recommended_video_id=ids(shown)[0], rank=1) == 201
    assert (await report(alice, videos[0]))["total_clicks"] == 1


async def test_a_click_that_overtakes_its_impression_finds_it_later(
    alice: Person, bob: Person, videos: list[str], platform: Platform, worked: Worked, clock: FakeClock
) -> None:
    shown = await related(bob, videos[0])
    impressions: Impressions = service_of(platform, Impressions)
    # Another process has it still in its memory.
    held, impressions._waiting = impressions._waiting, []  # pyright: ignore[reportPrivateUsage]
    body = {"recommended_video_id": ids(shown)[0], "rank": 1, "recommendation_id": shown["recommendation_id"]}
    assert await click(bob, videos[0], **body) == 201
    impressions._waiting = held  # pyright: ignore[reportPrivateUsage]
    await impressions.flush()
    clock.advance(seconds=5)
    await worked()
    assert (await report(alice, videos[0]))["total_clicks"] == 1


async def test_the_report_is_for_the_owner_and_administrators(
    alice: Person, bob: Person, videos: list[str], tx: Tx
) -> None:
    assert (await bob.get(f"/api/v1/videos/{videos[0]}/related/analytics")).status_code == 403
    await tx.execute("UPDATE accounts SET role = 'ADMIN' WHERE id = $1", UUID(bob.id))
    tokens = await bob.post("/api/v1/auth/login", json={"email": "bob@example.org", "password": PASSWORD})
    bob.headers["Authorization"] = f"Bearer {tokens.json()['access_token']}"
    assert (await report(bob, videos[0]))["time_range_days"] == 7


@pytest.mark.parametrize("days", [0, 91])
async def test_a_range_that_is_too_long_is_refused(alice: Person, videos: list[str], days: int) -> None:
    answer = await alice.get(
        f"/api/v1/videos/{videos[0]}/related/analytics", params={"time_range_days": days}
    )
    assert answer.status_code == 422


async def test_what_was_long_ago_is_not_in_the_report(
    alice: Person, bob: Person, videos: list[str], tx: Tx
) -> None:
    await related(bob, videos[0])
    await report(alice, videos[0])
    await tx.execute("UPDATE recommendation_hours SET hour = hour - interval '8 days'")
    assert (await report(alice, videos[0]))["total_impressions"] == 0
    assert (await report(alice, videos[0], time_range_days=9))["total_impressions"] == 3


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"recommended_video_id": "x", "rank": 1},
        {"rank": 1},
        {"recommended_video_id": str(uuid4()), "rank": 0},
    ],
)
async def test_a_click_on_nothing_is_refused(client: AsyncClient, videos: list[str], body: Any) -> None:
    assert await click(client, videos[0], **body) == 422


async def test_an_unknown_or_hidden_recommended_video_is_not_there(
    alice: Person, bob: Person, videos: list[str]
) -> None:
    hidden = await registered_video(alice, visibility="private")
    assert await click(bob, videos[0], recommended_video_id=str(uuid4()), rank=1) == 404
    assert await click(bob, videos[0], recommended_video_id=hidden["id"], rank=1) == 404
    assert await click(bob, str(uuid4()), recommended_video_id=videos[0], rank=1) == 404


async def test_clicks_move_a_list_and_say_so(
    alice: Person, bob: Person, videos: list[str], tx: Tx, worked: Worked
) -> None:
    last = ids(await related(bob, videos[0]))[-1]
    await worked()
    await tx.execute(
        "UPDATE recommendation_evidence SET clicks = 40, examinations = 50 WHERE recommended_id = $1",
        UUID(last),
    )
    await tx.execute("DELETE FROM recommendation_lists")
    first = (await related(bob, videos[0]))["recommendations"][0]
    assert first["video_id"] == last
    assert any(reason["signal"] == "clicks" and reason["contribution"] > 0 for reason in first["reasons"])


async def test_an_erased_account_leaves_no_trace_in_impressions_and_votes(
    bob: Person, videos: list[str], worked: Worked, tx: Tx
) -> None:
    shown = await related(bob, videos[0])
    await click(bob, videos[0], recommended_video_id=ids(shown)[0], rank=1)
    await bob.post(f"/api/v1/videos/{videos[1]}/like")
    await worked()
    assert await tx.fetch_value("SELECT count(*) FROM recommendation_votes") == 1
    await bob.delete("/api/v1/auth/me")
    await worked()
    for left in (
        await tx.fetch_value("SELECT count(*) FROM recommendation_votes"),
        await tx.fetch_value("SELECT count(*) FROM recommendation_slates"),
        await tx.fetch_value("SELECT count(*) FROM recommendation_learnt"),
        await tx.fetch_value("SELECT count(*) FROM recommendation_clicks WHERE source IS NOT NULL"),
    ):
        assert left == 0
