"""SRTP by libsrtp, in place: one preallocated packet each way, no copies.

It uses pylibsrtp's binding directly, which is why pylibsrtp is pinned: its `Session.protect` copies twice,
0.7 µs for each packet. A context must not be used after its `SrtpContexts` has gone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from pylibsrtp import Policy, Session
from pylibsrtp import _binding as binding  # type: ignore[attr-defined] # a C extension without stubs

from ..forwarding.sending import LARGEST, MOST_TOGETHER, ROOM, Length

_ffi = cast("Any", binding).ffi
_lib = cast("Any", binding).lib
_WINDOW = 1024  # packets: as many as a stream keeps for repeats

Profile = tuple[bytes, int, int, int]
PROFILES: tuple[Profile, ...] = (  # OpenSSL's name, libsrtp's number, size of key and of salt
    (b"SRTP_AEAD_AES_128_GCM", cast("int", _lib.srtp_profile_aead_aes_128_gcm), 16, 12),
    (b"SRTP_AEAD_AES_256_GCM", cast("int", _lib.srtp_profile_aead_aes_256_gcm), 32, 12),
    (b"SRTP_AES128_CM_SHA1_80", cast("int", _lib.srtp_profile_aes128_cm_sha1_80), 16, 14),
)


@dataclass(frozen=True, slots=True)
class SrtpKeys:
    """What a DTLS handshake agreed on (RFC 5764 §4.2): master keys with their salts."""

    profile: int
    client: bytes
    server: bytes


def keys_from(name: bytes, material: bytes) -> SrtpKeys:
    """Cut the exported keying material: client key, server key, client salt, server salt."""
    _, profile, key, salt = next(known for known in PROFILES if known[0] == name)
    client_salt, server_salt = 2 * key, 2 * key + salt
    return SrtpKeys(
        profile,
        client=material[:key] + material[client_salt:server_salt],
        server=material[key : 2 * key] + material[server_salt : server_salt + salt],
    )


def material_size(name: bytes) -> int:
    """Return how many bytes to export for a profile; 0 for none that we know."""
    return next((2 * (key + salt) for known, _, key, salt in PROFILES if known == name), 0)


def session(key: bytes, profile: int, *, inbound: bool) -> Session:
    """Return one direction's context, for any SSRC."""
    direction = _lib.ssrc_any_inbound if inbound else _lib.ssrc_any_outbound
    policy = Policy(key=key, ssrc_type=direction, srtp_profile=profile)
    policy.window_size = _WINDOW
    return Session(policy)


class SrtpContexts:
    """Both directions of a connection. `inbound` and `outbound` point into it: drop them before it."""

    def __init__(self, keys: SrtpKeys) -> None:
        self._sessions = (
            session(keys.client, keys.profile, inbound=True),
            session(keys.server, keys.profile, inbound=False),
        )
        inbound, outbound = (cast("Any", one) for one in self._sessions)
        inbound._cdata = inbound._buffer = outbound._cdata = outbound._buffer = None  # noqa: SLF001 - 3 KB unused
        self.inbound: object = inbound._srtp[0]  # noqa: SLF001
        self.outbound: object = outbound._srtp[0]  # noqa: SLF001


class SrtpCipher:
    """The one inbox and the outboxes of the process (see `forwarding.sending.Cipher`)."""

    def __init__(self) -> None:
        self.inbox = bytearray(LARGEST)
        self.outboxes: Sequence[bytearray] = [bytearray(ROOM) for _ in range(MOST_TOGETHER)]
        self.outbox = self.outboxes[0]
        self._in = _ffi.from_buffer(self.inbox)
        self._outs = [_ffi.from_buffer(outbox) for outbox in self.outboxes]
        self._out = self._outs[0]
        self._length = _ffi.new("int *")
        self.length = cast("Length", self._length)

    def unprotect(self, context: object) -> int:
        """Decrypt RTP in the inbox."""
        return _lib.srtp_unprotect(context, self._in, self._length)

    def unprotect_rtcp(self, context: object) -> int:
        """Decrypt RTCP in the inbox."""
        return _lib.srtp_unprotect_rtcp(context, self._in, self._length)

    def protect(self, context: object) -> int:
        """Encrypt RTP in the outbox."""
        return _lib.srtp_protect(context, self._out, self._length)

    def protect_nth(self, number: int, context: object) -> int:
        """Encrypt RTP in one of the outboxes."""
        return _lib.srtp_protect(context, self._outs[number], self._length)

    def protect_rtcp(self, context: object) -> int:
        """Encrypt RTCP in the outbox."""
        return _lib.srtp_protect_rtcp(context, self._out, self._length)
