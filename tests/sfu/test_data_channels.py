"""Data channels between real SCTP associations: ours, and aiortc's as the client."""

# pyright: reportPrivateUsage=false, reportUnusedFunction=false
# aiortc's association is driven without its peer connection, by methods that it calls private.

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, cast

import pytest
from aiortc.rtcdatachannel import RTCDataChannel, RTCDataChannelParameters
from aiortc.rtcsctptransport import RTCSctpCapabilities, RTCSctpTransport

from kinetoscope_sfu.plane import ChannelSource, DataChannel, RepeatedTrack, TooMany, UnknownTrack
from kinetoscope_sfu.transport.relay import MOST_CHANNELS
from support.media import Client, World


class Browser:
    """A client's SCTP over its DTLS."""

    _role = "client"
    state = "connected"

    def __init__(self, client: Client) -> None:
        self.client = client
        self.sctp = RTCSctpTransport(cast("Any", self))
        self.got: dict[int, list[str | bytes]] = {}

    def _register_data_receiver(self, _receiver: object) -> None: ...
    def _unregister_data_receiver(self, _receiver: object) -> None: ...

    async def _send_data(self, packet: bytes) -> None:
        if not self.client.is_cut_off:
            self.client.probe.send_message(packet)

    async def start(self) -> None:
        await self.sctp.start(RTCSctpCapabilities(65536), 5000)

    def channel(self, channel_id: int, **options: Any) -> RTCDataChannel:
        got = self.got.setdefault(channel_id, [])
        parameters = RTCDataChannelParameters(label="", negotiated=True, id=channel_id, **options)
        channel = RTCDataChannel(self.sctp, parameters)
        channel.on("message", got.append)
        return channel

    async def pump(self) -> None:
        self.client.read()
        messages, self.client.probe.messages = self.client.probe.messages, []
        for message in messages:
            await self.sctp._handle_data(message)


