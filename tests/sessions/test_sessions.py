"""Live sessions as such: creating, reading, changing, ending, listing."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from httpx import ASGITransport, AsyncClient

from kinetoscope.kernel.db import Tx
from kinetoscope_fakes.realtime import RealtimeFake
from support.cast import Person, signed_up
from support.clock import FakeClock
from support.rooms import BASE, Member, Room, room_of

FIELDS = {
    "id", "session_id", "session_name", "host_id", "max_participants", "participant_count", "status",
    "created_at", "updated_at", "ended_at",
}  # fmt: skip


async def test_a_new_session_is_the_whole_object_with_its_location(alice: Person, fake: RealtimeFake) -> None:
    answer = await alice.post(
        f"{BASE}/sessions/", json={"session_name": " Team standup ", "max_participants": 4}
    )
    session = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"{BASE}/sessions/{session['id']}"
    assert set(session) >= FIELDS
    assert session["id"] == session["session_id"]
    assert (session["session_name"], session["max_participants"]) == ("Team standup", 4)
    assert (session["host_id"], session["participant_count"]) == (alice.id, 0)
    assert (session["status"], session["ended_at"]) == ("active", None)
    assert session["created_at"].endswith("Z")
    assert (await alice.get(answer.headers["location"])).json() == session | {"participants": []}


async def test_ten_may_take_part_unless_it_is_said_otherwise(room: Room) -> None:
    assert room.session["max_participants"] == 10


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"session_name": ""},
        {"session_name": "x" * 256},
        {"session_name": "a\0b"},
        {"session_name": "x", "max_participants": 1},
        {"session_name": "x", "max_participants": 101},
        {"session_name": "x", "max_participants": "10"},
        {"session_name": "x", "max_participants": None},
        {"session_name": "x", "max_participants": 10**30},
    ],
)
async def test_what_cannot_be_a_session_is_refused(
    alice: Person, fake: RealtimeFake, body: dict[str, Any]
) -> None:
    answer = await alice.post(f"{BASE}/sessions", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


async def test_without_the_media_server_nothing_is_created(alice: Person, fake: RealtimeFake) -> None:
    fake.is_down = True
    answer = await alice.post(f"{BASE}/sessions", json={"session_name": "x"})
    assert (answer.status_code, answer.json()["code"]) == (503, "media_unavailable")
    assert (await alice.get(f"{BASE}/sessions/active")).json()["total"] == 0


async def test_an_account_creates_ten_sessions_a_minute(
    alice: Person, bob: Person, fake: RealtimeFake, clock: FakeClock
) -> None:
    answers = await asyncio.gather(
        *(alice.post(f"{BASE}/sessions", json={"session_name": str(n)}) for n in range(14))
    )
    assert sorted(answer.status_code for answer in answers) == [201] * 10 + [429] * 4
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["x-ratelimit-limit"] == "10"
    assert (await bob.post(f"{BASE}/sessions", json={"session_name": "x"})).status_code == 201
    clock.advance(seconds=61)
    assert (await alice.post(f"{BASE}/sessions", json={"session_name": "x"})).status_code == 201


async def test_who_knows_the_id_sees_the_session_but_not_who_is_in_it(
    room: Room, host: Member, alice: Person, bob: Person
) -> None:
    seen = (await bob.get(room.path)).json()
    assert (seen["participants"], seen["participant_count"]) == (None, 1)
    inside = (await alice.get(room.path)).json()["participants"]
    assert [(person["id"], person["role"], person["status"]) for person in inside] == [
        (host.id, "host", "joined")
    ]
    assert (await host.get(room.path)).json()["participants"] == inside
    listed = await bob.get(f"{room.path}/participants")
    assert (listed.status_code, listed.json()["code"]) == (403, "not_a_member")


async def test_participants_see_each_other(room: Room, host: Member, guest: Member) -> None:
    seen = (await guest.get(f"{room.path}/participants")).json()
    assert (seen["total"], [person["display_name"] for person in seen["participants"]]) == (
        2,
        ["Alice", "Bob"],
    )
    assert seen["last_event_id"] == (await guest.events())[-1]["id"]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_the_host_changes_any_subset(alice: Person, room: Room, method: str) -> None:
    changed = (await alice.request(method, room.path, json={"session_name": "New"})).json()
    assert changed == room.session | {"session_name": "New", "updated_at": changed["updated_at"]}
    answer = await alice.request(method, room.path, json={"max_participants": 3})
    assert (answer.status_code, answer.json()["max_participants"]) == (200, 3)
    assert (await alice.request(method, room.path, json={})).json()["session_name"] == "New"
    assert (await alice.request(method, room.path, json={"status": "paused"})).status_code == 422
    assert (await alice.request(method, room.path, json={"session_name": None})).status_code == 422


async def test_only_the_host_changes_a_session(room: Room, bob: Person) -> None:
    answers = [
        await bob.put(room.path, json={"session_name": "Mine"}),
        await bob.patch(room.path, json={"status": "ended"}),
        await bob.delete(room.path),
    ]
    assert [(a.status_code, a.json()["code"]) for a in answers] == [(403, "not_the_host")] * 3


async def test_the_maximum_does_not_fall_below_who_is_there(
    room: Room, host: Member, guest: Member, alice: Person, transport: ASGITransport
) -> None:
    async with await signed_up(transport, "carol") as carol:
        assert (await carol.post(f"{room.path}/token")).status_code == 200
    refused = await alice.put(room.path, json={"max_participants": 2})
    assert (refused.status_code, refused.json()["code"]) == (400, "max_participants_too_low")
    assert (await alice.put(room.path, json={"max_participants": 3})).status_code == 200


async def test_a_stale_version_changes_nothing(alice: Person, room: Room) -> None:
    etag = (await alice.get(room.path)).headers["etag"]
    assert (await alice.get(room.path, headers={"If-None-Match": etag})).status_code == 304
    first = await alice.put(room.path, json={"session_name": "First"}, headers={"If-Match": etag})
    assert first.status_code == 200
    for stale in (
        await alice.put(room.path, json={"session_name": "Second"}, headers={"If-Match": etag}),
        await alice.delete(room.path, headers={"If-Match": etag}),
    ):
        assert (stale.status_code, stale.json()["code"]) == (412, "changed_meanwhile")
    assert first.headers["etag"] == (await alice.get(room.path)).headers["etag"]


async def test_an_ended_session_lets_nobody_in_and_stays_as_it_is(
    alice: Person, bob: Person, room: Room, host: Member
) -> None:
    ended = (await alice.put(room.path, json={"status": "ended"})).json()
    assert (ended["status"], ended["participant_count"]) == ("ended", 0)
    assert ended["ended_at"] is not None
    joined = await bob.post(f"{room.path}/token")
    assert (joined.status_code, joined.json()["code"]) == (410, "session_ended")
    renamed = await alice.put(room.path, json={"session_name": "Again"})
    assert (renamed.status_code, renamed.json()["code"]) == (410, "session_ended")
    assert (await alice.put(room.path, json={"status": "ended"})).json() == ended
    assert (await alice.get(f"{BASE}/sessions/active")).json()["sessions"] == []


async def test_a_deleted_session_is_gone_for_everybody(
    alice: Person, bob: Person, room: Room, host: Member
) -> None:
    assert (await alice.delete(room.path)).status_code == 204
    for answer in (
        await alice.get(room.path),
        await alice.delete(room.path),
        await alice.put(room.path, json={"session_name": "x"}),
        await bob.post(f"{room.path}/token"),
        await host.get(f"{room.path}/participants"),
        await host.get(f"{room.path}/events", params={"wait": 0}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "session_not_found")


async def test_an_administrator_deletes_but_does_not_change(
    room: Room, bob: Person, tx: Tx, host: Member
) -> None:
    await tx.execute("UPDATE accounts SET role = 'ADMIN' WHERE id = $1", bob.id)
    await asyncio.sleep(1.1)  # a caller's role is looked up again after a second
    assert len((await bob.get(room.path)).json()["participants"]) == 1
    assert (await bob.put(room.path, json={"session_name": "x"})).status_code == 403
    assert (await bob.delete(room.path)).status_code == 204


async def test_lists_hold_what_one_hosts_and_is_in(
    alice: Person, bob: Person, room: Room, guest: Member, clock: FakeClock
) -> None:
    clock.advance(seconds=1)
    own = await room_of(bob, session_name="Bob's")
    listed = (await bob.get(f"{BASE}/sessions/active")).json()
    assert [session["id"] for session in listed["sessions"]] == [own.id, room.id]
    assert (listed["total"], listed["page"], listed["page_size"], listed["has_more"]) == (2, 1, 20, False)
    page = (await bob.get(f"{BASE}/sessions/active", params={"limit": 1, "page": 2})).json()
    assert [session["id"] for session in page["sessions"]] == [room.id]
    await guest.delete(guest.path)
    await bob.put(own.path, json={"status": "ended"})
    assert (await bob.get(f"{BASE}/sessions/active")).json()["sessions"] == []
    every = (await bob.get(f"{BASE}/sessions/user/{bob.id}")).json()
    assert [session["id"] for session in every["sessions"]] == [own.id, room.id]
    assert [s["id"] for s in (await alice.get(f"{BASE}/sessions/active")).json()["sessions"]] == [room.id]


async def test_the_lists_of_others_are_for_administrators(
    alice: Person, bob: Person, room: Room, tx: Tx
) -> None:
    refused = await bob.get(f"{BASE}/sessions/user/{alice.id}")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_your_sessions")
    assert (await bob.get(f"{BASE}/sessions/user/me")).status_code == 422


async def test_what_does_not_exist_is_not_found(alice: Person, client: AsyncClient) -> None:
    unknown = f"{BASE}/sessions/{uuid4()}"
    assert (await alice.get(unknown)).status_code == 404
    assert (await alice.post(f"{unknown}/token")).status_code == 404
    assert (await alice.get(f"{BASE}/sessions/not-an-id")).status_code == 422
    assert (await client.get(unknown)).status_code == 401
