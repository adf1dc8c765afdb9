"""Encoded frames out of a tape's packets: whole ones only, and a picture only once a decoder can start."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from kinetoscope_sfu.wire.codecs import detector_for, starts_video

from .packets import Packet
from .payloads import Join, join_av1, join_h264, join_vp8, join_vp9

_MOST_PACKETS = 4096  # of one picture


class Frame(NamedTuple):
    """A picture, or a piece of sound; `timestamp` on the media clock."""

    timestamp: int
    arrived_us: int
    content: bytes
    is_key: bool


_JOINS: Mapping[str, Join] = {"VP8": join_vp8, "VP9": join_vp9, "H264": join_h264, "AV1": join_av1}

PICTURES = frozenset(_JOINS)
SOUNDS = frozenset({"opus"})


def sounds(packets: Iterable[Packet]) -> Iterator[Frame]:
    """Give sound: each packet is a frame."""
    for packet in packets:
        if packet.payload:
            yield Frame(packet.timestamp, packet.arrived_us, packet.payload, is_key=True)


def pictures(packets: Iterable[Packet], codec: str) -> Iterator[Frame]:
    """Give pictures. One that has lost a packet is left out, with all up to the next key frame."""
    needs_key = True
    for group in _groups(packets):
        frame = _joined(group, codec) if group else None
        needs_key = frame is None or (needs_key and not frame.is_key)
        if frame is not None and not needs_key:
            yield frame


def _groups(packets: Iterable[Packet]) -> Iterator[list[Packet]]:
    """Give the packets of each picture, and an empty list where some are missing."""
    group: list[Packet] = []
    due: int | None = None
    for packet in packets:
        if (due is not None and packet.sequence != due) or len(group) > _MOST_PACKETS:
            group = []
            yield group
        elif group and packet.timestamp != group[0].timestamp:
            yield group
            group = []
        due = packet.sequence + 1
        if packet.payload:  # else it only filled the line
            group.append(packet)
            if packet.marker:
                yield group
                group = []


def _joined(group: list[Packet], codec: str) -> Frame | None:
    payloads = [packet.payload for packet in group]
    try:
        content = _JOINS[codec](payloads)
    except (IndexError, ValueError):
        return None
    detector = detector_for(codec)
    is_key = any(starts_video(detector, payload, 0, len(payload)) for payload in payloads)
    return Frame(group[0].timestamp, group[0].arrived_us, content, is_key)
