"""Coming and going: the token is the join."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from httpx import ASGITransport, AsyncClient

from kinetoscope.kernel.db import Tx
from kinetoscope_fakes.realtime import RealtimeFake
from support.cast import Hooks, Person, signed_up
from support.clock import FakeClock
from support.peers import Peer
from support.rooms import BASE, Member, Room, room_of


async def people_of(person: AsyncClient, room: Room) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await person.get(f"{room.path}/participants")).json()["participants"]
    return found


async def test_the_token_says_who_and_where_and_until_when(
    alice: Person, room: Room, clock: FakeClock
) -> None:
    answer = await alice.post(f"{room.path}/token/", json={"display_name": "Al"})
    token = answer.json()
    assert answer.status_code == 200
    claims = jwt.decode(token["token"], options={"verify_signature": False}, audience="kinetoscope-session")
    assert (claims["sub"], claims["session_id"], claims["role"]) == (alice.id, room.id, "host")
    assert claims["participant_id"] == token["participant_id"]
    assert datetime.fromtimestamp(claims["exp"], UTC) == datetime.fromisoformat(token["expires_at"])
    turn = token["turn_credentials"]
    expiry, _, holder = turn["username"].partition(":")
    assert holder == token["participant_id"]
    assert int(expiry) == int(clock().timestamp()) + turn["ttl"]
    assert turn["ttl"] == 600
    assert token["ice_servers"][-1]["urls"] == ["turn:turn.example.org:3478"]
    assert (await people_of(alice, room))[0]["display_name"] == "Al"


async def test_the_same_user_again_is_the_same_participant(alice: Person, room: Room) -> None:
    first, second = [(await alice.post(f"{room.path}/token")).json() for _ in range(2)]
    assert first["participant_id"] == second["participant_id"]
    assert (await alice.get(room.path)).json()["participant_count"] == 1


async def test_a_hundred_racing_joins_on_ten_places_are_ten(
    alice: Person, fake: RealtimeFake, transport: ASGITransport, tx: Tx
) -> None:
    room = await room_of(alice, max_participants=10)
    people = [await signed_up(transport, f"racer{n}") for n in range(100)]
    answers = await asyncio.gather(*(person.post(f"{room.path}/token") for person in people))
    assert sorted(answer.status_code for answer in answers) == [200] * 10 + [409] * 90
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"session_full"}
    assert (await alice.get(room.path)).json()["participant_count"] == 10
    joined = await tx.fetch_value("SELECT count(*) FROM session_participants WHERE status = 'joined'")
    assert joined == 10
    for person in people:
        await person.aclose()


async def test_racing_joins_of_one_user_take_one_place(alice: Person, room: Room) -> None:
    answers = await asyncio.gather(*(alice.post(f"{room.path}/token") for _ in range(12)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["participant_id"] for answer in answers}) == 1
    assert (await alice.get(room.path)).json()["participant_count"] == 1


async def test_who_leaves_frees_a_place_and_may_come_back(
    alice: Person, bob: Person, fake: RealtimeFake, transport: ASGITransport, hooks: Hooks
) -> None:
    room = await room_of(alice, max_participants=2)
    host, guest = [await room.joined_by(who, transport, hooks) for who in (alice, bob)]
    async with await signed_up(transport, "carol") as carol:
        assert (await carol.post(f"{room.path}/token")).json()["code"] == "session_full"
        assert (await guest.delete(guest.path)).status_code == 204
        assert (await carol.post(f"{room.path}/token")).status_code == 200
        assert (await bob.post(f"{room.path}/token")).json()["code"] == "session_full"
    left = next(p for p in await people_of(alice, room) if p["id"] == guest.id)
    assert (left["status"], left["left_at"] is not None) == ("left", True)
    await host.aclose()
    await guest.aclose()


async def test_who_has_left_publishes_nothing_until_it_joins_again(
    room: Room, host: Member, guest: Member, bob: Person
) -> None:
    assert (await guest.delete(guest.path)).status_code == 204
    refused = await guest.post(
        f"{guest.path}/tracks", json={"sdp": Peer().add("audio").offer(), "type": "audio"}
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "not_joined")
    assert (await bob.post(f"{room.path}/token")).json()["participant_id"] == guest.id
    await guest.publish(Peer(), "audio")


async def test_leaving_twice_is_leaving(guest: Member) -> None:
    assert [(await guest.delete(guest.path)).status_code for _ in range(2)] == [204, 204]
    assert [event["type"] for event in await guest.events()].count("participant.left") == 1


async def test_whom_the_host_has_removed_does_not_come_back(
    room: Room, host: Member, guest: Member, alice: Person, bob: Person
) -> None:
    track = await guest.publish(Peer())
    assert (await alice.delete(guest.path)).status_code == 204
    offer = {"sdp": Peer().add("audio").offer(), "type": "audio"}
    answers = [
        await bob.post(f"{room.path}/token"),
        await guest.post(f"{guest.path}/tracks", json=offer),
        await guest.patch(f"{guest.path}/tracks/{track['track_id']}", json={"muted": True}),
        await guest.delete(guest.path),
        await guest.get(f"{room.path}/participants"),
        await guest.get(f"{room.path}/events", params={"wait": 0}),
        await guest.post(f"{BASE}/whip/{room.id}", content=offer["sdp"]),
        await guest.post(f"{BASE}/whep/{room.id}", content=offer["sdp"]),
    ]
    assert [(a.status_code, a.json()["code"]) for a in answers] == [(403, "removed")] * len(answers)
    left = [e["data"] for e in await host.events() if e["type"] == "participant.left"]
    assert [(e["participant_id"], e["reason"]) for e in left] == [(guest.id, "removed")]


async def test_the_host_bars_one_who_has_left_already(
    room: Room, guest: Member, alice: Person, bob: Person
) -> None:
    await guest.delete(guest.path)
    assert (await alice.delete(guest.path)).status_code == 204
    assert (await bob.post(f"{room.path}/token")).json()["code"] == "removed"


async def test_a_guest_removes_nobody(host: Member, guest: Member, bob: Person) -> None:
    for who in (guest, bob):
        refused = await who.delete(host.path)
        assert (refused.status_code, refused.json()["code"]) == (403, "not_your_participant")


async def test_a_sessions_token_is_no_account(room: Room, guest: Member) -> None:
    answers = [
        await guest.post(f"{room.path}/token"),
        await guest.post(f"{BASE}/sessions", json={"session_name": "x"}),
        await guest.get(f"{BASE}/sessions/active"),
        await guest.put(room.path, json={"session_name": "x"}),
        await guest.delete(room.path),
        await guest.get("/api/v1/videos"),
    ]
    assert [(a.status_code, a.json()["code"]) for a in answers] == [(401, "bad_token")] * len(answers)


def everything_inside(room: Room, member: Member) -> list[tuple[str, str, Any]]:
    """Return every call that a session's token is the credential of."""
    track = f"{member.path}/tracks/{member.id}"
    subscription = f"{member.path}/subscriptions/{member.id}"
    sdp = Peer().add("video", "both").offer()
    return [
        ("GET", room.path, None),
        ("GET", f"{room.path}/participants", None),
        ("GET", f"{room.path}/events?wait=0", None),
        ("POST", f"{member.path}/tracks", {"sdp": sdp, "type": "video"}),
        ("PATCH", track, {"muted": True}),
        ("DELETE", track, None),
        ("POST", f"{member.path}/subscriptions", {"track_ids": [member.id]}),
        ("PATCH", subscription, {"preferred_rid": "h"}),
        ("DELETE", subscription, None),
        ("PUT", f"{member.path}/renegotiate", {"sdp": sdp, "type": "answer"}),
        ("DELETE", member.path, None),
        ("POST", f"{BASE}/whip/{room.id}", sdp),
        ("POST", f"{BASE}/whep/{room.id}", sdp),
        ("DELETE", f"{BASE}/whip/{room.id}/{member.id}", None),
        ("PATCH", f"{BASE}/whip/{room.id}/{member.id}", "a=ice-ufrag:abcd\r\n"),
    ]


