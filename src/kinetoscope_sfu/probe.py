"""A small client of the media plane: checks, handshakes, sends and receives packets. Without sockets.

Tests, benchmarks and health checks look through it at what a browser would get.
"""

import secrets
from collections.abc import Callable

from pylibsrtp import Error, Session

from .plane import Fingerprint, IceCredentials
from .transport.certificates import Identity, fingerprint, new_identity
from .transport.dtls import DtlsConnection, dtls_context
from .transport.srtp import session
from .wire import stun

_DTLS = range(20, 64)
_MEDIA = range(128, 192)
_RTCP = range(192, 224)
_PRIORITY = (1 << 24).to_bytes(4, "big")


class Probe:
    """One client. What it sends goes through `send`, datagram by datagram; it is the DTLS client."""

    def __init__(self, send: Callable[[bytes], object], identity: Identity | None = None) -> None:
        self.send = send
        self.identity = identity or new_identity()
        self.credentials = IceCredentials(secrets.token_hex(4), secrets.token_hex(12))
        self._dtls = DtlsConnection(dtls_context(self.identity), is_server=False)
        self._received: Session | None = None
        self._sent: Session | None = None
        self._begun = False
        self.checks_answered = 0
        self.mapped = b""  # the last answer's attributes, undecoded
        self.messages: list[bytes] = []  # by DTLS: SCTP packets
        self.answers: list[stun.Message] = []

    @property
    def fingerprint(self) -> Fingerprint:
        """What the client's description would say."""
        return fingerprint(self.identity[0])

    @property
    def is_connected(self) -> bool:
        """Whether media can flow, as far as the client knows."""
        return self._sent is not None

    def check(self, remote: IceCredentials, *, nominates: bool = True) -> None:
        """Send a connectivity check, which is also consent."""
        attributes = {
            stun.USERNAME: f"{remote.ufrag}:{self.credentials.ufrag}".encode(),
            stun.PRIORITY: _PRIORITY,
            0x802A: secrets.token_bytes(8),  # ICE-CONTROLLING
        }
        if nominates:
            attributes[stun.USE_CANDIDATE] = b""
        self.send(stun.request(secrets.token_bytes(12), attributes, remote.pwd.encode()))

    def handshake(self) -> None:
        """Begin DTLS."""
        self._begun = True
        self._dtls.advance()
        self._flush()

    def tick(self) -> None:
        """Repeat what was lost of the handshake."""
        if self._begun and not self._dtls.is_established:
            self._dtls.tick()
            self._flush()

    def take(self, datagram: bytes) -> bytes | None:
        """Take a datagram; return the RTP or RTCP packet in it."""
        first = datagram[0]
        if first in _MEDIA:
            return self._decrypted(datagram)
        if first in _DTLS:
            self._take_dtls(datagram)
        else:
            self._take_stun(datagram)
        return None

    def _decrypted(self, datagram: bytes) -> bytes | None:
        received = self._received
        if received is None:
            return None
        try:
            is_rtcp = datagram[1] in _RTCP
            return received.unprotect_rtcp(datagram) if is_rtcp else received.unprotect(datagram)
        except Error:
            return None

    def _take_dtls(self, datagram: bytes) -> None:
        self.messages += self._dtls.receive(datagram)
        self._flush()
        if self._dtls.is_established and self._sent is None:
            keys = self._dtls.srtp_keys()
            if keys is not None:
                self._received = session(keys.server, keys.profile, inbound=True)
                self._sent = session(keys.client, keys.profile, inbound=False)

    def _take_stun(self, datagram: bytes) -> None:
        message = stun.parse(datagram)
        if message is None:
            return
        self.answers.append(message)
        if message.type == stun.BINDING_SUCCESS:
            self.checks_answered += 1
        elif message.type == stun.BINDING_REQUEST:  # a peer that checks as well
            key = self.credentials.pwd.encode()
            self.send(stun.success(message.transaction, ("127.0.0.1", 9), key))

    def _flush(self) -> None:
        for datagram in self._dtls.outgoing():
            self.send(datagram)

    def send_rtp(self, packet: bytes) -> None:
        """Send an RTP packet."""
        assert self._sent is not None
        self.send(self._sent.protect(packet))

    def send_rtcp(self, packet: bytes) -> None:
        """Send a compound packet."""
        assert self._sent is not None
        self.send(self._sent.protect_rtcp(packet))

    def send_message(self, message: bytes) -> None:
        """Send a DTLS message: an SCTP packet."""
        self._dtls.send(message)
        self._flush()

    def say_goodbye(self) -> None:
        """Close DTLS."""
        self._dtls.close()
        self._flush()

    @property
    def is_dismissed(self) -> bool:
        """Whether the server has said goodbye."""
        return self._dtls.is_closed
