"""Whatever arrives, authenticated or not, gives no exception and no growth."""

import gc
import random
import struct
import tracemalloc
from collections.abc import Callable, Iterator, Sequence

import pytest

from kinetoscope_sfu.connection import Way
from kinetoscope_sfu.forwarding.model import Peer
from kinetoscope_sfu.forwarding.router import Router
from kinetoscope_sfu.forwarding.sending import LARGEST, MOST_TOGETHER, ROOM, Length
from kinetoscope_sfu.plane import (
    Codec,
    ConnectionState,
    Encoding,
    Extensions,
    Publication,
    RemoteTransport,
    Source,
    Subscription,
)
from kinetoscope_sfu.wire import rtcp, stun
from support.media import KEY, Client, World

ROUNDS = 6_000
SRTP_MAX_TRAILER_LEN = 144  # libsrtp may write as much behind a packet


class Open:
    """A cipher that lets everything through: what follows sees all that an authenticated peer can send."""

    def __init__(self) -> None:
        self.inbox = bytearray(LARGEST)
        self.outbox = bytearray(ROOM)
        self.outboxes: Sequence[bytearray] = [bytearray(ROOM) for _ in range(MOST_TOGETHER)]
        self.length: Length = [0]

    def unprotect(self, context: object) -> int:  # noqa: ARG002 - it needs no key
        return 0

    unprotect_rtcp = protect = protect_rtcp = unprotect

    def protect_nth(self, number: int, context: object) -> int:  # noqa: ARG002
        return 0


class Room:
    """A publisher of each codec and a receiver of all, without ciphers."""

    CODECS = ("VP8", "VP9", "H264", "H265", "AV1", "opus")

    def __init__(self) -> None:
        self.cipher = Open()
        self.router = Router(self.cipher, lambda: 7)
        self.sent = 0
        self.alice, self.bob = Peer("alice", 1), Peer("bob", 2)
        for peer in (self.alice, self.bob):
            peer.inbound = peer.outbound = True
            peer.send = self._count
            self.router.add(peer)
        for number, name in enumerate(self.CODECS):
            rids = ("a", "b") if number % 2 else ()
            encodings = () if rids else (Encoding(100 + number, 200 + number),)
            kind = "audio" if name == "opus" else "video"
            extensions = Extensions(1, 2, 3, 4)
            codec = Codec(name, 96, 90_000, 97)
            self.router.publish(
                self.alice, Publication(str(number), kind, codec, encodings, rids, extensions), 0
            )
            source = Source("alice", str(number))
            self.router.subscribe(
                self.bob, Subscription(str(number), source, 96, 300 + number, 97, 400 + number, 3), 0
            )

    def _count(self, _packet: object, _address: object) -> None:
        self.sent += 1

    def take(self, peer: Peer, packet: bytes, now_us: int) -> None:
        self.cipher.inbox[: len(packet)] = packet
        self.router.packet(peer, len(packet), now_us, now_us)


def rtp_like(chance: random.Random) -> bytes:
    first = 0x80 | chance.choice((0, 0x10, 0x20, 0x30, 5))
    ssrc = chance.choice((*range(100, 106), *range(200, 206), chance.randrange(1 << 32)))
    header = struct.pack("!BBHII", first, chance.choice((96, 97, 0xE0)), chance.randrange(1 << 16), 7, ssrc)
    extension = struct.pack("!HH", chance.choice((0xBEDE, 0x1000, 1)), chance.randrange(6))
    elements = b"\x10" + chance.choice(b"0123456").to_bytes() + b"\x20" + chance.choice((b"a", b"b", b"x"))
    return (
        header
        + chance.choice((b"", extension, extension + elements))
        + chance.randbytes(chance.randrange(60))
    )


