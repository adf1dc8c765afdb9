"""WHIP and WHEP."""

from typing import Any

import pytest
from httpx import ASGITransport, Response

from kinetoscope_fakes.realtime import STUN_URL, RealtimeFake
from support.cast import Hooks, Person, signed_up
from support.peers import Peer
from support.rooms import BASE, Member, Room, room_of

SDP = {"Content-Type": "application/sdp"}
FRAGMENT = {"Content-Type": "application/trickle-ice-sdpfrag"}


async def send(member: Member, kind: str, room: Room, offer: str) -> Response:
    return await member.post(f"{BASE}/{kind}/{room.id}", content=offer, headers=SDP)


@pytest.fixture
async def obs(room: Room, host: Member) -> tuple[Member, Peer, Response]:
    """A program that publishes sound and pictures by WHIP."""
    peer = Peer().add("audio").add("video")
    answer = await send(host, "whip", room, peer.offer())
    assert answer.status_code == 201, answer.text
    return host, peer, answer


async def tracks_in(person: Any, room: Room) -> list[str]:
    people = (await person.get(f"{room.path}/participants")).json()["participants"]
    return [track["type"] for each in people for track in each["tracks"]]


async def test_one_request_publishes_every_line(
    obs: tuple[Member, Peer, Response], room: Room, fake: RealtimeFake
) -> None:
    host, _, answer = obs
    assert answer.headers["content-type"] == "application/sdp"
    assert answer.text.startswith("v=0\r\n")
    assert answer.text.count("m=") == 2
    assert answer.headers["location"].startswith(f"{BASE}/whip/{room.id}/")
    assert answer.headers["etag"].startswith('"')
    assert f'<{STUN_URL}>; rel="ice-server", ' in answer.headers["link"]
    assert '<turn:turn.example.org:3478>; rel="ice-server"; username="' in answer.headers["link"]
    assert await tracks_in(host, room) == ["audio", "video"]


async def test_one_request_plays_the_newest_of_each_kind(
    obs: tuple[Member, Peer, Response], room: Room, guest: Member, fake: RealtimeFake
) -> None:
    offer = Peer().add("video", "receive").add("audio", "receive").offer()
    answer = await send(guest, "whep", room, offer)
    assert answer.status_code == 201
    assert sum(track.location == "remote" for track in fake.open_tracks()) == 2
    assert (await guest.delete(answer.headers["location"])).status_code == 204
    people = (await guest.get(f"{room.path}/participants")).json()["participants"]
    assert [person["status"] for person in people] == ["joined", "left"]


async def test_ending_it_is_leaving(
    obs: tuple[Member, Peer, Response], room: Room, fake: RealtimeFake, jobs_done: Any
) -> None:
    host, _, answer = obs
    where = answer.headers["location"]
    assert (await host.delete(where)).status_code == 204
    await jobs_done()
    assert fake.open_tracks() == []
    again = await host.delete(where)
    assert (again.status_code, again.json()["code"]) == (404, "connection_not_found")


async def test_a_program_that_comes_later_takes_its_place_again(room: Room, host: Member) -> None:
    await host.delete(host.path)
    assert (await send(host, "whip", room, Peer().add("audio").offer())).status_code == 201
    assert (await host.get(room.path)).json()["participant_count"] == 1


async def test_neither_a_bad_offer_nor_an_empty_room_takes_a_place(
    room: Room, host: Member, guest: Member
) -> None:
    await guest.delete(guest.path)
    for kind, offer, status, code in (
        ("whip", "", 400, "bad_sdp"),
        ("whip", "garbage", 400, "bad_sdp"),
        ("whip", Peer().add("video", "receive").offer(), 400, "bad_sdp"),
        ("whep", Peer().add("video").offer(), 400, "bad_sdp"),
        ("whep", Peer().add("video", "receive").offer(), 409, "nothing_published"),
    ):
        answer = await send(guest, kind, room, offer)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await host.get(room.path)).json()["participant_count"] == 1


async def test_a_full_room_lets_no_program_back_in(
    alice: Person, bob: Person, fake: RealtimeFake, transport: ASGITransport, hooks: Hooks
) -> None:
    room = await room_of(alice, max_participants=2)
    member = await room.joined_by(bob, transport, hooks)
    await member.delete(member.path)
    async with await signed_up(transport, "carol") as carol:
        for who in (alice, carol):
            await who.post(f"{room.path}/token")
    answer = await send(member, "whip", room, Peer().add("audio").offer())
    assert (answer.status_code, answer.json()["code"]) == (409, "session_full")
    await member.aclose()


async def test_an_account_that_has_joined_needs_no_token(room: Room, alice: Person, bob: Person) -> None:
    offer = Peer().add("audio").offer()
    refused = await alice.post(f"{BASE}/whip/{room.id}", content=offer, headers=SDP)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_a_member")
    await alice.post(f"{room.path}/token")
    answer = await alice.post(f"{BASE}/whip/{room.id}", content=offer, headers=SDP)
    assert answer.status_code == 201


async def test_only_sdp_is_taken(room: Room, host: Member) -> None:
    answer = await host.post(f"{BASE}/whip/{room.id}", json={"sdp": "v=0"})
    assert (answer.status_code, answer.json()["code"]) == (415, "wrong_media_type")
    answer = await host.post(f"{BASE}/whip/{room.id}", content=b"v=0\r\n\xff\xfe", headers=SDP)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_sdp")


async def test_candidates_may_trickle_in(obs: tuple[Member, Peer, Response]) -> None:
    host, peer, answer = obs
    where, etag = answer.headers["location"], answer.headers["etag"]
    fragment = f"a=ice-ufrag:{peer.ufrag}\r\na=ice-pwd:{'p' * 22}\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n"
    named = {"If-Match": etag} | FRAGMENT
    assert (await host.patch(where, content=fragment, headers=named)).status_code == 204
    stale = await host.patch(where, content=fragment, headers={"If-Match": '"other"'} | FRAGMENT)
    assert (stale.status_code, stale.json()["code"]) == (412, "changed_meanwhile")
    bare = await host.patch(where, content=fragment, headers=FRAGMENT)
    assert (bare.status_code, bare.json()["code"]) == (428, "if_match_needed")
    garbage = await host.patch(where, content="hello", headers=named)
    assert (garbage.status_code, garbage.json()["code"]) == (400, "bad_sdp")
    restart = await host.patch(
        where, content=fragment.replace(peer.ufrag, "anew"), headers={"If-Match": "*"} | FRAGMENT
    )
    assert (restart.status_code, restart.json()["code"]) == (422, "ice_restart_unsupported")


async def test_the_connection_of_another_is_not_ones_own(
    obs: tuple[Member, Peer, Response], guest: Member
) -> None:
    refused = await guest.delete(obs[2].headers["location"])
    assert (refused.status_code, refused.json()["code"]) == (403, "not_your_participant")
