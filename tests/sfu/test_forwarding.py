"""What receivers get of what publishers send, through real ciphers, in memory."""

import itertools
import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinetoscope_sfu.plane import (
    Codec,
    Encoding,
    Extensions,
    Publication,
    RepeatedTrack,
    Source,
    UnknownTrack,
)
from kinetoscope_sfu.wire import rtcp
from support.media import (
    CAMERA_RTX,
    CAMERA_SSRC,
    DELTA,
    KEY,
    OPUS,
    RECEIVED_RTX,
    RECEIVED_SSRC,
    World,
    read_rtp,
    rtp,
    subscription,
)

STARTED_AT = 65_500  # so that numbers wrap soon


def test_a_packet_arrives_under_the_numbers_of_its_section(world: World) -> None:
    alice, bob = world.publisher(), world.receiver()
    alice.probe.send_rtp(rtp(7, KEY + b"picture"))
    [packet] = bob.rtp()
    assert (packet.payload_type, packet.ssrc, packet.payload) == (100, RECEIVED_SSRC, KEY + b"picture")
    assert packet.timestamp == 21_000


def test_video_begins_with_a_key_frame_that_is_asked_for(world: World) -> None:
    alice, bob = world.publisher(), world.receiver()
    alice.probe.send_rtp(rtp(1, DELTA))
    assert bob.rtp() == []
    assert alice.key_frame_requests() == 1
    alice.probe.send_rtp(rtp(2, KEY))
    alice.probe.send_rtp(rtp(3, DELTA))
    assert len(bob.rtp()) == 2


def test_audio_begins_anywhere(world: World) -> None:
    alice, bob = world.publisher(codec=OPUS), world.receiver()
    alice.probe.send_rtp(rtp(1, b"sound"))
    assert [packet.payload for packet in bob.rtp()] == [b"sound"]
    assert alice.key_frame_requests() == 0


def test_many_wishes_for_a_key_frame_become_one(world: World) -> None:
    alice = world.publisher()
    receivers = [world.receiver(f"receiver {number}") for number in range(8)]
    alice.probe.send_rtp(rtp(1, KEY))
    world.pass_seconds(1)
    alice.rtcp()
    for receiver in receivers:
        receiver.probe.send_rtcp(rtcp.pli(1, RECEIVED_SSRC))
        receiver.probe.send_rtcp(b"\x84\xce\x00\x04" + struct.pack("!IIII", 1, 0, RECEIVED_SSRC, 1 << 24))
    world.pass_seconds(0.3)
    assert alice.key_frame_requests() == 1
    world.pass_seconds(0.2)
    assert alice.key_frame_requests() == 1, "the wishes that came too soon are one more, later"


def test_a_key_frame_is_asked_for_until_it_comes(world: World) -> None:
    alice = world.publisher()
    world.receiver()
    alice.rtcp()
    world.pass_seconds(2)
    assert 3 <= alice.key_frame_requests() <= 4
    alice.probe.send_rtp(rtp(1, KEY))
    world.pass_seconds(2)
    assert alice.key_frame_requests() == 0


def nacked(packets: list[tuple[rtcp.Part, bytes]]) -> list[int]:
    return [
        number
        for part, compound in packets
        if (part.type, part.format) == (rtcp.TRANSPORT_FEEDBACK, rtcp.NACK)
        for number in rtcp.nacked(compound, part)
    ]


def test_a_lost_packet_is_asked_for_at_once_and_forwarded_late(world: World) -> None:
    alice, bob = world.publisher(), world.receiver()
    for number in (65_534, 65_535, 2):
        alice.probe.send_rtp(rtp(number, KEY))
    assert nacked(alice.rtcp()) == [0, 1]
    for again in range(2):  # the second time it comes too late
        alice.probe.send_rtp(struct.pack("!BBHIIH", 0x80, 97, again, 0, CAMERA_RTX, 0) + b"repaired")
    packets = bob.rtp()
    first = packets[0].sequence
    assert [(packet.sequence - first) & 0xFFFF for packet in packets] == [0, 1, 4, 2]
    assert packets[-1].payload == b"repaired"


def test_what_stays_lost_is_asked_for_eight_times(world: World) -> None:
    alice = world.publisher()
    alice.probe.send_rtp(rtp(1, KEY))
    alice.probe.send_rtp(rtp(3, KEY))
    world.pass_seconds(2)
    assert nacked(alice.rtcp()) == [2] * 8
    assert world.plane.statistics().connections[0].packets_lost == 1


