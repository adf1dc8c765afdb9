"""Packets that come in one turn leave by one call, and are what they would have been one by one."""

import sys
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinetoscope_sfu.connection import Way
from kinetoscope_sfu.forwarding.model import TogetherRefused
from kinetoscope_sfu.forwarding.sending import MOST_TOGETHER, runs_of
from kinetoscope_sfu.media import MediaPlane
from kinetoscope_sfu.plane import Codec, Encoding, MediaSettings, Publication
from kinetoscope_sfu.server import open_plane
from kinetoscope_sfu.wire.buffers import Bytes
from kinetoscope_sfu.wire.stun import Address
from support.media import CAMERA_SSRC, DELTA, KEY, Client, World, is_rtcp, read_rtp, rtp, subscription

from .test_server import Udp, connect, udp, until

BURST = (900, 900, 900, 700, 900, 1000, 1000, 20, 900, 900)


@dataclass
class Together:
    """A way to a client that takes several datagrams at once, and notes how many."""

    client: Client
    calls: list[int] = field(default_factory=list[int])
    refusal: OSError | None = None

    def __call__(self, datagrams: Sequence[Bytes], size: int, _address: object) -> None:
        assert all(len(datagram) == size for datagram in datagrams[:-1])
        assert 0 < len(datagrams[-1]) <= size
        if self.refusal is not None:
            raise self.refusal
        self.calls.append(len(datagrams))
        for datagram in datagrams:
            self.client.from_plane(datagram, None)


def several_to(world: World, client: Client) -> Together:
    together = Together(client)
    client.way = Way(client.address, client.from_plane, send_together=together)
    client.probe.check(world.plane.connections[client.name].credentials[-1])
    client.read()
    return together


def burst(alice: Client, sizes: Sequence[int] = BURST, first: int = 1) -> None:
    for number, size in enumerate(sizes, first):
        alice.probe.send_rtp(rtp(number, KEY + bytes(size)))


@given(st.lists(st.sampled_from([40, 1000, 1001, 60_000]), max_size=64))
def test_runs_are_what_the_kernel_takes(sizes: list[int]) -> None:
    runs = runs_of(sizes)
    assert [number for first, last in runs for number in range(first, last)] == list(range(len(sizes)))
    for first, last in runs:
        assert len(set(sizes[first : last - 1])) <= 1
        assert sizes[last - 1] <= sizes[first]
        assert last - first == 1 or sum(sizes[first:last]) < 65_536
    for (first, last), (after, _) in pairwise(runs):
        is_full = sum(sizes[first : after + 1]) > 65_000
        assert sizes[last - 1] < sizes[first] or sizes[after] > sizes[first] or is_full


def test_a_burst_is_what_it_would_have_been_one_by_one() -> None:
    got: list[list[tuple[int, int, bytes]]] = []
    counted: list[tuple[int, int, int]] = []
    for gathers in (False, True):
        world = World()
        alice, bob = world.publisher(), world.receiver()
        together = several_to(world, bob)
        if gathers:
            world.plane.router.sending.gather()
        burst(alice)
        assert bool(bob.queue) is not gathers
        world.plane.router.sending.release()
        assert together.calls == ([4, 3, 2] if gathers else [])
        receiver = world.plane.connections["bob"].peer.receivers["0"]
        counted.append((receiver.packets, receiver.octets, receiver.dropped))
        packets = bob.rtp()
        first = packets[0].sequence
        got.append([((p.sequence - first) & 0xFFFF, p.timestamp, p.payload) for p in packets])
    assert got[0] == got[1]
    assert counted[0] == counted[1]
    assert [len(payload) - len(KEY) for _, _, payload in got[0]] == list(BURST)


def test_of_a_long_burst_not_more_waits_than_the_kernel_takes(world: World) -> None:
    alice, bob = world.publisher(), world.receiver()
    together = several_to(world, bob)
    world.plane.router.sending.gather()
    burst(alice, [100] * (2 * MOST_TOGETHER + 3))
    assert together.calls == [MOST_TOGETHER, MOST_TOGETHER]
    world.plane.router.sending.release()
    assert together.calls[2:] == [3]
    timestamps = [packet.timestamp for packet in bob.rtp()]
    assert timestamps == sorted(timestamps)


def test_who_cannot_be_sent_several_gets_them_one_by_one(world: World) -> None:
    alice, bob = world.publisher(), world.receiver()
    together = several_to(world, bob)
    together.refusal = TogetherRefused(22, "Invalid argument")
    world.plane.router.sending.gather()
    burst(alice)
    world.plane.router.sending.release()
    assert len(bob.rtp()) == len(BURST)
    assert world.plane.connections["bob"].peer.send_together is None
    several_to(world, bob)
    assert world.plane.connections["bob"].peer.send_together is not None


