"""Clicks on annotations, and what the owner sees of them."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient

from kinetoscope.kernel.caller import Caller
from kinetoscope.kernel.db import Database, Tx
from kinetoscope.showcase import AnnotationFigures
from support.cast import Person
from support.clock import FakeClock
from support.showcases import annotated, demo, path_of


async def clicked(person: AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    answer = await person.post(f"{path}/click", json=body) if body else await person.post(f"{path}/click")
    assert answer.status_code == 200, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


async def test_anybody_may_click_and_a_sitting_counts_once(alice: Person, client: AsyncClient) -> None:
    video = await demo(alice)
    one = f"{path_of(video)}/{(await annotated(alice, video))['id']}"
    sitting = str(uuid4())
    first = await clicked(client, one, session_id=sitting)
    assert first == {
        "status": "success",
        "message": "Click recorded successfully",
        "session_id": sitting,
        "counted": True,
        "total_clicks": 1,
    }
    again = await clicked(client, one, session_id=sitting)
    assert (again["counted"], again["total_clicks"]) == (False, 1)
    assert (await clicked(client, one))["total_clicks"] == 2
    assert (await client.post(f"{one}/click", json={"session_id": "x"})).status_code == 422


async def test_racing_clicks_of_one_sitting_count_one(alice: Person, client: AsyncClient) -> None:
    video = await demo(alice)
    one = f"{path_of(video)}/{(await annotated(alice, video))['id']}"
    receipts = await asyncio.gather(*(clicked(client, one, session_id=str(UUID(int=7))) for _ in range(20)))
    assert sum(receipt["counted"] for receipt in receipts) == 1


async def test_a_click_on_what_is_not_there_is_refused(alice: Person, client: AsyncClient) -> None:
    video, other = await demo(alice), await demo(alice)
    made = await annotated(alice, other)
    for path in (f"{path_of(video)}/{made['id']}", f"{path_of(video)}/{uuid4()}"):
        answer = await client.post(f"{path}/click")
        assert (answer.status_code, answer.json()["code"]) == (404, "annotation_not_found")


async def test_without_views_only_the_clicks_are_known(alice: Person, client: AsyncClient) -> None:
    video = await demo(alice)
    made = await annotated(alice, video, timestamp=12.50)
    await clicked(client, f"{path_of(video)}/{made['id']}")
    answer = (await alice.get(f"{path_of(video)}/analytics")).json()
    assert answer["video_id"] == video["id"]
    [row] = answer["annotations"]
    assert (row["annotation_id"], row["title"], row["timestamp"]) == (made["id"], made["title"], 12.5)
    assert row["clicks"] == 1
    assert answer["viewers"] in {None, 0}


# What the figures are made of: how far viewers have watched, as analytics knows it.


@pytest.fixture
def figures(db: Database, clock: FakeClock) -> AnnotationFigures:
    async def half_leave_at_30_percent(_: Tx, __: UUID) -> list[int]:
        return [100] * 31 + [50] * 70

    return AnnotationFigures(db, clock=clock, retention=half_leave_at_30_percent)


async def test_reach_is_the_share_of_viewers_who_came_so_far(
    alice: Person, figures: AnnotationFigures
) -> None:
    video = await demo(alice, duration=200)
    for second in (0, 60, 60.01, 200):
        await annotated(alice, video, timestamp=second)
    effects = await figures.effects(Caller(UUID(alice.id), "USER"), UUID(video["id"]))
    assert effects.viewers == 100
    assert [effect.reached for effect in effects.effects] == [100, 100, 50, 50]
    reach = effects.effects[2].reach
    assert reach is not None
    assert (reach.value, round(reach.low, 3), round(reach.high, 3)) == (0.5, 0.404, 0.596)


async def test_click_through_is_of_those_who_came_so_far(
    alice: Person, client: AsyncClient, figures: AnnotationFigures, tx: Tx
) -> None:
    video = await demo(alice, duration=200)
    made = await annotated(alice, video, timestamp=100)
    await tx.execute(
        """
        INSERT INTO annotation_clicks (annotation_id, session_id, clicked_at)
        SELECT $1, gen_random_uuid(), now() FROM generate_series(1, 10)
        """,
        made["id"],
    )
    [effect] = (await figures.effects(Caller(UUID(alice.id), "USER"), UUID(video["id"]))).effects
    through = effect.click_through
    assert through is not None
    assert (effect.clicks, through.value) == (10, 0.2)
    assert through.low == pytest.approx(0.1124, abs=1e-4)
    assert through.high == pytest.approx(0.3304, abs=1e-4)
