"""A call of real Chromium over a path that loses packets, in and out."""

import asyncio
import random
from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest
from playwright.async_api import Browser

from kinetoscope_sfu.connection import Connection, Way
from kinetoscope_sfu.forwarding.model import Send
from kinetoscope_sfu.media import MediaPlane
from kinetoscope_sfu.plane import ConnectionStatistics
from kinetoscope_sfu.wire.buffers import Bytes
from kinetoscope_sfu.wire.stun import Address
from support.chromium import PROGRAM, chromium, leave, participant
from support.lossy import lossy_path
from support.sfu import Sfu, running_sfu

pytestmark = [
    pytest.mark.skipif(PROGRAM is None, reason="needs Chromium"),
    # The pipes of a browser that has ended are closed by the collector, after their loop.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

LOST = 0.05
FRAMES = 60  # at 15 a second
REPAIRED = """async () => {
    const all = [...(await pc.getStats()).values()].filter(({ kind }) => kind === "video");
    const of = (type, figure) => all.some(each => each.type === type && each[figure] > 0);
    return of("inbound-rtp", "nackCount") && of("inbound-rtp", "retransmittedPacketsReceived")
        && of("outbound-rtp", "nackCount") && of("outbound-rtp", "retransmittedPacketsSent");
}"""
"""What was lost on either way has been asked for, and came again."""


class LossyPath:
    """Loses media packets by chance on both sides of a plane."""

    def __init__(self, plane: MediaPlane) -> None:
        self._chance = random.Random(1)
        self._sends: dict[Send, Send] = {}
        self._packet, self._other = plane.packet, plane.other
        plane.packet, plane.other = self.packet, self.other

    def packet(self, connection: Connection, size: int, arrived_us: int) -> None:
        if self._chance.random() >= LOST:
            self._packet(connection, size, arrived_us)

    def other(self, datagram: bytes, way: Way) -> Connection | None:
        send = self._sends.setdefault(way.send, self._lossy(way.send))
        return self._other(datagram, replace(way, send=send, send_together=None))

    def _lossy(self, send: Send) -> Send:
        def lossy(packet: Bytes, address: Address) -> None:
            if not 127 < packet[0] < 192 or self._chance.random() >= LOST:
                send(packet, address)

        return lossy


@pytest.fixture
async def browser() -> AsyncGenerator[Browser]:
    async with chromium() as browser:
        yield browser


def counted(sfu: Sfu, name: str) -> ConnectionStatistics:
    return next(one for one in sfu.plane.statistics().connections if one.connection_id == name)


async def test_pictures_go_on_when_one_packet_in_twenty_is_lost_both_ways(browser: Browser) -> None:
    async with running_sfu() as sfu:
        LossyPath(sfu.plane)
        alice, bob = people = [await participant(browser, sfu) for _ in range(2)]
        await alice.publish()
        (cam,) = await bob.receive(alice, "cam")
        await bob.grows(cam["mid"])
        asked_before = counted(sfu, bob.id).key_frame_requests
        await bob.grows(cam["mid"], by=FRAMES)
        assert counted(sfu, bob.id).packets_repeated > 0
        assert counted(sfu, bob.id).key_frame_requests - asked_before <= 2
        await leave(people)


async def test_a_path_that_loses_three_percent_both_ways_carries_a_call(browser: Browser) -> None:
    async with running_sfu() as sfu, lossy_path(sfu, lost=0.03) as path:
        alice, bob = people = [await participant(browser, sfu) for _ in range(2)]
        for each in people:
            await each.publish()
        seen = [
            (one, (await one.receive(other, "cam"))[0]["mid"]) for one, other in ((alice, bob), (bob, alice))
        ]
        await asyncio.gather(*(one.grows(mid, by=FRAMES) for one, mid in seen))
        assert path.dropped > 0
        for one in people:
            await one.page.wait_for_function(REPAIRED)
        await leave(people)
