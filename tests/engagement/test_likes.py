"""Likes and shares over HTTP: exact, whoever comes at the same time."""

import asyncio
from datetime import timedelta

import pytest
from httpx import ASGITransport, AsyncClient, Response

from kinetoscope.engagement import count_likes, load_likes_by, load_likes_of
from kinetoscope.kernel.db import Tx
from kinetoscope.wiring import Platform
from support.cast import Hooks, Person, registered_video, signed_up
from support.clock import FakeClock
from support.jobs_done import JobsDone


def at(transport: ASGITransport, person: Person) -> AsyncClient:
    return AsyncClient(transport=transport, base_url="http://kinetoscope.test", headers=person.headers)


async def counters(tx: Tx, video_id: str) -> tuple[int, int, int]:
    row = await tx.fetch_one(
        "SELECT likes, shares, comments FROM video_counters WHERE video_id = $1", video_id
    )
    assert row is not None
    return row["likes"], row["shares"], row["comments"]


async def test_a_like_counts_once_and_can_be_taken_back(alice: Person, bob: Person) -> None:
    video = await registered_video(alice)
    path = f"/api/v1/videos/{video['id']}/like"
    first = await bob.post(path)
    assert (first.status_code, first.json()) == (
        200,
        {"status": "success", "message": "Video liked successfully", "total_likes": 1},
    )
    assert (await alice.post(path)).json()["total_likes"] == 2
    again = await bob.post(path)
    assert (again.status_code, again.json()["code"]) == (409, "already_liked")
    back = await bob.delete(path)
    assert (back.status_code, back.json()) == (
        200,
        {"status": "success", "message": "Video unliked successfully", "total_likes": 1},
    )
    missing = await bob.delete(path)
    assert (missing.status_code, missing.json()["code"]) == (404, "not_liked")


async def test_the_caller_can_ask_whether_it_likes_a_video(alice: Person, bob: Person) -> None:
    path = f"/api/v1/videos/{(await registered_video(alice))['id']}/like"
    await alice.post(path)
    hers, his = (await alice.get(path)).json(), (await bob.get(path)).json()
    assert (hers["liked"], hers["total_likes"], hers["liked_at"][-1]) == (True, 1, "Z")
    assert (his["liked"], his["liked_at"], his["total_likes"]) == (False, None, 1)


async def test_likes_and_shares_stand_in_the_video_and_change_its_etag(alice: Person, bob: Person) -> None:
    video = await registered_video(alice)
    path = f"/api/v1/videos/{video['id']}"
    tags = {(await alice.get(path)).headers["etag"]}
    for act in (f"{path}/like", f"{path}/share", f"{path}/comments"):
        assert (await bob.post(act, json={"text": "Good"})).status_code < 300
        tags.add((await alice.get(path)).headers["etag"])
    now = (await alice.get(path)).json()
    assert (now["like_count"], now["share_count"], now["comment_count"]) == (1, 1, 1)
    assert len(tags) == 4


async def test_anybody_may_share_with_or_without_a_body(client: AsyncClient, alice: Person, tx: Tx) -> None:
    path = f"/api/v1/videos/{(await registered_video(alice, visibility='unlisted'))['id']}/share"
    first = await client.post(path)
    assert (first.status_code, first.json()) == (
        200,
        {"status": "success", "message": "Share recorded successfully", "total_shares": 1},
    )
    assert (await client.post(path, json={"platform": " Twitter "})).json()["total_shares"] == 2
    assert (await alice.post(path, json={"platform": None})).json()["total_shares"] == 3
    rows = await tx.fetch("SELECT user_id, platform FROM shares ORDER BY id")
    assert [(row["user_id"] and str(row["user_id"]), row["platform"]) for row in rows] == [
        (None, None),
        (None, "twitter"),
        (alice.id, None),
    ]


@pytest.mark.parametrize("word", ["", " ", "x" * 51, 7, "a\u0000b", ["email"]])
async def test_a_platform_is_a_word(client: AsyncClient, alice: Person, tx: Tx, word: object) -> None:
    video = await registered_video(alice)
    answer = await client.post(f"/api/v1/videos/{video['id']}/share", json={"platform": word})
    assert answer.status_code == 422
    assert await counters(tx, video["id"]) == (0, 0, 0)


async def test_shares_are_limited_by_address(client: AsyncClient, alice: Person) -> None:
    answer = await client.post(f"/api/v1/videos/{(await registered_video(alice))['id']}/share")
    assert answer.headers["ratelimit-policy"].startswith('"public-write"')


