"""What to watch after a video."""

import pytest
from httpx import AsyncClient

from support.cast import Person, registered_video
from support.clock import FakeClock

from .conftest import Watch, Worked, ids, related

TEA = {
    "title": "The Japanese tea ceremony",
    "tags": ["tea", "japan"],
    "description": "Green tea, step by step.",
}
MATCHA = {"title": "Whisking matcha", "tags": ["tea", "japan"], "description": "How to whisk green tea."}
ENGINE = {"title": "How diesel engines work", "tags": ["engines"], "description": "Pistons and fuel."}


@pytest.mark.parametrize("strategy", ["content", "collaborative", "hybrid"])
async def test_without_any_view_every_strategy_answers_by_content_and_says_so(
    alice: Person, worked: Worked, strategy: str
) -> None:
    tea = await registered_video(alice, **TEA)
    matcha = await registered_video(alice, **MATCHA)
    await registered_video(alice, **ENGINE)
    await worked()
    answer = await related(alice, tea["id"], strategy=strategy)
    assert ids(answer)[0] == matcha["id"]
    assert tea["id"] not in ids(answer)
    assert answer["strategy"] == strategy
    assert answer["fallback"] == (None if strategy == "content" else "content")
    assert answer["total"] == len(answer["recommendations"])
    assert [item["rank"] for item in answer["recommendations"]] == list(range(1, answer["total"] + 1))


@pytest.mark.parametrize("strategy", ["content", "collaborative", "hybrid"])
async def test_the_reasons_sum_to_the_score_and_scores_fall(
    alice: Person, worked: Worked, watch: Watch, strategy: str
) -> None:
    tea = await registered_video(alice, **TEA)
    others = [await registered_video(alice, **fields) for fields in (MATCHA, ENGINE)]
    await watch(tea["id"], others[1]["id"], people=3)
    await worked()
    items = (await related(alice, tea["id"], strategy=strategy))["recommendations"]
    for item in items:
        total = sum(reason["contribution"] for reason in item["reasons"])
        assert total == pytest.approx(item["similarity_score"], abs=1e-6)
        assert all(reason["text"] for reason in item["reasons"])
    scores = [item["similarity_score"] for item in items]
    assert scores == sorted(scores, reverse=True)


async def test_twelve_people_who_watch_an_odd_pair_make_it_rise_within_a_minute(
    alice: Person, worked: Worked, watch: Watch, clock: FakeClock
) -> None:
    tea = await registered_video(alice, **TEA)
    engine = await registered_video(alice, **ENGINE)
    for number in range(4):
        await registered_video(alice, **(MATCHA | {"title": f"Whisking matcha, part {number}"}))
    await worked()
    assert ids(await related(alice, tea["id"]))[0] != engine["id"]
    await watch(tea["id"], engine["id"], people=12)
    clock.advance(seconds=30)
    await worked()
    await related(alice, tea["id"])  # an old list is shown while it is made anew
    await worked()
    first = (await related(alice, tea["id"]))["recommendations"][0]
    assert first["video_id"] == engine["id"]
    assert first["reasons"][0]["signal"] == "co_watch"


async def test_a_video_that_nobody_has_watched_is_told_by_viewers_of_its_look_alike(
    alice: Person, worked: Worked, watch: Watch
) -> None:
    tea = await registered_video(alice, **TEA)
    engine = await registered_video(alice, **ENGINE)
    await registered_video(alice, **MATCHA)
    await registered_video(alice, title="Tea houses of Kyoto", tags=["tea"])
    new = await registered_video(alice, **(TEA | {"title": f"{TEA['title']}, once more"}))
    await worked()
    assert ids(await related(alice, new["id"]))[-1] == engine["id"]
    await watch(tea["id"], engine["id"], people=12)
    await worked()
    await alice.patch(f"/api/v1/videos/{new['id']}", json={"title": f"{TEA['title']}, again"})
    await worked()
    items = (await related(alice, new["id"]))["recommendations"]
    place = [item["video_id"] for item in items].index(engine["id"])
    assert place < 2
    assert items[place]["reasons"][0]["signal"] == "co_watch_alike"


async def test_what_is_deleted_or_made_private_is_gone_at_once(
    alice: Person, bob: Person, worked: Worked
) -> None:
    tea = await registered_video(alice, **TEA)
    matcha = await registered_video(alice, **MATCHA)
    again = await registered_video(alice, **(MATCHA | {"title": "Matcha again"}))
    await worked()
    assert set(ids(await related(bob, tea["id"]))) == {matcha["id"], again["id"]}
    await alice.patch(f"/api/v1/videos/{matcha['id']}", json={"visibility": "private"})
    assert ids(await related(bob, tea["id"])) == [again["id"]]
    await alice.delete(f"/api/v1/videos/{again['id']}")
    assert ids(await related(bob, tea["id"])) == []


