"""A media plane without sockets: clients are wired to it in memory, and its clock stands still."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from kinetoscope_sfu.connection import Way
from kinetoscope_sfu.media import MediaPlane
from kinetoscope_sfu.plane import (
    Codec,
    Encoding,
    IceCredentials,
    LayerChoice,
    Publication,
    RemoteTransport,
    Source,
    Subscription,
)
from kinetoscope_sfu.probe import Probe
from kinetoscope_sfu.wire import rtcp
from kinetoscope_sfu.wire.buffers import Bytes

VP8 = Codec("VP8", 96, 90_000, 97)
OPUS = Codec("opus", 111, 48_000)
CAMERA_SSRC, CAMERA_RTX = 1111, 2222
RECEIVED_SSRC, RECEIVED_RTX = 5555, 6666
KEY = b"\x10\x00"  # VP8: starts a frame, a key frame
DELTA = b"\x10\x01"
TICK_US = 20_000


@dataclass
class Clock:
    """Microseconds, moved by hand."""

    now_us: int = 1_000_000_000

    def __call__(self) -> int:
        return self.now_us


@dataclass
class Rtp:
    """An RTP packet as a test reads it."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


def rtp(sequence: int, payload: bytes, *, ssrc: int = CAMERA_SSRC, timestamp: int | None = None) -> bytes:
    """Return a packet of the camera; the timestamp follows the number unless it is given."""
    timestamp = sequence * 3000 if timestamp is None else timestamp
    return struct.pack("!BBHII", 0x80, 96, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc) + payload


def read_rtp(packet: bytes) -> Rtp:
    first, second, sequence, timestamp, ssrc = struct.unpack_from("!BBHII", packet)
    at = 12
    if first & 0x10:
        at += 4 + 4 * struct.unpack_from("!H", packet, 14)[0]
    return Rtp(second & 0x7F, bool(second & 0x80), sequence, timestamp, ssrc, packet[at:])


def is_rtcp(packet: bytes) -> bool:
    return 192 <= packet[1] < 224


@dataclass(eq=False)
class Client:
    """A client with everything that it got."""

    plane: MediaPlane
    name: str
    address: tuple[str, int]
    got: list[bytes] = field(default_factory=list[bytes])
    is_cut_off: bool = False

    def __post_init__(self) -> None:
        self.probe = Probe(self.to_plane)
        self.way = Way(self.address, self.from_plane)
        self.queue: list[bytes] = []

    def to_plane(self, datagram: bytes) -> None:
        if self.is_cut_off:
            return
        if 127 < datagram[0] < 192:
            connection = self.plane.ice.by_address.get(self.address)
            if connection is not None:
                self.plane.cipher.inbox[: len(datagram)] = datagram
                self.plane.packet(connection, len(datagram), self.plane.clock())
        else:
            self.plane.other(datagram, self.way)

    def from_plane(self, datagram: Bytes, _address: object) -> None:
        if not self.is_cut_off:
            self.queue.append(bytes(datagram))

    def read(self) -> None:
        """Take in everything that waits."""
        while self.queue:
            packet = self.probe.take(self.queue.pop(0))
            if packet is not None:
                self.got.append(packet)

    def connect(self, credentials: IceCredentials) -> None:
        self.probe.check(credentials)
        self.read()
        self.probe.handshake()
        for _ in range(4):
            self.read()

    def raw(self) -> list[bytes]:
        """Return the media that came so far, and keep it."""
        self.read()
        return [packet for packet in self.got if not is_rtcp(packet)]

    def rtp(self) -> list[Rtp]:
        """Return the media that came, and forget it."""
        self.read()
        packets = [read_rtp(packet) for packet in self.got if not is_rtcp(packet)]
        self.got = [packet for packet in self.got if is_rtcp(packet)]
        return packets

    def rtcp(self) -> list[tuple[rtcp.Part, bytes]]:
        """Return the RTCP packets that came, and forget them."""
        self.read()
        compounds = [packet for packet in self.got if is_rtcp(packet)]
        self.got = [packet for packet in self.got if not is_rtcp(packet)]
        return [(part, compound) for compound in compounds for part in rtcp.parts(compound, len(compound))]

    def key_frame_requests(self) -> int:
        return sum(part.type == 206 and part.format == 1 for part, _ in self.rtcp())


class World:
    """A plane with its clock and its clients."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.plane = MediaPlane((), 100, self.clock)
        self.ports = iter(range(1000, 2000))
        self.clients: dict[str, Client] = {}

    def client(self, name: str, *, confirmed: bool = True) -> Client:
        """Return a connected client."""
        client = self.clients[name] = Client(self.plane, name, ("127.0.0.1", next(self.ports)))
        self.credentials = self.plane.open(name)
        if confirmed:
            self.plane.set_remote(name, RemoteTransport((client.probe.fingerprint,)))
        client.connect(self.credentials)
        return client

    def publisher(self, name: str = "alice", codec: Codec = VP8) -> Client:
        client = self.client(name)
        kind = "video" if codec is not OPUS else "audio"
        encoding = Encoding(CAMERA_SSRC, CAMERA_RTX if codec.rtx_payload_type else None)
        self.plane.publish(name, Publication("0", kind, codec, (encoding,)))
        return client

    def receiver(
        self, name: str = "bob", source: str = "alice", *, layers: LayerChoice | None = None, rtx: bool = True
    ) -> Client:
        client = self.client(name)
        self.plane.subscribe(name, subscription(source, layers=layers, rtx=rtx))
        return client

    def ticks(self, count: int) -> Iterator[int]:
        """Let time pass, tick by tick, with everybody's consent."""
        for tick in range(count):
            self.clock.now_us += TICK_US
            self.plane.tick()
            for client in self.clients.values():
                connection = self.plane.ice.by_address.get(client.address)
                if connection is not None and not client.is_cut_off and tick % 50 == 0:
                    client.probe.check(connection.credentials[-1])
            yield tick

    def pass_seconds(self, seconds: float) -> None:
        for _ in self.ticks(int(seconds * 50)):
            pass


def subscription(source: str, *, layers: LayerChoice | None = None, rtx: bool = True) -> Subscription:
    return Subscription(
        "0",
        Source(source, "0"),
        payload_type=100,
        ssrc=RECEIVED_SSRC,
        rtx_payload_type=101 if rtx else None,
        rtx_ssrc=RECEIVED_RTX if rtx else None,
        abs_send_time=3,
        layers=layers or LayerChoice(),
    )
