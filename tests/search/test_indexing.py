"""The index follows the videos, and holds what a project stores itself."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from kinetoscope.kernel.db import Tx
from kinetoscope.search import content_candidates, content_likeness
from support.cast import Person, registered_video

DOCUMENT = {"title": "Tea from elsewhere", "description": "Oolong", "category": "webinar", "tags": ["tea"]}


async def test_a_change_is_found_and_the_old_words_are_not(library: Any) -> None:
    video = await library.add(title="Brewing coffee", description="Beans")
    await library.alice.patch(f"/api/v1/videos/{video['id']}", json={"title": "Repairing bicycles"})
    await library.jobs_done()
    assert await library.titles("bicycles") == ["Repairing bicycles"]
    assert (await library.answer("coffee"))["total"] == 0


@pytest.mark.parametrize("visibility", ["private", "unlisted"])
async def test_what_is_hidden_is_gone_and_what_is_shown_comes_back(library: Any, visibility: str) -> None:
    video = await library.add(title="Brewing coffee", visibility=visibility)
    assert await library.titles("coffee") == []
    path = f"/api/v1/videos/{video['id']}"
    await library.alice.patch(path, json={"visibility": "public"})
    await library.jobs_done()
    assert await library.titles("coffee") == ["Brewing coffee"]
    await library.alice.patch(path, json={"visibility": visibility})
    await library.jobs_done()
    assert await library.titles("coffee") == []


async def test_a_deleted_video_leaves_nothing_in_the_index(library: Any, tx: Tx) -> None:
    video = await library.add(title="Brewing coffee")
    await library.alice.delete(f"/api/v1/videos/{video['id']}")
    await library.jobs_done()
    assert await library.titles("coffee") == []
    assert await _rows(tx) == (0, 0, 0)


async def test_an_erased_account_leaves_nothing_in_the_index(library: Any, tx: Tx) -> None:
    await library.add(title="Brewing coffee")
    await library.alice.post(f"{library.path}/{uuid4()}/index", json=DOCUMENT)
    await library.jobs_done()
    await library.alice.delete("/api/v1/auth/me")
    await library.jobs_done()
    assert await _rows(tx) == (0, 0, 0)


async def _rows(tx: Tx) -> tuple[int, ...]:
    row = await tx.fetch_one(
        """
        SELECT (SELECT count(*) FROM search_documents), (SELECT count(*) FROM search_terms),
               (SELECT count(*) FROM search_vectors)
        """
    )
    assert row is not None
    return tuple(row)


async def test_a_video_that_moves_is_found_in_its_new_project_only(library: Any) -> None:
    video = await library.add(title="Brewing coffee")
    other = (await library.alice.post("/api/v1/projects", json={"name": "Other"})).json()["id"]
    await library.alice.patch(f"/api/v1/videos/{video['id']}", json={"project_id": other})
    await library.jobs_done()
    assert await library.titles("coffee") == []
    library.project_id = other
    assert await library.titles("coffee") == ["Brewing coffee"]


async def test_a_document_of_an_unknown_video_belongs_to_the_project(library: Any, bob: Person) -> None:
    video_id = str(uuid4())
    answer = await library.alice.post(f"{library.path}/{video_id}/index", json=DOCUMENT)
    body = answer.json()
    assert (answer.status_code, body["status"], body["video_id"]) == (200, "success", video_id)
    assert body["indexed_at"].endswith("Z")
    assert await library.titles("oolong") == [DOCUMENT["title"]]  # by its words at once
    await library.jobs_done()
    assert await library.titles("Chinese hot drinks") == [DOCUMENT["title"]]
    assert (await bob.post(f"{library.path}/{video_id}/index", json=DOCUMENT)).status_code == 404

    assert (await library.alice.delete(f"{library.path}/{video_id}/index")).status_code == 204
    assert await library.titles("oolong") == []
    again = await library.alice.delete(f"{library.path}/{video_id}/index")
    assert (again.status_code, again.json()["code"]) == (404, "not_indexed")


async def test_a_stored_document_stands_until_the_video_changes(library: Any) -> None:
    video = await registered_video(library.alice, title="Brewing coffee")
    await library.alice.post(f"{library.path}/{video['id']}/index", json=DOCUMENT)
    await library.jobs_done()  # the fact that the video is new comes after the document
    assert await library.titles("oolong") == [DOCUMENT["title"]]
    await library.alice.patch(f"/api/v1/videos/{video['id']}", json={"title": "Roasting coffee"})
    await library.jobs_done()
    assert await library.titles("oolong") == []
    assert await library.titles("roasting") == ["Roasting coffee"]


async def test_anothers_video_cannot_be_indexed(library: Any, bob: Person) -> None:
    video = await registered_video(bob, visibility="private")
    answer = await library.alice.post(f"{library.path}/{video['id']}/index", json=DOCUMENT)
    assert (answer.status_code, answer.json()["code"]) == (404, "video_not_found")


async def test_the_ids_must_agree(library: Any) -> None:
    path = f"{library.path}/{uuid4()}/index"
    answer = await library.alice.post(path, json=DOCUMENT | {"video_id": str(uuid4())})
    assert (answer.status_code, answer.json()["code"]) == (400, "video_id_mismatch")


async def test_of_many_a_bad_one_fails_alone(library: Any, bob: Person) -> None:
    theirs = (await registered_video(bob))["id"]
    good = [{"video_id": str(uuid4()), "title": f"Oolong number {n}"} for n in range(3)]
    items: list[Any] = [
        *good,
        {"video_id": theirs, "title": "Mine"},
        {"title": "No id"},
        7,
        {"video_id": "x"},
    ]
    answer = await library.alice.post(f"{library.path}/bulk-index", json=items)
    body = answer.json()
    assert (answer.status_code, body["indexed_count"], body["failed_count"]) == (200, 3, 4)
    assert [(e["index"], e["code"]) for e in body["errors"]] == [
        (3, "video_not_found"),
        (4, "validation_failed"),
        (5, "validation_failed"),
        (6, "validation_failed"),
    ]
    assert body["errors"][0]["video_id"] == theirs
    assert len(await library.titles("oolong")) == 3


TOO_MUCH: list[Any] = [{}, "x", [{}] * 1001, None]


@pytest.mark.parametrize("body", TOO_MUCH)
async def test_what_is_no_list_of_at_most_a_thousand_is_refused(library: Any, body: Any) -> None:
    answer = await library.alice.post(f"{library.path}/bulk-index", json=body)
    assert answer.status_code == 422


async def test_racing_changes_leave_the_last_state(library: Any, tx: Tx) -> None:
    video = await library.add(title="Version 0")

    async def rename(number: int) -> None:
        await library.alice.patch(f"/api/v1/videos/{video['id']}", json={"title": f"Version {number}"})

    await asyncio.gather(*(rename(n) for n in range(1, 9)), library.jobs_done(), library.jobs_done())
    await library.jobs_done()
    now = (await library.alice.get(f"/api/v1/videos/{video['id']}")).json()["title"]
    assert await library.titles("version") == [now]
    stale = await tx.fetch_value(
        """
        SELECT count(*) FROM search_documents d JOIN search_summaries s ON s.document_id = d.id
         WHERE s.text_hash <> d.text_hash
        """
    )
    assert stale == 0


async def test_terms_are_counted_true(kitchen: Any, tx: Tx) -> None:
    video = await kitchen.add(title="More green tea", description="tea tea tea")
    await kitchen.alice.patch(f"/api/v1/videos/{video['id']}", json={"title": "Some black tea"})
    await kitchen.jobs_done()
    wrong = await tx.fetch(
        """
        SELECT term FROM search_terms t
         WHERE documents <> (SELECT count(*) FROM search_texts s
                              WHERE CASE kind WHEN 'word' THEN t.term = ANY(s.spelled)
                                    ELSE t.term = ANY(tsvector_to_array(s.words)) END)
        """
    )
    assert wrong == []
    assert await tx.fetch_value("SELECT documents FROM search_projects") == 4


async def test_the_state_of_an_index_and_its_language(kitchen: Any) -> None:
    path = f"/api/v1/projects/{kitchen.project_id}/search"
    state = (await kitchen.alice.get(path)).json()
    assert (state["documents"], state["pending"], state["language"]) == (3, 0, "auto")
    assert (await kitchen.alice.put(path, json={"language": "klingon"})).status_code == 422
    changed = await kitchen.alice.put(path, json={"language": "simple"})
    assert (changed.status_code, changed.json()["language"]) == (200, "simple")
    await kitchen.jobs_done()
    assert (await kitchen.answer("brews -brew"))["total"] == 0  # words as they are: no stems any more


async def test_recommendations_begin_with_public_videos_that_say_alike(
    kitchen: Any, bob: Person, tx: Tx
) -> None:
    own = UUID((await kitchen.answer("green tea"))["results"][0]["video_id"])
    near = UUID((await registered_video(bob, title="Matcha, the green tea of Japan"))["id"])
    await registered_video(bob, title="Secret tea", visibility="private")
    await kitchen.jobs_done()
    found = await content_candidates(tx, own, at_most=2)
    assert found[0][0] == near
    assert [cosine for _, cosine in found] == sorted((cosine for _, cosine in found), reverse=True)
    likeness = await content_likeness(tx, own, [video for video, _ in found])
    assert max(likeness, key=lambda video: likeness[video]) == near
    assert await content_candidates(tx, uuid4(), at_most=2) == []


async def test_a_thousand_long_descriptions_fit_into_one_request(library: Any) -> None:
    items = [
        {"video_id": str(uuid4()), "title": f"Number {n}", "description": "word " * 300} for n in range(1000)
    ]
    answer = await library.alice.post(f"{library.path}/bulk-index", json=items)
    assert answer.json() == {"indexed_count": 1000, "failed_count": 0, "errors": []}
