"""The edge: true addresses, request ids, figures, and an answer for whatever goes wrong inside."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import Request
from fastapi.responses import StreamingResponse
from httpx import ASGITransport, AsyncClient, Response
from starlette.types import ASGIApp, Message

from kinetoscope.app import create_api, create_app
from kinetoscope.http.edge import BodyLimits, Edge
from kinetoscope.http.errors import MEDIA_TYPE
from kinetoscope.kernel.db import Tx
from kinetoscope.kernel.secrets import Keyring
from kinetoscope.kernel.settings import Settings
from kinetoscope.kernel.telemetry import RequestLog, render_metrics
from kinetoscope.wiring import Platform, build_platform
from support.cast import browser
from support.clock import FakeClock
from support.in_process import running

PATIENCE_SECONDS = 0.2
PROXIES = ("192.0.2.0/24", "2001:db8:5::/48", "127.0.0.1")


async def _crash() -> None:
    raise ZeroDivisionError("the secret is swordfish")


async def _break_off() -> StreamingResponse:
    async def half() -> AsyncGenerator[bytes]:
        yield b"half of it"
        raise ZeroDivisionError("swordfish")

    return StreamingResponse(half())


async def _whoami(request: Request) -> list[str | None]:
    return [request.client and request.client.host, request.url.scheme]


async def _patient(request: Request) -> str:
    """Tell what comes after a body, having waited for longer than for a body."""
    await request.body()
    await asyncio.sleep(PATIENCE_SECONDS * 1.1)
    return (await request.receive())["type"]


async def _echo(body: dict[str, int]) -> dict[str, int]:
    return body


@pytest.fixture
def edge(second_platform: Platform, clean: None) -> Edge:
    """The real application with some routes that go wrong."""
    api = create_api(second_platform, public_url=None)
    for route in (_crash, _break_off, _whoami):
        api.add_api_route(f"/test/{route.__name__.strip('_')}", route)
    for route in (_echo, _patient):
        api.add_api_route(f"/test/{route.__name__.strip('_')}", route, methods=["POST"])
    return Edge(
        api,
        limits=BodyLimits(1000, {"/test/large": None}),
        trusted_proxies=PROXIES,
        request_log=RequestLog("json"),
        patience_seconds=PATIENCE_SECONDS,
    )


@pytest.fixture
async def inside(edge: Edge) -> AsyncGenerator[ASGITransport]:
    async with running(edge) as transport:
        yield transport


@pytest.fixture
async def visitor(inside: ASGITransport) -> AsyncGenerator[AsyncClient]:
    async with browser(inside) as client:
        yield client


def coming_from(app: ASGIApp, address: str) -> AsyncClient:
    return browser(ASGITransport(app, client=(address, 1)))


async def exchange(
    app: ASGIApp,
    method: str,
    path: str,
    *,
    arriving: list[Message] | None = None,
    receive: Callable[[], Awaitable[Message]] | None = None,
) -> list[Message]:
    """Send one request as a server would, and return what the application sends, even if it is half."""
    incoming = [*(arriving or [{"type": "http.request", "body": b""}])]
    sent: list[Message] = []

    async def receive_next() -> Message:
        return incoming.pop(0) if incoming else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "http_version": "1.1",
        "headers": [(b"content-type", b"application/json")],
        "client": ("198.51.100.1", 1),
        "server": ("kinetoscope.test", 80),
        "state": {},
    }
    await app(scope, receive or receive_next, send)
    return sent


async def test_a_bug_is_answered_in_the_one_shape_and_logged_once(
    visitor: AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await visitor.get("/test/crash", headers={"X-Request-ID": "trace-7"})
    assert (answer.status_code, answer.headers["content-type"]) == (500, MEDIA_TYPE)
    body: dict[str, Any] = answer.json()
    assert (body["code"], body["status"], body["request_id"]) == ("internal_error", 500, "trace-7")
    for inner in ("swordfish", "ZeroDivisionError", "Traceback", ".py"):
        assert inner not in answer.text
    [record] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.exc_info is not None
    assert record.__dict__["request_id"] == "trace-7"


async def test_an_answer_that_breaks_off_is_not_made_to_look_whole(
    edge: Edge, inside: ASGITransport, caplog: pytest.LogCaptureFixture
) -> None:
    sent = await exchange(inside.app, "GET", "/test/break_off")
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[-1]["more_body"] is True
    errors = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert errors[-1] == "broken off"


async def test_a_client_that_leaves_in_the_middle_of_its_body_is_no_bug(
    inside: ASGITransport, caplog: pytest.LogCaptureFixture
) -> None:
    half: list[Message] = [{"type": "http.request", "body": b'{"a":', "more_body": True}]
    await exchange(inside.app, "POST", "/test/echo", arriving=half)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.mark.parametrize(
    ("peer", "forwarded", "seen"),
    [
        ("198.51.100.1", "203.0.113.5", "198.51.100.1"),
        ("192.0.2.1", "203.0.113.5", "203.0.113.5"),
        ("192.0.2.1", "203.0.113.5:4711", "203.0.113.5"),
        ("192.0.2.1", "2001:db8:7::1", "2001:db8:7::1"),
        ("192.0.2.1", "[2001:db8:7::1]:4711", "2001:db8:7::1"),
        ("192.0.2.1", "[2001:DB8:7:0::1]", "2001:db8:7::1"),
        ("192.0.2.1", "::ffff:203.0.113.5", "203.0.113.5"),
        ("2001:db8:5::9", "203.0.113.5", "203.0.113.5"),
        ("2001:db8:6::9", "203.0.113.5", "2001:db8:6::9"),
        ("::ffff:127.0.0.1", "203.0.113.5", "203.0.113.5"),
        # The client's own words stand on the left: they are never reached.
        ("192.0.2.1", "127.0.0.1, 203.0.113.5", "203.0.113.5"),
        ("192.0.2.1", "1.1.1.1, 203.0.113.5, 192.0.2.7,2001:db8:5::1", "203.0.113.5"),
        ("192.0.2.1", "192.0.2.8, 192.0.2.7", "192.0.2.8"),
        ("192.0.2.1", "203.0.113.5, unknown", "192.0.2.1"),
        ("192.0.2.1", "203.0.113.5, unknown, 192.0.2.7", "192.0.2.7"),
        ("192.0.2.1", " , ,", "192.0.2.1"),
        ("192.0.2.1", "999.1.1.1", "192.0.2.1"),
        ("somewhere", "203.0.113.5", "somewhere"),
    ],
)
async def test_the_address_is_the_last_that_no_proxy_of_ours_has(
    inside: ASGITransport, peer: str, forwarded: str, seen: str
) -> None:
    async with coming_from(inside.app, peer) as client:
        answer = await client.get("/test/whoami", headers={"X-Forwarded-For": forwarded})
    assert answer.json()[0] == seen


async def test_several_header_lines_are_one_list(inside: ASGITransport) -> None:
    lines = [("X-Forwarded-For", "203.0.113.5"), ("X-Forwarded-For", "203.0.113.6")]
    async with coming_from(inside.app, "192.0.2.1") as client:
        assert (await client.get("/test/whoami", headers=lines)).json()[0] == "203.0.113.6"


@pytest.mark.parametrize(
    ("peer", "proto", "scheme"),
    [
        ("192.0.2.1", "https", "https"),
        ("192.0.2.1", "gopher", "http"),
        ("198.51.100.1", "https", "http"),
    ],
)
async def test_only_a_trusted_proxy_says_that_the_request_was_encrypted(
    inside: ASGITransport, peer: str, proto: str, scheme: str
) -> None:
    async with coming_from(inside.app, peer) as client:
        answer = await client.get("/test/whoami", headers={"X-Forwarded-Proto": proto})
    assert answer.json()[1] == scheme
    assert ("strict-transport-security" in answer.headers) == (scheme == "https")


async def test_made_request_ids_are_all_different_and_kept_ones_come_back(visitor: AsyncClient) -> None:
    made = {(await visitor.get("/healthz")).headers["x-request-id"] for _ in range(20)}
    assert len(made) == 20
    kept = "A-z.0_9~" + "x" * 120
    assert (await visitor.get("/healthz", headers={"X-Request-ID": kept})).headers["x-request-id"] == kept
    for bad in (kept + "x", "", "a b", 'a"b', "a/b"):
        answer = await visitor.get("/healthz", headers={"X-Request-ID": bad})
        assert answer.headers["x-request-id"] not in {bad, *made}


async def test_unknown_paths_and_methods_make_no_new_series_and_no_strange_line(
    inside: ASGITransport, visitor: AsyncClient, capfd: pytest.CaptureFixture[str]
) -> None:
    await visitor.get("/nowhere/at/all")
    await visitor.get("/api/v1/videos/1/nothing")
    await exchange(inside.app, "BREW", "/healthz")
    await exchange(inside.app, "BREW", "/nowhere")
    await asyncio.sleep(0.01)
    before = _series()
    for number in range(20):
        await visitor.get(f"/nowhere/{number}")
        await visitor.get(f"/api/v1/videos/{number}/nothing")
        await exchange(inside.app, f'BREW{number}","level":"error', "/healthz")
        await exchange(inside.app, f"BREW{number}\n", "/nowhere")
    await asyncio.sleep(0.01)  # lines are written at the end of the loop's turn
    assert _series() == before
    text = render_metrics().decode()
    assert "nowhere" not in text
    assert "BREW" not in text
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert {line["method"] for line in lines if line["event"] == "request"} == {"GET", "OTHER"}
    assert {line["level"] for line in lines} == {"info"}


async def test_a_body_limit_counts_what_arrives_and_not_what_was_announced(
    inside: ASGITransport,
) -> None:
    pieces: list[Message] = [{"type": "http.request", "body": b" " * 400, "more_body": True}] * 3
    sent = await exchange(inside.app, "POST", "/test/echo", arriving=pieces)
    assert sent[0]["status"] == 413
    assert (b"connection", b"close") in sent[0]["headers"]


async def _silence() -> Message:
    return await asyncio.get_running_loop().create_future()


async def _drip() -> Message:
    await asyncio.sleep(PATIENCE_SECONDS / 8)
    return {"type": "http.request", "body": b" ", "more_body": True}


@pytest.mark.parametrize("arriving", [_silence, _drip])
async def test_a_body_that_does_not_come_is_not_waited_for(
    inside: ASGITransport, arriving: Callable[[], Awaitable[Message]]
) -> None:
    sent = await exchange(inside.app, "POST", "/test/echo", receive=arriving)
    assert (sent[0]["status"], json.loads(sent[1]["body"])["code"]) == (408, "body_stalled")
    assert (b"connection", b"close") in sent[0]["headers"]


async def test_an_answer_takes_as_long_as_it_takes_once_the_body_is_there(inside: ASGITransport) -> None:
    sent = await exchange(inside.app, "POST", "/test/patient")
    assert (sent[0]["status"], sent[1]["body"]) == (200, b'"http.disconnect"')


async def test_every_answer_names_its_request_even_when_nothing_else_works(visitor: AsyncClient) -> None:
    for path in ("/test/crash", "/nowhere", "/healthz"):
        headers = (await visitor.get(path)).headers
        assert headers["x-request-id"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers.get_list("x-request-id") == [headers["x-request-id"]]


def _series() -> int:
    return render_metrics().decode().count("kinetoscope_http_request_seconds_count{")


@asynccontextmanager
async def limited(dsn: str, settings: Settings, clock: FakeClock, rate: str) -> AsyncGenerator[AsyncClient]:
    """One process of an installation with a low ceiling on what anybody may write."""
    low = settings.model_copy(update={"public_write_rate_limit": rate})
    platform = build_platform(low, dsn=dsn, keyring=Keyring(b"k" * 32), clock=clock)
    async with running(create_app(platform, low)) as transport, browser(transport) as client:
        yield client


async def write(client: AsyncClient) -> Response:
    return await client.post("/api/v1/auth/refresh", json={"refresh_token": "unknown"})


async def test_a_route_that_anybody_may_write_to_has_a_ceiling_for_each_address(
    dsn: str, settings: Settings, clock: FakeClock, clean: None
) -> None:
    async with limited(dsn, settings, clock, "3/minute") as client:
        answers = [await write(client) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert answers[3].json()["code"] == "rate_limited"
    assert {name: answers[3].headers[name] for name in ("retry-after", "ratelimit", "ratelimit-policy")} == {
        "retry-after": "20",
        "ratelimit": '"public-write";r=0;t=20',
        "ratelimit-policy": '"public-write";q=3;w=60',
    }


async def test_the_ceiling_holds_across_processes(
    dsn: str, settings: Settings, clock: FakeClock, clean: None
) -> None:
    async with (
        limited(dsn, settings, clock, "40/minute") as one,
        limited(dsn, settings, clock, "40/minute") as other,
    ):
        answers = await asyncio.gather(*(write(client) for client in (one, other) * 40))
    # The second process adds its own part, a twentieth.
    assert [answer.status_code for answer in answers].count(401) == 42


async def test_who_is_refused_is_refused_without_the_database_until_it_is_time(
    dsn: str, settings: Settings, clock: FakeClock, tx: Tx
) -> None:
    async with limited(dsn, settings, clock, "3/minute") as client:
        for _ in range(4):
            await write(client)
        await tx.execute("DELETE FROM rate_limits")
        clock.advance(seconds=19)
        assert (await write(client)).headers["retry-after"] == "1"
        clock.advance(seconds=1)
        assert (await write(client)).status_code == 401
