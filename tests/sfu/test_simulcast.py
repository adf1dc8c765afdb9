"""Layers: which one a receiver gets, and that a change of layers cannot be seen in the numbers."""

import itertools
import random
import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from kinetoscope_sfu.forwarding.layers import Headroom, Layer, Wish, allocate
from kinetoscope_sfu.forwarding.timeline import Departure, Report, continued_offset
from kinetoscope_sfu.plane import Codec, Extensions, LayerChoice, Publication
from kinetoscope_sfu.wire import rtcp
from support.media import RECEIVED_SSRC, Client, World, subscription

RIDS = ("h", "m", "l")
SSRCS = {"h": 10, "m": 20, "l": 30}
OFFSETS = {"h": 1_000_000, "m": 4_294_000_000, "l": 77}  # of each layer's timestamps
WIDTHS = {"h": 640, "m": 320, "l": 160}
SIZES = {"h": 1100, "m": 400, "l": 100}
AUTOMATIC = LayerChoice()


class Camera:
    """A simulcast publisher whose every layer carries its name and a VP8 picture id of its own."""

    def __init__(self, world: World, name: str = "alice") -> None:
        self.world = world
        self.client: Client = world.client(name)
        codec = Codec("VP8", 96, 90_000, 97)
        extensions = Extensions(mid=1, rid=2, repaired_rid=3)
        world.plane.publish(name, Publication("0", "video", codec, (), RIDS, extensions))
        self.sequences = {"h": 65_530, "m": 100, "l": 30_000}
        self.pictures = {"h": 32_760, "m": 5, "l": 900}
        self.frame = 0

    def send(self, *rids: str, key: bool = False, skip: bool = False) -> None:
        """Send one frame on some layers; with `skip` its packets are lost."""
        for rid in rids:
            self.sequences[rid] = (self.sequences[rid] + 1) & 0xFFFF
            self.pictures[rid] = (self.pictures[rid] + 1) & 0x7FFF
            if not skip:
                self.client.probe.send_rtp(self.packet(rid, key=key))
        self.frame += 1
        self.world.clock.now_us += 33_333

    def packet(self, rid: str, *, key: bool) -> bytes:
        timestamp = (OFFSETS[rid] + self.frame * 3000) & 0xFFFFFFFF
        header = struct.pack("!BBHIIHH", 0x90, 96, self.sequences[rid], timestamp, SSRCS[rid], 0xBEDE, 1)
        extension = b"\x10" + b"0" + b"\x20" + rid.encode()
        picture = struct.pack("!BBHB", 0x90, 0xC0, 0x8000 | self.pictures[rid], self.pictures[rid] & 0xFF)
        start = b"\x00\x00\x00\x9d\x01\x2a" + struct.pack("<HH", WIDTHS[rid], 90)
        frame = start if key else b"\x01"
        return header + extension + picture + frame + rid.encode() * SIZES[rid]

    def report(self) -> None:
        """Tell the clocks of all layers."""
        for rid in RIDS:
            ntp = (1000 << 32) + (self.frame << 32) // 30
            timestamp = (OFFSETS[rid] + self.frame * 3000) & 0xFFFFFFFF
            self.client.probe.send_rtcp(rtcp.sender_report(rtcp.SenderInfo(SSRCS[rid], ntp, timestamp, 0, 0)))


def seen(client: Client) -> list[tuple[int, int, int, int, str]]:
    """Return sequence number, timestamp, picture id, TL0PICIDX and layer of what came."""
    packets: list[tuple[int, int, int, int, str]] = []
    for packet in client.rtp():
        picture, tl0 = struct.unpack_from("!HB", packet.payload, 2)
        packets.append((packet.sequence, packet.timestamp, picture & 0x7FFF, tl0, chr(packet.payload[-1])))
    return packets


def watch(world: World, layers: LayerChoice) -> Client:
    client = world.client("bob")
    world.plane.subscribe("bob", subscription("alice", layers=layers))
    return client