def test_a_large_hole_is_not_filled_but_a_key_frame_is_asked_for(world: World) -> None:
    alice, bob = world.publisher(), world.receiver()
    alice.probe.send_rtp(rtp(1, KEY))
    world.pass_seconds(1)
    alice.rtcp()
    alice.probe.send_rtp(rtp(2000, DELTA))
    packets = alice.rtcp()
    assert nacked(packets) == []
    assert sum(part.type == rtcp.PAYLOAD_FEEDBACK for part, _ in packets) == 1
    assert len(bob.rtp()) == 2


def test_a_receiver_that_asks_again_gets_it_by_rtx(world: World) -> None:
    alice, bob = world.publisher(), world.receiver()
    for number in range(65_530, 65_542):
        alice.probe.send_rtp(rtp(number, KEY + bytes([number & 0xFF])))
    packets = bob.rtp()
    bob.probe.send_rtcp(rtcp.nack(1, RECEIVED_SSRC, [packets[3].sequence, packets[9].sequence]))
    repeated = bob.rtp()
    assert {packet.ssrc for packet in repeated} == {RECEIVED_RTX}
    assert {packet.payload_type for packet in repeated} == {101}
    assert sorted(packet.payload[2:] for packet in repeated) == sorted(packets[i].payload for i in (3, 9))
    numbers = {int.from_bytes(packet.payload[:2], "big") for packet in repeated}
    assert numbers == {packets[3].sequence, packets[9].sequence}


def test_without_rtx_nothing_is_repeated(world: World) -> None:
    alice, bob = world.publisher(), world.receiver(rtx=False)
    alice.probe.send_rtp(rtp(1, KEY))
    [packet] = bob.rtp()
    bob.probe.send_rtcp(rtcp.nack(1, RECEIVED_SSRC, [packet.sequence]))
    assert bob.rtp() == []


def test_one_receiver_cannot_ask_for_everything_at_once(world: World) -> None:
    alice, bob = world.publisher(), world.receiver()
    for number in range(300):
        alice.probe.send_rtp(rtp(number, KEY))
    numbers = [packet.sequence for packet in bob.rtp()]
    for _ in range(3):
        bob.probe.send_rtcp(rtcp.nack(1, RECEIVED_SSRC, numbers))
    assert len(bob.rtp()) == 128
    world.pass_seconds(0.02)
    bob.probe.send_rtcp(rtcp.nack(1, RECEIVED_SSRC, numbers[:5]))
    assert len(bob.rtp()) == 5


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32), st.floats(0, 0.3))
def test_no_number_is_ever_used_twice_and_nothing_comes_twice(seed: int, loss: float) -> None:
    chance, world = random.Random(seed), World()
    alice, bob = world.publisher(), world.receiver()
    sent = [rtp(STARTED_AT + number, KEY + struct.pack("!I", number)) for number in range(150)]
    jittered = sorted(range(150), key=lambda number: number + chance.randrange(4))
    for number in jittered:
        if chance.random() >= loss:
            alice.probe.send_rtp(sent[number])
    packets = bob.rtp()
    numbers = [packet.sequence for packet in packets]
    assert len(set(numbers)) == len(numbers)
    first = struct.unpack("!I", packets[0].payload[2:])[0]
    for packet in packets:
        number = struct.unpack("!I", packet.payload[2:])[0]
        assert (packet.sequence - packets[0].sequence) & 0xFFFF == (number - first) & 0xFFFF
    world.plane.shut_down()


def test_a_sender_report_reaches_receivers_in_their_time(world: World) -> None:
    alice, bob = world.publisher(), world.receiver()
    alice.probe.send_rtp(rtp(1, KEY))
    bob.rtcp()
    world.clock.now_us += 500_000
    info = rtcp.SenderInfo(CAMERA_SSRC, 5 << 32, 90_000, 1, 2)
    alice.probe.send_rtcp(rtcp.sender_report(info))
    [(part, compound), _] = bob.rtcp()
    told = rtcp.sender_info(compound, part)
    assert told is not None
    assert (told.ssrc, told.ntp, told.timestamp, told.packets) == (RECEIVED_SSRC, 5 << 32, 90_000, 1)


