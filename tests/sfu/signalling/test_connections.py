"""Real connections: aiortc as the client, publishing and receiving through the API."""

import asyncio
from pathlib import Path

import pytest
from aiortc import RTCDataChannel
from aiortc.mediastreams import AudioStreamTrack

from kinetoscope_sfu.recording import PACKET, read
from kinetoscope_sfu.signalling import sessions, tracks
from support.sfu import Json, Peer, Sfu, codes, running_sfu, until


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait a little where nothing will come."""
    monkeypatch.setattr(tracks, "MEDIA_SECONDS", 1.0)


async def publishing(sfu: Sfu, *names: str) -> Peer:
    peer = await sfu.peer()
    await peer.publish(*names)
    return peer


async def channel(peer: Peer, **wish: object) -> RTCDataChannel:
    """Allocate a channel and open the client's end of it."""
    (item,) = (await peer.call("POST", "/datachannels/new", {"dataChannels": [wish]}))["dataChannels"]
    return peer.pc.createDataChannel(item["dataChannelName"], negotiated=True, id=item["id"])


async def with_data(sfu: Sfu) -> Peer:
    """Return a client with nothing but the transport of data channels."""
    peer = await sfu.peer()
    wish = {"location": "remote", "dataChannelName": "server-events"}
    made = await peer.call("POST", "/datachannels/establish", {"dataChannel": wish})
    assert (made["requiresImmediateRenegotiation"], made["dataChannel"]["id"]) == (True, 0)
    await peer.answer(made["sessionDescription"])
    return peer


def heard_on(end: RTCDataChannel) -> list[str | bytes]:
    heard: list[str | bytes] = []
    end.on("message", heard.append)
    return heard


async def test_both_publish_and_receive_on_one_connection_each(sfu: Sfu) -> None:
    alice, bob = await publishing(sfu, "mic", "cam"), await publishing(sfu, "mic")
    mic, cam = await bob.receive(alice, "mic", "cam")
    (other,) = await alice.receive(bob, "mic")
    for peer, track in ((bob, mic), (bob, cam), (alice, other)):
        await peer.frame(track["mid"])
    assert await bob.statuses() == ["active"] * 3


async def test_a_second_track_comes_on_the_same_connection(sfu: Sfu) -> None:
    alice, bob = await publishing(sfu, "mic"), await sfu.peer()
    await bob.receive(alice, "mic")
    await alice.publish("cam")
    (cam,) = await bob.receive(alice, "cam")
    await bob.frame(cam["mid"])


async def test_a_client_that_offers_to_receive_is_answered(sfu: Sfu) -> None:
    alice, bob = await publishing(sfu, "mic", "cam"), await sfu.peer()
    for kind in ("audio", "video"):
        bob.pc.addTransceiver(kind, direction="recvonly")
    wishes = [{"location": "remote", "sessionId": alice.id, "trackName": name} for name in ("mic", "cam")]
    made = await bob.call(
        "POST", "/tracks/new", {"sessionDescription": await bob.offered(), "tracks": wishes}
    )
    assert made["sessionDescription"]["type"] == "answer"
    await bob.take(made["sessionDescription"])
    for track in made["tracks"]:
        await bob.frame(track["mid"])


async def test_the_server_can_offer_to_take_a_track(sfu: Sfu) -> None:
    alice, bob = await sfu.peer(), await sfu.peer()
    wish = {"location": "local", "trackName": "mic", "kind": "audio"}
    made = await alice.call("POST", "/tracks/new", {"tracks": [wish]})
    await alice.take(made["sessionDescription"])
    (transceiver,) = alice.pc.getTransceivers()
    transceiver.sender.replaceTrack(AudioStreamTrack())
    transceiver.direction = "sendonly"
    await alice.pc.setLocalDescription(await alice.pc.createAnswer())
    answer = {"type": "answer", "sdp": alice.pc.localDescription.sdp}
    await alice.call("PUT", "/renegotiate", {"sessionDescription": answer})
    (track,) = await bob.receive(alice, "mic")
    await bob.frame(track["mid"])


