"""The only file that touches sockets: UDP and TCP on one port number, the tick, and the life of a plane."""

import asyncio
import errno
import gc
import socket
import struct
import sys
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from ipaddress import ip_address
from typing import cast

from .connection import Connection, Way
from .forwarding.model import SendTogether, TogetherRefused
from .forwarding.upkeep import TICK_SECONDS
from .media import MediaPlane
from .plane import Candidate, MediaSettings
from .wire.buffers import Bytes
from .wire.framing import Deframer, FrameTooLong, framed
from .wire.stun import Address

_DATAGRAMS_A_WAKE = 256
_BUFFER_BYTES = 8 << 20
_SO_TIMESTAMPNS = 35  # Linux, asm-generic/socket.h
_TIMESPEC = struct.Struct("@qq")
_ANCILLARY_BYTES = 128
_IP_PKTINFO = 8  # Linux, linux/in.h
_SOL_UDP = 17
_UDP_SEGMENT = 103  # Linux 4.18, linux/udp.h
_U16 = struct.Struct("@H")
_CANNOT_CUT = {errno.EINVAL, errno.EIO, errno.EMSGSIZE, errno.ENOPROTOOPT, errno.EOPNOTSUPP}
"""What the kernel answers where it cannot cut: an older one, a device without checksums, a narrow path."""
_MOST_ADDRESSES = 64
_MEDIA = range(128, 192)  # first bytes of RTP and RTCP (RFC 7983)
_SHORTEST = 8
_MOST_TCP = 1000
TCP_PROOF_SECONDS = 10
_MOST_TCP_BUFFERED = 1 << 20
_PORT_TRIES = 20
_NOWHERE = {4: "192.0.2.1", 6: "2001:db8::1"}  # documentation networks: nothing is sent there

Ancillary = list[tuple[int, int, bytes]]
Answering = Callable[[Ancillary], socket.socket]


class _Udp:
    """Reads one UDP socket. `answering` finds the socket to answer from, where more than one could."""

    def __init__(self, sock: socket.socket, plane: MediaPlane, answering: Answering) -> None:
        self._sock = sock
        self._plane = plane
        self._answering = answering

    def readable(self) -> None:
        """Take what has arrived, but let other work in after a while."""
        sending = self._plane.router.sending
        sending.gather()
        try:
            self._read()
        finally:
            sending.release()

    def _read(self) -> None:
        plane, inbox = self._plane, self._plane.cipher.inbox
        receive, buffers, by_address = self._sock.recvmsg_into, [inbox], plane.ice.by_address
        for _ in range(_DATAGRAMS_A_WAKE):
            try:
                size, ancillary, _, address = receive(buffers, _ANCILLARY_BYTES)
            except BlockingIOError:
                return
            except OSError:
                continue  # an ICMP error of an earlier send
            if size < _SHORTEST:
                continue
            if inbox[0] in _MEDIA:
                connection = by_address.get(address)
                if connection is not None:
                    plane.packet(connection, size, _arrived_us(ancillary))
            else:
                sock = self._answering(ancillary)
                way = Way(address, sock.sendto, send_together=_together_by(sock))
                plane.other(bytes(inbox[:size]), way)


def _together_by(sock: socket.socket) -> SendTogether | None:
    """Return what sends several datagrams by one call, which the kernel cuts apart (UDP_SEGMENT)."""
    if sys.platform != "linux":
        return None

    def send(datagrams: Sequence[Bytes], size: int, address: Address) -> None:
        try:
            sock.sendmsg(datagrams, ((_SOL_UDP, _UDP_SEGMENT, _U16.pack(size)),), 0, address)
        except OSError as refusal:
            if refusal.errno in _CANNOT_CUT:
                raise TogetherRefused(refusal.errno, refusal.strerror) from None
            raise

    return send


def _arrived_us(ancillary: Ancillary) -> int:
    """Return when the kernel received a packet: our own scheduling must not look like the network's."""
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS:
            seconds, nanoseconds = _TIMESPEC.unpack_from(content)
            return seconds * 1_000_000 + nanoseconds // 1000
    return time.time_ns() // 1000


