"""Tapes as the media server writes them, of pictures and sounds that PyAV encodes."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportPrivateUsage=false

import json
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from aiortc.codecs import h264, vpx
from av.audio.codeccontext import AudioCodecContext
from av.codec import CodecContext
from av.video.codeccontext import VideoCodecContext

from kinetoscope_sfu.recording import MAGIC, PACKET, SENDER_REPORT

BEGUN_US = 1_800_000_000_000_000
NTP_AHEAD_US = 77_000_000  # the publisher's clock is wrong by so much
RATE = 25
_MTU = 1100
_CLOCKS = {"audio": 48_000, "video": 90_000}
_ENCODERS = {"VP8": "libvpx", "VP9": "libvpx-vp9", "H264": "libx264", "AV1": "libsvtav1"}
_OPTIONS = {"libx264": {"preset": "ultrafast", "tune": "zerolatency"}, "libsvtav1": {"preset": "12"}}


@dataclass(frozen=True, slots=True)
class Sent:
    """An RTP packet as it comes in: when, in microseconds from the beginning."""

    sequence: int
    timestamp: int
    marker: bool
    payload: bytes
    at_us: int
    is_key: bool = True


def camera(
    codec: str = "VP8",
    seconds: float = 2,
    *,
    size: tuple[int, int] = (160, 120),
    light: int = 200,
    key_every: int = 10,
) -> list[Sent]:
    """Return the packets of a picture that gets lighter from half of `light` to it."""
    sent: list[Sent] = []
    count = int(seconds * RATE)
    for number, (frame, is_key) in enumerate(_encoded(codec, count, size, light, key_every)):
        payloads = _PAYLOADS[codec](frame)
        for place, payload in enumerate(payloads):
            last = place == len(payloads) - 1
            sent.append(
                Sent(
                    len(sent),
                    number * 90_000 // RATE,
                    last,
                    payload,
                    number * 1_000_000 // RATE + place * 50,
                    is_key,
                )
            )
    return sent


def microphone(seconds: float = 2, *, hertz: int = 440) -> list[Sent]:
    """Return the packets of a tone in Opus, 20 ms each."""
    encoder = CodecContext.create("libopus", "w")
    assert isinstance(encoder, AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format, encoder.time_base = (
        48_000,
        "stereo",
        "flt",
        Fraction(1, 48_000),
    )
    sent: list[Sent] = []
    for number in range(int(seconds * 50)):
        at = np.arange(number * 960, (number + 1) * 960) / 48_000
        tone = (0.3 * np.sin(2 * np.pi * hertz * at)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(
            np.stack([tone, tone], 1).reshape(1, -1), format="flt", layout="stereo"
        )
        frame.sample_rate, frame.pts, frame.time_base = 48_000, number * 960, Fraction(1, 48_000)
        sent += [
            Sent(number, number * 960, False, bytes(packet), number * 20_000)
            for packet in encoder.encode(frame)
        ]
    return sent


def write_tape(
    path: Path,
    packets: Sequence[Sent],
    *,
    codec: str = "VP8",
    starts_us: int = 0,
    delay_us: int = 0,
    reports: bool = True,
    first_sequence: int = 65_500,
    first_timestamp: int = (1 << 32) - 50_000,
) -> Path:
    """Write packets as they came, some wrapping their numbers on the way.

    They were made `starts_us` after the beginning of all, and took `delay_us` to arrive.
    """
    kind = "audio" if codec == "opus" else "video"
    clock = _CLOCKS[kind]
    head = {"kind": kind, "codec": codec, "clock_rate": clock, "payload_type": 96}
    with path.open("wb") as file:
        file.write(MAGIC + json.dumps(head).encode() + b"\n")
        for number, packet in enumerate(packets):
            arrived = BEGUN_US + starts_us + delay_us + packet.at_us
            sequence = (first_sequence + packet.sequence) & 0xFFFF
            timestamp = (first_timestamp + packet.timestamp) & 0xFFFFFFFF
            second = 96 | (0x80 if packet.marker else 0)
            body = struct.pack("!BBHII", 0x80, second, sequence, timestamp, 1) + packet.payload
            file.write(struct.pack("!BIQ", PACKET, len(body), arrived) + body)
            if reports and number % 20 == 0:
                made_us = BEGUN_US + starts_us + packet.timestamp * 1_000_000 // clock + NTP_AHEAD_US
                report = struct.pack("!QI", (made_us << 32) // 1_000_000, timestamp)
                file.write(struct.pack("!BIQ", SENDER_REPORT, len(report), arrived) + report)
    return path


def late(packets: Sequence[Sent], number: int, *, by: int) -> list[Sent]:
    """Return packets of which one comes after so many that were sent behind it, and once more."""
    moved = list(packets)
    packet = moved.pop(number)
    moved.insert(number + by, replace(packet, at_us=moved[number + by - 1].at_us))
    moved.insert(number + by, moved[number + by])
    return moved


def _encoded(
    codec: str, count: int, size: tuple[int, int], light: int, key_every: int
) -> Iterator[tuple[bytes, bool]]:
    name = _ENCODERS[codec]
    encoder = CodecContext.create(name, "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = *size, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, RATE), Fraction(RATE)
    encoder.gop_size, encoder.max_b_frames = key_every, 0
    encoder.options = (
        {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"} if "vpx" in name else _OPTIONS[name]
    )
    for number in range(count):
        flat = np.full((size[1] * 3 // 2, size[0]), 128, np.uint8)
        flat[: size[1]] = light // 2 + light // 2 * number // count
        flat[: size[1] : 3, ::5] = np.random.default_rng(number).integers(
            0, 40, flat[: size[1] : 3, ::5].shape
        )
        frame = av.VideoFrame.from_ndarray(flat, format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, RATE)
        yield from ((bytes(packet), packet.is_keyframe) for packet in encoder.encode(frame))
    yield from ((bytes(packet), packet.is_keyframe) for packet in encoder.encode(None))


def _pieces(frame: bytes, size: int = _MTU) -> list[bytes]:
    return [frame[at : at + size] for at in range(0, len(frame), size)]


def _vp8(frame: bytes) -> list[bytes]:
    return vpx.Vp8Encoder._packetize(frame, 7)


def _vp9(frame: bytes) -> list[bytes]:
    """RFC 9628 §4.2, with a picture id and, on key frames, a scalability structure."""
    pieces = _pieces(frame)
    predicted = 0x40 if frame[0] & 0x04 else 0
    made: list[bytes] = []
    for number, piece in enumerate(pieces):
        begins, ends = number == 0, number == len(pieces) - 1
        structure = b"\x18\x00\xa0\x00\x78\x01\x04\x01" if begins and not predicted else b""
        first = (
            0x80 | predicted | (0x08 if begins else 0) | (0x04 if ends else 0) | (0x02 if structure else 0)
        )
        made.append(bytes((first, 0x80, 5)) + structure + piece)
    return made


def _h264(frame: bytes) -> list[bytes]:
    return h264.H264Encoder._packetize(h264.H264Encoder._split_bitstream(frame))


def _av1(frame: bytes) -> list[bytes]:
    """The AOM's format, an OBU or a part of one in each packet; sizes are left out, as senders do."""
    made: list[bytes] = []
    units = [unit for unit in _obus(frame) if unit[0] >> 3 & 15 != 2]
    is_key = any(unit[0] >> 3 & 15 == 1 for unit in units)
    for unit in units:
        pieces = _pieces(unit)
        for number, piece in enumerate(pieces):
            head = 0x10 | (0x80 if number else 0) | (0x40 if number < len(pieces) - 1 else 0)
            made.append(bytes((head | (0x08 if is_key and not made else 0),)) + piece)
    return made


def _obus(frame: bytes) -> Iterator[bytes]:
    """Give OBUs without their sizes."""
    at = 0
    while at < len(frame):
        head = 2 if frame[at] & 4 else 1
        size, shift, place = 0, 0, at + head
        while True:
            byte = frame[place]
            size |= (byte & 0x7F) << shift
            place, shift = place + 1, shift + 7
            if not byte & 0x80:
                break
        yield bytes((frame[at] & ~2,)) + frame[at + 1 : at + head] + frame[place : place + size]
        at = place + size


_PAYLOADS: dict[str, Callable[[bytes], list[bytes]]] = {"VP8": _vp8, "VP9": _vp9, "H264": _h264, "AV1": _av1}
