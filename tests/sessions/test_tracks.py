"""Publishing: offers, answers, muting, ending."""

import asyncio
from typing import Any

import pytest

from kinetoscope_fakes.realtime import RealtimeFake
from support.cast import Person
from support.peers import Peer
from support.rooms import Member, Room


async def tracks_of(member: Member) -> list[dict[str, Any]]:
    people = (await member.get(f"{member.session}/participants")).json()["participants"]
    return next(person["tracks"] for person in people if person["id"] == member.id)


async def test_a_track_is_published_by_an_offer_and_its_answer(host: Member, fake: RealtimeFake) -> None:
    peer = Peer().add("video")
    answer = await host.post(
        f"{host.path}/tracks/", json={"sdp": peer.offer(), "type": "video", "track_name": "camera"}
    )
    track = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"{host.path}/tracks/{track['track_id']}"
    assert track["type"] == "answer"
    assert track["sdp"].startswith("v=0\r\n")
    assert track["sdp"].endswith("\r\n")
    assert (track["track_name"], track["kind"], track["mid"]) == ("camera", "video", "0")
    assert await tracks_of(host) == [
        {
            "track_id": track["track_id"],
            "track_name": "camera",
            "type": "video",
            "mid": "0",
            "status": "active",
            "muted": False,
        }
    ]
    assert [session.local(track["track_id"]) is not None for session in fake.sessions.values()] == [True]


async def test_only_the_new_line_of_a_later_offer_becomes_a_track(host: Member, fake: RealtimeFake) -> None:
    peer = Peer()
    tracks = [await host.publish(peer, kind) for kind in ("audio", "video", "screen")]
    assert [(track["kind"], track["mid"]) for track in tracks] == [
        ("audio", "0"),
        ("video", "1"),
        ("screen", "2"),
    ]
    assert tracks[-1]["sdp"].count("m=") == 3
    assert len(fake.sessions) == 1


async def test_one_offer_with_two_new_lines_is_published_line_by_line(host: Member) -> None:
    peer = Peer().add("audio").add("video")
    mids = [
        (await host.post(f"{host.path}/tracks", json={"sdp": peer.offer(), "type": kind})).json()["mid"]
        for kind in ("video", "audio")
    ]
    assert mids == ["1", "0"]


BAD = {
    "empty": "",
    "garbage": "hello",
    "nothing but a head": "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n",
    "no fingerprint": Peer().add("video").offer().replace("a=fingerprint:", "a=x:"),
    "no mid": Peer().add("video").offer().replace("a=mid:0", "a=x"),
    "another kind": Peer().add("audio").offer(),
    "nothing sent": Peer().add("video", "receive").offer(),
    "rejected": Peer().add("video").offer().replace("m=video 9", "m=video 0"),
    "a mid twice": Peer().add("video").add("video").offer().replace("a=mid:1", "a=mid:0"),
    "too long": Peer().add("video").offer() + "a=x\r\n" * 110_000,
    "NUL": Peer().add("video").offer() + "a=\0\r\n",
    "binary": "v=0\n\x01\x02m=video",
}