async def test_one_transceiver_carries_a_track_each_way(sfu: Sfu) -> None:
    alice, bob = await publishing(sfu, "voice mic"), await sfu.peer()
    bob.pc.addTransceiver(AudioStreamTrack(), direction="sendrecv")
    wish = {"location": "local", "mid": "0", "trackName": "mic", "bidirectionalMediaStream": True}
    made = await bob.call(
        "POST", "/tracks/new", {"sessionDescription": await bob.offered(), "tracks": [wish]}
    )
    await bob.take(made["sessionDescription"])
    (track,) = await bob.receive(alice, "voice mic", mid="#mic")
    assert track["mid"] == "0"
    await bob.frame("0")
    (heard,) = await alice.receive(bob, "mic")
    await alice.frame(heard["mid"])


async def test_a_transceiver_is_pointed_at_another_track(sfu: Sfu) -> None:
    alice, carol, bob = await publishing(sfu, "cam"), await publishing(sfu, "cam"), await sfu.peer()
    (cam,) = await bob.receive(alice, "cam")
    await bob.frame(cam["mid"])
    await alice.call("DELETE", "")
    assert await bob.statuses() == ["inactive"]
    wish = {"location": "remote", "sessionId": carol.id, "trackName": "cam", "mid": cam["mid"]}
    made = await bob.call("PUT", "/tracks/update", {"tracks": [wish]})
    assert (made["requiresImmediateRenegotiation"], codes(made["tracks"])) == (False, [None])
    await bob.frame(cam["mid"])
    assert await bob.statuses() == ["active"]
    bad = [
        {**wish, "mid": "9"},
        {**wish, "trackName": "nothing"},
        {"mid": cam["mid"], "simulcast": {"preferredRid": "f"}},
    ]
    made = await bob.call("PUT", "/tracks/update", {"tracks": bad})
    assert codes(made["tracks"]) == ["update_track_error", "not_found_track_error", "update_track_error"]


async def test_tracks_are_closed_by_force_and_by_negotiation(sfu: Sfu) -> None:
    alice, bob = await publishing(sfu, "mic", "cam"), await sfu.peer()
    mic, cam = await bob.receive(alice, "mic", "cam")
    await bob.frame(cam["mid"])
    await bob.call("PUT", "/tracks/close", {"tracks": [{"mid": cam["mid"]}], "force": True})
    assert await bob.statuses() == ["active"]
    alice.pc.getTransceivers()[0].direction = "inactive"
    body = {"tracks": [{"mid": "0"}], "force": False, "sessionDescription": await alice.offered()}
    made = await alice.call("PUT", "/tracks/close", body)
    await alice.take(made["sessionDescription"])
    assert [track["trackName"] for track in (await alice.call("GET", ""))["tracks"]] == ["cam"]
    assert await bob.statuses() == ["inactive"]
    assert codes((await bob.ask(alice, "mic"))["tracks"]) == ["not_found_track_error"]
    assert mic["mid"]


async def test_a_pull_waits_for_the_first_packet(sfu: Sfu) -> None:
    alice, bob = await sfu.peer(), await sfu.peer()
    alice.pc.addTransceiver(AudioStreamTrack(), direction="sendonly")
    body = {"sessionDescription": await alice.offered(), "autoDiscover": True}
    made = await alice.call("POST", "/tracks/new", body)
    asked = asyncio.create_task(bob.ask(alice, made["tracks"][0]["trackName"]))
    await asyncio.sleep(0)
    assert not asked.done()
    await alice.take(made["sessionDescription"])
    assert codes((await asked)["tracks"]) == [None]


