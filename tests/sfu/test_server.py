"""The plane behind real sockets: UDP, ICE-TCP, IPv6, and the kernel's clock."""

import asyncio
import socket
import struct
import sys
from collections.abc import AsyncGenerator, Callable

import pytest

from kinetoscope_sfu.media import MediaPlane
from kinetoscope_sfu.plane import (
    Candidate,
    Codec,
    ConnectionState,
    Encoding,
    Extensions,
    MediaSettings,
    Publication,
    RemoteTransport,
)
from kinetoscope_sfu.probe import Probe
from kinetoscope_sfu.server import TCP_PROOF_SECONDS, open_plane
from kinetoscope_sfu.wire import rtcp, stun
from kinetoscope_sfu.wire.framing import Deframer, framed
from support.media import CAMERA_SSRC, KEY, is_rtcp, read_rtp, rtp, subscription

LOOPBACK = MediaSettings(hosts=("127.0.0.1",))


@pytest.fixture
async def plane() -> AsyncGenerator[MediaPlane]:
    async with open_plane(LOOPBACK) as plane:
        yield plane


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - sockets tell nobody
            await asyncio.sleep(0.005)


class Udp(asyncio.DatagramProtocol):
    """A client on a real socket."""

    def __init__(self) -> None:
        self.got: list[bytes] = []

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        self.transport = transport
        self.probe = Probe(transport.sendto)

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002 - of the one server
        packet = self.probe.take(data)
        if packet is not None:
            self.got.append(packet)