@pytest.mark.parametrize("sdp", BAD.values(), ids=BAD.keys())
async def test_what_is_no_usable_offer_is_refused_before_the_media_server_hears_of_it(
    host: Member, fake: RealtimeFake, sdp: str
) -> None:
    fake.calls.clear()
    answer = await host.post(f"{host.path}/tracks", json={"sdp": sdp, "type": "video"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_sdp")
    assert fake.calls == []
    assert await tracks_of(host) == []


@pytest.mark.parametrize(
    "body", [{"type": "video"}, {"sdp": "v=0", "type": "smell"}, {"sdp": 7, "type": "video"}]
)
async def test_what_is_no_wish_is_unprocessable(host: Member, body: dict[str, Any]) -> None:
    answer = await host.post(f"{host.path}/tracks", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


async def test_firefox_bundled_lines_have_port_0_and_are_no_rejection(host: Member) -> None:
    sdp = Peer().add("video").offer().replace("m=video 9", "m=video 0") + "a=bundle-only\r\n"
    answer = await host.post(f"{host.path}/tracks", json={"sdp": sdp, "type": "video"})
    assert answer.status_code == 201


async def test_what_the_media_server_refuses_is_a_bad_gateway(host: Member, fake: RealtimeFake) -> None:
    peer = Peer()
    track = await host.publish(peer)
    session = next(iter(fake.sessions.values()))
    session.awaits_answer = True
    peer.add("audio")
    answer = await host.post(f"{host.path}/tracks", json={"sdp": peer.offer(), "type": "audio"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_sdp")
    session.awaits_answer = False
    session.tracks[0].mid = "1"  # the line that comes next is taken, says the server
    answer = await host.post(f"{host.path}/tracks", json={"sdp": peer.offer(), "type": "audio"})
    assert (answer.status_code, answer.json()["code"]) == (502, "media_refused")
    assert [each["track_id"] for each in await tracks_of(host)] == [track["track_id"]]


async def test_without_the_media_server_nothing_is_published(host: Member, fake: RealtimeFake) -> None:
    fake.is_down = True
    peer = Peer().add("video")
    answer = await host.post(f"{host.path}/tracks", json={"sdp": peer.offer(), "type": "video"})
    assert (answer.status_code, answer.json()["code"]) == (503, "media_unavailable")
    fake.is_down = False
    assert await tracks_of(host) == []
    again = await host.post(f"{host.path}/tracks", json={"sdp": peer.offer(), "type": "video"})
    assert again.status_code == 201


async def test_concurrent_changes_of_one_connection_take_turns(host: Member, fake: RealtimeFake) -> None:
    peer = Peer()
    for _ in range(8):
        peer.add("audio")
    wish = {"sdp": peer.offer(), "type": "audio"}
    answers = await asyncio.gather(*(host.post(f"{host.path}/tracks", json=wish) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert sorted(answer.json()["mid"] for answer in answers) == [str(n) for n in range(8)]
    assert len(fake.sessions) == 1


async def test_a_track_is_muted_and_the_others_are_told_once(host: Member, guest: Member) -> None:
    track = await host.publish(Peer(), "audio")
    path = f"{host.path}/tracks/{track['track_id']}"
    for _ in range(2):
        answer = await host.patch(path, json={"muted": True})
        assert (answer.status_code, answer.json()["muted"]) == (200, True)
    assert (await tracks_of(host))[0]["muted"] is True
    told = [event["data"] for event in await guest.events() if event["type"] == "track.muted"]
    assert [(each["track_id"], each["muted"]) for each in told] == [(track["track_id"], True)]
    assert (await host.patch(path, json={"muted": "yes, please"})).status_code == 422


async def test_nobody_mutes_another(host: Member, guest: Member, alice: Person) -> None:
    track = await guest.publish(Peer(), "audio")
    for who in (host, alice):
        refused = await who.patch(f"{guest.path}/tracks/{track['track_id']}", json={"muted": True})
        assert (refused.status_code, refused.json()["code"]) == (403, "not_your_participant")
    elsewhere = await host.patch(f"{host.path}/tracks/{track['track_id']}", json={"muted": True})
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "track_not_found")


async def test_a_track_that_is_taken_down_is_gone_and_its_line_may_be_used_again(
    host: Member, guest: Member, fake: RealtimeFake
) -> None:
    peer = Peer()
    track = await host.publish(peer)
    path = f"{host.path}/tracks/{track['track_id']}"
    assert (await host.delete(path)).status_code == 204
    assert fake.open_tracks() == []
    assert await tracks_of(host) == []
    for gone in (await host.delete(path), await host.patch(path, json={"muted": True})):
        assert (gone.status_code, gone.json()["code"]) == (404, "track_not_found")
    assert [event["type"] for event in await guest.events()][-1] == "track.unpublished"
    again = await host.post(f"{host.path}/tracks", json={"sdp": peer.offer(), "type": "video"})
    assert (again.status_code, again.json()["mid"]) == (201, "0")


async def test_a_page_that_is_loaded_again_takes_the_place_of_its_old_connection(
    room: Room, host: Member, fake: RealtimeFake, jobs_done: Any
) -> None:
    await host.publish(Peer())
    track = await host.publish(Peer(), "audio")
    assert [each["track_id"] for each in await tracks_of(host)] == [track["track_id"]]
    await jobs_done()
    assert [each.name for each in fake.open_tracks()] == [track["track_id"]]


async def test_a_connection_that_the_media_server_has_forgotten_is_begun_anew(
    host: Member, fake: RealtimeFake
) -> None:
    peer = Peer()
    await host.publish(peer)
    fake.forget_all()
    peer.add("audio")
    lost = await host.post(f"{host.path}/tracks", json={"sdp": peer.offer(), "type": "audio"})
    assert (lost.status_code, lost.json()["code"]) == (409, "connection_lost")
    assert await tracks_of(host) == []
    await host.publish(Peer())
    assert len(await tracks_of(host)) == 1


async def test_an_ended_session_closes_its_media(
    room: Room, host: Member, guest: Member, alice: Person, fake: RealtimeFake, jobs_done: Any
) -> None:
    peer = Peer()
    await host.publish(peer)
    await guest.publish(Peer(), "audio")
    assert len(fake.open_tracks()) == 2
    await alice.put(room.path, json={"status": "ended"})
    await jobs_done()
    assert fake.open_tracks() == []
    peer.add("audio")
    refused = await host.post(f"{host.path}/tracks", json={"sdp": peer.offer(), "type": "audio"})
    assert (refused.status_code, refused.json()["code"]) == (410, "session_ended")
