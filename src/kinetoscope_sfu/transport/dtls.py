"""DTLS 1.2 with use_srtp (RFC 5764), in memory: datagrams in, datagrams out. We are always the server.

OpenSSL's memory BIO is a stream of bytes: what it gives is cut at the borders of records before it is sent,
and what it is given is always one datagram.
"""

from collections.abc import Iterator

from cryptography import x509
from OpenSSL import SSL

from .certificates import Identity
from .srtp import PROFILES, SrtpKeys, keys_from, material_size

_MTU = 1200
_RECORD_HEADER = 13
_LENGTH_AT = 11
_DTLS_1_2 = 0xFEFD
_MOST_AT_ONCE = 65536
_CIPHERS = b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305"


def dtls_context(identity: Identity) -> SSL.Context:
    """Return what all connections share. Certificates are self-signed: fingerprints decide, elsewhere."""
    certificate, key = identity
    context = SSL.Context(SSL.DTLS_METHOD)
    context.set_min_proto_version(_DTLS_1_2)
    context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, _accept_any)
    context.use_certificate(certificate)
    context.use_privatekey(key)
    context.set_cipher_list(_CIPHERS)
    context.set_tlsext_use_srtp(b":".join(profile[0] for profile in PROFILES))
    context.set_options(SSL.OP_NO_QUERY_MTU | SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_TICKET)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_mode(SSL.MODE_RELEASE_BUFFERS)
    return context


def _accept_any(*_: object) -> bool:
    return True


class HandshakeFailed(Exception):  # noqa: N818 - named by what happened
    """The handshake cannot succeed any more, or the connection broke."""


class DtlsConnection:
    """One association. After each call, what `outgoing` yields has to be sent."""

    def __init__(self, context: SSL.Context, *, is_server: bool = True) -> None:
        self._ssl = SSL.Connection(context, None)
        self._ssl.set_ciphertext_mtu(_MTU)
        if is_server:
            self._ssl.set_accept_state()
        else:
            self._ssl.set_connect_state()
        self.is_established = False
        self.is_closed = False

    def receive(self, datagram: bytes) -> list[bytes]:
        """Take a datagram; return the messages in it, once established. Refused: `HandshakeFailed`."""
        self._ssl.bio_write(datagram)
        if not self.is_established:
            self.advance()
        return self._messages() if self.is_established else []

    def advance(self) -> None:
        """Begin or continue the handshake. Refused: `HandshakeFailed`."""
        try:
            self._ssl.do_handshake()
        except SSL.WantReadError:
            return
        except SSL.Error as error:
            raise HandshakeFailed from error
        self.is_established = True

    def _messages(self) -> list[bytes]:
        messages: list[bytes] = []
        while True:
            try:
                messages.append(self._ssl.recv(_MOST_AT_ONCE))
            except SSL.WantReadError:
                return messages
            except SSL.ZeroReturnError:
                self.is_closed = True
                return messages
            except SSL.Error as error:
                raise HandshakeFailed from error

    def outgoing(self) -> Iterator[bytes]:
        """Yield the datagrams that are due."""
        while True:
            try:
                data = self._ssl.bio_read(_MOST_AT_ONCE)
            except SSL.Error:  # WantReadError: nothing there
                return
            yield from datagrams(data)

    def send(self, message: bytes) -> None:
        """Encrypt a message. Refused: `HandshakeFailed`."""
        try:
            self._ssl.send(message)
        except SSL.Error as error:
            raise HandshakeFailed from error

    def tick(self) -> None:
        """Repeat a flight whose time has come (RFC 6347 §4.2.4). Refused: `HandshakeFailed`."""
        seconds = self._ssl.DTLSv1_get_timeout()
        if seconds is not None and seconds <= 0:
            try:
                self._ssl.DTLSv1_handle_timeout()
            except SSL.Error as error:
                raise HandshakeFailed from error

    def close(self) -> None:
        """Say goodbye; nothing comes in any more."""
        self.is_closed = True
        try:
            self._ssl.shutdown()
        except SSL.Error:
            return  # it was never established: nobody to say goodbye to

    def certificate(self) -> x509.Certificate | None:
        """Return the client's certificate, which proves nothing before its fingerprint matches."""
        return self._ssl.get_peer_certificate(as_cryptography=True)

    def srtp_keys(self) -> SrtpKeys | None:
        """Return the agreed keys, None where the client wants no media (data channels only)."""
        name = self._ssl.get_selected_srtp_profile()
        size = material_size(name)
        if not size:
            return None
        return keys_from(name, self._ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", size))


def datagrams(data: bytes) -> Iterator[bytes]:
    """Cut a stream of whole DTLS records into datagrams of at most an MTU, where one record fits it."""
    begin = at = 0
    while at + _RECORD_HEADER <= len(data):
        end = at + _RECORD_HEADER + int.from_bytes(data[at + _LENGTH_AT : at + _RECORD_HEADER], "big")
        if end - begin > _MTU and at > begin:
            yield data[begin:at]
            begin = at
        at = end
    if begin < len(data):
        yield data[begin:]
