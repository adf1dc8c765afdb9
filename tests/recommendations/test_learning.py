"""Votes are counted exactly, models are swapped at once, policies are used only on evidence."""

import asyncio
import csv
from pathlib import Path
from random import Random
from uuid import UUID, uuid4

from httpx import AsyncClient

from kinetoscope.kernel.db import Tx
from kinetoscope.recommendations import Counting, Exporting, Improving, Training
from kinetoscope.recommendations.models import FIRST_POLICY
from kinetoscope.recommendations.off_policy import Shown
from kinetoscope.recommendations.policies import steps_from
from kinetoscope.wiring import Platform
from support.cast import Person, registered_video

from .conftest import Watch, Worked, ids, related, service_of


async def pairs(tx: Tx) -> set[tuple[str, str, int]]:
    rows = await tx.fetch("SELECT video_id, other_id, viewers FROM recommendation_recent_pairs")
    return {(str(row[0]), str(row[1]), row[2]) for row in rows}


async def test_a_vote_is_one_for_each_viewer_however_often_it_is_counted(
    alice: Person, bob: Person, worked: Worked, watch: Watch, tx: Tx, platform: Platform
) -> None:
    one, other = [(await registered_video(alice, title=t))["id"] for t in ("One", "Other")]
    await watch(one, other, people=2)
    for video_id in (one, other):
        await bob.post(f"/api/v1/videos/{video_id}/like")
    await worked()
    counting: Counting = service_of(platform, Counting)
    await asyncio.gather(*(counting.count() for _ in range(4)))
    assert await pairs(tx) == {(one, other, 3), (other, one, 3)}
    assert await tx.fetch_value("SELECT sum(viewers) FROM recommendation_videos") == 6


async def test_who_looks_only_briefly_does_not_vote(
    alice: Person, client: AsyncClient, worked: Worked, tx: Tx
) -> None:
    video = await registered_video(alice)
    body = {"watch_duration": 5, "completion_percentage": 49.9}
    await client.post(f"/api/v1/videos/{video['id']}/track-view", json=body)
    await worked()
    assert await tx.fetch_value("SELECT count(*) FROM recommendation_votes") == 0


async def test_a_model_knows_what_was_counted_and_only_the_new_is_counted_beside_it(
    alice: Person, worked: Worked, watch: Watch, tx: Tx, platform: Platform
) -> None:
    one, other, third = [(await registered_video(alice, title=t))["id"] for t in ("One", "Other", "Third")]
    await watch(one, other, people=3)
    await worked()
    await service_of(platform, Training).train()
    assert await pairs(tx) == set()
    first = (await related(alice, one))["recommendations"][0]
    assert first["video_id"] == other
    assert "co_watch" in {reason["signal"] for reason in first["reasons"]}
    await watch(one, third, people=1)
    await worked()
    assert await pairs(tx) == {(one, third, 1), (third, one, 1)}
    assert await tx.fetch_value("SELECT count(*) FROM recommendation_models WHERE is_current") == 1


async def test_a_history_leads_to_what_others_with_it_watched(
    alice: Person, bob: Person, worked: Worked, watch: Watch, platform: Platform
) -> None:
    one, other, third = [(await registered_video(alice, title=t))["id"] for t in ("Oak", "Ship", "Moon")]
    await watch(one, other, people=5)
    await watch(third, people=5)
    await bob.post(f"/api/v1/videos/{one}/like")
    await worked()
    await service_of(platform, Training).train()
    answer = (await bob.get("/api/v1/recommendations/for-me", params={"strategy": "collaborative"})).json()
    assert ids(answer)[0] == other
    assert one not in ids(answer)


