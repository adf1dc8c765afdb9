"""The media plane: what signalling asks of it (see `plane`), and what the network brings.

Sockets are elsewhere (`server`): datagrams come in by `packet` and `other`, and leave by a `Way`'s `send`.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .connection import Connection, Way
from .forwarding.model import Peer, Stream
from .forwarding.router import Router
from .ice import IceLite, new_credentials
from .plane import (
    Candidate,
    ChannelSource,
    ConnectionState,
    ConnectionStatistics,
    DataChannel,
    IceCredentials,
    LocalTransport,
    Publication,
    RemoteTransport,
    RepeatedTrack,
    Source,
    Statistics,
    Subscription,
    TooMany,
    UnknownConnection,
    UnknownTrack,
)
from .recording import Recording
from .transport.certificates import fingerprint, new_identity
from .transport.dtls import dtls_context
from .transport.relay import DataEnds, ack_deadline, source_end
from .transport.srtp import SrtpCipher

_MOST_HANDSHAKES = 64  # in flight: each takes 2–4 ms of the loop
_TICKS_A_SECOND = 50
_TICKS_A_FLUSH = 25  # of recordings: with the time that a disk takes, a crash loses less than a second
_STUN_BELOW = 4  # first bytes (RFC 7983)
_DTLS = range(20, 64)

OnState = Callable[[str, ConnectionState], None]


def monotonic_us() -> int:
    """Return the clock that everything here runs by."""
    return time.monotonic_ns() // 1000


def _unheard(_connection_id: str, _state: ConnectionState) -> None:
    """Stand in until signalling wants to hear of states."""


class MediaPlane:
    """Implements `plane.Plane`. `clock`: monotonic microseconds."""

    def __init__(
        self, candidates: tuple[Candidate, ...], max_connections: int, clock: Callable[[], int] = monotonic_us
    ) -> None:
        identity = new_identity()
        self.on_state: OnState = _unheard
        self.cipher = SrtpCipher()
        self.router = Router(self.cipher, lambda: secrets.randbits(15))
        self.ice = IceLite()
        self.clock = clock
        self._max_connections = max_connections
        self._context = dtls_context(identity)
        self._local = LocalTransport(fingerprint(identity[0]), candidates)
        self.connections: dict[str, Connection] = {}
        self._handshakes: set[Connection] = set()
        self._with_data: set[Connection] = set()
        self.waiters: dict[str, list[asyncio.Future[None]]] = {}
        self.recordings: dict[Source, Recording] = {}
        self._disk = ThreadPoolExecutor(1, "recordings")
        self._ticks = 0

    # The network

    def packet(self, connection: Connection, size: int, arrived_us: int) -> None:
        """Take the RTP or RTCP packet in the cipher's inbox."""
        self.router.packet(connection.peer, size, arrived_us, self.clock())

    def other(self, datagram: bytes, way: Way) -> Connection | None:
        """Take STUN or DTLS; return whose valid check it was."""
        self.router.sending.flush()  # whoever says goodbye has still got what came before
        now_us = self.clock()
        if datagram[0] < _STUN_BELOW:
            return self.ice.datagram(datagram, way, now_us)
        connection = self.ice.by_address.get(way.address)
        if connection is not None:
            self.dtls(connection, datagram)
        return None

    def dtls(self, connection: Connection, datagram: bytes) -> None:
        """Take a DTLS datagram of a checked client; new handshakes wait while too many are in flight."""
        if datagram[0] not in _DTLS:
            return
        self.router.sending.flush()
        if connection.dtls is None:
            if len(self._handshakes) >= _MOST_HANDSHAKES:
                return
            self._handshakes.add(connection)
        connection.dtls_datagram(datagram, self._context, self.clock())
        if connection.dtls is None or connection.dtls.is_established:
            self._handshakes.discard(connection)

    def tick(self) -> None:
        """Do what is due; called every 20 ms."""
        now_us = self.clock()
        self.ice.tick()
        self.router.tick(now_us)
        self._ticks += 1
        is_second = self._ticks % _TICKS_A_SECOND == 0
        for connection in (
            list(self.connections.values()) if is_second else [*self._handshakes, *self._with_data]
        ):
            connection.tick(now_us)
        if self._ticks % _TICKS_A_FLUSH == 0:
            for recording in self.recordings.values():
                recording.flush()

    def shut_down(self) -> None:
        """Say goodbye to everybody, close all files."""
        for connection in list(self.connections.values()):
            connection.end(ConnectionState.CLOSED)
        self._disk.shutdown(wait=True)

    # Connections

    def local(self) -> LocalTransport:
        """See `plane.Plane`, as for everything below."""
        return self._local

    def open(self, connection_id: str) -> IceCredentials:
        """Await a client."""
        if len(self.connections) >= self._max_connections:
            raise TooMany
        if connection_id in self.connections:
            raise RepeatedTrack(connection_id)
        peer = Peer(connection_id, secrets.randbits(31) | 1)
        connection = Connection(peer, new_credentials(), self._changed)
        self.connections[connection_id] = connection
        self.ice.expect(connection)
        self.router.add(peer)
        return connection.credentials[-1]

    def restart_ice(self, connection_id: str) -> IceCredentials:
        """Return new credentials."""
        connection = self._connection(connection_id)
        self.ice.forget_credentials(connection.credentials[1:])
        connection.credentials[1:] = [new_credentials()]
        self.ice.expect(connection)
        return connection.credentials[-1]

    def set_remote(self, connection_id: str, remote: RemoteTransport) -> None:
        """Learn the client's fingerprints."""
        self._connection(connection_id).accept(remote, self.clock())

    def state(self, connection_id: str) -> ConnectionState:
        """Return how far it is."""
        connection = self.connections.get(connection_id)
        return connection.state if connection is not None else ConnectionState.CLOSED

    async def wait_connected(self, connection_id: str, seconds: float) -> bool:
        """Wait for it."""
        if self._connection(connection_id).state is not ConnectionState.CONNECTED:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self.waiters.setdefault(connection_id, []).append(waiter)
            await asyncio.wait([waiter], timeout=seconds)
            self._stop_waiting(connection_id, waiter)
        return self.state(connection_id) is ConnectionState.CONNECTED

    def _stop_waiting(self, connection_id: str, waiter: asyncio.Future[None]) -> None:
        waiters = self.waiters.get(connection_id, [])
        if waiter in waiters:
            waiters.remove(waiter)
        if not waiters:
            self.waiters.pop(connection_id, None)

    def close(self, connection_id: str) -> None:
        """End it."""
        connection = self.connections.get(connection_id)
        if connection is not None:
            connection.end(ConnectionState.CLOSED)

    def _connection(self, connection_id: str) -> Connection:
        try:
            return self.connections[connection_id]
        except KeyError:
            raise UnknownConnection(connection_id) from None

    def _changed(self, connection: Connection) -> None:
        if connection.is_gone:
            self._forget(connection)
        elif connection.state is ConnectionState.CONNECTED:
            self.router.activate(connection.peer, self.clock())
        if connection.state is not ConnectionState.CONNECTING:
            for waiter in self.waiters.pop(connection.id, ()):
                if not waiter.done():
                    waiter.set_result(None)
        self.on_state(connection.id, connection.state)

    def _forget(self, connection: Connection) -> None:
        """Take it out of everything, before its cipher goes: no pointer may outlive that."""
        self._end_recordings([source for source in self.recordings if source.connection_id == connection.id])
        self.router.remove(connection.peer)
        self.ice.forget(connection)
        self._handshakes.discard(connection)
        self._with_data.discard(connection)
        del self.connections[connection.id]

    # Tracks

    def publish(self, connection_id: str, publication: Publication) -> None:
        """Accept what the client sends."""
        self.router.publish(self._connection(connection_id).peer, publication, self.clock())

    def unpublish(self, connection_id: str, mid: str) -> None:
        """Drop what the client sends."""
        self.router.unpublish(self._connection(connection_id).peer, mid)
        self._end_recordings([Source(connection_id, mid)])

    def subscribe(self, connection_id: str, subscription: Subscription) -> None:
        """Forward to the client."""
        self.router.subscribe(self._connection(connection_id).peer, subscription, self.clock())

    def resubscribe(self, connection_id: str, subscription: Subscription) -> None:
        """Forward something else."""
        self.router.resubscribe(self._connection(connection_id).peer, subscription, self.clock())

    def unsubscribe(self, connection_id: str, mid: str) -> None:
        """Stop forwarding."""
        self.router.unsubscribe(self._connection(connection_id).peer, mid)

    def seconds_since_received(self, connection_id: str, mid: str) -> float | None:
        """Tell how long a publication has been silent."""
        track = self._connection(connection_id).peer.tracks.get(mid)
        if track is None:
            raise UnknownTrack(mid)
        return self._seconds_since(max((stream.last_us for stream in track.streams.values()), default=0))

    def seconds_since_sent(self, connection_id: str, mid: str) -> float | None:
        """Tell how long a subscription has been silent."""
        receiver = self._connection(connection_id).peer.receivers.get(mid)
        if receiver is None:
            raise UnknownTrack(mid)
        return self._seconds_since(receiver.last_us)

    def _seconds_since(self, last_us: int) -> float | None:
        return (self.clock() - last_us) / 1_000_000 if last_us else None

    # Data channels

    def open_data(self, connection_id: str) -> None:
        """Start SCTP."""
        self._open_data(connection_id)

    def publish_channel(self, connection_id: str, channel: DataChannel) -> None:
        """Pass messages on."""
        self._open_data(connection_id).publish(channel)

    def subscribe_channel(
        self, connection_id: str, channel: DataChannel, source: ChannelSource, *, wait_for_ack: bool
    ) -> None:
        """Join a publisher's channel."""
        publisher = source_end(self._connection(source.connection_id).data, source)
        ack_by_us = ack_deadline(self.clock()) if wait_for_ack else 0
        self._open_data(connection_id).subscribe(channel, publisher, ack_by_us)

    def let_reply(self, connection_id: str, channel_id: int, *, allowed: bool) -> None:
        """Pass replies, or not."""
        self._data(connection_id).end(channel_id).may_reply = allowed

    def close_channel(self, connection_id: str, channel_id: int) -> None:
        """Close one end."""
        self._data(connection_id).close_channel(channel_id)

    def channel_is_open(self, connection_id: str, channel_id: int) -> bool:
        """Tell whether messages flow."""
        return self._data(connection_id).end(channel_id).is_open()

    def tell(self, connection_id: str, message: str) -> None:
        """Send a server event."""
        data = self._connection(connection_id).data
        if data is not None:
            data.tell(message)

    def _open_data(self, connection_id: str) -> DataEnds:
        connection = self._connection(connection_id)
        self._with_data.add(connection)
        return connection.open_data()

    def _data(self, connection_id: str) -> DataEnds:
        data = self._connection(connection_id).data
        if data is None:
            raise UnknownTrack(connection_id)
        return data

    # Recording

    def record(self, source: Source, path: Path) -> None:
        """Write a publication's packets to a file."""
        track = self._connection(source.connection_id).peer.tracks.get(source.mid)
        if track is None:
            raise UnknownTrack(source.mid)
        if source in self.recordings:
            raise RepeatedTrack(source.mid)
        offset_us = time.time_ns() // 1000 - monotonic_us()
        recording = Recording(path, track.publication, self._disk, offset_us)
        self.recordings[source] = recording
        self.router.record(source, recording, self.clock())

    async def stop_recording(self, source: Source) -> None:
        """Close the file."""
        recording = self.recordings.pop(source, None)
        if recording is None:
            raise UnknownTrack(source.mid)
        self.router.stop_recording(source)
        await asyncio.wrap_future(recording.close())

    def recorded(self) -> Mapping[Source, Path]:
        """Return the files."""
        return {source: recording.path for source, recording in self.recordings.items()}

    async def settle_recordings(self) -> None:
        """Wait for the one thread that writes: it works in order."""
        await asyncio.wrap_future(self._disk.submit(_nothing))

    def _end_recordings(self, sources: Iterable[Source]) -> None:
        for source in sources:
            recording = self.recordings.pop(source, None)
            if recording is not None:
                self.router.stop_recording(source)
                recording.close()

    # Figures

    def statistics(self) -> Statistics:
        """Count."""
        return Statistics(
            connections=tuple(_counted(connection) for connection in self.connections.values()),
            handshakes=len(self._handshakes),
            packets_in=self.router.ingress.packets,
            packets_out=sum(
                receiver.packets
                for connection in self.connections.values()
                for receiver in connection.peer.receivers.values()
            ),
            packets_dropped=self.router.sending.dropped
            + sum(
                receiver.dropped
                for connection in self.connections.values()
                for receiver in connection.peer.receivers.values()
            ),
        )


def _nothing() -> None:
    """Be done at once."""


def _counted(connection: Connection) -> ConnectionStatistics:
    peer = connection.peer
    receivers = peer.receivers.values()
    return ConnectionStatistics(
        connection_id=connection.id,
        state=connection.state,
        packets_in=peer.packets_in,
        packets_out=sum(receiver.packets for receiver in receivers),
        packets_lost=sum(stream.lost for stream in peer.streams.values() if isinstance(stream, Stream)),
        packets_repeated=sum(receiver.repeated for receiver in receivers),
        key_frame_requests=sum(receiver.asked_for_key for receiver in receivers),
        estimated_bits_per_second=peer.estimate,
    )