async def answers_to(client: AsyncClient, room: Room, member: Member) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    for method, path, body in everything_inside(room, member):
        more: dict[str, Any] = {"content": body} if isinstance(body, str) else {"json": body}
        answer = await client.request(method, path, headers={"If-Match": "*"}, **more)
        found.append((answer.status_code, answer.json()["code"]))
    return found


async def test_a_token_of_another_session_opens_nothing(
    room: Room, host: Member, bob: Person, transport: ASGITransport, hooks: Hooks
) -> None:
    other = await room_of(bob)
    async with await other.joined_by(bob, transport, hooks) as stranger:
        assert set(await answers_to(stranger, room, host)) == {(403, "wrong_session")}


@pytest.mark.parametrize("kind", ["expired", "forged"])
async def test_a_bad_token_opens_nothing(
    room: Room, host: Member, client: AsyncClient, clock: FakeClock, kind: str
) -> None:
    if kind == "expired":
        clock.advance(hours=25)
    else:
        head, _, signature = host.token["token"].rpartition(".")
        host.headers["Authorization"] = f"Bearer {head}.{signature[::-1]}"
    assert set(await answers_to(host, room, host)) == {(401, "bad_token")}
    assert set(await answers_to(client, room, host)) == {(401, "not_signed_in")}


async def test_nobody_acts_as_another_participant(
    room: Room, host: Member, guest: Member, bob: Person
) -> None:
    inside = [call for call in everything_inside(room, host) if call[1].startswith(host.path)]
    for who in (guest, bob):
        for method, path, body in inside:
            answer = await who.request(method, path, json=body)
            assert (answer.status_code, answer.json()["code"]) == (403, "not_your_participant"), path


async def test_the_account_acts_as_the_participant_that_it_is(guest: Member, bob: Person) -> None:
    sdp = Peer().add("audio").offer()
    answer = await bob.post(f"{guest.path}/tracks", json={"sdp": sdp, "type": "audio"})
    assert answer.status_code == 201


async def test_an_erased_account_is_gone_from_every_session(  # noqa: PLR0917 - the scene
    room: Room, host: Member, guest: Member, alice: Person, bob: Person, jobs_done: Any, fake: RealtimeFake
) -> None:
    await guest.publish(Peer())
    own = await room_of(bob)
    assert (await bob.delete("/api/v1/auth/me")).status_code == 202
    await jobs_done()
    assert [person["id"] for person in await people_of(alice, room)] == [host.id]
    assert (await alice.get(own.path)).status_code == 404
    told = await host.events()
    assert told[-1]["data"]["reason"] == "erased"
    assert "Bob" not in str(told)
    assert bob.id not in str(told)
    assert fake.open_tracks() == []
