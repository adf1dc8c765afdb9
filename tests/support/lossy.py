"""A path between clients and the media server that loses datagrams by chance, both ways."""

import asyncio
import random
from asyncio import DatagramProtocol, DatagramTransport
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from support.sfu import Sfu

HERE = "127.0.0.1"

Address = tuple[str, int]


@dataclass(slots=True)
class Relay(DatagramProtocol):
    """Has a port for clients, and for each of them one of its own towards the server, as a NAT would."""

    server: Address
    lost: float
    chance: random.Random
    dropped: int = 0
    port: DatagramTransport | None = None
    ways: dict[Address, "asyncio.Task[DatagramTransport]"] = field(
        default_factory=dict[Address, "asyncio.Task[DatagramTransport]"]
    )

    def datagram_received(self, data: bytes, addr: Address) -> None:
        if addr not in self.ways:
            self.ways[addr] = asyncio.create_task(self._opened(addr))
        way = self.ways[addr]
        if way.done() and not self.loses():  # what comes before it is open is lost
            way.result().sendto(data)

    def back(self, data: bytes, client: Address) -> None:
        """Carry a datagram of the server to a client."""
        if self.port is not None and not self.loses():
            self.port.sendto(data, client)

    def loses(self) -> bool:
        """Tell whether the next datagram is lost."""
        lost = self.chance.random() < self.lost
        self.dropped += lost
        return lost

    def close(self) -> None:
        """Close all ports."""
        for way in self.ways.values():
            if way.done():
                way.result().close()
            way.cancel()
        if self.port is not None:
            self.port.close()

    async def _opened(self, client: Address) -> DatagramTransport:
        loop = asyncio.get_running_loop()
        return (await loop.create_datagram_endpoint(lambda: _Back(self, client), remote_addr=self.server))[0]


@dataclass(slots=True)
class _Back(DatagramProtocol):
    relay: Relay
    client: Address

    def datagram_received(self, data: bytes, addr: Address) -> None:  # noqa: ARG002 - asyncio's
        self.relay.back(data, self.client)


@asynccontextmanager
async def lossy_path(sfu: Sfu, *, lost: float, seed: int = 1) -> AsyncGenerator[Relay]:
    """Let the server name the relay as its only address; `lost` is the share of datagrams that vanish."""
    local = sfu.plane.local()
    udp = next(each for each in local.candidates if each.protocol == "udp")
    relay = Relay((udp.address, udp.port), lost, random.Random(seed))
    loop = asyncio.get_running_loop()
    relay.port, _ = await loop.create_datagram_endpoint(lambda: relay, local_addr=(HERE, 0))
    here = replace(udp, address=HERE, port=relay.port.get_extra_info("sockname")[1])
    sfu.plane.local = lambda: replace(local, candidates=(here,))
    try:
        yield relay
    finally:
        relay.close()
