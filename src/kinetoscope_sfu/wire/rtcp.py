"""RTCP (RFC 3550 §6, feedback RFC 4585 and RFC 5104, REMB of its draft): what an SFU reads and writes."""

import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .buffers import Bytes
from .rtp import U32

SENDER_REPORT = 200
RECEIVER_REPORT = 201
SOURCE_DESCRIPTION = 202
TRANSPORT_FEEDBACK = 205
PAYLOAD_FEEDBACK = 206

NACK = 1  # of transport feedback
TRANSPORT_CC = 15
PLI = 1  # of payload feedback
FIR = 4
APPLICATION = 15  # REMB

MOST_REPORTS = 31
_FEEDBACK = struct.Struct("!BBHII")
_BLOCK = struct.Struct("!IIIIII")
_SENDER_INFO = struct.Struct("!IIIIII")


class Part(NamedTuple):
    """One packet of a compound: its count or format, its type, and where its body is."""

    format: int
    type: int
    begin: int
    end: int


class Block(NamedTuple):
    """A report block (RFC 3550 §6.4.1)."""

    ssrc: int
    fraction_lost: int  # of 256
    lost: int
    highest: int  # sequence number with its cycles
    jitter: int
    last_report: int  # middle 32 bits of the last sender report's time
    delay: int  # since then, in 1/65536 s


class SenderInfo(NamedTuple):
    """What a sender report says of its stream: the same instant on the wall clock and on the media clock."""

    ssrc: int
    ntp: int  # 32.32 fixed point seconds since 1900
    timestamp: int
    packets: int
    octets: int


def parts(compound: Bytes, size: int) -> Iterator[Part]:
    """Yield the packets of a compound; what follows a broken one is left out."""
    at = 0
    while at + 4 <= size:
        end = at + 4 + 4 * (compound[at + 2] << 8 | compound[at + 3])
        if compound[at] >> 6 != 2 or end > size:  # noqa: PLR2004 - the version
            return
        yield Part(compound[at] & 31, compound[at + 1], at + 4, end)
        at = end


def sender_info(compound: Bytes, part: Part) -> SenderInfo | None:
    """Read a sender report."""
    if part.end - part.begin < _SENDER_INFO.size:
        return None
    ssrc, high, low, timestamp, packets, octets = _SENDER_INFO.unpack_from(compound, part.begin)
    return SenderInfo(ssrc, high << 32 | low, timestamp, packets, octets)


def fractions_lost(compound: Bytes, part: Part) -> Iterator[tuple[int, int]]:
    """Yield SSRC and fraction lost (of 256) of each block of a report of either kind."""
    at = part.begin + (4 if part.type == RECEIVER_REPORT else 24)
    for _ in range(part.format):
        if at + _BLOCK.size > part.end:
            return
        yield U32.unpack_from(compound, at)[0], compound[at + 4]
        at += _BLOCK.size


def media_ssrc(compound: Bytes, part: Part) -> int:
    """Return whom a feedback message is about; 0 where it is cut short."""
    return U32.unpack_from(compound, part.begin + 4)[0] if part.end - part.begin >= 8 else 0  # noqa: PLR2004


def nacked(compound: Bytes, part: Part) -> Iterator[int]:
    """Yield the sequence numbers that a generic NACK asks for."""
    for at in range(part.begin + 8, part.end - 3, 4):
        first = compound[at] << 8 | compound[at + 1]
        yield first
        following = compound[at + 2] << 8 | compound[at + 3]
        while following:
            first = (first + 1) & 0xFFFF
            if following & 1:
                yield first
            following >>= 1


def fir_ssrcs(compound: Bytes, part: Part) -> Iterator[int]:
    """Yield the SSRCs that a full intra request names (RFC 5104 §4.3.1)."""
    for at in range(part.begin + 8, part.end - 7, 8):
        yield U32.unpack_from(compound, at)[0]


def remb_bits_per_second(compound: Bytes, part: Part) -> int:
    """Return a REMB's estimate, 0 where it is none."""
    if part.end - part.begin < 16 or bytes(compound[part.begin + 8 : part.begin + 12]) != b"REMB":  # noqa: PLR2004
        return 0
    value = U32.unpack_from(compound, part.begin + 12)[0]
    return min((value & 0x3FFFF) << (value >> 18 & 63), 1 << 40)


def sender_report(info: SenderInfo) -> bytes:
    """Return a sender report without blocks."""
    ntp = info.ntp
    fields = (info.ssrc, ntp >> 32 & 0xFFFFFFFF, ntp & 0xFFFFFFFF, info.timestamp & 0xFFFFFFFF)
    counts = (info.packets & 0xFFFFFFFF, info.octets & 0xFFFFFFFF)
    return b"\x80\xc8\x00\x06" + _SENDER_INFO.pack(*fields, *counts)


def receiver_report(sender: int, blocks: list[Block]) -> bytes:
    """Return a receiver report of at most 31 blocks."""
    body = b"".join(
        _BLOCK.pack(
            block.ssrc,
            block.fraction_lost << 24 | block.lost & 0xFFFFFF,
            block.highest & 0xFFFFFFFF,
            block.jitter & 0xFFFFFFFF,
            block.last_report,
            block.delay & 0xFFFFFFFF,
        )
        for block in blocks
    )
    return struct.pack("!BBHI", 0x80 | len(blocks), RECEIVER_REPORT, 1 + len(body) // 4, sender) + body


def source_description(ssrc: int, cname: str) -> bytes:
    """Return an SDES with one CNAME, which every compound has to contain (RFC 3550 §6.1)."""
    name = cname.encode()
    chunk = U32.pack(ssrc) + bytes((1, len(name))) + name + b"\0"
    chunk += bytes(-len(chunk) % 4)
    return struct.pack("!BBH", 0x81, SOURCE_DESCRIPTION, len(chunk) // 4) + chunk


def pli(sender: int, media: int) -> bytes:
    """Return a picture loss indication: please send a key frame."""
    return _FEEDBACK.pack(0x80 | PLI, PAYLOAD_FEEDBACK, 2, sender, media)


def nack(sender: int, media: int, sequences: Iterable[int]) -> bytes:
    """Return a generic NACK; sequence numbers on both sides of a wrap become separate entries."""
    entries: list[tuple[int, int]] = []
    for sequence in sorted(sequences):
        behind = sequence - entries[-1][0] if entries else 0
        if 1 <= behind <= 16:  # noqa: PLR2004 - the bits of the mask
            first, mask = entries[-1]
            entries[-1] = first, mask | 1 << behind - 1
        else:
            entries.append((sequence, 0))
    body = b"".join(struct.pack("!HH", *entry) for entry in entries)
    return _FEEDBACK.pack(0x80 | NACK, TRANSPORT_FEEDBACK, 2 + len(entries), sender, media) + body


def remb(sender: int, bits_per_second: int, ssrcs: list[int]) -> bytes:
    """Return a receiver's estimate of what it can take."""
    exponent = max(0, bits_per_second.bit_length() - 18)
    value = len(ssrcs) << 24 | exponent << 18 | bits_per_second >> exponent
    body = b"REMB" + U32.pack(value) + b"".join(U32.pack(ssrc) for ssrc in ssrcs)
    return _FEEDBACK.pack(0x80 | APPLICATION, PAYLOAD_FEEDBACK, 2 + len(body) // 4, sender, 0) + body