async def test_removing_the_evidence_of_the_top_reason_lowers_the_rank(
    alice: Person, worked: Worked, clock: FakeClock
) -> None:
    tea = await registered_video(alice, title="Episode one", tags=["tea", "japan"])
    same = await registered_video(alice, title="Quiet afternoon", tags=["tea", "japan"])
    other = await registered_video(alice, title="Episode two", tags=[])
    await worked()
    first = (await related(alice, tea["id"], strategy="content"))["recommendations"][0]
    assert (first["video_id"], first["reasons"][0]["signal"]) == (same["id"], "tags")
    assert first["reasons"][0]["text"] == "Has the same tags: japan, tea"
    await alice.patch(f"/api/v1/videos/{same['id']}", json={"tags": []})
    await worked()
    assert ids(await related(alice, tea["id"], strategy="content"))[0] == other["id"]


async def test_what_a_caller_has_watched_stands_lower_for_it_alone(
    alice: Person, bob: Person, worked: Worked
) -> None:
    tea = await registered_video(alice, **TEA)
    matcha = await registered_video(alice, **MATCHA)
    await registered_video(alice, **ENGINE)
    await registered_video(alice, title="Tea houses of Kyoto", tags=["tea"])
    await bob.post(
        f"/api/v1/videos/{matcha['id']}/track-view",
        json={"watch_duration": 9, "completion_percentage": 100},
    )
    await worked()
    assert ids(await related(alice, tea["id"], strategy="content"))[0] == matcha["id"]
    assert ids(await related(bob, tea["id"], strategy="content"))[0] != matcha["id"]


async def test_a_list_is_kept_for_an_hour_and_dropped_when_its_video_changes(
    alice: Person, worked: Worked, clock: FakeClock
) -> None:
    key = (await alice.post("/api/v1/api-keys", json={"name": "k", "scopes": ["read", "write"]})).json()[
        "key"
    ]
    alice.headers["Authorization"] = f"Bearer {key}"  # an access token would not live so long
    tea = await registered_video(alice, **TEA)
    await registered_video(alice, **MATCHA)
    await worked()
    before = ids(await related(alice, tea["id"], strategy="content"))
    new = await registered_video(alice, **(TEA | {"title": "The Japanese tea ceremony, again"}))
    await worked()
    assert ids(await related(alice, tea["id"], strategy="content")) == before
    clock.advance(minutes=61)
    await related(alice, tea["id"], strategy="content")
    await worked()
    assert ids(await related(alice, tea["id"], strategy="content"))[0] == new["id"]
    await alice.patch(
        f"/api/v1/videos/{tea['id']}",
        json={"title": "Diesel engines", "tags": ["engines"], "description": ""},
    )
    engine = await registered_video(alice, **ENGINE)
    await worked()
    assert ids(await related(alice, tea["id"], strategy="content"))[0] == engine["id"]


async def test_unlisted_videos_have_lists_but_stand_in_none(
    alice: Person, bob: Person, worked: Worked
) -> None:
    tea = await registered_video(alice, **TEA, visibility="unlisted")
    matcha = await registered_video(alice, **MATCHA)
    await worked()
    assert ids(await related(bob, matcha["id"])) == []
    assert tea["id"] not in ids(await related(alice, matcha["id"]))
    assert matcha["id"] in ids(await related(bob, tea["id"]))


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 51}, {"strategy": "magic"}])
async def test_what_no_list_can_be_is_refused(alice: Person, query: dict[str, str]) -> None:
    tea = await registered_video(alice, **TEA)
    answer = await alice.get(f"/api/v1/videos/{tea['id']}/related", params=query)
    assert answer.status_code == 422


async def test_a_private_video_has_no_list_for_others(
    alice: Person, bob: Person, client: AsyncClient
) -> None:
    tea = await registered_video(alice, **TEA, visibility="private")
    assert (await bob.get(f"/api/v1/videos/{tea['id']}/related")).status_code == 404
    assert (await client.get(f"/api/v1/videos/{tea['id']}/related")).status_code == 401


async def test_for_me_is_what_fits_what_i_watched_and_nothing_of_it(
    alice: Person, bob: Person, worked: Worked
) -> None:
    tea = await registered_video(alice, **TEA)
    matcha = await registered_video(alice, **MATCHA)
    engine = await registered_video(alice, **ENGINE)
    await worked()
    nothing = (await bob.get("/api/v1/recommendations/for-me")).json()
    assert nothing["fallback"] == "popularity"
    assert set(ids(nothing)) == {tea["id"], matcha["id"], engine["id"]}
    await bob.post(f"/api/v1/videos/{tea['id']}/like")
    await worked()
    answer = (await bob.get("/api/v1/recommendations/for-me", params={"limit": 5})).json()
    assert ids(answer)[0] == matcha["id"]
    assert tea["id"] not in ids(answer)
    assert answer["fallback"] is None
