"""One publisher and many receivers, each side a process of its own, with their own SRTP."""

import multiprocessing
import selectors
import socket
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from kinetoscope_sfu.plane import IceCredentials
from kinetoscope_sfu.probe import Probe

Pipe = Connection
SSRC = 4242
PAYLOAD_TYPE = 96
# A VP8 descriptor without extensions and the first bytes of a key frame: a receiver can start anywhere.
KEY_FRAME = b"\x10\x10\x02\x00\x9d\x01\x2a\x80\x02\xe0\x01"
_SO_TIMESTAMPNS = 35
_TIMESPEC = struct.Struct("@qq")
_RTP = struct.Struct("!BBHII")
_TIME = struct.Struct("!Q")
_PATIENCE_SECONDS = 20
_CONSENT_SECONDS = 3
_SAMPLES = 4000  # a second, that are decrypted


@dataclass(frozen=True, slots=True)
class Client:
    """What signalling has to know of one client."""

    fingerprint: str
    credentials: IceCredentials
    address: tuple[str, int]


@dataclass(frozen=True, slots=True)
class Way:
    """Where a client's server is, and under which credentials."""

    address: tuple[str, int]
    credentials: IceCredentials


@dataclass(frozen=True, slots=True)
class Seen:
    """What receivers have got: packets, and delays in milliseconds, sorted."""

    packets: int
    delays: list[float]


@dataclass(frozen=True, slots=True)
class Rate:
    """How much a publisher sends: packets a second, in bursts, each so many bytes."""

    packets_a_second: int
    burst: int
    size: int


def own_address() -> str:
    """Return an address of this machine that is not the loopback's, which Janus does not use."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(sock.getsockname()[0])


class _Socket:
    def __init__(self) -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((own_address(), 0))
        self.sock.setblocking(False)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        if sys.platform == "linux":
            self.sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self.address = ("127.0.0.1", 0)
        self.probe = Probe(lambda datagram: self.sock.sendto(datagram, self.address))

    def client(self) -> Client:
        host, port = self.sock.getsockname()
        return Client(self.probe.fingerprint.value, self.probe.credentials, (host, port))

    def connect(self, way: Way) -> None:
        self.address = way.address
        self.remote = way.credentials
        self.probe.check(way.credentials)

    def read(self) -> list[tuple[bytes, int]]:
        got: list[tuple[bytes, int]] = []
        while len(got) < 256:
            try:
                datagram, ancillary, _, _ = self.sock.recvmsg(2048, 64)
            except BlockingIOError:
                break
            seconds, nanoseconds = _TIMESPEC.unpack_from(ancillary[0][2])
            got.append((datagram, seconds * 10**9 + nanoseconds))
        return got


def _connect(sockets: list[_Socket]) -> None:
    """Get everybody through ICE and DTLS."""
    begun: set[_Socket] = set()
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not all(one.probe.is_connected for one in sockets):
        assert time.monotonic() < deadline, "no connection"
        for one in sockets:
            for datagram, _ in one.read():
                one.probe.take(datagram)
            if one.probe.checks_answered and one not in begun:
                begun.add(one)
                one.probe.handshake()
            one.probe.tick()
        time.sleep(0.005)


def publish(pipe: Pipe) -> None:
    """Be the publisher: `Way`, then `Rate`s until None, each answered by how many packets were sent."""
    one = _Socket()
    pipe.send(one.client())
    one.connect(pipe.recv())
    _connect([one])
    pipe.send("connected")
    rate: Rate = pipe.recv()
    sequence, due, consent = 0, time.monotonic(), 0.0
    while rate:
        if pipe.poll():
            rate = pipe.recv()
            pipe.send(sequence)
            due = time.monotonic()
            continue
        if time.monotonic() > consent:
            one.probe.check(one.remote)
            consent = time.monotonic() + _CONSENT_SECONDS
        for datagram, _ in one.read():
            one.probe.take(datagram)
        timestamp = int(time.monotonic() * 90_000) & 0xFFFFFFFF
        padding = bytes(rate.size - _RTP.size - len(KEY_FRAME) - _TIME.size - 16)
        for _ in range(rate.burst):
            header = _RTP.pack(0x80, 0x80 | PAYLOAD_TYPE, sequence & 0xFFFF, timestamp, SSRC)
            try:
                one.probe.send_rtp(header + KEY_FRAME + _TIME.pack(time.time_ns()) + padding)
            except BlockingIOError:
                continue
            sequence += 1
        due += rate.burst / rate.packets_a_second
        time.sleep(max(0.0, due - time.monotonic()))


def receive(pipe: Pipe, count: int) -> None:
    """Be the receivers: a `Way` for each, then "count" (answered by `Seen`), "sleep", "wake", None."""
    sockets = [_Socket() for _ in range(count)]
    pipe.send([one.client() for one in sockets])
    for one, way in zip(sockets, pipe.recv(), strict=True):
        one.connect(way)
    _connect(sockets)
    pipe.send("connected")
    _Receiving(sockets, pipe).run()


class _Receiving:
    def __init__(self, sockets: list[_Socket], pipe: Pipe) -> None:
        self._sockets, self._pipe = sockets, pipe
        self._selector = selectors.DefaultSelector()
        for one in sockets:
            self._selector.register(one.sock, selectors.EVENT_READ, one)
        self._selector.register(pipe, selectors.EVENT_READ, None)
        self._packets = 0
        self._delays: list[float] = []
        self._sample_due = 0.0
        self._asleep = False

    def run(self) -> None:
        """Receive until told to stop."""
        consent, goes_on = 0.0, True
        while goes_on:
            if time.monotonic() > consent:
                consent = time.monotonic() + _CONSENT_SECONDS
                for one in self._sockets:
                    one.probe.check(one.remote)
            if self._asleep:
                goes_on = not self._pipe.poll(1) or self._command()
                continue
            for key, _ in self._selector.select(1):
                if key.data is None:
                    goes_on = self._command()
                else:
                    self._read(key.data)

    def _read(self, one: _Socket) -> None:
        for datagram, at in one.read():
            if not 128 <= datagram[0] < 192:
                one.probe.take(datagram)
            elif not 192 <= datagram[1] < 224:
                self._packets += 1
                if time.monotonic() > self._sample_due:
                    self._sample_due = time.monotonic() + 1 / _SAMPLES
                    self._sample(one.probe.take(datagram), at)

    def _sample(self, packet: bytes | None, at: int) -> None:
        if packet is None:
            return
        begin = packet.find(KEY_FRAME)
        if begin > 0:
            self._delays.append((at - _TIME.unpack_from(packet, begin + len(KEY_FRAME))[0]) / 1e6)

    def _command(self) -> bool:
        command = self._pipe.recv()
        if command is None:
            return False
        if command == "count":
            self._pipe.send(Seen(self._packets, sorted(self._delays)))
            self._packets, self._delays = 0, []
        self._asleep = command == "sleep"
        if self._asleep:
            for one in self._sockets:
                one.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 0)  # the least that there is
        return True


def started(target: Callable[..., None], *arguments: object) -> tuple[SpawnProcess, Pipe]:
    """Start a process with a pipe to it."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=target, args=(there, *arguments), daemon=True)
    process.start()
    return process, here
