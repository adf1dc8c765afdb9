"""RTP and RTCP against aiortc's independent reading, codecs' payloads, framing."""

import struct

import pytest
from aiortc import rtp as theirs
from hypothesis import given
from hypothesis import strategies as st

from kinetoscope_sfu.wire import codecs, framing, rtcp, rtp
from kinetoscope_sfu.wire.transport_cc import Arrivals

NUMBERS = st.integers(0, 0xFFFF)


def parsed(packet: bytes) -> theirs.AnyRtcpPacket:
    [one] = theirs.RtcpPacket.parse(packet)
    return one


@given(st.sets(NUMBERS, min_size=1, max_size=60))
def test_another_implementation_reads_our_nack(lost: set[int]) -> None:
    packet = parsed(rtcp.nack(1, 2, lost))
    assert isinstance(packet, theirs.RtcpRtpfbPacket)
    assert (packet.ssrc, packet.media_ssrc, set(packet.lost)) == (1, 2, lost)


@given(st.sets(NUMBERS, min_size=1, max_size=60))
def test_our_nack_asks_for_what_we_read(lost: set[int]) -> None:
    packet = rtcp.nack(1, 2, lost)
    [part] = rtcp.parts(packet, len(packet))
    assert (rtcp.media_ssrc(packet, part), set(rtcp.nacked(packet, part))) == (2, lost)


@given(st.integers(0, 1 << 39))
def test_an_estimate_comes_through(bits_per_second: int) -> None:
    packet = rtcp.remb(1, bits_per_second, [5, 6])
    their = parsed(packet)
    assert isinstance(their, theirs.RtcpPsfbPacket)
    theirs_bits, ssrcs = theirs.unpack_remb_fci(their.fci)
    [part] = rtcp.parts(packet, len(packet))
    assert rtcp.remb_bits_per_second(packet, part) == theirs_bits
    assert ssrcs == [5, 6]
    assert bits_per_second * (1 - 1 / 100_000) <= theirs_bits <= bits_per_second or bits_per_second < 1 << 18


def test_another_implementation_reads_our_reports() -> None:
    info = rtcp.SenderInfo(7, 0x1122334455667788, 99, 3, 300)
    their = parsed(rtcp.sender_report(info))
    assert isinstance(their, theirs.RtcpSrPacket)
    assert (their.ssrc, their.sender_info.ntp_timestamp, their.sender_info.rtp_timestamp) == (7, info.ntp, 99)
    block = rtcp.Block(8, 51, 5, 70000, 9, 10, 11)
    report = parsed(rtcp.receiver_report(7, [block]))
    assert isinstance(report, theirs.RtcpRrPacket)
    assert (report.reports[0].fraction_lost, report.reports[0].highest_sequence) == (51, 70000)
    names = parsed(rtcp.source_description(7, "sfu-12345678"))
    assert isinstance(names, theirs.RtcpSdesPacket)
    assert names.chunks[0].items == [(1, b"sfu-12345678")]