class Tcp(asyncio.Protocol):
    """The same on ICE-TCP."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.deframer = Deframer()
        self.is_lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.probe = Probe(lambda datagram: transport.write(framed(datagram)))

    def data_received(self, data: bytes) -> None:
        for datagram in self.deframer.feed(data):
            packet = self.probe.take(datagram)
            if packet is not None:
                self.got.append(packet)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why does not matter
        self.is_lost = True


def candidate(plane: MediaPlane, protocol: str) -> Candidate:
    return next(one for one in plane.local().candidates if one.protocol == protocol)


async def udp(plane: MediaPlane) -> Udp:
    loop, where = asyncio.get_running_loop(), candidate(plane, "udp")
    _, client = await loop.create_datagram_endpoint(Udp, remote_addr=(where.address, where.port))
    return client


async def tcp(plane: MediaPlane) -> Tcp:
    loop, where = asyncio.get_running_loop(), candidate(plane, "tcp")
    _, client = await loop.create_connection(Tcp, where.address, where.port)
    return client


async def connect(plane: MediaPlane, name: str, client: Udp | Tcp) -> None:
    credentials = plane.open(name)
    client.probe.check(credentials)
    await until(lambda: client.probe.checks_answered)
    client.probe.handshake()
    plane.set_remote(name, RemoteTransport((client.probe.fingerprint,)))
    assert await plane.wait_connected(name, 10)
    await until(lambda: client.probe.is_connected)


@pytest.mark.parametrize("receiver_kind", [udp, tcp], ids=["udp", "tcp"])
@pytest.mark.parametrize("publisher_kind", [udp, tcp], ids=["udp", "tcp"])
async def test_media_flows(plane: MediaPlane, publisher_kind: object, receiver_kind: object) -> None:
    alice = await (udp if publisher_kind is udp else tcp)(plane)
    bob = await (udp if receiver_kind is udp else tcp)(plane)
    await connect(plane, "alice", alice)
    await connect(plane, "bob", bob)
    codec = Codec("VP8", 96, 90_000)
    plane.publish("alice", Publication("0", "video", codec, (Encoding(CAMERA_SSRC),)))
    plane.subscribe("bob", subscription("alice"))
    for number in range(20):
        alice.probe.send_rtp(rtp(number, KEY + bytes(900)))
    await until(lambda: sum(not is_rtcp(packet) for packet in bob.got) == 20)
    assert [read_rtp(packet).timestamp for packet in bob.got] == [number * 3000 for number in range(20)]
    plane.close("bob")
    await until(lambda: bob.probe.is_dismissed)
    for client in (alice, bob):
        client.transport.close()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have one address for 127/8")
async def test_an_answer_comes_from_the_address_that_was_asked() -> None:
    settings = MediaSettings(hosts=("0.0.0.0",), announced=("127.0.0.2", "127.0.0.1"))  # noqa: S104 - its default
    async with open_plane(settings) as plane:
        loop, port = asyncio.get_running_loop(), candidate(plane, "udp").port
        for host in settings.announced:
            # A connected socket hears nobody but whom it has asked.
            _, client = await loop.create_datagram_endpoint(Udp, remote_addr=(host, port))
            await connect(plane, host, client)
            plane.close(host)
            await until(lambda client=client: client.probe.is_dismissed)
            client.transport.close()
        _, last = await loop.create_datagram_endpoint(Udp, remote_addr=("127.0.0.2", port))
        await connect(plane, "last", last)
    await until(lambda: last.probe.is_dismissed)
    last.transport.close()


async def test_a_plain_stun_request_over_udp_and_tcp_is_answered(plane: MediaPlane) -> None:
    for client in (await udp(plane), await tcp(plane)):
        client.probe.send(stun.request(bytes(12), {}))
        await until(lambda client=client: client.probe.checks_answered)
        client.transport.close()


async def test_a_tcp_connection_that_sends_no_frames_is_cut_off(plane: MediaPlane) -> None:
    client = await tcp(plane)
    client.transport.write(b"GET / HTTP/1.1\r\n\r\n")
    await until(lambda: client.is_lost)


async def test_a_tcp_connection_has_to_prove_whose_it_is(
    plane: MediaPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert TCP_PROOF_SECONDS <= 10
    monkeypatch.setattr("kinetoscope_sfu.server.TCP_PROOF_SECONDS", 0.01)
    client = await tcp(plane)
    await until(lambda: client.is_lost)


async def test_a_client_whose_tcp_broke_comes_back_on_another(plane: MediaPlane) -> None:
    client = await tcp(plane)
    await connect(plane, "alice", client)
    credentials = plane.connections["alice"].credentials[-1]
    client.transport.abort()
    second = await tcp(plane)
    client.probe.send = second.probe.send
    second.probe = client.probe
    answered = client.probe.checks_answered
    client.probe.check(credentials)
    await until(lambda: client.probe.checks_answered > answered)
    plane.close("alice")
    await until(lambda: client.probe.is_dismissed)
    second.transport.close()


async def test_the_kernels_arrival_times_make_the_feedback(plane: MediaPlane) -> None:
    client = await udp(plane)
    await connect(plane, "alice", client)
    codec, extensions = Codec("VP8", 96, 90_000), Extensions(transport_cc=5)
    plane.publish("alice", Publication("0", "video", codec, (Encoding(CAMERA_SSRC),), (), extensions))
    for number in range(5):
        header = struct.pack("!BBHIIHH", 0x90, 96, number, 0, CAMERA_SSRC, 0xBEDE, 1)
        client.probe.send_rtp(header + bytes((0x51, 0, number, 0)) + KEY)
    await until(lambda: any(packet[1] == rtcp.TRANSPORT_FEEDBACK for packet in client.got))
    client.transport.close()


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
async def test_ipv6_and_ipv4_share_a_port_number() -> None:
    async with open_plane(MediaSettings(hosts=("127.0.0.1", "::1"))) as plane:
        candidates = [one for one in plane.local().candidates if one.protocol == "udp"]
        if len(candidates) == 1:
            pytest.skip("no IPv6 here")
        assert len({one.port for one in plane.local().candidates}) == 1
        loop = asyncio.get_running_loop()
        _, client = await loop.create_datagram_endpoint(Udp, remote_addr=("::1", candidates[1].port))
        await connect(plane, "alice", client)
        client.transport.close()


async def test_announced_addresses_are_what_candidates_name() -> None:
    settings = MediaSettings(hosts=("127.0.0.1",), announced=("203.0.113.5", "2001:db8::5"), tcp=False)
    async with open_plane(settings) as plane:
        candidates = plane.local().candidates
        assert [one.address for one in candidates] == ["203.0.113.5", "2001:db8::5"]
        assert candidates[0].priority > candidates[1].priority


async def test_an_announced_address_has_to_be_one() -> None:
    with pytest.raises(ValueError, match=r"media\.example"):
        async with open_plane(MediaSettings(hosts=("127.0.0.1",), announced=("media.example",))):
            pass


async def test_a_port_that_is_taken_is_said_at_once(plane: MediaPlane) -> None:
    port = plane.local().candidates[0].port
    with pytest.raises(OSError, match="in use"):
        async with open_plane(MediaSettings(hosts=("127.0.0.1",), port=port)):
            pass


async def test_everybody_hears_a_goodbye_when_the_server_stops() -> None:
    async with open_plane(LOOPBACK) as plane:
        client = await udp(plane)
        await connect(plane, "alice", client)
    await until(lambda: client.probe.is_dismissed)
    assert plane.state("alice") is ConnectionState.CLOSED
    client.transport.close()