class _Addresses:
    """The sockets of a wildcard's addresses, each opened when the first check comes to it.

    A client takes an answer only from the address that it has asked, and a wildcard's socket answers from
    the one that the kernel likes best. Told by IP_PKTINFO which was asked, a socket of that address goes on.
    """

    def __init__(self, sock: socket.socket, open_one: Callable[[socket.socket], None]) -> None:
        self._wildcard = sock
        self._open = open_one
        self._port = sock.getsockname()[1]
        self._socks: dict[str, socket.socket] = {}
        # Only now: another server that wants this port has still been refused it.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if sock.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        else:
            sock.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)

    def answering(self, ancillary: Ancillary) -> socket.socket:
        """Return the socket of the address to which a datagram came."""
        asked = _asked(ancillary)
        if asked is None:
            return self._wildcard
        if asked not in self._socks:
            self._socks[asked] = self._opened(asked)
        return self._socks[asked]

    def _opened(self, address: str) -> socket.socket:
        if len(self._socks) >= _MOST_ADDRESSES:
            return self._wildcard
        try:
            sock = _bound(address, self._port, socket.SOCK_DGRAM, shares=True)
        except OSError:
            return self._wildcard  # an address that cannot be bound, such as a network's
        self._open(sock)
        return sock


def _asked(ancillary: Ancillary) -> str | None:
    """Return the address of ours to which a datagram came (ip(7), RFC 3542 §6.2)."""
    for level, kind, content in ancillary:
        if level == socket.IPPROTO_IP and kind == _IP_PKTINFO:
            return str(ip_address(content[8:12]))
        if level == socket.IPPROTO_IPV6 and kind == socket.IPV6_PKTINFO:
            return f"{ip_address(content[:16])}%{int.from_bytes(content[16:20], sys.byteorder)}"
    return None


class _Tcp(asyncio.Protocol):
    """One client on ICE-TCP (RFC 6544, passive)."""

    open_connections = 0

    def __init__(self, plane: MediaPlane) -> None:
        self._plane = plane
        self._deframer = Deframer()
        self._connection: Connection | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Give it a little time to prove whose it is."""
        self._transport = cast("asyncio.Transport", transport)
        self._address = cast("Address", transport.get_extra_info("peername"))
        self._way = Way(self._address, self._send, is_tcp=True)
        _Tcp.open_connections += 1
        if _Tcp.open_connections > _MOST_TCP:
            self._transport.abort()
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(TCP_PROOF_SECONDS, self._transport.abort)

    def data_received(self, data: bytes) -> None:
        """Take the packets that are complete."""
        try:
            packets = self._deframer.feed(data)
        except FrameTooLong:
            self._transport.abort()
            return
        sending = self._plane.router.sending
        sending.gather()
        try:
            for packet in packets:
                if len(packet) >= _SHORTEST:
                    self._take(packet)
        finally:
            sending.release()

    def _take(self, packet: bytes) -> None:
        connection = self._connection
        if packet[0] in _MEDIA:
            if connection is not None:
                self._plane.cipher.inbox[: len(packet)] = packet
                self._plane.packet(connection, len(packet), time.time_ns() // 1000)
        elif packet[0] < _MEDIA.start and connection is not None and packet[0] > _STUN_ABOVE:
            self._plane.dtls(connection, packet)
        else:
            proven = self._plane.other(packet, self._way)
            if proven is not None:
                self._connection = proven
                self._deadline.cancel()

    def _send(self, packet: Bytes, _address: Address) -> None:
        if self._transport.get_write_buffer_size() > _MOST_TCP_BUFFERED:
            raise BlockingIOError
        self._transport.write(framed(packet))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why does not matter
        """Forget the way; the client may come back on another."""
        _Tcp.open_connections -= 1
        self._deadline.cancel()
        if self._connection is not None:
            self._connection.lost_tcp(self._send)


_STUN_ABOVE = 3


class _Ticking:
    """Calls the plane every 20 ms."""

    def __init__(self, plane: MediaPlane) -> None:
        self._plane = plane
        self._loop = asyncio.get_running_loop()
        self._due = self._loop.time()
        self._tick()

    def _tick(self) -> None:
        self._due = max(self._due + TICK_SECONDS, self._loop.time())
        self._handle = self._loop.call_at(self._due, self._tick)
        self._plane.tick()

    def stop(self) -> None:
        """Call no more."""
        self._handle.cancel()


def _bound(host: str, port: int, kind: socket.SocketKind, *, shares: bool = False) -> socket.socket:
    """Return a non-blocking socket on this address; `shares`: beside the wildcard's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, kind)
    try:
        sock.setblocking(False)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if kind == socket.SOCK_STREAM and sys.platform != "win32":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shares:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        address, _, scope = host.partition("%")
        sock.bind((address, port, 0, int(scope)) if scope else (address, port))
    except OSError:
        sock.close()
        raise
    return sock