async def test_a_track_that_nobody_sends_is_empty_in_the_end(sfu: Sfu) -> None:
    alice, bob = await sfu.peer(), await sfu.peer()
    alice.pc.addTransceiver(AudioStreamTrack(), direction="sendonly")
    body = {"sessionDescription": await alice.offered(), "autoDiscover": True}
    made = await alice.call("POST", "/tracks/new", body)  # and the answer is never taken
    answer = await bob.ask(alice, made["tracks"][0]["trackName"])
    assert codes(answer["tracks"]) == ["empty_track_error"]


async def test_a_change_waits_for_the_connection_and_then_gives_up(
    sfu: Sfu, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "CONNECT_SECONDS", 0.2)
    alice = await sfu.peer()
    alice.pc.addTransceiver(AudioStreamTrack(), direction="sendonly")
    body = {"sessionDescription": await alice.offered(), "autoDiscover": True}
    await alice.call("POST", "/tracks/new", body)
    for method, path, change in (
        ("POST", "/tracks/new", body),
        ("PUT", "/tracks/update", {"tracks": [{"mid": "0"}]}),
        ("POST", "/datachannels/establish", {}),
    ):
        answer = await sfu.call(method, f"/{alice.id}{path}", change)
        assert (answer.status_code, answer.json()["errorCode"]) == (425, "session_error")


async def test_changes_that_come_at_once_do_not_mix(sfu: Sfu) -> None:
    alice, bob = await publishing(sfu, "mic", "cam"), await sfu.peer()
    (first,) = await bob.receive(alice, "mic")
    answers = await asyncio.gather(
        *(sfu.call("POST", f"/{bob.id}/tracks/new", _pulling(alice, "cam")) for _ in range(5))
    )
    made = [answer for answer in answers if answer.status_code == 200]
    assert len(made) == 1  # the others came while its offer waited
    assert {answer.status_code for answer in answers} == {200, 406}
    await bob.answer(made[0].json()["sessionDescription"])
    for track in (first, *made[0].json()["tracks"]):
        await bob.frame(track["mid"])


async def test_a_client_that_says_goodbye_is_gone_at_once(sfu: Sfu) -> None:
    alice = await publishing(sfu, "mic")
    await until(lambda: alice.pc.connectionState == "connected")
    await alice.pc.close()
    await until(lambda: sfu.sessions.find(alice.id) is None)
    assert (await sfu.call("GET", f"/{alice.id}")).status_code == 410


async def test_data_goes_to_every_receiver_and_back_from_one(sfu: Sfu) -> None:
    alice, bob, carol = [await with_data(sfu) for _ in range(3)]
    chat = await channel(alice, location="local", dataChannelName="chat")
    remote = {"location": "remote", "sessionId": alice.id, "dataChannelName": "chat"}
    ends = [await channel(bob, **remote, canReply=True), await channel(carol, **remote)]
    heard = [heard_on(end) for end in (*ends, chat)]
    await until(lambda: {end.readyState for end in (chat, *ends)} == {"open"})
    chat.send("hello")
    await until(lambda: heard[:2] == [["hello"], ["hello"]])
    ends[0].send("from bob")
    ends[1].send("from carol")
    await until(lambda: heard[2] == ["from bob"])
    await carol.call("PUT", "/datachannels/update", {"dataChannels": [{**remote, "canReply": True}]})
    ends[0].send("again bob")
    ends[1].send("again carol")
    await until(lambda: "again carol" in heard[2])
    assert "again bob" not in heard[2]


async def test_data_waits_until_its_receiver_is_ready(sfu: Sfu) -> None:
    alice, bob = await with_data(sfu), await with_data(sfu)
    chat = await channel(alice, location="local", dataChannelName="chat")
    end = await channel(bob, location="remote", sessionId=alice.id, dataChannelName="chat", waitForAck=True)
    heard, replies = heard_on(end), heard_on(chat)
    await until(lambda: chat.readyState == end.readyState == "open")
    chat.send("one")
    end.send("ready")
    await until(lambda: heard == ["one"])
    assert replies == []


