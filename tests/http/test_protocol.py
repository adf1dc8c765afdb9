"""Under our answers: a head leaves with its body, a whole answer with one write, nothing is kept back."""

import asyncio
from collections.abc import Iterable

import msgspec
import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.server import ServerState

from kinetoscope.http.edge import BodyLimits, Edge
from kinetoscope.http.protocol import HttpProtocol, JoinedWrites
from kinetoscope.kernel.telemetry import RequestLog

HEAD = b"HTTP/1.1 200 OK\r\n\r\n"


class Wire(asyncio.Transport):
    """Notes what is written, one entry for each call."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[bytes] = []
        self.ended_after: int | None = None
        self.closed_after: int | None = None
        self.closed = asyncio.Event()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.calls.append(bytes(data))

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        self.calls.append(b"".join(list_of_data))

    def close(self) -> None:
        self.closed_after = len(self.calls)
        self.closed.set()

    def write_eof(self) -> None:
        self.ended_after = len(self.calls)

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def is_closing(self) -> bool:
        return self.closed_after is not None


def joined() -> tuple[Wire, JoinedWrites]:
    wire = Wire()
    return wire, JoinedWrites(wire, asyncio.get_running_loop())


async def test_a_head_and_its_body_leave_together() -> None:
    wire, transport = joined()
    transport.write(HEAD)
    transport.write(b"body")
    await asyncio.sleep(0)
    assert wire.calls == [HEAD + b"body"]


async def test_a_head_whose_body_takes_its_time_leaves_at_once() -> None:
    wire, transport = joined()
    transport.write(HEAD)
    await asyncio.sleep(0)
    assert wire.calls == [HEAD]
    transport.write(b"later")
    assert wire.calls == [HEAD, b"later"]


async def test_answers_without_bodies_stay_in_order() -> None:
    wire, transport = joined()
    transport.write(HEAD)
    transport.write(HEAD)
    transport.write(HEAD)
    await asyncio.sleep(0)
    assert b"".join(wire.calls) == HEAD * 3


async def test_what_is_held_back_is_sent_before_the_end() -> None:
    wire, transport = joined()
    transport.write(HEAD)
    transport.close()
    assert wire.calls == [HEAD]
    assert wire.closed_after == 1


async def test_all_else_is_the_transports_own() -> None:
    wire, transport = joined()
    assert not transport.is_closing()
    transport.close()
    assert transport.is_closing()
    assert wire.is_closing()


async def _whole(scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer with a whole answer that names what was asked for; `/split` tries to smuggle in a header."""
    path = scope["path"].encode()
    named = path if path != b"/split" else b"a\r\nset-cookie: b"
    headers = [(b"content-length", str(len(path)).encode()), (b"etag", named)]
    await send({"type": "http.response.start", "status": 200, "headers": headers, "body": path})


async def connected(asked: bytes) -> tuple[Wire, HttpProtocol]:
    """Return both sides of a connection after these bytes have arrived and have been answered."""
    edge: ASGIApp = Edge(
        _whole, limits=BodyLimits(1 << 20, {}), trusted_proxies=(), request_log=RequestLog("json")
    )
    config = uvicorn.Config(
        edge, http=HttpProtocol, ws="none", lifespan="off", log_config=None, access_log=False
    )
    config.load()
    wire, protocol = Wire(), HttpProtocol(config, ServerState(), {}, asyncio.get_running_loop())
    protocol.connection_made(wire)
    protocol.data_received(asked)
    while protocol.tasks:
        await asyncio.gather(*protocol.tasks)
    return wire, protocol


async def answers(asked: bytes) -> list[bytes]:
    """Return what the protocol writes, an entry for each call, when these bytes arrive."""
    wire, protocol = await connected(asked)
    protocol.connection_lost(None)
    return wire.calls


async def test_a_whole_answer_is_one_write_with_the_headers_of_every_answer() -> None:
    (answer,) = await answers(b"GET /a HTTP/1.1\r\nHost: x\r\nX-Request-ID: mine\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert body == b"/a"
    lines = head.split(b"\r\n")
    assert lines[0] == b"HTTP/1.1 200 OK"
    assert {b"etag: /a", b"x-request-id: mine", b"x-content-type-options: nosniff"} <= set(lines)
    assert b"connection: close" not in lines


async def test_whole_answers_to_pipelined_requests_come_in_order_and_the_last_says_goodbye() -> None:
    asked = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    first, second = await answers(asked)
    assert first.endswith(b"\r\n\r\n/a")
    assert second.endswith(b"connection: close\r\n\r\n/b")


async def test_a_value_that_would_be_two_headers_is_never_sent() -> None:
    assert b"set-cookie: b" not in b"".join(await answers(b"GET /split HTTP/1.1\r\nHost: x\r\n\r\n"))


async def test_the_answer_to_head_has_no_body() -> None:
    (answer,) = await answers(b"HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.endswith(b"\r\n\r\n")


async def test_who_still_sends_gets_its_refusal_before_the_end_and_no_other_answer() -> None:
    refused = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\nthe beginning"
    wire, protocol = await connected(refused)
    assert b"".join(wire.calls).startswith(b"HTTP/1.1 413 ")
    assert wire.ended_after == len(wire.calls)
    assert wire.closed_after is None
    protocol.data_received(b"x" * 9_999_999 + b"GET /b HTTP/1.1\r\nHost: x\r\n\r\n")
    await asyncio.sleep(0)
    assert wire.ended_after == len(wire.calls)
    protocol.connection_lost(None)
    assert wire.is_closing()


async def test_what_is_no_http_is_refused_in_the_one_shape() -> None:
    (answer,) = await answers(b"GET /a HTTP/1.1\r\nHost : x\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/problem+json" in head
    problem = msgspec.json.decode(body)
    assert (problem["status"], problem["code"]) == (400, "bad_http")
    assert f"x-request-id: {problem['request_id']}".encode() in head


@pytest.mark.parametrize("hosts", [b"", b"Host: x\r\nHost: y\r\n"])
@pytest.mark.parametrize("body", [b"", b"hello"])
async def test_a_request_names_its_host_once(hosts: bytes, body: bytes) -> None:
    head = b"POST /a HTTP/1.1\r\n" + hosts + b"Content-Length: %d\r\n\r\n" % len(body)
    (answer,) = await answers(head + body + b"GET /c HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"names the host" in answer


async def test_an_old_client_names_no_host() -> None:
    (answer,) = await answers(b"GET /a HTTP/1.0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")


async def test_a_head_without_an_end_is_refused() -> None:
    wire, protocol = await connected(b"GET /a HTTP/1.1\r\nHost: x\r\nX: ")
    for _ in range(80):
        protocol.data_received(b"x" * 1000)
    protocol.connection_lost(None)
    (answer,) = wire.calls
    assert answer.startswith(b"HTTP/1.1 431 ")


async def test_heads_of_requests_that_end_are_counted_each_for_itself() -> None:
    one = b"GET /a HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 1000 + b"\r\n\r\n"
    assert len(await answers(one * 80)) == 80


async def test_a_connection_that_never_asks_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kinetoscope.http.protocol._HEAD_SECONDS", 0)
    wire, protocol = await connected(b"GET /a HTTP/1.1\r\nHost:")
    await wire.closed.wait()
    protocol.connection_lost(None)
    assert wire.calls == []
