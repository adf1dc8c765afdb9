"""Erasing an account."""

from httpx import AsyncClient

from kinetoscope.kernel.db import Tx
from support.cast import PASSWORD, Person, registered_video
from support.jobs_done import JobsDone


async def test_everything_of_an_account_is_erased_and_nothing_of_others(
    alice: Person, bob: Person, tx: Tx, jobs_done: JobsDone
) -> None:
    for _ in range(3):
        await registered_video(alice, visibility="private")
    kept = await registered_video(bob)
    await alice.post("/api/v1/projects", json={"name": "Tea"})

    await alice.delete("/api/v1/auth/me")
    await jobs_done()

    assert await tx.fetch_value("SELECT count(*) FROM accounts") == 1
    assert await tx.fetch_value("SELECT count(*) FROM projects") == 1
    assert await tx.fetch_value("SELECT count(*) FROM videos") == 1
    # What may still be under way in other processes is looked for again later; nothing is due or failed.
    left = await tx.fetch("SELECT DISTINCT kind, state, attempts FROM jobs")
    later = ("analytics.forget-viewer", "analytics.sweep-video")
    assert {tuple(row) for row in left} <= {(kind, "waiting", 0) for kind in later}
    assert (await bob.get(f"/api/v1/videos/{kept['id']}")).status_code == 200


async def test_an_erased_address_may_sign_up_again(client: AsyncClient, alice: Person) -> None:
    await alice.delete("/api/v1/auth/me")
    again = await client.post(
        "/api/v1/auth/register", json={"email": "alice@example.org", "password": PASSWORD}
    )
    assert again.status_code == 201
    assert again.json()["user"]["id"] != alice.id


async def test_an_erasure_that_is_broken_off_goes_on(alice: Person, tx: Tx, jobs_done: JobsDone) -> None:
    for _ in range(3):
        await registered_video(alice)
    await alice.delete("/api/v1/auth/me")
    # What a worker that was killed leaves: some videos gone, its lease over.
    await tx.execute("DELETE FROM videos WHERE id = (SELECT min(id::text)::uuid FROM videos)")
    await tx.execute(
        "UPDATE jobs SET state = 'running', worker = 'x', leased_until = '2020-01-01Z', attempts = 1"
    )
    await jobs_done()
    assert await tx.fetch_value("SELECT count(*) FROM accounts") == 0