def test_the_preferred_layer_is_sent(world: World) -> None:
    camera, bob = Camera(world), watch(world, LayerChoice("m"))
    for _ in range(4):
        camera.send(*RIDS, key=True)
    assert {packet[4] for packet in seen(bob)} <= {"h", "m"}
    world.pass_seconds(1)
    camera.send(*RIDS, key=True)
    camera.send(*RIDS)
    assert seen(bob)[-1][4] == "m"


def test_a_change_of_preference_waits_for_a_key_frame(world: World) -> None:
    camera, bob = Camera(world), watch(world, LayerChoice("l"))
    camera.send(*RIDS, key=True)
    world.pass_seconds(1)
    camera.send(*RIDS, key=True)
    seen(bob)
    world.plane.resubscribe("bob", subscription("alice", layers=LayerChoice("h")))
    camera.send(*RIDS)
    camera.send(*RIDS, key=True)
    camera.send(*RIDS)
    assert [packet[4] for packet in seen(bob)] == ["l", "h", "h"]


def test_a_silent_layer_is_replaced_only_where_that_is_wanted(world: World) -> None:
    camera, bob = Camera(world), watch(world, LayerChoice("h", any_when_missing=True))
    strict = world.client("carol")
    only_h = LayerChoice("h", any_when_missing=False)
    world.plane.subscribe("carol", subscription("alice", layers=only_h))
    camera.send(*RIDS, key=True)
    for _ in range(100):
        camera.send("l", "m", key=True)
    world.pass_seconds(1)
    camera.send("l", "m", key=True)
    assert seen(bob)[-1][4] in ("l", "m")
    assert {packet[4] for packet in seen(strict)} == {"h"}


def test_an_estimate_that_is_too_low_leads_to_a_lower_layer(world: World) -> None:
    camera, bob = Camera(world), watch(world, AUTOMATIC)
    for second in range(6):
        for _ in range(30):
            camera.send(*RIDS, key=True)
        world.clock.now_us -= 980_000
        world.pass_seconds(1)
        if second > 2:
            bob.probe.send_rtcp(rtcp.remb(1, 120_000, [RECEIVED_SSRC]))
    camera.send(*RIDS, key=True)
    camera.send(*RIDS, key=True)
    assert seen(bob)[-1][4] == "m"


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.booleans())
def test_a_receiver_cannot_tell_a_change_of_layers_by_its_numbers(seed: int, reports: bool) -> None:  # noqa: FBT001
    chance, world = random.Random(seed), World()
    camera, bob = Camera(world), watch(world, LayerChoice("l"))
    for _ in range(80):
        if reports and camera.frame % 20 == 0:
            camera.report()
        if chance.random() < 0.1:
            choice = LayerChoice(chance.choice(RIDS))
            world.plane.resubscribe("bob", subscription("alice", layers=choice))
        camera.send(*RIDS, key=chance.random() < 0.2)
    packets = seen(bob)
    for before, after in itertools.pairwise(packets):
        number, time, picture, tl0, _ = before
        next_number, next_time, next_picture, next_tl0, _ = after
        assert next_number == (number + 1) & 0xFFFF
        assert 0 < (next_time - time) & 0xFFFFFFFF < 6 * 3000
        assert next_picture == (picture + 1) & 0x7FFF
        assert next_tl0 == (tl0 + 1) & 0xFF
    world.plane.shut_down()


def test_what_was_sent_before_a_change_can_still_be_repeated(world: World) -> None:
    camera, bob = Camera(world), watch(world, LayerChoice("l"))
    for _ in range(3):
        camera.send(*RIDS, key=True)
    world.plane.resubscribe("bob", subscription("alice", layers=LayerChoice("h")))
    for _ in range(3):
        camera.send(*RIDS, key=True)
    packets = bob.rtp()
    bob.probe.send_rtcp(rtcp.nack(1, RECEIVED_SSRC, [packet.sequence for packet in packets]))
    repeated = sorted(bob.rtp(), key=lambda packet: packet.sequence)
    assert [packet.payload[2:] for packet in repeated] == [packet.payload for packet in packets]
    assert [packet.timestamp for packet in repeated] == [packet.timestamp for packet in packets]