def rtcp_like(chance: random.Random) -> bytes:
    body = chance.randbytes(4 * chance.randrange(12))
    head = bytes((0x80 | chance.randrange(32), chance.choice((200, 201, 202, 205, 206)), 0, len(body) // 4))
    about = struct.pack("!II", 1, 300 + chance.randrange(6))
    compound = chance.choice((head + body, head + about[: len(body)] + body[8:]))
    return compound + chance.choice((b"", compound, chance.randbytes(5)))


def mutated(chance: random.Random, packet: bytes) -> bytes:
    changed = bytearray(packet)
    for _ in range(chance.randrange(1, 5)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed[: chance.randrange(1, len(changed) + 1)] if chance.random() < 0.2 else changed)


def grown_kilobytes(run: Callable[[], None]) -> float:
    """Return what a run leaves behind, the second time."""
    run()
    tracemalloc.start()
    run()
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    run()
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return (after - before) / 1024


def test_the_largest_datagram_has_room_for_what_its_copies_grow_by() -> None:
    room, sizes = Room(), list[int]()
    room.bob.send = lambda packet, _: sizes.append(len(packet))
    header = struct.pack("!BBHII", 0x80, 96, 1, 0, 100)
    room.take(room.alice, header + KEY.ljust(LARGEST - len(header), b"."), 0)
    room.take(room.bob, rtcp.nack(1, 300, [7]), 0)
    assert sizes == [LARGEST + 8, LARGEST + 10], "our header is longer, a repeat carries its number"
    assert sizes[-1] + SRTP_MAX_TRAILER_LEN <= len(room.cipher.outbox)


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_an_authenticated_peer_sends(seed: int) -> None:
    chance, room = random.Random(seed), Room()
    now = 1_000_000
    for number in range(ROUNDS):
        now += chance.randrange(3_000)
        peer = chance.choice((room.alice, room.bob))
        packet = chance.choice((rtp_like, rtcp_like))(chance)
        room.take(peer, chance.choice((packet, mutated(chance, packet)))[:1900].ljust(12, b"\0"), now)
        if number % 8 == 0:
            room.router.tick(now)
    assert room.sent > 100
    assert len(room.alice.streams) <= 64


def test_garbage_of_a_peer_leaves_nothing_behind() -> None:
    chance, room = random.Random(3), Room()
    packets = [chance.choice((rtp_like, rtcp_like))(chance).ljust(12, b"\0") for _ in range(1500)]
    clock = iter(range(0, 1 << 40, 700))

    def run() -> None:
        for number, packet in enumerate(packets):
            now = next(clock)
            room.take(room.alice, packet, now)
            room.take(room.bob, packet, now)
            if number % 20 == 0:
                room.router.tick(now)

    assert grown_kilobytes(run) < 100


def strangers(chance: random.Random, world: World) -> Iterator[bytes]:
    """Yield what anybody can send: broken STUN, DTLS of nobody, media without a key."""
    check = stun.request(bytes(12), {stun.USERNAME: f"{world.credentials.ufrag}:x".encode()}, b"wrong")
    hello = Client(world.plane, "x", ("127.0.0.3", 3))
    sent: list[bytes] = []
    hello.probe.send = sent.append
    hello.probe.handshake()
    while True:
        kind = chance.randrange(4)
        if kind == 0:
            yield mutated(chance, check)
        elif kind == 1:
            yield mutated(chance, sent[0])
        elif kind == 2:
            yield chance.randbytes(chance.randrange(1, 300))
        else:
            yield stun.request(chance.randbytes(12), {chance.randrange(1 << 15): chance.randbytes(9)})


def test_strangers_get_nowhere_and_leave_nothing_behind(world: World) -> None:
    chance = random.Random(4)
    alice = world.client("alice")
    garbage = strangers(chance, world)
    bucket: list[object] = []

    def run() -> None:
        for number in range(1500):
            way = Way((f"203.0.113.{number % 250}", number), lambda _packet, _address: bucket.clear())
            world.plane.other(next(garbage), way)
            if number % 50 == 0:
                world.plane.tick()

    assert grown_kilobytes(run) < 100
    assert world.plane.state("alice") is ConnectionState.CONNECTED
    assert list(world.plane.ice.by_address) == [alice.address]


def test_garbage_from_a_clients_own_address_does_not_disturb_it(world: World) -> None:
    chance = random.Random(5)
    alice, bob = world.publisher(), world.receiver()
    for _ in range(3000):
        packet = chance.choice((rtp_like, rtcp_like))(chance)
        for client in (alice, bob):
            client.to_plane(packet)
        client.to_plane(bytes((chance.choice((20, 22, 23, 25)),)) + b"\xfe\xfd" + chance.randbytes(60))
    assert world.plane.state("alice") is ConnectionState.CONNECTED
    assert world.plane.state("bob") is ConnectionState.CONNECTED


def test_mutated_handshakes_end_in_a_state_that_is_known(world: World) -> None:
    chance = random.Random(6)
    for number in range(150):
        name = str(number)
        client = Client(world.plane, name, ("127.0.0.4", number + 1))
        credentials = world.plane.open(name)
        world.plane.set_remote(name, RemoteTransport((client.probe.fingerprint,)))
        client.probe.check(credentials)
        client.read()
        whole = client.probe.send

        def broken(datagram: bytes, whole: Callable[[bytes], object] = whole) -> None:
            whole(mutated(chance, datagram) if chance.random() < 0.3 else datagram)

        client.probe.send = broken
        try:
            client.probe.handshake()
            for _ in range(4):
                client.read()
        except Exception:  # noqa: BLE001, S110 - the client may fail as it likes
            pass
        world.plane.tick()
        world.plane.close(name)
    assert world.plane.statistics().connections == ()
    assert world.plane.statistics().handshakes == 0


def test_a_thousand_connections_leave_nothing_behind(world: World) -> None:
    alice = world.publisher()
    names = iter(range(10_000))

    def run() -> None:
        for _ in range(15):
            name = f"receiver {next(names)}"
            world.receiver(name)
            world.plane.close(name)
            world.clients.pop(name)
        world.ports = iter(range(1000, 2000))

    assert grown_kilobytes(run) < 60
    assert alice.probe.is_connected
