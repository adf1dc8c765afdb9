"""Receiving: subscriptions, offers of the server, simulcast."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from httpx import ASGITransport

from kinetoscope.kernel.db import Tx
from kinetoscope_fakes.realtime import RealtimeFake
from support.cast import Hooks, Person
from support.peers import Peer
from support.rooms import Member, Room


async def test_without_an_offer_the_server_offers_and_is_answered(host: Member, guest: Member) -> None:
    track = await host.publish(Peer())
    answer = await guest.subscribe(track["track_id"])
    done = answer.json()
    assert answer.status_code == 200
    assert (done["type"], done["requires_renegotiation"]) == ("offer", True)
    assert done["sdp"].endswith("\r\n")
    assert [(s["track_id"], s["mid"], s["status"]) for s in done["subscriptions"]] == [
        (track["track_id"], "0", "active")
    ]
    assert (await guest.answer(Peer(), done["sdp"])).status_code == 204


async def test_an_offer_of_the_client_is_answered_at_once(host: Member, guest: Member) -> None:
    peer = Peer()
    sound, picture = [(await host.publish(peer, kind))["track_id"] for kind in ("audio", "video")]
    offer = Peer().add("video", "receive").add("audio", "receive").offer()
    done = (await guest.subscribe(sound, picture, sdp=offer)).json()
    assert (done["type"], done["requires_renegotiation"]) == ("answer", False)
    assert [(s["track_id"], s["mid"]) for s in done["subscriptions"]] == [(sound, "1"), (picture, "0")]


async def test_one_connection_publishes_and_receives(host: Member, guest: Member, fake: RealtimeFake) -> None:
    peer = Peer()
    track = await host.publish(Peer())
    await guest.publish(peer, "audio")
    done = (await guest.subscribe(track["track_id"])).json()
    assert done["subscriptions"][0]["mid"] == "1"
    assert (await guest.answer(peer, done["sdp"])).status_code == 204
    assert (await guest.publish(peer))["mid"] == "2"
    assert len(fake.sessions) == 2


async def test_each_track_succeeds_or_fails_for_itself(host: Member, guest: Member) -> None:
    track = await host.publish(Peer())
    own = await guest.publish(Peer())
    unknown = str(uuid4())
    done = (await guest.subscribe(own["track_id"], track["track_id"], unknown)).json()
    assert [(s["status"], s["code"]) for s in done["subscriptions"]] == [
        ("failed", "own_track"),
        ("active", None),
        ("failed", "track_not_found"),
    ]


async def test_what_the_media_server_does_not_know_fails_with_its_word(
    host: Member, guest: Member, fake: RealtimeFake
) -> None:
    track = await host.publish(Peer())
    fake.lose_clients()
    done = (await guest.subscribe(track["track_id"])).json()
    assert (done["sdp"], done["type"], done["requires_renegotiation"]) == (None, None, False)
    assert done["subscriptions"][0]["code"] == "empty_track_error"


async def test_more_tracks_than_lines_are_offered_fail_alone(host: Member, guest: Member) -> None:
    peer = Peer()
    first, second = [(await host.publish(peer))["track_id"] for _ in range(2)]
    offer = Peer().add("video", "receive").offer()
    done = (await guest.subscribe(first, second, sdp=offer)).json()
    assert [s["code"] for s in done["subscriptions"]] == [None, "no_line_offered"]


async def test_what_is_received_already_stays_as_it_is(host: Member, guest: Member) -> None:
    track, peer = await host.publish(Peer()), Peer()
    done = (await guest.subscribe(track["track_id"])).json()
    await guest.answer(peer, done["sdp"])
    again = (await guest.subscribe(track["track_id"])).json()
    assert again["sdp"] is None
    assert again["subscriptions"] == done["subscriptions"]


@pytest.mark.parametrize("ids", [[], ["x"], None, [str(uuid4()) for _ in range(65)]])
async def test_what_is_no_list_of_tracks_is_unprocessable(guest: Member, ids: Any) -> None:
    answer = await guest.post(f"{guest.path}/subscriptions", json={"track_ids": ids})
    assert answer.status_code == 422


async def test_an_answer_needs_an_offer(host: Member, guest: Member) -> None:
    body = {"sdp": Peer().add("video").offer(), "type": "answer"}
    before = await guest.put(f"{guest.path}/renegotiate", json=body)
    assert (before.status_code, before.json()["code"]) == (409, "no_offer_pending")
    track, peer = await host.publish(Peer()), Peer()
    offer = (await guest.subscribe(track["track_id"])).json()["sdp"]
    for bad in ("", "garbage", "v=0\r\n"):
        refused = await guest.put(f"{guest.path}/renegotiate", json={"sdp": bad, "type": "answer"})
        assert (refused.status_code, refused.json()["code"]) == (400, "bad_sdp")
    assert (await guest.answer(peer, offer)).status_code == 204
    twice = await guest.put(f"{guest.path}/renegotiate", json=body)
    assert (twice.status_code, twice.json()["code"]) == (409, "no_offer_pending")


async def test_of_two_racing_answers_one_is_taken(host: Member, guest: Member) -> None:
    track, peer = await host.publish(Peer()), Peer()
    peer.answer((await guest.subscribe(track["track_id"])).json()["sdp"])
    body = {"sdp": peer.answer(""), "type": "answer"}
    answers = await asyncio.gather(*(guest.put(f"{guest.path}/renegotiate", json=body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [204, 409, 409, 409]


async def test_a_change_waits_for_the_answer_before_it(host: Member, guest: Member) -> None:
    publisher, peer = Peer(), Peer()
    first, second = [(await host.publish(publisher))["track_id"] for _ in range(2)]
    offer = (await guest.subscribe(first)).json()["sdp"]
    waiting = asyncio.create_task(guest.subscribe(second))
    await asyncio.sleep(0)
    assert (await guest.answer(peer, offer)).status_code == 204
    done = (await waiting).json()
    assert done["subscriptions"][0]["mid"] == "1"
    assert (await guest.answer(peer, done["sdp"])).status_code == 204


async def test_a_client_that_never_answers_is_told_so(host: Member, guest: Member) -> None:
    publisher = Peer()
    first, second = [(await host.publish(publisher))["track_id"] for _ in range(2)]
    await guest.subscribe(first)
    refused = await guest.subscribe(second)
    assert (refused.status_code, refused.json()["code"]) == (409, "answer_pending")


async def test_a_track_is_no_longer_received(host: Member, guest: Member, fake: RealtimeFake) -> None:
    track, peer = await host.publish(Peer()), Peer()
    await guest.answer(peer, (await guest.subscribe(track["track_id"])).json()["sdp"])
    path = f"{guest.path}/subscriptions/{track['track_id']}"
    assert (await guest.delete(path)).status_code == 204
    assert [each.location for each in fake.open_tracks()] == ["local"]
    for gone in (await guest.delete(path), await guest.patch(path, json={"preferred_rid": "h"})):
        assert (gone.status_code, gone.json()["code"]) == (404, "subscription_not_found")
    again = (await guest.subscribe(track["track_id"])).json()
    assert (again["subscriptions"][0]["mid"], again["sdp"].count("m=")) == ("0", 1)


async def test_a_simulcast_layer_is_preferred(host: Member, guest: Member, fake: RealtimeFake) -> None:
    track = await host.publish(Peer())
    await guest.answer(Peer(), (await guest.subscribe(track["track_id"])).json()["sdp"])
    path = f"{guest.path}/subscriptions/{track['track_id']}"
    answer = await guest.patch(path, json={"preferred_rid": "h"})
    assert (answer.status_code, answer.json()["track_id"]) == (200, track["track_id"])
    assert [each.rid for each in fake.open_tracks() if each.location == "remote"] == ["h"]
    assert (await guest.patch(path, json={"preferred_rid": "not a rid"})).status_code == 422
    await host.delete(f"{host.path}/tracks/{track['track_id']}")
    ended = await guest.patch(path, json={"preferred_rid": "h"})
    assert (ended.status_code, ended.json()["code"]) == (404, "track_not_found")


async def test_who_joined_last_has_the_connection(
    room: Room, host: Member, guest: Member, bob: Person, transport: ASGITransport, hooks: Hooks
) -> None:
    track = await host.publish(Peer())
    old, new = Peer(), Peer()
    await guest.answer(old, (await guest.subscribe(track["track_id"])).json()["sdp"])
    async with await room.joined_by(bob, transport, hooks) as later:
        await later.answer(new, (await later.subscribe(track["track_id"])).json()["sdp"])
        refused = await guest.subscribe(track["track_id"])
        assert (refused.status_code, refused.json()["code"]) == (409, "connection_replaced")


async def test_a_renewed_token_goes_on_with_the_connection(
    room: Room, host: Member, guest: Member, bob: Person, fake: RealtimeFake
) -> None:
    track = await host.publish(Peer())
    peer = Peer()
    await guest.publish(peer, "audio")
    renewed = (await bob.post(f"{room.path}/token", json={"resume": True})).json()
    guest.headers["Authorization"] = f"Bearer {renewed['token']}"
    done = (await guest.subscribe(track["track_id"])).json()
    assert done["subscriptions"][0]["mid"] == "1"
    assert len(fake.sessions) == 2


async def test_a_room_moves_when_its_media_server_is_dead(
    room: Room, host: Member, guest: Member, tx: Tx, fake: RealtimeFake
) -> None:
    await tx.execute("UPDATE video_sessions SET media_url = 'http://127.0.0.1:9'")
    track = await host.publish(Peer())
    done = (await guest.subscribe(track["track_id"])).json()
    assert done["subscriptions"][0]["status"] == "active"
    assert len(fake.sessions) == 2