@given(
    st.dictionaries(st.integers(1, 14), st.binary(min_size=1, max_size=16), max_size=6),
    st.binary(max_size=20),
)
def test_extensions_of_one_byte_are_found(extensions: dict[int, bytes], payload: bytes) -> None:
    profile, value = theirs.pack_header_extensions(list(extensions.items()))
    header = struct.pack("!BBHII", 0x90, 96, 1, 2, 3) + struct.pack("!HH", profile or 0xBEDE, len(value) // 4)
    packet = header + value + payload
    at = rtp.payload_at(packet, len(packet))
    assert packet[at:] == payload
    for wanted in range(1, 15):
        begin, size = rtp.extension(packet, wanted, at)
        assert packet[begin : begin + size] == extensions.get(wanted, b"")


def test_extensions_of_two_bytes_are_found() -> None:
    value = bytes((0, 20, 3)) + b"abc" + bytes((21, 0))
    packet = struct.pack("!BBHIIHH", 0x90, 96, 1, 2, 3, 0x1000, 2) + value
    assert rtp.extension(packet, 20, len(packet)) == (19, 3)
    assert rtp.extension(packet, 22, len(packet)) == (0, 0)


@given(NUMBERS, NUMBERS)
def test_one_of_two_numbers_is_newer(a: int, b: int) -> None:
    if a != b and (a - b) & 0xFFFF != 0x8000:
        assert rtp.is_newer(a, b) != rtp.is_newer(b, a)


def decoded_feedback(packet: bytes) -> dict[int, int]:
    """Read transport feedback as the draft describes it: arrival times in microseconds by number."""
    base, count, reference = struct.unpack_from("!HHI", packet, 12)
    reference_us = (reference >> 8) * 64_000
    at, symbols = 20, list[int]()
    while len(symbols) < count:
        [chunk] = struct.unpack_from("!H", packet, at)
        at += 2
        if chunk & 0x8000:
            symbols += [chunk >> 12 - 2 * i & 3 for i in range(7)]
        else:
            symbols += [chunk >> 13 & 3] * (chunk & 0x1FFF)
    arrived, now = dict[int, int](), reference_us
    for i, symbol in enumerate(symbols[:count]):
        if symbol:
            delta = int.from_bytes(packet[at : at + symbol], "big", signed=symbol == 2)
            at += symbol
            now += delta * 250
            arrived[(base + i) & 0xFFFF] = now
    return arrived


@given(
    st.integers(0, 0xFFFF),
    st.lists(st.tuples(st.integers(0, 30), st.integers(-2_000, 400_000)), min_size=1, max_size=300),
)
def test_transport_feedback_tells_when_everything_came(first: int, steps: list[tuple[int, int]]) -> None:
    arrivals, told, meant = Arrivals(), dict[int, int](), dict[int, int]()
    sequence, now = first, 5_000_000_000
    for step, after in steps:
        sequence, now = (sequence + step) & 0xFFFF, now + after
        meant.setdefault(sequence, now)
        arrivals.pending.append((sequence, now))
    for packet in arrivals.feedback(1, 2):
        assert len(packet) % 4 == 0
        base = decoded_feedback(packet)
        told |= base
    modulo = (1 << 24) * 64_000
    assert told.keys() == meant.keys()
    assert all(abs(told[number] - meant[number] % modulo) < 250 * 2 for number in told)


VP8_LONG_ID = bytes((0x90, 0xC0, 0x81, 0x02, 0x05))


@pytest.mark.parametrize(
    ("codec", "payload", "starts"),
    [
        ("VP8", b"\x10\x00", True),
        ("VP8", b"\x10\x01", False),
        ("VP8", b"\x00\x00", False),
        ("VP8", VP8_LONG_ID + b"\x00", True),
        ("VP8", VP8_LONG_ID, False),
        ("VP9", b"\x08", True),
        ("VP9", b"\x48", False),
        ("AV1", b"\x18", True),
        ("AV1", b"\x10", False),
        ("H264", b"\x65", True),
        ("H264", b"\x67", True),
        ("H264", b"\x41", False),
        ("H264", b"\x78\x00\x02\x67\x00\x00\x01\x65", True),
        ("H264", b"\x78\x00\x02\x41\x00", False),
        ("H264", b"\x7c\x85", True),
        ("H264", b"\x7c\x05", False),
        ("H264", b"\x7c", False),
        ("H265", b"\x26\x01", True),
        ("H265", b"\x02\x01", False),
        ("H265", b"\x60\x01\x00\x02\x40\x01", True),
        ("H265", b"\x62\x01\x93", True),
        ("H265", b"\x62\x01\x13", False),
        ("opus", b"anything", True),
    ],
)
def test_a_decoder_can_start_at_a_key_frame(codec: str, payload: bytes, *, starts: bool) -> None:
    detector = codecs.detector_for(codec)
    assert codecs.starts_video(detector, payload, 0, len(payload)) is starts


def test_vp8_numbers_are_where_the_descriptor_says() -> None:
    found = codecs.vp8_descriptor(VP8_LONG_ID, 0)
    assert found == (5, True, 2, True, 4)


@given(st.sampled_from(["VP8", "VP9", "AV1", "H264", "H265"]), st.binary(max_size=40))
def test_any_payload_is_looked_at(codec: str, payload: bytes) -> None:
    codecs.starts_video(codecs.detector_for(codec), payload, 0, len(payload))


@given(st.lists(st.binary(min_size=1, max_size=600), max_size=8), st.integers(1, 700))
def test_packets_survive_a_stream_of_pieces(packets: list[bytes], piece: int) -> None:
    stream = b"".join(framing.framed(packet) for packet in packets)
    deframer = framing.Deframer()
    got = [one for at in range(0, len(stream), piece) for one in deframer.feed(stream[at : at + piece])]
    assert got == packets


def test_a_frame_that_no_path_carries_is_refused() -> None:
    with pytest.raises(framing.FrameTooLong):
        framing.Deframer().feed(b"\xff\xff")