class Browsers:
    """Clients with data channels."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.all: list[Browser] = []

    async def new(self, name: str) -> Browser:
        browser = Browser(self.world.client(name))
        self.all.append(browser)
        self.world.plane.open_data(name)
        await browser.start()
        await self.settle()
        return browser

    async def settle(self, rounds: int = 30) -> None:
        for _ in range(rounds):
            for browser in self.all:
                await browser.pump()
            self.world.plane.tick()
            await asyncio.sleep(0)


@pytest.fixture
async def browsers(world: World) -> AsyncGenerator[Browsers]:
    browsers = Browsers(world)
    yield browsers
    for browser in browsers.all:
        browser.client.is_cut_off = True
        await browser.sctp.stop()


CHAT = DataChannel(1, "chat")


async def test_messages_of_one_reach_all_that_subscribed(world: World, browsers: Browsers) -> None:
    alice, bob, carol = [await browsers.new(name) for name in ("alice", "bob", "carol")]
    world.plane.publish_channel("alice", CHAT)
    for name, channel_id in (("bob", 3), ("carol", 7)):
        source = ChannelSource("alice", 1)
        world.plane.subscribe_channel(name, DataChannel(channel_id, "chat"), source, wait_for_ack=False)
    outgoing = alice.channel(1)
    bob.channel(3)
    carol.channel(7)
    for message in ("hello", b"\x00\x01", "", b""):
        outgoing.send(message)
    await browsers.settle()
    assert bob.got[3] == carol.got[7] == ["hello", b"\x00\x01", "", b""]
    assert world.plane.channel_is_open("alice", 1)


async def test_only_who_may_reply_reaches_the_publisher(world: World, browsers: Browsers) -> None:
    alice, bob = [await browsers.new(name) for name in ("alice", "bob")]
    world.plane.publish_channel("alice", CHAT)
    world.plane.subscribe_channel(
        "bob", DataChannel(1, "chat"), ChannelSource("alice", 1), wait_for_ack=False
    )
    alice.channel(1)
    back = bob.channel(1)
    back.send("not allowed")
    await browsers.settle()
    world.plane.let_reply("bob", 1, allowed=True)
    back.send("allowed")
    await browsers.settle()
    assert alice.got[1] == ["allowed"]


async def test_messages_are_held_until_the_acknowledgement(world: World, browsers: Browsers) -> None:
    alice, bob = [await browsers.new(name) for name in ("alice", "bob")]
    world.plane.publish_channel("alice", CHAT)
    world.plane.subscribe_channel("bob", DataChannel(1, "chat"), ChannelSource("alice", 1), wait_for_ack=True)
    outgoing, back = alice.channel(1), bob.channel(1)
    outgoing.send("early")
    await browsers.settle()
    assert bob.got[1] == []
    back.send("ready")
    await browsers.settle()
    outgoing.send("late")
    await browsers.settle()
    assert (bob.got[1], alice.got[1]) == (["early", "late"], [])


async def test_who_does_not_acknowledge_is_dropped(world: World, browsers: Browsers) -> None:
    for name in ("alice", "bob"):
        await browsers.new(name)
    world.plane.publish_channel("alice", CHAT)
    world.plane.subscribe_channel("bob", DataChannel(1, "chat"), ChannelSource("alice", 1), wait_for_ack=True)
    world.clock.now_us += 31_000_000
    world.plane.connections["bob"].last_check_us = world.clock.now_us
    world.plane.connections["alice"].last_check_us = world.clock.now_us
    world.plane.tick()
    with pytest.raises(UnknownTrack):
        world.plane.channel_is_open("bob", 1)


async def test_server_events_are_told_in_band(world: World, browsers: Browsers) -> None:
    bob = await browsers.new("bob")
    bob.channel(0)
    world.plane.tell("bob", '{"event": "gone"}')
    await browsers.settle()
    assert bob.got[0] == ['{"event": "gone"}']
    world.client("carol")
    world.plane.tell("carol", "nobody listens")


async def test_a_closed_end_is_silent(world: World, browsers: Browsers) -> None:
    alice, bob = [await browsers.new(name) for name in ("alice", "bob")]
    world.plane.publish_channel("alice", CHAT)
    world.plane.subscribe_channel(
        "bob", DataChannel(1, "chat"), ChannelSource("alice", 1), wait_for_ack=False
    )
    outgoing = alice.channel(1)
    bob.channel(1)
    world.plane.close_channel("bob", 1)
    outgoing.send("to nobody")
    await browsers.settle()
    assert bob.got[1] == []
    with pytest.raises(UnknownTrack):
        world.plane.close_channel("bob", 1)
    world.plane.close_channel("alice", 1)
    with pytest.raises(UnknownTrack):
        world.plane.subscribe_channel("bob", CHAT, ChannelSource("alice", 1), wait_for_ack=False)


async def test_a_publisher_that_goes_leaves_its_subscribers(world: World, browsers: Browsers) -> None:
    for name in ("alice", "bob"):
        await browsers.new(name)
    world.plane.publish_channel("alice", CHAT)
    world.plane.subscribe_channel(
        "bob", DataChannel(1, "chat"), ChannelSource("alice", 1), wait_for_ack=False
    )
    world.plane.close("alice")
    await browsers.settle()
    world.plane.close_channel("bob", 1)


async def test_ids_are_used_once_and_channels_are_bounded(world: World, browsers: Browsers) -> None:
    await browsers.new("alice")
    world.plane.publish_channel("alice", CHAT)
    with pytest.raises(RepeatedTrack):
        world.plane.publish_channel("alice", CHAT)
    for number in range(2, MOST_CHANNELS):
        world.plane.publish_channel("alice", DataChannel(number, "more"))
    with pytest.raises(TooMany):
        world.plane.publish_channel("alice", DataChannel(999, "too many"))


async def test_data_on_channels_that_nobody_opened_is_dropped(world: World, browsers: Browsers) -> None:
    alice = await browsers.new("alice")
    for number in range(20, 60):
        alice.channel(number).send("x" * 2000)
    in_band = RTCDataChannel(alice.sctp, RTCDataChannelParameters(label="in band"))
    await browsers.settle()
    data = world.plane.connections["alice"].data
    assert data is not None
    assert set(data.sctp._sctp._inbound_streams) <= {0}
    assert in_band.readyState == "connecting"
    assert not alice.sctp._outbound_queue, "it is acknowledged all the same"


async def test_a_flood_is_slowed_down_but_arrives(world: World, browsers: Browsers) -> None:
    alice, bob = [await browsers.new(name) for name in ("alice", "bob")]
    world.plane.publish_channel("alice", CHAT)
    world.plane.subscribe_channel(
        "bob", DataChannel(1, "chat"), ChannelSource("alice", 1), wait_for_ack=False
    )
    outgoing = alice.channel(1)
    bob.channel(1)
    for _ in range(20):
        outgoing.send(bytes(16_000))
    await browsers.settle(200)
    assert sum(len(message) for message in bob.got[1]) == 320_000


async def test_nonsense_within_dtls_ends_the_connection_at_most(world: World, browsers: Browsers) -> None:
    alice = await browsers.new("alice")
    for size in range(1, 200, 7):
        alice.client.probe.send_message(bytes(range(size)))
    world.plane.tick()
    assert world.plane.statistics().handshakes == 0