def test_publishers_get_receiver_reports(world: World) -> None:
    alice = world.publisher()
    for number in (1, 2, 5):
        alice.probe.send_rtp(rtp(number, KEY))
    world.pass_seconds(1)
    reports = [(part, compound) for part, compound in alice.rtcp() if part.type == rtcp.RECEIVER_REPORT]
    assert [list(rtcp.fractions_lost(compound, part)) for part, compound in reports] == [
        [(CAMERA_SSRC, 2 * 256 // 5)]
    ]


def test_a_receivers_extensions_are_not_the_publishers(world: World) -> None:
    alice, bob = world.publisher(), world.receiver()
    extended = struct.pack("!BBHIIHH", 0x90, 96, 1, 2, CAMERA_SSRC, 0xBEDE, 1) + b"\x10A\x00\x00" + KEY
    alice.probe.send_rtp(extended)
    bob.read()
    [packet] = [one for one in bob.got if one[1] == 100]
    assert packet[12:17] == b"\xbe\xde\x00\x01\x32", "abs-send-time (id 3), nothing else"


def test_without_abs_send_time_the_extension_is_padding(world: World) -> None:
    alice, bob = world.publisher(), world.client("bob")
    plain = subscription("alice")
    world.plane.subscribe("bob", type(plain)("0", plain.source, 100, RECEIVED_SSRC))
    alice.probe.send_rtp(rtp(1, KEY))
    bob.read()
    assert bob.got[-1][12:20] == b"\xbe\xde\x00\x01\x00\x00\x00\x00"


def test_transport_feedback_is_sent_where_it_was_negotiated(world: World) -> None:
    alice = world.client("alice")
    codec = Codec("VP8", 96, 90_000)
    world.plane.publish(
        "alice", Publication("0", "video", codec, (Encoding(CAMERA_SSRC),), (), Extensions(transport_cc=5))
    )
    for number in range(3):
        header = struct.pack("!BBHIIHH", 0x90, 96, number, 0, CAMERA_SSRC, 0xBEDE, 1)
        alice.probe.send_rtp(header + bytes((0x51, 0, number, 0)) + KEY)
    world.pass_seconds(0.1)
    formats = [(part.type, part.format) for part, _ in alice.rtcp()]
    assert formats == [(rtcp.TRANSPORT_FEEDBACK, rtcp.TRANSPORT_CC)]


def test_streams_that_no_description_names_are_known_by_their_mid(world: World) -> None:
    alice, bob = world.client("alice"), world.receiver()
    codec = Codec("VP8", 96, 90_000, 97)
    world.plane.publish("alice", Publication("0", "video", codec, (), (), Extensions(mid=1)))
    for number, mid in enumerate((b"1", b"0")):
        header = struct.pack("!BBHIIHH", 0x90, 96, number, 2, 99, 0xBEDE, 1)
        alice.probe.send_rtp(header + b"\x10" + mid + bytes(2) + KEY)
    assert len(bob.rtp()) == 1


def test_repairs_that_no_description_names_are_not_taken_for_media(world: World) -> None:
    alice, bob = world.client("alice"), world.receiver()
    codec = Codec("VP8", 96, 90_000, 97)
    world.plane.publish("alice", Publication("0", "video", codec, (), (), Extensions(mid=1)))

    def send(number: int, payload_type: int, ssrc: int, payload: bytes) -> None:
        header = struct.pack("!BBHIIHH", 0x90, payload_type, number, 2, ssrc, 0xBEDE, 1)
        alice.probe.send_rtp(header + b"\x100\x00\x00" + payload)

    for number in (1, 3):
        send(number, 96, 99, KEY)
    send(7, 97, 98, struct.pack("!H", 2) + b"repaired")
    send(8, 50, 97, KEY + b"of no codec")
    send(4, 96, 99, KEY)
    assert [packet.payload for packet in bob.rtp()] == [KEY, KEY, b"repaired", KEY]


def test_a_publisher_that_changes_its_ssrc_is_followed(world: World) -> None:
    alice, bob = world.client("alice"), world.receiver()
    codec = Codec("VP8", 96, 90_000, 97)
    world.plane.publish("alice", Publication("0", "video", codec, (), (), Extensions(mid=1)))
    for ssrc in (98, 99):
        for number, payload in enumerate((DELTA, KEY, DELTA)):
            header = struct.pack("!BBHIIHH", 0x90, 96, number, 2, ssrc, 0xBEDE, 1)
            alice.probe.send_rtp(header + b"\x100\x00\x00" + payload)
        assert alice.key_frame_requests() == 1
        world.clock.now_us += 1_000_000
    numbers = [packet.sequence for packet in bob.rtp()]
    assert numbers == list(range(numbers[0], numbers[0] + 4))


def test_a_receiver_may_come_before_its_publisher(world: World) -> None:
    bob = world.receiver()
    alice = world.publisher()
    alice.probe.send_rtp(rtp(1, KEY))
    assert len(bob.rtp()) == 1


def test_a_receiver_moves_to_another_source_without_a_gap(world: World) -> None:
    alice, carol, bob = world.publisher(), world.publisher("carol"), world.receiver()
    for number in range(5):
        alice.probe.send_rtp(rtp(number, KEY))
    world.clock.now_us += 40_000
    world.plane.resubscribe("bob", subscription("carol"))
    alice.probe.send_rtp(rtp(5, KEY))
    carol.probe.send_rtp(rtp(40_000, DELTA))
    carol.probe.send_rtp(rtp(40_001, KEY))
    alice.probe.send_rtp(rtp(6, KEY))
    packets = bob.rtp()
    assert [(packet.sequence - packets[0].sequence) & 0xFFFF for packet in packets] == list(range(7))
    moved = [packet.timestamp for packet in packets]
    assert all(0 < later - sooner < 10_000 for sooner, later in itertools.pairwise(moved))


def test_a_source_that_stops_is_silence_and_may_come_back(world: World) -> None:
    alice, bob = world.publisher(), world.receiver()
    alice.probe.send_rtp(rtp(1, KEY))
    world.plane.unpublish("alice", "0")
    alice.probe.send_rtp(rtp(2, KEY))
    assert len(bob.rtp()) == 1
    encoding = Encoding(CAMERA_SSRC, CAMERA_RTX)
    world.plane.publish("alice", Publication("0", "video", Codec("VP8", 96, 90_000, 97), (encoding,)))
    alice.probe.send_rtp(rtp(900, KEY))
    assert len(bob.rtp()) == 1


def test_a_publisher_that_goes_leaves_its_receivers_in_peace(world: World) -> None:
    alice, bob = world.publisher(), world.receiver()
    alice.probe.send_rtp(rtp(1, KEY))
    world.plane.close("alice")
    bob.probe.send_rtcp(rtcp.nack(1, RECEIVED_SSRC, [packet.sequence for packet in bob.rtp()]))
    bob.probe.send_rtcp(rtcp.pli(1, RECEIVED_SSRC))
    world.pass_seconds(2)
    assert bob.rtp() == []
    world.plane.unsubscribe("bob", "0")


def test_a_receiver_that_goes_is_forgotten(world: World) -> None:
    alice, bob = world.publisher(), world.receiver()
    alice.probe.send_rtp(rtp(1, KEY))
    world.plane.unsubscribe("bob", "0")
    alice.probe.send_rtp(rtp(2, KEY))
    assert len(bob.rtp()) == 1
    with pytest.raises(UnknownTrack):
        world.plane.unsubscribe("bob", "0")


def test_an_ssrc_that_is_used_again_goes_on_with_its_numbers(world: World) -> None:
    alice, bob = world.publisher(), world.receiver()
    alice.probe.send_rtp(rtp(1, KEY))
    for round_ in range(2, 12):
        world.plane.unsubscribe("bob", "0")
        world.plane.subscribe("bob", subscription("alice"))
        alice.probe.send_rtp(rtp(round_, KEY))
        bob.probe.send_rtcp(rtcp.nack(1, RECEIVED_SSRC, [read_rtp(bob.raw()[-1]).sequence]))
    packets = bob.rtp()
    media = [packet.sequence for packet in packets if packet.ssrc == RECEIVED_SSRC]
    repeats = [packet.sequence for packet in packets if packet.ssrc == RECEIVED_RTX]
    assert media == list(range(media[0], media[0] + 11))
    assert len(set(repeats)) == 10


def test_an_ssrc_belongs_to_one_section(world: World) -> None:
    world.publisher()
    other = Publication("1", "video", Codec("VP8", 96, 90_000), (Encoding(CAMERA_RTX),))
    with pytest.raises(RepeatedTrack):
        world.plane.publish("alice", other)
    world.receiver()
    taken = subscription("alice")
    with pytest.raises(RepeatedTrack):
        world.plane.subscribe("bob", type(taken)("1", Source("alice", "0"), 100, RECEIVED_RTX))


def test_silence_is_measured(world: World) -> None:
    alice, _bob = world.publisher(), world.receiver()
    assert world.plane.seconds_since_received("alice", "0") is None
    assert world.plane.seconds_since_sent("bob", "0") is None
    alice.probe.send_rtp(rtp(1, KEY))
    world.clock.now_us += 3_000_000
    assert world.plane.seconds_since_received("alice", "0") == 3
    assert world.plane.seconds_since_sent("bob", "0") == 3


def test_one_connection_publishes_and_receives(world: World) -> None:
    alice, bob = world.publisher(), world.publisher("bob")
    world.plane.subscribe("alice", subscription("bob"))
    world.plane.subscribe("bob", subscription("alice"))
    alice.probe.send_rtp(rtp(1, KEY + b"of alice"))
    bob.probe.send_rtp(rtp(1, KEY + b"of bob"))
    assert [packet.payload for packet in alice.rtp()] == [KEY + b"of bob"]
    assert [packet.payload for packet in bob.rtp()] == [KEY + b"of alice"]
