"""Encoded pictures out of the payloads of their RTP packets.

VP8: RFC 7741. VP9: RFC 9628. H.264: RFC 6184. AV1: the AOM's RTP payload format. Each function takes the
payloads of one picture, in order and without a hole, and gives what a decoder takes. It raises IndexError or
ValueError where they make no picture, as where the beginning is missing.
"""

from collections.abc import Callable, Iterator, Sequence

from kinetoscope_sfu.wire.codecs import vp8_descriptor

Join = Callable[[Sequence[bytes]], bytes]


def join_vp8(payloads: Sequence[bytes]) -> bytes:
    """Give a VP8 frame."""
    if not vp8_descriptor(payloads[0], 0).starts_frame:
        raise ValueError("the beginning is missing")
    return b"".join(payload[vp8_descriptor(payload, 0).size :] for payload in payloads)


def join_vp9(payloads: Sequence[bytes]) -> bytes:
    """Give a VP9 frame, or a superframe where the picture has several spatial layers."""
    layers: list[bytearray] = []
    for payload in payloads:
        if payload[0] & 0x08:  # B: a layer's frame begins
            layers.append(bytearray())
        if not layers:
            raise ValueError("the beginning is missing")
        layers[-1] += payload[_vp9_descriptor_size(payload) :]
    return bytes(layers[0]) if len(layers) == 1 else _superframe(layers)


def _vp9_descriptor_size(payload: bytes) -> int:
    first, at = payload[0], 1
    if first & 0x80:  # I: the picture's id, in one byte or two
        at += 2 if payload[at] & 0x80 else 1
    if first & 0x20:  # L: layers, and outside of flexible mode TL0PICIDX
        at += 1 if first & 0x10 else 2
    if first & 0x50 == 0x50:  # F and P: up to three references  # noqa: PLR2004
        at += 1 + next((n for n in range(2) if not payload[at + n] & 1), 2)
    if first & 0x02:  # V: the scalability structure
        at = _vp9_structure_end(payload, at)
    return at


def _vp9_structure_end(payload: bytes, at: int) -> int:
    head = payload[at]
    at += 1
    if head & 0x10:  # Y: a size for each layer
        at += ((head >> 5) + 1) * 4
    if head & 0x08:  # G: pictures, each with its references
        count, at = payload[at], at + 1
        for _ in range(count):
            at += 1 + (payload[at] >> 2 & 3)
    return at


def _superframe(layers: Sequence[bytearray]) -> bytes:
    """Give frames with the index behind them that tells them apart (VP9 bitstream, annex B)."""
    width = (max(map(len, layers)).bit_length() + 7) // 8
    mark = bytes((0xC0 | (width - 1) << 3 | (len(layers) - 1),))
    sizes = b"".join(len(layer).to_bytes(width, "little") for layer in layers)
    return b"".join(map(bytes, layers)) + mark + sizes + mark


_START_CODE = b"\0\0\0\1"
_STAP_A = 24
_FU_A = 28


def join_h264(payloads: Sequence[bytes]) -> bytes:
    """Give an H.264 access unit, each NAL unit behind a start code (annex B)."""
    made = bytearray()
    for payload in payloads:
        kind = payload[0] & 31
        if kind == _STAP_A:
            for unit in _aggregated(payload):
                made += _START_CODE + unit
        elif kind != _FU_A:
            made += _START_CODE + payload
        elif payload[1] & 0x80:  # the unit begins
            made += _START_CODE + bytes((payload[0] & 0xE0 | payload[1] & 31,)) + payload[2:]
        elif made:
            made += payload[2:]
        else:
            raise ValueError("the beginning is missing")
    return bytes(made)


def _aggregated(payload: bytes) -> Iterator[bytes]:
    at = 1
    while at + 2 < len(payload):
        size = int.from_bytes(payload[at : at + 2])
        yield payload[at + 2 : at + 2 + size]
        at += 2 + size


_TEMPORAL_DELIMITER = 2
_HAS_EXTENSION = 0x04
_HAS_SIZE = 0x02


def join_av1(payloads: Sequence[bytes]) -> bytes:
    """Give an AV1 temporal unit: OBUs that say their size, without the delimiter."""
    units: list[bytearray] = []
    for payload in payloads:
        continues = bool(payload[0] & 0x80)
        if continues and not units:
            raise ValueError("the beginning is missing")
        for number, element in enumerate(_av1_elements(payload)):
            if continues and number == 0:
                units[-1] += element
            else:
                units.append(bytearray(element))
    return b"".join(_sized(unit) for unit in units if unit and unit[0] >> 3 & 15 != _TEMPORAL_DELIMITER)


def _av1_elements(payload: bytes) -> Iterator[bytes]:
    count, at, number = payload[0] >> 4 & 3, 1, 0
    while at < len(payload):
        number += 1
        size = len(payload) - at
        if number != count:  # with a count of 0 each says its size, else all but the last
            size, at = _leb128(payload, at)
        yield payload[at : at + size]
        at += size


def _sized(unit: bytearray) -> bytes:
    if unit[0] & _HAS_SIZE:
        return bytes(unit)
    head = 2 if unit[0] & _HAS_EXTENSION else 1
    if len(unit) < head:
        raise ValueError("no header")
    size, written = len(unit) - head, bytearray()
    while True:
        written.append(size & 0x7F | (0x80 if size > 0x7F else 0))  # noqa: PLR2004 - seven bits a byte
        size >>= 7
        if not size:
            return bytes((unit[0] | _HAS_SIZE,)) + unit[1:head] + written + unit[head:]


def _leb128(payload: bytes, at: int) -> tuple[int, int]:
    value = 0
    for number in range(8):
        byte = payload[at + number]
        value |= (byte & 0x7F) << 7 * number
        if not byte & 0x80:
            return value, at + number + 1
    raise ValueError("no end of a number")
