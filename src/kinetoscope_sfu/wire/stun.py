"""STUN: the few messages that an ICE-lite agent and a plain STUN server need (RFC 8489, RFC 8445)."""

import hmac
import struct
import zlib
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

MAGIC_COOKIE = 0x2112A442
BINDING_REQUEST = 0x0001
BINDING_SUCCESS = 0x0101
BINDING_ERROR = 0x0111

USERNAME = 0x0006
MESSAGE_INTEGRITY = 0x0008
ERROR_CODE = 0x0009
XOR_MAPPED_ADDRESS = 0x0020
PRIORITY = 0x0024
USE_CANDIDATE = 0x0025
FINGERPRINT = 0x8028

_HEADER = struct.Struct("!HHI12s")
_ATTRIBUTE = struct.Struct("!HH")
_SIZE_OF_INTEGRITY = 24
_SIZE_OF_FINGERPRINT = 8
_FINGERPRINT_XOR = 0x5354554E  # RFC 8489 §14.7
_SHA1_SIZE = 20
_MOST_ATTRIBUTES = 32

Address = tuple[str, int] | tuple[str, int, int, int]
"""What a socket gives: host and port, with IPv6 also flow and scope."""


@dataclass(frozen=True, slots=True)
class Message:
    """A parsed message; of repeated attributes the first counts (RFC 8489 §14)."""

    type: int
    transaction: bytes
    attributes: dict[int, bytes]
    integrity_at: int  # offset of MESSAGE-INTEGRITY, 0 without

    @property
    def local_ufrag(self) -> str:
        """The part of USERNAME that names the receiver of the check (RFC 8445 §7.2.2)."""
        return self.attributes.get(USERNAME, b"").partition(b":")[0].decode("ascii", "replace")


def parse(datagram: bytes) -> Message | None:
    """Return the message, or None where the datagram is none, or a broken one."""
    if len(datagram) < _HEADER.size:
        return None
    kind, length, cookie, transaction = _HEADER.unpack_from(datagram)
    end = _HEADER.size + length
    if cookie != MAGIC_COOKIE or length & 3 or kind & 0xC000 or end != len(datagram):
        return None
    attributes: dict[int, bytes] = {}
    integrity_at = 0
    at = _HEADER.size
    while at < end:
        name, size = _ATTRIBUTE.unpack_from(datagram, at)
        if at + 4 + size > end or len(attributes) == _MOST_ATTRIBUTES:
            return None
        if name == MESSAGE_INTEGRITY and not integrity_at:
            integrity_at = at
        attributes.setdefault(name, datagram[at + 4 : at + 4 + size])
        at += 4 + ((size + 3) & ~3)
    return Message(kind, transaction, attributes, integrity_at)


def is_authentic(datagram: bytes, message: Message, key: bytes) -> bool:
    """Tell whether MESSAGE-INTEGRITY was made with this key (RFC 8489 §14.5); FINGERPRINT may follow it."""
    given = message.attributes.get(MESSAGE_INTEGRITY, b"")
    if not message.integrity_at or len(given) != _SHA1_SIZE:
        return False
    length = message.integrity_at + _SIZE_OF_INTEGRITY - _HEADER.size
    covered = datagram[:2] + length.to_bytes(2, "big") + datagram[4 : message.integrity_at]
    return hmac.compare_digest(hmac.digest(key, covered, "sha1"), given)


def request(transaction: bytes, attributes: dict[int, bytes], key: bytes | None = None) -> bytes:
    """Return a binding request, as a client sends it."""
    body = b"".join(_attribute(name, value) for name, value in attributes.items())
    return _finished(BINDING_REQUEST, transaction, body, key)


def success(transaction: bytes, address: Address, key: bytes | None = None) -> bytes:
    """Return the answer that tells a client its address as we see it; with a key it proves who answers."""
    ip = ip_address(address[0].partition("%")[0])
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    mask = MAGIC_COOKIE.to_bytes(4, "big") + transaction
    masked = bytes(a ^ b for a, b in zip(ip.packed, mask, strict=False))
    family = 1 if ip.version == 4 else 2  # noqa: PLR2004 - RFC 8489 §14.1
    value = struct.pack("!BBH", 0, family, address[1] ^ MAGIC_COOKIE >> 16) + masked
    return _finished(BINDING_SUCCESS, transaction, _attribute(XOR_MAPPED_ADDRESS, value), key)


def error(transaction: bytes, code: int, reason: str) -> bytes:
    """Return an error answer, without integrity: the client's key is not known or was wrong."""
    value = struct.pack("!HBB", 0, code // 100, code % 100) + reason.encode()
    return _finished(BINDING_ERROR, transaction, _attribute(ERROR_CODE, value), None)


def _attribute(name: int, value: bytes) -> bytes:
    return _ATTRIBUTE.pack(name, len(value)) + value + bytes(-len(value) % 4)


def _finished(kind: int, transaction: bytes, body: bytes, key: bytes | None) -> bytes:
    if key is not None:
        header = _HEADER.pack(kind, len(body) + _SIZE_OF_INTEGRITY, MAGIC_COOKIE, transaction)
        body += _attribute(MESSAGE_INTEGRITY, hmac.digest(key, header + body, "sha1"))
    message = _HEADER.pack(kind, len(body) + _SIZE_OF_FINGERPRINT, MAGIC_COOKIE, transaction) + body
    return message + _attribute(FINGERPRINT, (zlib.crc32(message) ^ _FINGERPRINT_XOR).to_bytes(4, "big"))
