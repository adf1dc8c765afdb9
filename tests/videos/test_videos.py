"""Videos over HTTP: registering, reading, changing, deleting, listing."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient

from kinetoscope.kernel.db import Tx
from support.cast import Person, registered_video

FIELDS = {
    "id", "video_id", "user_id", "author", "project_id", "title", "description", "video_type", "video_url",
    "thumbnail_url", "duration", "tags", "tech_stack", "project_url", "visibility", "status", "playback",
    "view_count", "like_count", "share_count", "created_at", "updated_at",
}  # fmt: skip


async def ids_of(person: AsyncClient, **query: Any) -> list[str]:
    answer = await person.get("/api/v1/videos", params=query)
    assert answer.status_code == 200, answer.text
    return [video["id"] for video in answer.json()["videos"]]


async def test_a_new_video_is_the_whole_object_with_its_location(alice: Person) -> None:
    answer = await alice.post(
        "/api/v1/videos",
        json={
            "title": "  Python ML  ",
            "description": "Two\nlines",
            "video_type": "TUTORIAL",
            "video_url": "https://example.org/a.mp4",
            "duration": 2340,
            "tags": ["Python", " ml ", "python"],
            "tech_stack": ["NumPy"],
            "unknown_field": 1,
        },
    )
    video = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/v1/videos/{video['id']}"
    assert set(video) >= FIELDS
    assert video["id"] == video["video_id"]
    assert (video["user_id"], video["author"]) == (alice.id, "Alice")
    assert (video["title"], video["video_type"]) == ("Python ML", "tutorial")
    assert video["tags"] == ["Python", "ml"]
    assert (video["visibility"], video["status"], video["playback"]) == ("public", "registered", None)
    assert (video["view_count"], video["like_count"], video["share_count"]) == (0, 0, 0)
    assert video["created_at"].endswith("Z")
    assert (await alice.get(answer.headers["location"])).json() == video


async def test_the_smallest_video_is_a_title(alice: Person) -> None:
    video = await registered_video(alice, title="x")
    assert (video["video_type"], video["description"], video["tags"], video["duration"]) == (
        "other",
        "",
        [],
        None,
    )


async def test_every_signed_in_user_reads_a_public_video(alice: Person, bob: Person) -> None:
    video = await registered_video(alice)
    assert (await bob.get(f"/api/v1/videos/{video['id']}")).status_code == 200
    assert await ids_of(bob) == [video["id"]]


async def test_an_unlisted_video_is_read_by_id_and_listed_for_its_owner_only(
    alice: Person, bob: Person
) -> None:
    video = await registered_video(alice, visibility="unlisted")
    assert (await bob.get(f"/api/v1/videos/{video['id']}")).status_code == 200
    assert await ids_of(bob) == []
    assert await ids_of(bob, search="tea") == []
    assert await ids_of(alice) == [video["id"]]


async def test_a_private_video_does_not_exist_for_others(alice: Person, bob: Person) -> None:
    video = await registered_video(alice, visibility="private")
    path = f"/api/v1/videos/{video['id']}"
    for answer in (
        await bob.get(path),
        await bob.put(path, json={"title": "Mine"}),
        await bob.patch(path, json={"title": "Mine"}),
        await bob.delete(path),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "video_not_found")
    assert await ids_of(bob) == []
    assert await ids_of(bob, user_id=alice.id) == []
    assert (await alice.get(path)).json()["title"] == "Tea ceremony"


async def test_another_user_may_see_but_not_change_a_public_video(alice: Person, bob: Person) -> None:
    video = await registered_video(alice)
    path = f"/api/v1/videos/{video['id']}"
    for answer in (await bob.put(path, json={"title": "Mine"}), await bob.delete(path)):
        assert (answer.status_code, answer.json()["code"]) == (403, "not_your_video")
    assert (await alice.get(path)).json() == video


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_put_and_patch_change_any_subset(alice: Person, method: str) -> None:
    video = await registered_video(alice, description="old", tags=["a"], duration=5)
    path = f"/api/v1/videos/{video['id']}"
    changed = (await alice.request(method, path, json={"title": "New", "duration": None})).json()
    assert changed == video | {"title": "New", "duration": None, "updated_at": changed["updated_at"]}
    assert (await alice.request(method, path, json={"tags": ["B", "b"]})).json()["tags"] == ["B"]
    assert (await alice.request(method, path, json={})).json()["title"] == "New"
    for empty in ({"title": None}, {"title": ""}, {"visibility": None}, {"video_type": None}):
        assert (await alice.request(method, path, json=empty)).status_code == 422


async def test_what_the_server_decides_cannot_be_written(alice: Person) -> None:
    video = await registered_video(alice, view_count=99, status="ready", user_id=str(uuid4()))
    assert (video["view_count"], video["status"], video["user_id"]) == (0, "registered", alice.id)
    answer = await alice.put(f"/api/v1/videos/{video['id']}", json={"id": str(uuid4()), "like_count": 7})
    assert (answer.json()["id"], answer.json()["like_count"]) == (video["id"], 0)


async def test_a_lost_update_is_prevented(alice: Person) -> None:
    video = await registered_video(alice)
    path = f"/api/v1/videos/{video['id']}"
    etag = (await alice.get(path)).headers["etag"]
    assert (await alice.put(path, json={"title": "One"}, headers={"If-Match": etag})).status_code == 200

    late = await alice.put(path, json={"title": "Two"}, headers={"If-Match": etag})
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    assert (await alice.delete(path, headers={"If-Match": etag})).status_code == 412
    assert (await alice.put(path, json={"title": "Two"}, headers={"If-Match": "*"})).status_code == 200


async def test_of_racing_changes_with_one_etag_one_succeeds(alice: Person) -> None:
    video = await registered_video(alice)
    path = f"/api/v1/videos/{video['id']}"
    etag = (await alice.get(path)).headers["etag"]
    answers = await asyncio.gather(
        *(alice.put(path, json={"title": f"T{n}"}, headers={"If-Match": etag}) for n in range(10))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 9


async def test_a_counted_view_changes_the_etag_but_holds_up_no_change(alice: Person, tx: Tx) -> None:
    video = await registered_video(alice)
    path = f"/api/v1/videos/{video['id']}"
    etag = (await alice.get(path)).headers["etag"]
    await tx.execute("UPDATE video_counters SET views = views + 1")

    seen = await alice.get(path, headers={"If-None-Match": etag})
    assert (seen.status_code, seen.json()["view_count"]) == (200, 1)
    assert (await alice.put(path, json={"title": "New"}, headers={"If-Match": etag})).status_code == 200


async def test_what_has_not_changed_is_not_sent_again(alice: Person) -> None:
    path = f"/api/v1/videos/{(await registered_video(alice))['id']}"
    etag = (await alice.get(path)).headers["etag"]
    for known in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        answer = await alice.get(path, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)


async def test_deleting_is_for_good(alice: Person, bob: Person) -> None:
    path = f"/api/v1/videos/{(await registered_video(alice))['id']}"
    gone = await alice.delete(path)
    assert (gone.status_code, gone.content) == (204, b"")
    for answer in (await alice.get(path), await alice.delete(path), await bob.get(path)):
        assert answer.status_code == 404
    assert (await alice.get("/api/v1/videos")).json()["total"] == 0


async def test_a_list_shows_the_newest_first_in_pages(alice: Person) -> None:
    made = [(await registered_video(alice, title=f"Video {n}"))["id"] for n in range(25)]
    first = (await alice.get("/api/v1/videos")).json()
    assert (first["total"], first["page"], first["page_size"], first["has_more"]) == (25, 1, 20, True)
    second = (await alice.get("/api/v1/videos", params={"page": 2})).json()
    assert second["has_more"] is False
    assert [video["id"] for video in first["videos"] + second["videos"]] == made[::-1]
    beyond = (await alice.get("/api/v1/videos", params={"page": 9, "limit": 5})).json()
    assert (beyond["videos"], beyond["total"], beyond["page_size"]) == ([], 25, 5)


async def test_hidden_videos_stand_at_their_places_in_the_owners_list(alice: Person, bob: Person) -> None:
    made: list[str] = []
    for number in range(30):
        visibility = ("public", "private", "unlisted")[number % 3]
        made.append((await registered_video(alice, visibility=visibility))["id"])
    listing = (await alice.get("/api/v1/videos")).json()
    assert [video["id"] for video in listing["videos"]] == made[::-1][:20]
    assert (listing["total"], listing["has_more"]) == (30, True)
    assert (await bob.get("/api/v1/videos")).json()["total"] == 10
    assert await ids_of(alice, page=2) == made[::-1][20:]


async def test_filters_match_any_and_ignore_case(alice: Person) -> None:
    one = await registered_video(alice, tags=["Python", "ML"], tech_stack=["NumPy"], video_type="demo")
    two = await registered_video(alice, tags=["go"], tech_stack=["React"], video_type="tutorial")
    await registered_video(alice)
    assert await ids_of(alice, tags="PYTHON, go") == [two["id"], one["id"]]
    assert await ids_of(alice, tech_stack="numpy") == [one["id"]]
    assert await ids_of(alice, video_type="Demo,TUTORIAL") == [two["id"], one["id"]]
    assert await ids_of(alice, tags="go", video_type="demo") == []


async def test_search_finds_the_beginnings_of_words(alice: Person) -> None:
    one = await registered_video(alice, title="Gardening in winter")
    two = await registered_video(alice, title="Nothing", description="How gardens grow, step by step")
    assert await ids_of(alice, search="garden") == [two["id"], one["id"]]
    assert await ids_of(alice, search="WINTER garden") == [one["id"]]
    assert await ids_of(alice, search="arden") == []
    assert await ids_of(alice, search="!!!") == []


async def test_sorting(alice: Person, tx: Tx) -> None:
    b = await registered_video(alice, title="beta", duration=30)
    a = await registered_video(alice, title="Alpha", duration=10)
    c = await registered_video(alice, title="gamma")
    await tx.execute("UPDATE video_counters SET views = 5 WHERE video_id = $1", b["id"])
    assert await ids_of(alice, sort_by="title", sort_order="asc") == [a["id"], b["id"], c["id"]]
    assert await ids_of(alice, sort_by="title") == [c["id"], b["id"], a["id"]]
    assert (await ids_of(alice, sort_by="view_count"))[0] == b["id"]
    assert await ids_of(alice, sort_by="duration", sort_order="asc") == [a["id"], b["id"], c["id"]]
    assert await ids_of(alice, sort_by="created_at", sort_order="asc") == [b["id"], a["id"], c["id"]]


async def test_a_list_can_be_of_one_owner_or_project(alice: Person, bob: Person) -> None:
    project = (await alice.post("/api/v1/projects", json={"name": "Tea"})).json()["id"]
    mine = await registered_video(alice, project_id=project)
    other = await registered_video(bob)
    assert await ids_of(alice, mine=True) == [mine["id"]]
    assert await ids_of(alice, user_id=bob.id) == [other["id"]]
    assert await ids_of(bob, project_id=project) == [mine["id"]]


async def test_a_video_goes_only_into_a_project_of_its_owner(alice: Person, bob: Person) -> None:
    foreign = (await bob.post("/api/v1/projects", json={"name": "Tea"})).json()["id"]
    refused = await alice.post("/api/v1/videos", json={"title": "x", "project_id": foreign})
    assert (refused.status_code, refused.json()["code"]) == (404, "project_not_found")
    video = await registered_video(alice)
    moved = await alice.put(f"/api/v1/videos/{video['id']}", json={"project_id": foreign})
    assert moved.status_code == 404


async def test_the_total_of_the_list_is_kept_true_by_the_database(alice: Person, tx: Tx) -> None:
    videos = [await registered_video(alice) for _ in range(5)]
    await asyncio.gather(
        *(
            alice.put(f"/api/v1/videos/{video['id']}", json={"visibility": visibility})
            for video in videos
            for visibility in ("private", "public", "unlisted")
        )
    )
    await alice.delete(f"/api/v1/videos/{videos[0]['id']}")
    tally = await tx.fetch_value("SELECT sum(listed) FROM video_tallies")
    assert tally == await tx.fetch_value("SELECT count(*) FROM videos WHERE visibility = 'public'")