async def test_factors_of_another_trainer_are_used(
    alice: Person, bob: Person, worked: Worked, watch: Watch, platform: Platform, tmp_path: Path
) -> None:
    one, other, third = [(await registered_video(alice, title=t))["id"] for t in ("Oak", "Ship", "Moon")]
    await watch(one, other, third, people=1)
    await bob.post(f"/api/v1/videos/{one}/like")
    await worked()
    exporting = Exporting(platform.db, clock=platform.clock)
    assert await exporting.export(tmp_path) == 4
    with (tmp_path / "votes.csv").open() as file:
        assert [row["video"] for row in csv.DictReader(file)].count(one) == 2
    factors = {one: (1, 0), other: (0, 1), third: (1, 0.1)}
    lines = [f"{video},{x},{y}" for video, (x, y) in factors.items()]
    (tmp_path / "factors.csv").write_text("\n".join(lines) + "\n")
    await exporting.load_factors(tmp_path)
    answer = (await bob.get("/api/v1/recommendations/for-me")).json()
    assert ids(answer)[0] == third
    assert answer["recommendations"][0]["reasons"]


async def test_a_step_that_clicks_speak_for_becomes_a_policy_and_can_be_taken_back(
    alice: Person, worked: Worked, tx: Tx, platform: Platform
) -> None:
    """People click the one item that some step would show higher."""
    tea = await registered_video(alice, title="Quiet tea", description="Green and hot", tags=["tea", "japan"])
    for title, tags in (
        ("Quiet tea, part 2", []), ("Green tea at noon", ["tea"]), ("Japan by train", ["japan"]),
        ("Quiet mornings", ["japan", "morning"]), ("Hot springs", ["japan", "tea", "water"]),
        ("Tea and biscuits", ["tea", "food"]), ("Green hills", []), ("Hot and quiet", ["tea", "japan"]),
        ("A green kettle", ["kettle"]), ("Water for tea", ["water"]), ("Trains", ["japan", "trains"]),
    ):  # fmt: skip
        await registered_video(alice, title=title, tags=tags)
    await worked()
    shown = ids(await related(alice, tea["id"]))
    await worked()
    improving: Improving = service_of(platform, Improving)
    wanted = await _lifted_by_a_step(improving, tea["id"], shown)
    random = Random(4)
    rows: list[tuple[object, ...]] = []
    clicked: list[tuple[object, ...]] = []
    for _ in range(900):
        slate = uuid4()
        rows.append((slate, UUID(tea["id"]), uuid4(), [UUID(v) for v in shown]))
        clicked += [
            (uuid4(), UUID(tea["id"]), UUID(v), rank, slate)
            for rank, v in enumerate(shown, 1)
            if v == wanted and random.random() < 0.9 / rank
        ]
    await tx.execute_many(
        """
        INSERT INTO recommendation_slates
        VALUES ($1, $2, 'hybrid', 1, $3, now(), $4, '{}', 0, true)
        """,
        rows,
    )
    await tx.execute_many(
        "INSERT INTO recommendation_clicks VALUES ($1, $2, $3, $4, $5, NULL, now())", clicked
    )
    record = await improving.improve()
    assert record is not None
    assert (record.state, record.based_on) == ("current", 1)
    assert record.gain.low > -0.01
    assert [(p.policy.version, p.state) for p in await improving.policies()] == [
        (2, "current"),
        (1, "control"),
    ]
    await improving.use(1)
    assert [(p.policy.version, p.state) for p in await improving.policies()] == [
        (2, "control"),
        (1, "current"),
    ]
    trials = await improving.trials(days=1)
    assert (trials[0].version, trials[0].lists) == (1, 901)


async def test_without_enough_lists_no_policy_is_proposed(db: object, platform: Platform) -> None:
    assert await service_of(platform, Improving).improve() is None


async def _lifted_by_a_step(improving: Improving, video_id: str, shown: list[str]) -> str:
    """Return the item that some policy one step away shows higher than the present one."""
    lists = [Shown(uuid4(), UUID(video_id), [UUID(v) for v in shown], frozenset())]
    for step in steps_from(FIRST_POLICY):
        orders = await improving._orders(step.policy, lists)  # pyright: ignore[reportPrivateUsage]
        order = [str(v) for v in orders[UUID(video_id)]]
        for rank, item in enumerate(shown):
            if order.index(item) < rank:
                return item
    raise AssertionError("no step changes anything")
