"""What forwarding must know of video payloads: where a decoder can start, and VP8's numbers of pictures.

VP8: RFC 7741. VP9: RFC 9628. H.264: RFC 6184. H.265: RFC 7798. AV1: the AOM's RTP payload format.
A wrong answer costs a picture, never the server: each detector takes any bytes.
"""

from collections.abc import Callable
from typing import NamedTuple

from .buffers import Bytes
from .rtp import U16

Detector = Callable[[Bytes, int, int], bool]
"""Takes a packet, where its payload begins and where it ends: does a decoder's start begin here?"""


class Vp8Descriptor(NamedTuple):
    """Where the fields of a VP8 payload descriptor are; an offset of 0 means that the field is not there."""

    size: int
    starts_frame: bool
    picture_id_at: int
    picture_id_is_long: bool  # 15 bits rather than 7
    tl0_at: int


def vp8_descriptor(packet: Bytes, at: int) -> Vp8Descriptor:
    """Return the descriptor at `at` (RFC 7741 §4.2). Raises IndexError where the packet ends within it."""
    first = packet[at]
    starts = bool(first & 0x10) and not first & 7
    if not first & 0x80:
        return Vp8Descriptor(1, starts, 0, False, 0)
    fields = packet[at + 1]
    size = 2
    picture_id_at = tl0_at = 0
    is_long = False
    if fields & 0x80:
        picture_id_at = at + size
        is_long = bool(packet[picture_id_at] & 0x80)
        size += 2 if is_long else 1
    if fields & 0x40:
        tl0_at = at + size
        size += 1
    if fields & 0x30:
        size += 1
    packet[at + size - 1]
    return Vp8Descriptor(size, starts, picture_id_at, is_long, tl0_at)


def vp8_width(packet: Bytes, at: int) -> int:
    """Return a key frame's width (RFC 6386 §9.1), 0 where the packet does not begin one."""
    try:
        descriptor = vp8_descriptor(packet, at)
        frame = at + descriptor.size
        if not descriptor.starts_frame or packet[frame] & 1:
            return 0
        return packet[frame + 6] | (packet[frame + 7] & 0x3F) << 8
    except IndexError:
        return 0


def starts_video(detector: Detector, packet: Bytes, at: int, end: int) -> bool:
    """Tell whether a decoder can start with this packet; a payload that is cut short cannot be one."""
    try:
        return detector(packet, at, end)
    except (IndexError, ValueError):
        return False


def _vp8(packet: Bytes, at: int, _end: int) -> bool:
    descriptor = vp8_descriptor(packet, at)
    return descriptor.starts_frame and not packet[at + descriptor.size] & 1


def _vp9(packet: Bytes, at: int, _end: int) -> bool:
    first = packet[at]
    return not first & 0x40 and bool(first & 0x08)  # not predicted from another picture, begins a frame


def _av1(packet: Bytes, at: int, _end: int) -> bool:
    return bool(packet[at] & 0x08)  # N: first packet of a coded video sequence


_H264_STARTS = (5, 7)  # IDR, sequence parameters
_H264_STAP_A = 24
_H264_FU_A = 28


def _h264(packet: Bytes, at: int, end: int) -> bool:
    kind = packet[at] & 31
    if kind == _H264_STAP_A:
        return any(unit & 31 in _H264_STARTS for unit in _aggregated(packet, at + 1, end))
    if kind == _H264_FU_A:
        return bool(packet[at + 1] & 0x80) and packet[at + 1] & 31 in _H264_STARTS
    return kind in _H264_STARTS


_H265_STARTS = (*range(16, 22), 32, 33)  # random access pictures, video and sequence parameters
_H265_AGGREGATION = 48
_H265_FRAGMENT = 49


def _h265(packet: Bytes, at: int, end: int) -> bool:
    kind = packet[at] >> 1 & 63
    if kind == _H265_AGGREGATION:
        return any(unit >> 1 & 63 in _H265_STARTS for unit in _aggregated(packet, at + 2, end))
    if kind == _H265_FRAGMENT:
        return bool(packet[at + 2] & 0x80) and packet[at + 2] & 63 in _H265_STARTS
    return kind in _H265_STARTS


def _aggregated(packet: Bytes, at: int, end: int) -> list[int]:
    """Return the first byte of each unit behind a 16-bit size."""
    firsts: list[int] = []
    while at + 3 <= end:
        firsts.append(packet[at + 2])
        at += 2 + U16.unpack_from(packet, at)[0]
    return firsts


def _anywhere(_packet: Bytes, _at: int, _end: int) -> bool:
    return True


_DETECTORS: dict[str, Detector] = {"VP8": _vp8, "VP9": _vp9, "AV1": _av1, "H264": _h264, "H265": _h265}


def detector_for(codec: str) -> Detector:
    """Return the codec's detector; audio and unknown codecs start anywhere."""
    return _DETECTORS.get(codec, _anywhere)
