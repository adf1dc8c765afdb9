"""The Connection API, as our server serves it and as the shipped fake of Cloudflare Realtime does: alike."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from httpx import ASGITransport, AsyncClient, Response

from kinetoscope_fakes.realtime import RealtimeFake
from support.offers import small
from support.sfu import APP, Json, codes, running_sfu

NOBODY = "0" * 32
PUSH: Json = {
    "sessionDescription": {"type": "offer", "sdp": small("audio 0 sendonly")},
    "tracks": [{"location": "local", "mid": "0", "trackName": "mic"}],
}


@dataclass(frozen=True, slots=True)
class Service:
    """One of the two; `flowing` publishes a track `mic` that really flows, and returns the session."""

    http: AsyncClient
    flowing: Callable[[], Awaitable[str]]

    async def call(self, method: str, path: str, body: object = None) -> Response:
        """Make a call below the app's sessions."""
        return await self.http.request(method, f"/v1/apps/{APP.id}/sessions{path}", json=body)

    async def opened(self) -> str:
        """Open a session and return its id."""
        return (await self.call("POST", "/new")).json()["sessionId"]

    async def pushed(self) -> str:
        """Return a session whose client has offered a track."""
        session = await self.opened()
        assert (await self.call("POST", f"/{session}/tracks/new", PUSH)).status_code == 200
        return session

    async def pulled(self) -> tuple[str, Json]:
        """Return a session that gets `mic`, and what the server has answered to the wish."""
        session, publisher = await self.opened(), await self.flowing()
        wish = {"tracks": [{"location": "remote", "sessionId": publisher, "trackName": "mic"}]}
        answer = await self.call("POST", f"/{session}/tracks/new", wish)
        assert answer.status_code == 200
        return session, answer.json()


@asynccontextmanager
async def ours() -> AsyncGenerator[Service]:
    async with running_sfu() as sfu:

        async def flowing() -> str:
            peer = await sfu.peer()
            await peer.publish("mic")
            return peer.id

        yield Service(sfu.http, flowing)
        sfu.sessions.close_all()
        await sfu.peers.aclose()


@asynccontextmanager
async def the_fake() -> AsyncGenerator[Service]:
    transport = ASGITransport(RealtimeFake(APP.id, APP.secret))
    bearer = {"Authorization": f"Bearer {APP.secret}"}
    async with AsyncClient(transport=transport, base_url="http://fake", headers=bearer) as http:
        service = Service(http, lambda: service.pushed())  # noqa: PLW0108 - it is bound in this very line
        yield service


@pytest.fixture(params=[ours, the_fake])
async def service(request: pytest.FixtureRequest) -> AsyncGenerator[Service]:
    async with request.param() as service:
        yield service


def accepting(offer: str) -> str:
    """Return a client's description that takes all that is offered."""
    answer = offer.replace("a=setup:actpass", "a=setup:active").replace("a=sendonly", "a=recvonly")
    return answer.replace("a=ice-lite\r\n", "")


def refusal(answer: Response) -> tuple[int, str]:
    assert answer.json()["errorDescription"]
    return answer.status_code, answer.json()["errorCode"]


async def test_nobody_calls_without_the_secret(service: Service) -> None:
    path = f"/v1/apps/{APP.id}/sessions/new"
    answer = await service.http.post(path, headers={"Authorization": "Bearer wrong"})
    assert refusal(answer) == (401, "unauthorized")


async def test_a_session_begins_empty(service: Service) -> None:
    answer = await service.call("POST", "/new")
    assert (answer.status_code, list(answer.json())) == (201, ["sessionId"])
    state = await service.call("GET", f"/{answer.json()['sessionId']}")
    assert (state.status_code, state.json()) == (200, {"tracks": [], "dataChannels": []})


async def test_a_first_offer_is_answered_along_with_the_session(service: Service) -> None:
    answer = await service.call("POST", "/new", {"sessionDescription": PUSH["sessionDescription"]})
    assert (answer.status_code, answer.json()["sessionDescription"]["type"]) == (201, "answer")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("POST", "/tracks/new", PUSH),
        ("PUT", "/renegotiate", {"sessionDescription": PUSH["sessionDescription"]}),
        ("PUT", "/tracks/update", {"tracks": [{"mid": "0"}]}),
        ("PUT", "/tracks/close", {"tracks": [{"mid": "0"}], "force": True}),
    ],
)
async def test_a_session_that_is_gone_is_410(service: Service, method: str, path: str, body: object) -> None:
    assert refusal(await service.call(method, f"/{NOBODY}{path}", body)) == (410, "session_error")


@pytest.mark.parametrize(
    ("method", "path", "status"), [("POST", "", 405), ("GET", "/tracks/new", 405), ("GET", "/tracks", 404)]
)
async def test_what_is_no_call_is_refused(service: Service, method: str, path: str, status: int) -> None:
    answer = await service.call(method, f"/{await service.opened()}{path}")
    assert refusal(answer) == (status, "not_found")


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b"\xff", b'{"tracks": 1}', b"[" * 100_000])
async def test_a_body_that_is_not_the_calls_json_is_refused(service: Service, body: bytes) -> None:
    path = f"/v1/apps/{APP.id}/sessions/{await service.opened()}/tracks/new"
    assert refusal(await service.http.post(path, content=body)) == (400, "decoding_error")