async def test_data_channels_fail_one_by_one(sfu: Sfu) -> None:
    alice, bob = await with_data(sfu), await sfu.peer()

    async def new(peer: Peer, *wishes: Json) -> list[str | None]:
        made = await peer.call("POST", "/datachannels/new", {"dataChannels": wishes})
        return codes(made["dataChannels"])

    chat = {"location": "local", "dataChannelName": "chat"}
    assert await new(alice, chat, chat) == [None, "repeated_local_track_error"]
    nowhere = {"location": "remote", "sessionId": bob.id, "dataChannelName": "chat"}
    assert await new(alice, nowhere) == ["not_found_track_error"]
    closes = {"dataChannels": [{"id": 1}, {"id": 1}, {"id": 99}]}
    closed = await alice.call("PUT", "/datachannels/close", closes)
    assert codes(closed["dataChannels"]) == [None, "close_track_error", "close_track_error"]
    assert (await alice.call("GET", ""))["dataChannels"] == []
    again = await sfu.call("POST", f"/{alice.id}/datachannels/establish", {})
    assert (again.status_code, again.json()["errorCode"]) == (400, "decoding_error")
    for wrong in (
        {"location": "local"},
        {"location": "local", "dataChannelName": "server-events"},
        {"location": "local", "dataChannelName": "x", "maxRetransmits": 1, "maxPacketLifeTime": 1},
        {"location": "local", "dataChannelName": "x", "maxRetransmits": -1},
        {"location": "local", "dataChannelName": "x", "canReply": True},
        {"location": "remote", "dataChannelName": "x"},
    ):
        answer = await sfu.call("POST", f"/{alice.id}/datachannels/new", {"dataChannels": [wrong]})
        assert (answer.status_code, answer.json()["errorCode"]) == (400, "invalid_params")


async def test_a_session_without_data_transport_has_no_channels(sfu: Sfu) -> None:
    alice = await publishing(sfu, "mic")
    body = {"dataChannels": [{"location": "local", "dataChannelName": "chat"}]}
    answer = await sfu.call("POST", f"/{alice.id}/datachannels/new", body)
    assert (answer.status_code, answer.json()["errorCode"]) == (425, "session_error")


async def test_a_published_track_is_recorded_to_a_file(tmp_path: Path) -> None:
    async with running_sfu(recordings=tmp_path / "recordings") as sfu:
        alice = await publishing(sfu, "mic")
        await until(lambda: alice.pc.connectionState == "connected")
        wish = {"tracks": [{"trackName": "mic"}, {"trackName": "mic"}, {"trackName": "cam"}]}
        made = await alice.call("POST", "/recordings/new", wish)
        assert codes(made["tracks"]) == [None, "repeated_local_track_error", "not_found_track_error"]
        file = tmp_path / "recordings" / made["tracks"][0]["recording"]
        packets = sfu.plane.statistics().packets_in
        await until(lambda: sfu.plane.statistics().packets_in > packets + 5)
        stopped = await alice.call("PUT", "/recordings/close", wish)
        assert codes(stopped["tracks"]) == [None, "not_found_track_error", "not_found_track_error"]
        head, records = read(file)
        assert (head["codec"], any(record.kind == PACKET for record in records)) == ("opus", True)
        await alice.pc.close()


async def test_a_file_that_cannot_be_written_fails_its_track(sfu: Sfu) -> None:
    alice = await publishing(sfu, "mic")
    made = await alice.call("POST", "/recordings/new", {"tracks": [{"trackName": "mic"}]})
    assert codes(made["tracks"]) == ["internal_error"]


async def test_sessions_that_come_and_go_leave_nothing_behind(sfu: Sfu) -> None:
    for _ in range(300):
        session = await sfu.new_session()
        await sfu.call("DELETE", f"/{session}")
    assert len(sfu.sessions) == 0
    assert sfu.plane.statistics().connections == ()


def _pulling(publisher: Peer, name: str) -> Json:
    return {"tracks": [{"location": "remote", "sessionId": publisher.id, "trackName": name}]}