def test_two_reports_align_layers_exactly() -> None:
    left = Departure(timestamp=5_000, left_us=0, report=Report(1000 << 32, 100_000, 0), offset=-97_000)
    newer = Report((1000 << 32) + (1 << 31), 700_000, 0)
    offset = continued_offset(left, 703_000, newer, clock_rate=90_000, now_us=1_000_000)
    assert (703_000 + offset) & 0xFFFFFFFF == 3_000 + 45_000 + 3_000


def test_reports_that_say_nonsense_do_not_count() -> None:
    left = Departure(timestamp=5_000, left_us=0, report=Report(0, 0, 0), offset=0)
    offset = continued_offset(left, 10, Report(1 << 63, 0, 0), clock_rate=90_000, now_us=100_000)
    assert (10 + offset) & 0xFFFFFFFF == 5_000 + 9_000


LAYERS = (Layer("h", 1_500_000), Layer("m", 500_000), Layer("l", 150_000))


def chosen(choice: LayerChoice, budget: int | None, layers: tuple[Layer, ...] = LAYERS) -> str | None:
    return allocate([Wish(choice, layers, RIDS)], budget)[0]


def test_the_best_layer_that_fits_is_chosen() -> None:
    assert chosen(AUTOMATIC, None) == "h"
    assert chosen(AUTOMATIC, 2_000_000) == "h"
    assert chosen(AUTOMATIC, 600_000) == "m"
    assert chosen(AUTOMATIC, 1) == "l"


def test_wider_is_better_even_where_a_still_picture_takes_less() -> None:
    still = (Layer("a", 20_000, 320), Layer("b", 9_000, 640), Layer("c", 30_000, 160))
    assert chosen(AUTOMATIC, None, still) == "b"
    assert chosen(LayerChoice(by_bandwidth=True), None, still) == "a", "as the names say"


def test_the_width_is_read_from_the_key_frame(world: World) -> None:
    camera = Camera(world)
    camera.send(*RIDS)
    camera.send(*RIDS, key=True)
    [track] = world.plane.connections["alice"].peer.tracks.values()
    assert {rid: stream.width for rid, stream in track.streams.items()} == WIDTHS


def test_a_preference_holds_unless_bandwidth_may_overrule_it() -> None:
    assert chosen(LayerChoice("h"), 1) == "h"
    assert chosen(LayerChoice("h", by_bandwidth=True), 200_000) == "m"
    assert chosen(LayerChoice("l", by_bandwidth=True), 9_000_000) == "l"
    assert chosen(LayerChoice("x", any_when_missing=False), None) is None


def test_a_budget_is_shared() -> None:
    wish = Wish(AUTOMATIC, LAYERS, RIDS)
    assert allocate([wish, wish], 1_100_000) == ["m", "m"]
    assert allocate([wish, wish], 2_100_000) == ["h", "m"]


def test_a_higher_layer_is_tried_after_a_while_and_later_each_time_it_fails() -> None:
    headroom, now, waits = Headroom(), 0, list[int]()
    for _ in range(3):
        began = now
        while headroom.budget(1_000_000, 500_000, 0, now) is None:
            now += 1_000_000
        waits.append((now - began) // 1_000_000)
        assert headroom.budget(300_000, 1_500_000, 0, now) is None
        assert headroom.budget(300_000, 1_500_000, 0, now + 1_000_000) == 300_000
        now += 1_000_000
    assert waits == [4, 8, 16]


def test_loss_counts_as_a_low_estimate() -> None:
    headroom = Headroom()
    headroom.budget(1_000_000, 500_000, 128, 0)
    assert headroom.budget(1_000_000, 500_000, 128, 1) == 250_000
