"""Safe retries with Idempotency-Key."""

import asyncio

import pytest
from httpx import AsyncClient

from kinetoscope.kernel.db import Tx
from support.cast import PASSWORD, Person, registered_video
from support.clock import FakeClock

KEY = {"Idempotency-Key": "3f1c-the-first"}


async def test_the_same_key_gets_the_first_answer_again(alice: Person) -> None:
    first = await alice.post("/api/v1/videos", json={"title": "Tea"}, headers=KEY)
    again = await alice.post("/api/v1/videos", json={"title": "Tea"}, headers=KEY)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["etag"] == first.headers["etag"]
    assert "idempotency-replayed" not in first.headers
    assert (await alice.get("/api/v1/videos")).json()["total"] == 1


async def test_the_same_key_with_another_body_is_refused(alice: Person) -> None:
    await alice.post("/api/v1/videos", json={"title": "Tea"}, headers=KEY)
    other = await alice.post("/api/v1/videos", json={"title": "Coffee"}, headers=KEY)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_the_same_key_on_another_route_is_refused(alice: Person) -> None:
    await alice.post("/api/v1/projects", json={"name": "Tea"}, headers=KEY)
    other = await alice.post("/api/v1/api-keys", json={"name": "Tea"}, headers=KEY)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_two_callers_may_use_the_same_key(alice: Person, bob: Person) -> None:
    one = await alice.post("/api/v1/videos", json={"title": "Tea"}, headers=KEY)
    two = await bob.post("/api/v1/videos", json={"title": "Tea"}, headers=KEY)
    assert one.json()["id"] != two.json()["id"]


async def test_of_thirty_racing_requests_with_one_key_one_takes_effect(alice: Person) -> None:
    answers = await asyncio.gather(
        *(alice.post("/api/v1/videos", json={"title": "Tea"}, headers=KEY) for _ in range(30))
    )
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert (await alice.get("/api/v1/videos")).json()["total"] == 1


async def test_a_refusal_is_kept_too_and_one_that_may_pass_later_is_not(alice: Person) -> None:
    bad = await alice.post("/api/v1/videos", json={"title": ""}, headers=KEY)
    again = await alice.post("/api/v1/videos", json={"title": ""}, headers=KEY)
    assert (bad.status_code, again.status_code, again.json()["code"]) == (422, 422, "validation_failed")

    await alice.post("/api/v1/projects", json={"name": "Tea"})
    taken = await alice.post("/api/v1/projects", json={"name": "tea"}, headers={"Idempotency-Key": "2"})
    assert taken.status_code == 409
    project = next(p for p in (await alice.get("/api/v1/projects")).json()["projects"] if p["name"] == "Tea")
    await alice.delete(f"/api/v1/projects/{project['id']}")
    free = await alice.post("/api/v1/projects", json={"name": "tea"}, headers={"Idempotency-Key": "2"})
    assert free.status_code == 201


async def test_after_a_day_a_key_is_free(alice: Person, clock: FakeClock) -> None:
    key = (await alice.post("/api/v1/api-keys", json={"name": "k"})).json()["key"]
    headers = KEY | {"Authorization": f"Bearer {key}"}
    first = await alice.post("/api/v1/videos", json={"title": "Tea"}, headers=headers)
    clock.advance(hours=24, minutes=1)
    later = await alice.post("/api/v1/videos", json={"title": "Coffee"}, headers=headers)
    assert later.status_code == 201
    assert later.json()["id"] != first.json()["id"]


async def test_an_anonymous_caller_is_known_by_its_address(client: AsyncClient) -> None:
    body = {"email": "zoe@example.org", "password": PASSWORD}
    first = await client.post("/api/v1/auth/register", json=body, headers=KEY)
    again = await client.post("/api/v1/auth/register", json=body, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()


@pytest.mark.parametrize("took_effect", [True, False])
async def test_after_a_crash_an_effect_is_never_repeated_and_a_lost_request_is_carried_out(
    alice: Person, tx: Tx, clock: FakeClock, *, took_effect: bool
) -> None:
    await alice.post("/api/v1/videos", json={"title": "Tea"}, headers=KEY)
    # What a server leaves behind that is killed before it can keep its answer.
    await tx.execute(
        "UPDATE idempotency_keys SET status = NULL, body = NULL, headers = NULL, took_effect = $1",
        took_effect,
    )
    during = await alice.post("/api/v1/videos", json={"title": "Tea"}, headers=KEY)
    assert (during.status_code, during.json()["code"]) == (409, "idempotency_key_in_use")

    clock.advance(minutes=2)
    after = await alice.post("/api/v1/videos", json={"title": "Tea"}, headers=KEY)
    if took_effect:
        assert (after.status_code, after.json()["code"]) == (409, "idempotency_answer_lost")
    else:
        assert after.status_code == 201


async def test_the_effect_and_its_mark_are_one_commit(alice: Person, tx: Tx) -> None:
    await alice.post("/api/v1/videos", json={"title": "Tea"}, headers=KEY)
    assert await tx.fetch_value("SELECT took_effect FROM idempotency_keys") is True


async def test_other_methods_ignore_the_key(alice: Person) -> None:
    video = await registered_video(alice)
    for title in ("One", "Two"):
        answer = await alice.put(f"/api/v1/videos/{video['id']}", json={"title": title}, headers=KEY)
        assert answer.json()["title"] == title