async def test_a_private_video_of_another_cannot_be_liked_shared_or_commented(
    client: AsyncClient, alice: Person, bob: Person, tx: Tx
) -> None:
    video = await registered_video(alice, visibility="private")
    path = f"/api/v1/videos/{video['id']}"
    for answer in (
        await bob.post(f"{path}/like"),
        await bob.delete(f"{path}/like"),
        await bob.get(f"{path}/like"),
        await bob.post(f"{path}/share"),
        await client.post(f"{path}/share"),
        await bob.get(f"{path}/comments"),
        await bob.post(f"{path}/comments", json={"text": "Let me in"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "video_not_found")
    assert await counters(tx, video["id"]) == (0, 0, 0)
    assert (await alice.post(f"{path}/like")).status_code == 200


async def test_a_hundred_racing_likes_of_one_user_count_one(
    alice: Person, bob: Person, second: ASGITransport, tx: Tx
) -> None:
    video = await registered_video(alice)
    path = f"/api/v1/videos/{video['id']}/like"
    async with at(second, bob) as other:
        answers = await asyncio.gather(*(person.post(path) for person in (bob, other) for _ in range(50)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 99
    assert await counters(tx, video["id"]) == (1, 0, 0)


async def test_racing_likes_and_unlikes_leave_the_counter_true(
    alice: Person, bob: Person, second: ASGITransport, tx: Tx
) -> None:
    video = await registered_video(alice)
    path = f"/api/v1/videos/{video['id']}/like"
    async with at(second, bob) as other:
        answers = await asyncio.gather(
            *(person.request(method, path)
              for person in (alice, bob, other) for _ in range(10) for method in ("POST", "DELETE"))
        )  # fmt: skip
    assert {answer.status_code for answer in answers} <= {200, 404, 409}
    rows = await tx.fetch_value("SELECT count(*) FROM likes")
    assert await counters(tx, video["id"]) == (rows, 0, 0)


async def test_likes_against_the_deletion_of_the_video_are_done_or_refused(
    alice: Person, transport: ASGITransport, second: ASGITransport, hooks: Hooks, tx: Tx
) -> None:
    people = [await signed_up(transport, f"fan{number}", hooks) for number in range(6)]
    for _ in range(5):
        video = await registered_video(alice)
        path = f"/api/v1/videos/{video['id']}"

        async def delete(path: str = path) -> Response:
            await asyncio.sleep(0)
            return await alice.delete(path)

        async with at(second, alice) as other:
            gone, *answers = await asyncio.gather(
                delete(),
                *(person.post(f"{path}/like") for person in people),
                *(person.post(f"{path}/comments", json={"text": "First"}) for person in people),
                *(other.post(f"{path}/share") for _ in range(3)),
            )
        assert gone.status_code == 204
        assert {answer.status_code for answer in answers} <= {200, 201, 404}
    for table in (
        "SELECT count(*) FROM likes",
        "SELECT count(*) FROM comments",
        "SELECT count(*) FROM shares",
    ):
        assert await tx.fetch_value(table) == 0
    for person in people:
        await person.aclose()


async def test_an_erased_account_takes_its_likes_along_and_its_shares_are_nobodys(
    alice: Person, bob: Person, tx: Tx, jobs_done: JobsDone
) -> None:
    videos = [await registered_video(alice) for _ in range(3)]
    for video in videos:
        await bob.post(f"/api/v1/videos/{video['id']}/like")
        await bob.post(f"/api/v1/videos/{video['id']}/share")
    await alice.post(f"/api/v1/videos/{videos[0]['id']}/like")
    await bob.delete("/api/v1/auth/me")
    await jobs_done()
    assert await tx.fetch_value("SELECT count(*) FROM accounts") == 1
    assert [await counters(tx, video["id"]) for video in videos] == [(1, 1, 0), (0, 1, 0), (0, 1, 0)]
    assert await tx.fetch_value("SELECT count(*) FROM likes") == 1
    assert await tx.fetch_value("SELECT count(*) FROM shares WHERE user_id IS NULL") == 3


async def test_an_account_is_erased_step_by_step_while_others_go_on(
    alice: Person, bob: Person, tx: Tx, jobs_done: JobsDone, platform: Platform
) -> None:
    videos = [(await registered_video(alice))["id"] for _ in range(3)]
    await tx.execute(
        """
        WITH made AS (
            INSERT INTO videos (id, owner_id, project_id, author, title, video_type, visibility, status,
                                created_at, updated_at, document)
            SELECT gen_random_uuid(), owner_id, project_id, author, title, video_type, visibility, status,
                   created_at, updated_at, document
              FROM videos, generate_series(1, 100) WHERE id = $1
            RETURNING id
        ), counted AS (
            INSERT INTO video_counters (video_id, likes) SELECT id, 1 FROM made
        )
        INSERT INTO likes (video_id, user_id, created_at) SELECT id, $2, now() FROM made
        """,
        videos[0],
        bob.id,
    )
    await bob.delete("/api/v1/auth/me")
    await asyncio.gather(jobs_done(), *(alice.post(f"/api/v1/videos/{video}/like") for video in videos))
    assert await tx.fetch_value("SELECT sum(likes)::int FROM video_counters") == 3
    assert await tx.fetch_value("SELECT count(*) FROM likes") == 3


async def test_other_domains_read_likes(alice: Person, bob: Person, tx: Tx, clock: FakeClock) -> None:
    one, two = await registered_video(alice), await registered_video(alice)
    start = clock()
    await alice.post(f"/api/v1/videos/{one['id']}/like")
    clock.advance(minutes=10)
    await bob.post(f"/api/v1/videos/{one['id']}/like")
    await bob.post(f"/api/v1/videos/{two['id']}/like")
    later = timedelta(minutes=10)
    assert await count_likes(tx, one["id"], since=start, until=start + later) == 1
    assert await count_likes(tx, one["id"], since=start, until=start + 2 * later) == 2
    of_one = await load_likes_of(tx, [one["id"], two["id"]], at_most=1)
    assert {(str(like.video_id), str(like.user_id)) for like in of_one} == {
        (one["id"], bob.id),
        (two["id"], bob.id),
    }
    assert len(await load_likes_by(tx, [bob.id], at_most=5)) == 2  # pyright: ignore[reportArgumentType] - asyncpg takes text for a UUID
