"""One client: how it is reached, who it has proved to be, and how far it is."""

from collections.abc import Callable
from dataclasses import dataclass, field

from OpenSSL import SSL

from .forwarding.model import Peer, Send, SendTogether, nowhere
from .plane import ConnectionState, FingerprintChanged, IceCredentials, RemoteTransport
from .transport.certificates import matches
from .transport.dtls import DtlsConnection, HandshakeFailed
from .transport.relay import DataEnds
from .transport.srtp import SrtpContexts
from .wire.stun import Address

CONSENT_US = 15_000_000  # RFC 7675 §5.1 allows 30 s; browsers check at least every 5 s
_HANDSHAKE_US = 30_000_000
_TCP_GRACE_US = 5_000_000
_MOST_ADDRESSES = 16

OnChange = Callable[["Connection"], None]


@dataclass(frozen=True, slots=True)
class Way:
    """How a datagram came, and how an answer goes back."""

    address: Address
    send: Send
    is_tcp: bool = False
    send_together: SendTogether | None = field(default=None, compare=False)


class Connection:
    """A client's connection. `on_change` is told of every new state."""

    def __init__(self, peer: Peer, credentials: IceCredentials, on_change: OnChange) -> None:
        self.peer = peer
        self.state = ConnectionState.NEW
        self.credentials = [credentials]  # the newest last; two while ICE restarts
        self.addresses: dict[Address, None] = {}  # UDP, in the order they came
        self.data: DataEnds | None = None
        self.dtls: DtlsConnection | None = None
        self.last_check_us = 0
        self._handshake_us = 0
        self._way: Way | None = None
        self._way_us = 0  # when it was last checked
        self._remote: RemoteTransport | None = None
        self._contexts: SrtpContexts | None = None
        self._on_change = on_change

    @property
    def id(self) -> str:
        """Signalling's name of it."""
        return self.peer.id

    @property
    def is_gone(self) -> bool:
        """Whether its state is final."""
        return self.state in (ConnectionState.FAILED, ConnectionState.CLOSED)

    # ICE

    def checked(self, way: Way, now_us: int, *, is_nominated: bool) -> None:
        """Note a valid check: consent, and perhaps a new way to the client."""
        self.last_check_us = now_us
        if way != self._way and not self._is_better(way, now_us, is_nominated=is_nominated):
            return
        self._way, self._way_us = way, now_us
        self.peer.address, self.peer.send = way.address, way.send
        self.peer.send_together = way.send_together
        if self.state is ConnectionState.NEW:
            self._change(ConnectionState.CONNECTING)

    def _is_better(self, way: Way, now_us: int, *, is_nominated: bool) -> bool:
        """Prefer what the client nominates, but UDP to TCP while it works."""
        if self._way is None:
            return True
        udp_works = not self._way.is_tcp and now_us - self._way_us < _TCP_GRACE_US
        return is_nominated and not (way.is_tcp and udp_works)

    def remember(self, address: Address) -> Address | None:
        """Know a UDP address as this client's; return one that is to be forgotten for it."""
        self.addresses[address] = None
        if len(self.addresses) <= _MOST_ADDRESSES:
            return None
        oldest = next(known for known in self.addresses if known != self.peer.address)
        del self.addresses[oldest]
        return oldest

    def lost_tcp(self, send: Send) -> None:
        """Forget a TCP connection that has ended."""
        if self.peer.send == send:
            self.peer.send, self._way = nowhere, None

    # DTLS

    def accept(self, remote: RemoteTransport, now_us: int) -> None:
        """Learn the client's fingerprints. Refused: `FingerprintChanged`."""
        if self._remote is not None and not set(remote.fingerprints) & set(self._remote.fingerprints):
            raise FingerprintChanged
        self._remote = self._remote or remote
        if self.dtls is not None and self.dtls.is_established:
            self._confirm(self.dtls, now_us)

    def dtls_datagram(self, datagram: bytes, context: SSL.Context, now_us: int) -> None:
        """Take a DTLS datagram from an address that was checked."""
        if self.is_gone:
            return
        if self.dtls is None:
            self.dtls = DtlsConnection(context)
            self._handshake_us = now_us
        dtls = self.dtls
        was_established = dtls.is_established
        try:
            messages = dtls.receive(datagram)
        except HandshakeFailed:
            self._flush()
            self.end(ConnectionState.FAILED)
            return
        self._flush()
        if dtls.is_established and not was_established:
            self._confirm(dtls, now_us)
        self._take(messages)
        if dtls.is_closed:
            self.end(ConnectionState.CLOSED)

    def _take(self, messages: list[bytes]) -> None:
        if self.state is ConnectionState.CONNECTED and self.data is not None:
            for message in messages:
                self.data.sctp.receive(message)

    def _confirm(self, dtls: DtlsConnection, _now_us: int) -> None:
        """Open media and data once the certificate is the announced one; both have to be there."""
        if self._remote is None or self.state is not ConnectionState.CONNECTING:
            return
        certificate = dtls.certificate()
        if certificate is None or not matches(certificate, self._remote.fingerprints):
            self.end(ConnectionState.FAILED)
            return
        keys = dtls.srtp_keys()
        if keys is not None:
            self._contexts = SrtpContexts(keys)
            self.peer.inbound, self.peer.outbound = self._contexts.inbound, self._contexts.outbound
        self._change(ConnectionState.CONNECTED)
        if self.data is not None:
            self.data.sctp.start()

    def open_data(self) -> DataEnds:
        """Return the data channels; SCTP starts as soon as the client is confirmed."""
        if self.data is None:
            self.data = DataEnds(self._send_data)
            if self.state is ConnectionState.CONNECTED:
                self.data.sctp.start()
        return self.data

    def _send_data(self, packet: bytes) -> None:
        if self.dtls is None or self.is_gone:
            return
        try:
            self.dtls.send(packet)
        except HandshakeFailed:
            return  # the connection ends when it is next read
        self._flush()

    def _flush(self) -> None:
        if self.dtls is None:
            return
        for datagram in self.dtls.outgoing():
            try:
                self.peer.send(datagram, self.peer.address)
            except OSError:
                return  # a full or closed socket: DTLS and SCTP repeat

    # Time and end

    def tick(self, now_us: int) -> None:
        """Repeat lost flights, move data; end what has lost consent or does not get through."""
        if self.data is not None:
            self.data.tick(now_us)
            if self.data.sctp.is_broken:
                self.end(ConnectionState.FAILED)
        if self.dtls is not None and not self.dtls.is_established:
            try:
                self.dtls.tick()
            except HandshakeFailed:
                self.end(ConnectionState.FAILED)
            self._flush()
        is_stuck = (
            self.state is ConnectionState.CONNECTING
            and self.dtls is not None
            and now_us - self._handshake_us > _HANDSHAKE_US
        )
        lost_consent = self.state is not ConnectionState.NEW and now_us - self.last_check_us > CONSENT_US
        if is_stuck or lost_consent:
            self.end(ConnectionState.FAILED)

    def end(self, state: ConnectionState) -> None:
        """Say goodbye and let go of everything. The plane takes it out of forwarding when it hears of it."""
        if self.is_gone:
            return
        if self.data is not None:
            self.data.close()
        if self.dtls is not None:
            self.dtls.close()
            self._flush()
        self._change(state)
        self.peer.inbound = self.peer.outbound = None
        self.peer.send, self.peer.send_together = nowhere, None
        self._contexts = self.dtls = self.data = None

    def _change(self, state: ConnectionState) -> None:
        self.state = state
        self._on_change(self)
