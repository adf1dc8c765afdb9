"""The Connection API as a back end sees it: who may call, what is read, what is refused and how."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest

from support.offers import offer, small
from support.sfu import APP, LOCAL, Json, Sfu, codes, running_sfu

SESSION = "0" * 32
SDP = {"type": "offer", "sdp": small("audio 0 sendonly")}
IMPOSSIBLE: list[Json] = [
    {},
    {"tracks": []},
    {"autoDiscover": True},
    {"tracks": [{}]},
    {"tracks": [{"location": "local"}]},
    {"tracks": [{"location": "local", "trackName": ""}]},
    {"tracks": [{"location": "local", "trackName": "x" * 1025}]},
    {"tracks": [{"location": "local", "trackName": "x"}], "sessionDescription": SDP},
    {"tracks": [{"location": "remote", "trackName": "x"}]},
    {"tracks": [{"location": "remote", "sessionId": SESSION}]},
    {"tracks": [{"location": "remote", "sessionId": SESSION, "trackName": "x"}] * 65},
]
CALLS: list[tuple[str, str, Json | None]] = [
    ("GET", "", None),
    ("DELETE", "", None),
    ("POST", "/tracks/new", {"autoDiscover": True, "sessionDescription": SDP}),
    ("PUT", "/renegotiate", {"sessionDescription": SDP}),
    ("PUT", "/tracks/update", {"tracks": [{"mid": "0"}]}),
    ("PUT", "/tracks/close", {"tracks": [{"mid": "0"}], "force": True}),
    ("POST", "/datachannels/establish", {}),
    ("POST", "/datachannels/new", {"dataChannels": [{"location": "local", "dataChannelName": "x"}]}),
    ("PUT", "/datachannels/update", {"dataChannels": [{}]}),
    ("PUT", "/datachannels/close", {"dataChannels": [{"id": 1}]}),
]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", f"Basic {APP.secret}", APP.secret])
async def test_nobody_calls_without_the_secret(sfu: Sfu, header: str) -> None:
    path = f"/v1/apps/{APP.id}/sessions/new"
    answer = await sfu.http.post(path, headers={"Authorization": header})
    assert (answer.status_code, answer.json()["errorCode"]) == (401, "unauthorized")
    assert answer.json()["errorDescription"]


async def test_a_session_is_opened_with_or_without_a_body(sfu: Sfu) -> None:
    bodies: list[Json | None] = [None, {}]
    for body in bodies:
        answer = await sfu.call("POST", "/new?correlationId=x", body)
        assert answer.status_code == 201
        assert list(answer.json()) == ["sessionId"]
        assert len(bytes.fromhex(answer.json()["sessionId"])) == 16


async def test_a_first_offer_is_answered_along_with_the_session(sfu: Sfu) -> None:
    answer = await sfu.call("POST", "/new", {"sessionDescription": SDP})
    assert answer.status_code == 201
    assert answer.json()["sessionDescription"]["type"] == "answer"


async def test_json_is_read_whatever_the_content_type_says(sfu: Sfu) -> None:
    session = await sfu.new_session()
    body = json.dumps({"sessionDescription": SDP, "autoDiscover": True})
    path = f"/v1/apps/{APP.id}/sessions/{session}/tracks/new"
    answer = await sfu.http.post(path, content=body, headers={"Content-Type": "text/plain;charset=UTF-8"})
    assert answer.status_code == 200
    assert [track["mid"] for track in answer.json()["tracks"]] == ["0"]
    assert answer.json()["tracks"][0]["trackName"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b'{"tracks": 1}',
        b'{"tracks": [{"location": "elsewhere"}]}',
        b'{"tracks": [{"trackName": "\\ud800"}]}',
        b'{"tracks": [{"mid": 1}]}',
        b'{"sessionDescription": {"type": "pranswer", "sdp": ""}}',
        b"[" * 100_000,
    ],
)
async def test_a_body_that_is_not_the_calls_json_is_refused(sfu: Sfu, body: bytes) -> None:
    session = await sfu.new_session()
    answer = await sfu.http.post(f"/v1/apps/{APP.id}/sessions/{session}/tracks/new", content=body)
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "decoding_error")


@pytest.mark.parametrize("body", IMPOSSIBLE)
async def test_fields_that_cannot_be_are_refused(sfu: Sfu, body: object) -> None:
    answer = await sfu.call("POST", f"/{await sfu.new_session()}/tracks/new", body)
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "invalid_params")


@pytest.mark.parametrize(
    "description",
    [
        {"type": "offer", "sdp": ""},
        {"type": "offer", "sdp": "v=0\r\n"},
        {"type": "offer", "sdp": "v=0\r\na=x:\x00\r\n"},
        {"type": "answer", "sdp": SDP["sdp"]},
        {"type": "offer", "sdp": SDP["sdp"].replace("actpass", "passive")},
    ],
)
async def test_a_description_that_cannot_be_is_refused_and_changes_nothing(
    sfu: Sfu, description: object
) -> None:
    session = await sfu.new_session()
    body = {"sessionDescription": description, "autoDiscover": True}
    answer = await sfu.call("POST", f"/{session}/tracks/new", body)
    assert (answer.status_code, answer.json()["errorCode"]) == (406, "invalid_session_description")
    assert (await sfu.call("GET", f"/{session}")).json() == {"tracks": [], "dataChannels": []}
    assert (await sfu.call("POST", "/new", {"sessionDescription": description})).status_code == 406


async def test_a_large_body_is_refused_before_it_is_read_to_its_end(sfu: Sfu) -> None:
    path = f"/v1/apps/{APP.id}/sessions/{await sfu.new_session()}/renegotiate"

    async def pieces() -> AsyncGenerator[bytes]:
        for _ in range(40):
            yield b"x" * 65536

    for content in (b"x" * (1 << 21), pieces()):
        answer = await sfu.http.put(path, content=content)
        assert (answer.status_code, answer.json()["errorCode"]) == (413, "payload_too_large")


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
async def test_a_session_that_is_gone_is_410_everywhere(
    sfu: Sfu, method: str, path: str, body: object
) -> None:
    answer = await sfu.call(method, f"/{SESSION}{path}", body)
    assert (answer.status_code, answer.json()["errorCode"]) == (410, "session_error")


async def test_a_session_can_be_ended(sfu: Sfu) -> None:
    session = await sfu.new_session()
    assert (await sfu.call("DELETE", f"/{session}")).status_code == 200
    assert (await sfu.call("GET", f"/{session}")).status_code == 410
    assert len(sfu.sessions) == 0


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/apps/another/sessions/new", 404),
        ("GET", "/v1/apps/app/sessions", 404),
        ("GET", "/v1/apps/app/sessions/new", 405),
        ("GET", f"/v1/apps/app/sessions/{SESSION}/tracks", 404),
        ("GET", f"/v1/apps/app/sessions/{SESSION}/tracks/new", 405),
        ("POST", "/v1/apps/app/adapters/websocket/new", 404),
        ("GET", "/", 404),
        ("GET", "/healthz", 200),
    ],
)
async def test_what_is_no_call_is_not_found(sfu: Sfu, method: str, path: str, status: int) -> None:
    answer = await sfu.http.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("id_", [-1, 65536, 1 << 70, None])
async def test_a_data_channel_is_closed_by_an_id_that_can_be(sfu: Sfu, id_: int | None) -> None:
    body = {"dataChannels": [{"id": id_}]}
    answer = await sfu.call("PUT", f"/{await sfu.new_session()}/datachannels/close", body)
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "invalid_params")


@pytest.mark.parametrize("length", ["9" * 5000, "-1", "x", str(1 << 21)])
async def test_a_length_that_cannot_be_is_refused(sfu: Sfu, length: str) -> None:
    path = f"/v1/apps/{APP.id}/sessions/new"
    answer = await sfu.http.post(path, headers={"Content-Length": length})
    assert answer.status_code == 413


async def test_a_session_takes_fifty_calls_a_second(sfu: Sfu) -> None:
    busy, other = await sfu.new_session(), await sfu.new_session()
    path = f"/v1/apps/{APP.id}/sessions/{busy}"
    statuses = [(await sfu.http.get(path)).status_code for _ in range(60)]
    assert statuses == [200] * 50 + [429] * 10
    assert (await sfu.call("GET", f"/{other}")).status_code == 200
    sfu.now.seconds += 0.1
    assert (await sfu.http.get(path)).status_code == 200


async def test_more_sessions_than_there_is_room_for_are_refused() -> None:
    async with running_sfu(replace(LOCAL, max_connections=2)) as sfu:
        answers = [await sfu.call("POST", "/new") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 503]


async def test_ice_servers_are_our_own_port_and_turn_for_a_while(sfu: Sfu) -> None:
    path = "/v1/turn/keys/any/credentials/generate-ice-servers"
    answer = await sfu.http.post(path, json={"ttl": 600})
    assert answer.status_code == 201
    stun, turn = answer.json()["iceServers"]
    port = sfu.plane.local().candidates[0].port
    assert stun == {"urls": [f"stun:127.0.0.1:{port}"]}
    assert turn["urls"] == ["turn:turn.example.org:3478"]
    assert turn["username"] == "1800000600:kinetoscope"
    digest = hmac.digest(b"shared", turn["username"].encode(), hashlib.sha1)
    assert base64.b64decode(turn["credential"]) == digest
    for ttl in (0, 172_801):
        assert (await sfu.http.post(path, json={"ttl": ttl})).json()["errorCode"] == "invalid_params"


async def test_one_bad_track_of_a_call_fails_alone(sfu: Sfu) -> None:
    session = await sfu.new_session()
    tracks = [
        {"location": "local", "mid": "0", "trackName": "mic"},
        {"location": "local", "mid": "1", "trackName": "mic"},
        {"location": "local", "mid": "9", "trackName": "cam"},
    ]
    body = {"sessionDescription": {"type": "offer", "sdp": offer("chromium-publish")}, "tracks": tracks}
    answer = await sfu.call("POST", f"/{session}/tracks/new", body)
    assert answer.status_code == 200
    assert codes(answer.json()["tracks"]) == [None, "repeated_local_track_error", "invalid_params"]
    assert answer.json()["sessionDescription"]["type"] == "answer"
    assert answer.json()["requiresImmediateRenegotiation"] is False


async def test_tracks_of_nobody_are_not_found_and_nothing_is_offered(sfu: Sfu) -> None:
    session, publisher = await sfu.new_session(), await sfu.new_session()
    tracks = [{"location": "remote", "sessionId": other, "trackName": "x"} for other in (publisher, SESSION)]
    answer = (await sfu.call("POST", f"/{session}/tracks/new", {"tracks": tracks})).json()
    assert codes(answer["tracks"]) == ["not_found_track_error"] * 2
    assert (answer["requiresImmediateRenegotiation"], "sessionDescription" in answer) == (False, False)


async def test_closing_works_before_a_connection_is_up_and_twice_is_an_error(sfu: Sfu) -> None:
    session = await sfu.new_session()
    await sfu.call("POST", f"/{session}/tracks/new", {"sessionDescription": SDP, "autoDiscover": True})
    body = {"tracks": [{"mid": "0"}, {"mid": "7"}], "force": True}
    first, second = [(await sfu.call("PUT", f"/{session}/tracks/close", body)).json() for _ in range(2)]
    assert codes(first["tracks"]) == [None, "close_track_error"]
    assert codes(second["tracks"]) == ["close_track_error"] * 2
    unforced = await sfu.call("PUT", f"/{session}/tracks/close", {"tracks": [{"mid": "0"}], "force": False})
    assert unforced.json()["errorCode"] == "invalid_params"


async def test_an_answer_that_nobody_asked_for_is_refused(sfu: Sfu) -> None:
    session = await sfu.new_session()
    body = {"sessionDescription": {"type": "answer", "sdp": small("audio 0 recvonly", setup="active")}}
    answer = await sfu.call("PUT", f"/{session}/renegotiate", body)
    assert (answer.status_code, answer.json()["errorCode"]) == (406, "invalid_session_description")


async def test_while_our_offer_waits_only_its_answer_is_taken(sfu: Sfu) -> None:
    session = await sfu.new_session()
    push = {"tracks": [{"location": "local", "trackName": "mic", "kind": "audio"}]}
    made = (await sfu.call("POST", f"/{session}/tracks/new", push)).json()
    assert made["sessionDescription"]["type"] == "offer"
    for body in (push, {"autoDiscover": True, "sessionDescription": SDP}):
        assert (await sfu.call("POST", f"/{session}/tracks/new", body)).status_code == 406
    assert (await sfu.call("POST", f"/{session}/datachannels/establish", {})).status_code == 406


async def test_a_session_to_which_nobody_connects_is_collected(sfu: Sfu) -> None:
    await sfu.new_session()
    sfu.now.seconds += 59
    kept = await sfu.new_session()
    sfu.sessions.sweep()
    assert len(sfu.sessions) == 2
    sfu.now.seconds += 2
    sfu.sessions.sweep()
    assert sfu.sessions.find(kept) is not None
    assert len(sfu.sessions) == 1
    sfu.now.seconds += 60
    await sfu.call("GET", f"/{kept}")  # to be looked at keeps nobody alive
    sfu.sessions.sweep()
    assert len(sfu.sessions) == 0


async def test_a_track_on_which_nothing_comes_is_collected(sfu: Sfu) -> None:
    session = await sfu.new_session()
    await sfu.call("POST", f"/{session}/tracks/new", {"sessionDescription": SDP, "autoDiscover": True})
    assert len((await sfu.call("GET", f"/{session}")).json()["tracks"]) == 1
    sfu.now.seconds += 31
    sfu.sessions.sweep()
    assert (await sfu.call("GET", f"/{session}")).json()["tracks"] == []


async def test_a_fault_of_ours_says_nothing_of_it(sfu: Sfu, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: str) -> None:
        raise RuntimeError("a secret")

    session = await sfu.new_session()
    monkeypatch.setattr(sfu.sessions, "called", broken)
    answer = await sfu.call("GET", f"/{session}")
    assert (answer.status_code, answer.json()["errorCode"]) == (500, "internal_error")
    assert "secret" not in answer.text
