"""Comments over HTTP: threads of one level, and who may do what with them."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient

from kinetoscope.kernel.db import Tx
from support.cast import Person, registered_video
from support.jobs_done import JobsDone


async def said(
    person: AsyncClient, video: dict[str, Any], text: str = "Good", **fields: Any
) -> dict[str, Any]:
    answer = await person.post(f"/api/v1/videos/{video['id']}/comments", json={"text": text} | fields)
    assert answer.status_code == 201, answer.text
    comment: dict[str, Any] = answer.json()
    return comment


async def listed(person: AsyncClient, video: dict[str, Any], **query: Any) -> dict[str, Any]:
    answer = await person.get(f"/api/v1/videos/{video['id']}/comments", params=query)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


async def texts(person: AsyncClient, video: dict[str, Any], **query: Any) -> list[str | None]:
    return [comment["text"] for comment in (await listed(person, video, **query))["comments"]]


async def counted(tx: Tx, video: dict[str, Any]) -> tuple[int, int]:
    """Return the counter and what it must be."""
    row = await tx.fetch_one(
        """
        SELECT (SELECT comments FROM video_counters WHERE video_id = $1) AS counter,
               (SELECT count(*) FROM comments WHERE video_id = $1 AND text IS NOT NULL) AS rows
        """,
        video["id"],
    )
    assert row is not None
    return row["counter"], row["rows"]


async def test_a_comment_is_the_whole_object_with_its_location(alice: Person, bob: Person) -> None:
    video = await registered_video(alice)
    answer = await bob.post(
        f"/api/v1/videos/{video['id']}/comments", json={"text": "  Here,\nindeed ", "timestamp": 42.5}
    )
    comment = answer.json()
    assert answer.status_code == 201
    assert comment["id"] == comment["comment_id"]
    assert (comment["video_id"], comment["user_id"], comment["author"]) == (video["id"], bob.id, "Bob")
    assert (comment["text"], comment["timestamp"], comment["parent_id"]) == ("Here,\nindeed", 42.5, None)
    assert (comment["reply_count"], comment["created_at"][-1]) == (0, "Z")
    assert (await alice.get(answer.headers["location"])).json() == comment


@pytest.mark.parametrize(
    "body",
    [
        {}, {"text": ""}, {"text": " \n\t"}, {"text": "x" * 5001}, {"text": "a\u0000b"}, {"text": 7},
        {"text": "x", "timestamp": -1}, {"text": "x", "timestamp": "4"}, {"text": "x", "timestamp": True},
        {"text": "x", "timestamp": 1e300}, {"text": "x", "parent_id": "none"}, [], None,
    ],
)  # fmt: skip
async def test_a_bad_comment_is_refused_and_changes_nothing(alice: Person, tx: Tx, body: Any) -> None:
    video = await registered_video(alice)
    answer = await alice.post(f"/api/v1/videos/{video['id']}/comments", json=body)
    assert answer.status_code == 422
    assert await counted(tx, video) == (0, 0)


@pytest.mark.parametrize("raw", [b'{"text": "x", "timestamp": NaN}', b'{"text": "\\ud800"}', b"[" * 5000])
async def test_json_of_which_no_sense_can_be_made_is_refused(alice: Person, raw: bytes) -> None:
    video = await registered_video(alice)
    answer = await alice.post(
        f"/api/v1/videos/{video['id']}/comments", content=raw, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in {400, 422}


async def test_a_timestamp_lies_within_the_video_where_its_length_is_known(alice: Person) -> None:
    video = await registered_video(alice, duration=60)
    comment = await said(alice, video, timestamp=60)
    refused = await alice.post(
        f"/api/v1/videos/{video['id']}/comments", json={"text": "x", "timestamp": 60.5}
    )
    moved = await alice.patch(f"/api/v1/comments/{comment['id']}", json={"timestamp": 61})
    for answer in (refused, moved):
        assert (answer.status_code, answer.json()["code"]) == (400, "timestamp_beyond_end")
    assert (await said(alice, await registered_video(alice), timestamp=1e6))["timestamp"] == 1e6


async def test_threads_have_one_level(alice: Person, bob: Person) -> None:
    video, other = await registered_video(alice), await registered_video(alice)
    thread = await said(bob, video, "Why?")
    reply = await said(alice, video, "Because.", parent_id=thread["id"])
    await said(bob, video, "Ah.", parent_id=thread["id"])
    assert reply["parent_id"] == thread["id"]
    page = await listed(bob, video)
    assert [(c["text"], c["reply_count"]) for c in page["comments"]] == [("Why?", 2)]
    assert (page["total"], page["comments_count"]) == (1, 3)
    assert await texts(bob, video, parent_id=thread["id"]) == ["Because.", "Ah."]

    where = f"/api/v1/videos/{video['id']}/comments"
    deeper = await bob.post(where, json={"text": "x", "parent_id": reply["id"]})
    assert (deeper.status_code, deeper.json()["code"]) == (400, "nested_too_deep")
    elsewhere = f"/api/v1/videos/{other['id']}/comments"
    for path, parent in ((elsewhere, thread["id"]), (where, str(uuid4()))):
        answer = await bob.post(path, json={"text": "x", "parent_id": parent})
        assert (answer.status_code, answer.json()["code"]) == (404, "comment_not_found")


async def test_comments_are_listed_newest_first_or_along_the_video_in_pages(alice: Person) -> None:
    video = await registered_video(alice)
    for text, timestamp in (("late", 50), ("early", 1.5), ("nowhere", None), ("middle", 10)):
        await said(alice, video, text, timestamp=timestamp)
    assert await texts(alice, video) == ["middle", "nowhere", "early", "late"]
    assert await texts(alice, video, sort_by="timestamp") == ["early", "middle", "late", "nowhere"]
    page = await listed(alice, video, sort_by="timestamp", page=2, page_size=3)
    assert [comment["text"] for comment in page["comments"]] == ["nowhere"]
    assert (page["total"], page["page"], page["page_size"], page["has_more"]) == (4, 2, 3, False)
    for query in ({"sort_by": "likes"}, {"page": 0}, {"page_size": 101}, {"parent_id": "x"}):
        answer = await alice.get(f"/api/v1/videos/{video['id']}/comments", params=query)
        assert answer.status_code == 422


async def test_only_its_author_changes_a_comment(alice: Person, bob: Person) -> None:
    video = await registered_video(alice)
    comment = await said(bob, video, "The best", timestamp=3)
    path = f"/api/v1/comments/{comment['id']}"
    refused = await alice.patch(path, json={"text": "The worst"})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_your_comment")
    changed = (await bob.patch(path, json={"text": "The best"})).json()
    assert changed == comment | {"text": "The best", "updated_at": changed["updated_at"]}
    assert (await bob.patch(path, json={"timestamp": None})).json()["timestamp"] is None
    for body in ({"text": None}, {"text": " "}, {"timestamp": -1}):
        assert (await bob.patch(path, json=body)).status_code == 422
    assert (await bob.get(path)).json()["text"] == "The best"


async def test_a_comment_is_removed_by_its_author_or_the_owner_of_the_video(
    alice: Person, bob: Person, tx: Tx
) -> None:
    video, of_bob = await registered_video(alice), await registered_video(bob)
    by_author, by_owner = await said(bob, video), await said(bob, video)
    hers = await said(alice, video)
    refused = await bob.delete(f"/api/v1/comments/{hers['id']}")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_your_comment")
    await said(bob, of_bob)
    assert (await bob.delete(f"/api/v1/comments/{by_author['id']}")).status_code == 204
    assert (await alice.delete(f"/api/v1/comments/{by_owner['id']}")).status_code == 204
    assert (await alice.delete(f"/api/v1/comments/{by_owner['id']}")).status_code == 404
    assert await counted(tx, video) == (1, 1)


async def test_a_removed_comment_with_replies_leaves_its_place_until_the_last_reply_goes(
    alice: Person, bob: Person, tx: Tx
) -> None:
    video = await registered_video(alice)
    thread = await said(bob, video, "I regret this", timestamp=5)
    replies = [await said(alice, video, f"Reply {n}", parent_id=thread["id"]) for n in range(2)]
    path = f"/api/v1/comments/{thread['id']}"
    assert (await bob.delete(path)).status_code == 204
    page = await listed(alice, video)
    place = page["comments"][0]
    assert (place["id"], place["text"], place["author"], place["user_id"]) == (thread["id"], None, None, None)
    assert (place["reply_count"], place["timestamp"], page["comments_count"]) == (2, 5, 2)
    for answer in (await bob.delete(path), await bob.patch(path, json={"text": "x"}), await bob.get(path)):
        assert answer.status_code == 404
    late = await alice.post(
        f"/api/v1/videos/{video['id']}/comments", json={"text": "x", "parent_id": thread["id"]}
    )
    assert late.status_code == 404
    await alice.delete(f"/api/v1/comments/{replies[0]['id']}")
    assert (await listed(alice, video))["total"] == 1
    await alice.delete(f"/api/v1/comments/{replies[1]['id']}")
    assert (await listed(alice, video))["total"] == 0
    assert await tx.fetch_value("SELECT count(*) FROM comments") == 0
    assert await counted(tx, video) == (0, 0)


async def test_comments_of_a_video_that_became_private_are_gone_for_others(
    alice: Person, bob: Person
) -> None:
    video = await registered_video(alice)
    comment = await said(bob, video)
    await alice.put(f"/api/v1/videos/{video['id']}", json={"visibility": "private"})
    path = f"/api/v1/comments/{comment['id']}"
    for answer in (await bob.get(path), await bob.patch(path, json={"text": "x"}), await bob.delete(path)):
        assert (answer.status_code, answer.json()["code"]) == (404, "comment_not_found")
    assert (await alice.delete(path)).status_code == 204


async def test_racing_replies_and_removals_leave_no_reply_without_a_thread(
    alice: Person, bob: Person, tx: Tx
) -> None:
    video = await registered_video(alice)
    where = f"/api/v1/videos/{video['id']}/comments"
    for _ in range(5):
        thread = await said(bob, video)
        earlier = [await said(alice, video, parent_id=thread["id"]) for _ in range(3)]
        answers = await asyncio.gather(
            bob.delete(f"/api/v1/comments/{thread['id']}"),
            *(alice.post(where, json={"text": "x", "parent_id": thread["id"]}) for _ in range(6)),
            *(alice.delete(f"/api/v1/comments/{reply['id']}") for reply in earlier),
            *(bob.delete(f"/api/v1/comments/{thread['id']}") for _ in range(3)),
        )
        assert {answer.status_code for answer in answers} <= {201, 204, 404}
    counter, rows = await counted(tx, video)
    assert counter == rows
    childless = await tx.fetch_value(
        """
        SELECT count(*) FROM comments c
         WHERE text IS NULL AND NOT EXISTS (SELECT FROM comments r WHERE r.parent_id = c.id)
        """
    )
    assert childless == 0


async def test_an_erased_account_takes_its_words_along_and_leaves_those_of_others(
    alice: Person, bob: Person, tx: Tx, jobs_done: JobsDone
) -> None:
    videos = [await registered_video(alice) for _ in range(2)]
    for video in videos:
        thread = await said(bob, video, "My secret")
        await said(alice, video, "An answer", parent_id=thread["id"])
        for _ in range(12):
            await said(bob, video, "My secret", parent_id=thread["id"])
            await said(bob, video, "My secret")
    await bob.delete("/api/v1/auth/me")
    await jobs_done()
    assert await tx.fetch_value("SELECT count(*) FROM accounts") == 1
    dump = await tx.fetch("SELECT c::text AS row FROM comments c")
    assert len(dump) == 4
    assert not [row for row in dump if "secret" in row["row"] or "Bob" in row["row"] or bob.id in row["row"]]
    for video in videos:
        assert await counted(tx, video) == (1, 1)


async def test_an_erased_owner_takes_the_comments_of_its_videos_along(
    alice: Person, bob: Person, tx: Tx, jobs_done: JobsDone
) -> None:
    video = await registered_video(alice)
    thread = await said(bob, video)
    await said(bob, video, parent_id=thread["id"])
    await alice.delete("/api/v1/auth/me")
    await jobs_done()
    assert await tx.fetch_value("SELECT count(*) FROM accounts") == 1
    assert await tx.fetch_value("SELECT count(*) FROM comments") == 0