async def test_a_large_body_is_refused(service: Service) -> None:
    path = f"/v1/apps/{APP.id}/sessions/{await service.opened()}/renegotiate"
    assert refusal(await service.http.put(path, content=b"x" * (1 << 21))) == (413, "payload_too_large")


@pytest.mark.parametrize("count", [0, 65])
async def test_a_call_is_about_1_to_64_tracks(service: Service, count: int) -> None:
    tracks = [{"location": "remote", "sessionId": NOBODY, "trackName": "x"}] * count
    answer = await service.call("POST", f"/{await service.opened()}/tracks/new", {"tracks": tracks})
    assert refusal(answer) == (400, "invalid_params")


@pytest.mark.parametrize(
    "track",
    [
        {},
        {"location": "local"},
        {"location": "remote", "trackName": "x"},
        {"location": "remote", "sessionId": NOBODY},
    ],
)
async def test_a_track_without_what_names_it_is_refused(service: Service, track: Json) -> None:
    body = {"tracks": [track]}
    answer = await service.call("POST", f"/{await service.opened()}/tracks/new", body)
    assert refusal(answer) == (400, "invalid_params")


@pytest.mark.parametrize("sdp", ["", "v=0\r\n"])
async def test_a_description_that_cannot_be_changes_nothing(service: Service, sdp: str) -> None:
    session = await service.opened()
    body = {**PUSH, "sessionDescription": {"type": "offer", "sdp": sdp}}
    answer = await service.call("POST", f"/{session}/tracks/new", body)
    assert refusal(answer) == (406, "invalid_session_description")
    assert (await service.call("GET", f"/{session}")).json()["tracks"] == []


async def test_a_published_track_is_answered_and_shown(service: Service) -> None:
    session = await service.opened()
    answer = (await service.call("POST", f"/{session}/tracks/new", PUSH)).json()
    assert (answer["requiresImmediateRenegotiation"], codes(answer["tracks"])) == (False, [None])
    assert answer["sessionDescription"]["type"] == "answer"
    (track,) = (await service.call("GET", f"/{session}")).json()["tracks"]
    assert {name: track[name] for name in ("location", "mid", "trackName")} == PUSH["tracks"][0]


async def test_one_bad_track_of_a_call_fails_alone(service: Service) -> None:
    mids_and_names = [("0", "mic"), ("1", "mic"), ("9", "cam")]
    body = {
        "sessionDescription": {"type": "offer", "sdp": small("audio 0 sendonly", "video 1 sendonly")},
        "tracks": [{"location": "local", "mid": mid, "trackName": name} for mid, name in mids_and_names],
    }
    answer = await service.call("POST", f"/{await service.opened()}/tracks/new", body)
    assert codes(answer.json()["tracks"]) == [None, "repeated_local_track_error", "invalid_params"]


async def test_tracks_of_nobody_are_not_found_and_nothing_is_offered(service: Service) -> None:
    publisher = await service.opened()
    wish = [{"location": "remote", "sessionId": other, "trackName": "x"} for other in (publisher, NOBODY)]
    answer = await service.call("POST", f"/{await service.opened()}/tracks/new", {"tracks": wish})
    assert codes(answer.json()["tracks"]) == ["not_found_track_error"] * 2
    assert answer.json()["requiresImmediateRenegotiation"] is False
    assert "sessionDescription" not in answer.json()


async def test_a_pull_leads_to_an_offer_that_waits_for_its_answer(service: Service) -> None:
    session, answer = await service.pulled()
    assert (answer["requiresImmediateRenegotiation"], answer["sessionDescription"]["type"]) == (True, "offer")
    meanwhile = await service.call("POST", f"/{session}/tracks/new", PUSH)
    assert refusal(meanwhile) == (406, "invalid_session_description")
    accepted = {"type": "answer", "sdp": accepting(answer["sessionDescription"]["sdp"])}
    for status in (200, 406):  # once
        done = await service.call("PUT", f"/{session}/renegotiate", {"sessionDescription": accepted})
        assert done.status_code == status
    (shown,) = (await service.call("GET", f"/{session}")).json()["tracks"]
    assert (shown["location"], shown["trackName"], shown["status"]) == ("remote", "mic", "active")


async def test_a_track_is_closed_once(service: Service) -> None:
    session = await service.pushed()
    body = {"tracks": [{"mid": "0"}, {"mid": "7"}], "force": True}
    first, second = [(await service.call("PUT", f"/{session}/tracks/close", body)).json() for _ in range(2)]
    assert codes(first["tracks"]) == [None, "close_track_error"]
    assert codes(second["tracks"]) == ["close_track_error"] * 2


async def test_closing_without_force_needs_an_offer(service: Service) -> None:
    body = {"tracks": [{"mid": "0"}], "force": False}
    answer = await service.call("PUT", f"/{await service.pushed()}/tracks/close", body)
    assert refusal(answer) == (400, "invalid_params")


async def test_an_answer_that_nobody_asked_for_is_refused(service: Service) -> None:
    body = {"sessionDescription": {"type": "answer", "sdp": small("audio 0 recvonly", setup="active")}}
    answer = await service.call("PUT", f"/{await service.opened()}/renegotiate", body)
    assert refusal(answer) == (406, "invalid_session_description")


async def test_ice_servers_are_given_out(service: Service) -> None:
    path = "/v1/turn/keys/any/credentials/generate-ice-servers"
    answer = await service.http.post(path, json={"ttl": 600})
    assert answer.status_code == 201
    assert answer.json()["iceServers"][0]["urls"][0].startswith("stun:")