def test_what_a_full_socket_does_not_take_is_counted(world: World) -> None:
    alice, bob = world.publisher(), world.receiver()
    several_to(world, bob).refusal = BlockingIOError()
    world.plane.router.sending.gather()
    burst(alice, [300] * 5)
    world.plane.router.sending.release()
    receiver = world.plane.connections["bob"].peer.receivers["0"]
    assert (receiver.packets, receiver.octets, receiver.dropped, bob.rtp()) == (0, 0, 5, [])


def test_who_begins_within_a_burst_gets_nothing_from_before_its_key_frame(world: World) -> None:
    alice, bob = world.publisher(), world.receiver()
    several_to(world, bob)
    alice.probe.send_rtp(rtp(1, KEY))
    late = world.receiver("carol")
    several_to(world, late)
    world.plane.router.sending.gather()
    for number, payload in ((2, DELTA), (3, DELTA), (4, KEY), (5, DELTA), (6, DELTA)):
        alice.probe.send_rtp(rtp(number, payload))
    world.plane.router.sending.release()
    assert [packet.timestamp // 3000 for packet in bob.rtp()] == [1, 2, 3, 4, 5, 6]
    assert [packet.timestamp // 3000 for packet in late.rtp()] == [4, 5, 6]


def test_a_packet_that_comes_late_leaves_behind_those_before_it(world: World) -> None:
    alice, bob = world.publisher(), world.receiver()
    several_to(world, bob)
    world.plane.router.sending.gather()
    for number in (1, 2, 4, 5, 3, 6):
        alice.probe.send_rtp(rtp(number, KEY))
    world.plane.router.sending.release()
    assert [packet.timestamp // 3000 for packet in bob.rtp()] == [1, 2, 4, 5, 3, 6]


def test_who_says_goodbye_within_a_turn_has_got_what_came_before(world: World) -> None:
    alice, bob = world.publisher(), world.receiver()
    several_to(world, bob)
    world.plane.router.sending.gather()
    burst(alice, [100] * 3)
    bob.probe.say_goodbye()
    assert "bob" not in world.plane.connections
    burst(alice, [100] * 3, first=4)
    world.plane.router.sending.release()
    assert len(bob.raw()) == 3


@pytest.fixture
async def plane() -> AsyncGenerator[MediaPlane]:
    async with open_plane(MediaSettings(hosts=("127.0.0.1",))) as plane:
        yield plane


async def _two(plane: MediaPlane) -> tuple[Udp, Udp]:
    alice, bob = await udp(plane), await udp(plane)
    await connect(plane, "alice", alice)
    await connect(plane, "bob", bob)
    codec = Codec("VP8", 96, 90_000)
    plane.publish("alice", Publication("0", "video", codec, (Encoding(CAMERA_SSRC),)))
    plane.subscribe("bob", subscription("alice"))
    return alice, bob


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux cuts datagrams")
async def test_the_kernel_cuts_them_apart(plane: MediaPlane) -> None:
    alice, bob = await _two(plane)
    peer = plane.connections["bob"].peer
    whole, calls = peer.send_together, list[int]()
    assert whole is not None

    def counted(datagrams: Sequence[Bytes], size: int, address: Address) -> None:
        calls.append(len(datagrams))
        whole(datagrams, size, address)

    peer.send_together = counted
    for number, size in enumerate(BURST):
        alice.probe.send_rtp(rtp(number, KEY + bytes(size)))
    await until(lambda: sum(not is_rtcp(packet) for packet in bob.got) == len(BURST))
    media = [packet for packet in bob.got if not is_rtcp(packet)]
    assert [len(read_rtp(packet).payload) - len(KEY) for packet in media] == list(BURST)
    assert sum(calls) > len(BURST) // 2
    assert plane.statistics().packets_dropped == 0
    for client in (alice, bob):
        client.transport.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux cuts datagrams")
async def test_what_the_kernel_will_not_cut_arrives_all_the_same(plane: MediaPlane) -> None:
    alice, bob = await _two(plane)
    peer = plane.connections["bob"].peer
    together = peer.send_together
    assert together is not None
    with pytest.raises(TogetherRefused):  # more segments than any kernel cuts
        together([bytes(1)] * 600, 1, bob.transport.get_extra_info("sockname"))

    def refused(datagrams: Sequence[Bytes], _size: int, address: Address) -> None:
        together([bytes(1)] * 600, 1, address)

    peer.send_together = refused
    for number, size in enumerate(BURST):
        alice.probe.send_rtp(rtp(number, KEY + bytes(size)))
    await until(lambda: sum(not is_rtcp(packet) for packet in bob.got) == len(BURST))
    for client in (alice, bob):
        client.transport.close()
