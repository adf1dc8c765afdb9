"""API keys over HTTP."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from httpx import AsyncClient

from kinetoscope.kernel.db import Tx
from support.cast import Person
from support.clock import FakeClock


async def test_a_key_is_shown_once_and_works_in_both_headers(client: AsyncClient, alice: Person) -> None:
    created = await alice.post("/api/v1/api-keys", json={"name": "import"})
    key = created.json()
    assert created.status_code == 201
    assert key["key"].startswith("sk_")
    assert len(key["key"]) == 46
    assert key["scopes"] == ["read", "write"]

    listed = (await alice.get("/api/v1/api-keys")).json()
    assert listed["total"] == 1
    assert "key" not in listed["api_keys"][0]
    assert key["key"].startswith(listed["api_keys"][0]["prefix"])

    for headers in ({"Authorization": f"Bearer {key['key']}"}, {"X-API-Key": key["key"]}):
        me = await client.get("/api/v1/auth/me", headers=headers)
        assert (me.status_code, me.json()["id"]) == (200, alice.id)


async def test_a_deleted_key_is_dead_at_once(client: AsyncClient, alice: Person) -> None:
    key = (await alice.post("/api/v1/api-keys", json={"name": "k"})).json()
    headers = {"X-API-Key": key["key"]}
    assert (await client.get("/api/v1/videos", headers=headers)).status_code == 200
    assert (await alice.delete(f"/api/v1/api-keys/{key['id']}")).status_code == 204
    assert (await client.get("/api/v1/videos", headers=headers)).status_code == 401
    assert (await alice.delete(f"/api/v1/api-keys/{key['id']}")).status_code == 404


async def test_a_key_can_expire(client: AsyncClient, alice: Person, clock: FakeClock) -> None:
    soon = (clock() + timedelta(minutes=5)).isoformat()
    key = (await alice.post("/api/v1/api-keys", json={"name": "k", "expires_at": soon})).json()["key"]
    assert (await client.get("/api/v1/videos", headers={"X-API-Key": key})).status_code == 200
    clock.advance(minutes=6)
    assert (await client.get("/api/v1/videos", headers={"X-API-Key": key})).status_code == 401


@pytest.mark.parametrize(
    "instant", [0, "1735689600", "2027-03-17", "2027-03-17T12:00:00", "0001-01-01T00:00:00+01:00"]
)
async def test_an_instant_is_written_in_one_way_only(alice: Person, instant: object) -> None:
    answer = await alice.post("/api/v1/api-keys", json={"name": "k", "expires_at": instant})
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == "expires_at"


async def test_nobody_deletes_the_keys_of_others(alice: Person, bob: Person) -> None:
    key = (await alice.post("/api/v1/api-keys", json={"name": "k"})).json()
    assert (await bob.delete(f"/api/v1/api-keys/{key['id']}")).status_code == 404
    assert (await bob.delete(f"/api/v1/api-keys/{uuid4()}")).status_code == 404
    assert (await alice.get("/api/v1/api-keys")).json()["total"] == 1


async def test_the_use_of_a_key_is_noted(client: AsyncClient, alice: Person) -> None:
    key = (await alice.post("/api/v1/api-keys", json={"name": "k"})).json()["key"]
    await client.get("/api/v1/videos", headers={"X-API-Key": key})
    used = (await alice.get("/api/v1/api-keys")).json()["api_keys"][0]["last_used_at"]
    assert used is not None
    assert abs(datetime.fromisoformat(used) - datetime.now(UTC)) < timedelta(minutes=5)


async def test_an_erased_account_leaves_nothing(client: AsyncClient, alice: Person, tx: Tx) -> None:
    key = (await alice.post("/api/v1/api-keys", json={"name": "k"})).json()["key"]
    assert (await alice.delete("/api/v1/auth/me")).status_code == 202

    assert (await client.get("/api/v1/auth/me", headers={"X-API-Key": key})).status_code == 401
    assert (await alice.get("/api/v1/auth/me")).status_code == 401
    assert await tx.fetch_value("SELECT count(*) FROM accounts WHERE email ILIKE '%alice%'") == 0
    assert await tx.fetch_value("SELECT count(*) FROM api_keys") == 0