def _ready_for_media(sock: socket.socket) -> None:
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        with suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, option, _BUFFER_BYTES)
    if sys.platform == "linux":
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)


def _open_sockets(settings: MediaSettings) -> list[socket.socket]:
    """Return all sockets on one port number, trying others where any may be chosen."""
    hosts = [host for host in settings.hosts if ":" not in host or _has_ipv6()]
    kinds = [socket.SOCK_DGRAM] + ([socket.SOCK_STREAM] if settings.tcp else [])
    for attempt in range(_PORT_TRIES):
        with ExitStack() as opened:
            port = settings.port
            socks: list[socket.socket] = []
            try:
                for host in hosts:
                    for kind in kinds:
                        sock = opened.enter_context(_bound(host, port, kind))
                        port = sock.getsockname()[1]
                        socks.append(sock)
            except OSError:
                if settings.port or attempt == _PORT_TRIES - 1:
                    raise
                continue
            opened.pop_all()
            return socks
    raise AssertionError("the last try returns or raises")


def _has_ipv6() -> bool:
    if not socket.has_ipv6:
        return False
    try:
        _bound("::1", 0, socket.SOCK_DGRAM).close()
    except OSError:
        return False
    return True


def _own_address(host: str) -> str | None:
    """Return the address that others reach this host's wildcard by, None where there is no way out."""
    version = 6 if ":" in host else 4
    if not ip_address(host).is_unspecified:
        return host
    with socket.socket(socket.AF_INET6 if version == 6 else socket.AF_INET, socket.SOCK_DGRAM) as sock:  # noqa: PLR2004
        try:
            sock.connect((_NOWHERE[version], 9))
        except OSError:
            return "127.0.0.1" if version == 4 else None  # noqa: PLR2004
        return str(sock.getsockname()[0])


def _candidates(settings: MediaSettings, port: int) -> tuple[Candidate, ...]:
    """Return what descriptions name, UDP before TCP (RFC 8445 §5.1.2, RFC 6544 §4.2)."""
    hosts = [host for host in settings.hosts if ":" not in host or _has_ipv6()]
    own = [address for host in hosts if (address := _own_address(host)) is not None]
    addresses = [str(ip_address(address)) for address in settings.announced] or own
    udp = [
        Candidate(f"u{i}", "udp", 126 << 24 | (65535 - i) << 8 | 255, address, port)
        for i, address in enumerate(addresses)
    ]
    tcp = [
        Candidate(f"t{i}", "tcp", 90 << 24 | (4 << 13 | 8191 - i) << 8 | 255, address, port)
        for i, address in enumerate(addresses)
    ]
    return (*udp, *(tcp if settings.tcp else ()))


@asynccontextmanager
async def open_plane(settings: MediaSettings) -> AsyncGenerator[MediaPlane, None]:
    """Listen and serve media until the block ends, then say goodbye to every client.

    Raises OSError where the port is taken, ValueError where an announced address is none.
    """
    with ExitStack() as closing:
        socks = [closing.enter_context(sock) for sock in _open_sockets(settings)]
        plane = MediaPlane(_candidates(settings, socks[0].getsockname()[1]), settings.max_connections)
        opened = closing.enter_context(ExitStack())  # closed when the goodbyes have gone out by them
        closing.callback(plane.shut_down)
        for sock in socks:
            if sock.type == socket.SOCK_STREAM:
                server = await asyncio.get_running_loop().create_server(lambda: _Tcp(plane), sock=sock)
                closing.callback(server.close)
            else:
                _read(sock, plane, opened)
        closing.callback(_Ticking(plane).stop)
        gc.collect()
        gc.freeze()  # what is here stays: the collector need not look at it while packets wait
        yield plane


def _read(
    sock: socket.socket, plane: MediaPlane, opened: ExitStack, answering: Answering | None = None
) -> None:
    """Let the plane hear a UDP socket, and those that it opens for its addresses, until the end."""
    loop = asyncio.get_running_loop()
    _ready_for_media(sock)
    if answering is None and sys.platform == "linux" and ip_address(sock.getsockname()[0]).is_unspecified:

        def open_one(one: socket.socket) -> None:
            opened.enter_context(one)
            _read(one, plane, opened, lambda _: one)

        answering = _Addresses(sock, open_one).answering
    loop.add_reader(sock, _Udp(sock, plane, answering or (lambda _: sock)).readable)
    opened.callback(loop.remove_reader, sock)
