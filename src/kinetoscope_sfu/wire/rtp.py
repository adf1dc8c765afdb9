"""RTP packets (RFC 3550): header extensions (RFC 8285), and the shape in which packets are kept.

A kept packet has a header of 20 bytes, always the same: the fixed 12, then one extension of one word with
room for abs-send-time. Each receiver's copy differs in fields at fixed places only, so forwarding is one copy
of memory and one `pack_into`.
"""

import struct

from .buffers import Bytes

FIXED = struct.Struct("!BBHII")  # version…, marker and payload type, sequence number, timestamp, SSRC
REWRITTEN = struct.Struct("!BHII")  # from offset 1: what differs for each receiver
U16 = struct.Struct("!H")
U32 = struct.Struct("!I")

HEADER_SIZE = 20
EXTENSION_AT = 16  # the byte with id and length of the one extension element
NO_EXTENSION = bytes(4)  # padding (RFC 8285 §4.1.1), for receivers that have no abs-send-time
ONE_BYTE = 0xBEDE
MARKER = 0x80

_KEPT = struct.Struct("!BBHIIHHI")
_TWO_BYTE = 0x1000
_STOP = 15  # RFC 8285 §4.2: "processing … MUST terminate"


def abs_send_time(now_us: int) -> int:
    """Return microseconds as 24 bits of 6.18 fixed point seconds (the draft of abs-send-time)."""
    return (now_us * 32768 // 125000) & 0xFFFFFF


def kept(header: tuple[int, int, int, int], payload: Bytes, now_us: int) -> bytes:
    """Return the packet as it is kept. `header`: padding bit, marker bit, sequence number, timestamp."""
    padding, marker, sequence, timestamp = header
    return (
        _KEPT.pack(0x90 | padding, marker, sequence, timestamp, 0, ONE_BYTE, 1, abs_send_time(now_us))
        + payload
    )


def payload_at(packet: Bytes, end: int) -> int:
    """Return where the payload begins, behind CSRCs and extensions; `end` or more where there is none."""
    first = packet[0]
    at = 12 + 4 * (first & 15)
    if first & 0x10 and at + 4 <= end:
        at += 4 + 4 * U16.unpack_from(packet, at + 2)[0]
    return at


def extension(packet: Bytes, wanted: int, end: int) -> tuple[int, int]:
    """Return offset and size of the header extension `wanted`, else (0, 0). `end`: of all extensions."""
    at = 12 + 4 * (packet[0] & 15)
    profile = U16.unpack_from(packet, at)[0]
    at += 4
    if profile == ONE_BYTE:
        return _among_one_byte(packet, wanted, at, end)
    if profile & 0xFFF0 == _TWO_BYTE:
        return _among_two_byte(packet, wanted, at, end)
    return 0, 0


def _among_one_byte(packet: Bytes, wanted: int, at: int, end: int) -> tuple[int, int]:
    while at < end:
        head = packet[at]
        at += 1
        if head == 0:
            continue
        size = (head & 15) + 1
        if head >> 4 == _STOP or at + size > end:
            break
        if head >> 4 == wanted:
            return at, size
        at += size
    return 0, 0


def _among_two_byte(packet: Bytes, wanted: int, at: int, end: int) -> tuple[int, int]:
    while at + 1 < end:
        if packet[at] == 0:
            at += 1
            continue
        size = packet[at + 1]
        if at + 2 + size > end:
            break
        if packet[at] == wanted:
            return at + 2, size
        at += 2 + size
    return 0, 0


def is_newer(sequence: int, than: int) -> bool:
    """Compare 16-bit sequence numbers around the wrap (RFC 1982)."""
    return 0 < ((sequence - than) & 0xFFFF) < 0x8000  # noqa: PLR2004 - half the circle
