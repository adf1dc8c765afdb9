"""What the media plane costs for each forwarded packet, and how long it holds a packet.

The publisher and the receivers are processes of their own. Two phases for each number of receivers: a
moderate rate, where receivers read and delays are taken (from just before the publisher's send to the arrival
in the socket of the receiver, by the kernel), and a high rate, where nobody reads and only CPU counts: their
sockets have no room, and each datagram that comes is counted by the kernel as dropped.
Where Debian's `janus` is installed its VideoRoom does the same in the same run, as installed and with two
`event_loops`. The floor is what the cipher and the kernel alone take for a packet, under the same load.

    python -m benchmarks.sfu [--receivers 1 10 50] [--seconds 6] [--rounds 1]
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import psutil

from benchmarks.media.floor import floor_a_packet
from benchmarks.media.janus import Janus, is_installed
from benchmarks.media.load import Client, Pipe, Rate, Seen, Way, publish, receive, started
from benchmarks.media.ours import Ours

MODERATE_OUT = 6_000  # packets a second to all receivers together
HIGH_OUT = 40_000
SIZE = 1100
BURST = 4


class Server(Protocol):
    """What is measured."""

    name: str
    pid: int

    def publisher(self, client: Client) -> Way:
        """Let a publisher in."""
        ...

    def receiver(self, client: Client) -> Way:
        """Let a receiver in."""
        ...

    def stop(self) -> None:
        """End it."""
        ...


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured with one number of receivers."""

    delivered: float
    p50_ms: float
    p99_ms: float
    out_a_second: float
    us_a_packet: float
    floor_us: float
    kilobytes_a_receiver: float


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--receivers", type=int, nargs="+", default=[1, 10, 50])
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    servers: list[Callable[[], Server]] = [Ours]
    if is_installed():
        servers += [partial(Janus, 0), partial(Janus, 2)]
    else:
        print("janus is not installed: no peer to compare with (apt-get install janus)")
    print(f"{psutil.cpu_count()} cores, load {psutil.getloadavg()[0]:.1f}; packets of {SIZE} bytes")
    for _ in range(options.rounds):
        for count in options.receivers:
            for start in servers:
                server = start()
                try:
                    _print(server.name, count, _measure(server, count, options.seconds))
                finally:
                    server.stop()


def _print(name: str, count: int, figures: Figures) -> None:
    ratio = figures.us_a_packet / figures.floor_us
    print(
        f"{name:>20}, {count:>2} receivers: {figures.us_a_packet:6.2f} µs CPU a forwarded packet "
        f"({ratio:.2f} of the floor) at {figures.out_a_second:6,.0f}/s out; "
        f"delay p50 {figures.p50_ms:.2f}, p99 {figures.p99_ms:.2f} ms ({figures.delivered:.1%} delivered); "
        f"{figures.kilobytes_a_receiver:.0f} KB a receiver",
        flush=True,
    )


def _measure(server: Server, count: int, seconds: float) -> Figures:
    process = psutil.Process(server.pid)
    publisher, to_publisher = started(publish)
    receivers, to_receivers = started(receive, count)
    try:
        to_publisher.send(server.publisher(to_publisher.recv()))
        assert to_publisher.recv() == "connected"
        time.sleep(0.5)
        before = process.memory_info().rss
        to_receivers.send([server.receiver(client) for client in to_receivers.recv()])
        assert to_receivers.recv() == "connected"
        time.sleep(1)
        memory = (process.memory_info().rss - before) / 1024 / count
        sent = _Sent(to_publisher)
        sent.rate(Rate(max(30, MODERATE_OUT // count), BURST, SIZE))
        time.sleep(1)
        _seen(to_receivers)
        sent.count()
        time.sleep(seconds)
        packets, seen = sent.count(), _seen(to_receivers)
        to_receivers.send("sleep")
        sent.rate(Rate(HIGH_OUT // count, 2 * BURST, SIZE))
        time.sleep(1)
        cpu, rate = _cpu_a_packet(process, seconds)
        floor_us = floor_a_packet(SIZE)
        sent.stop()
        to_receivers.send(None)
    finally:
        for child in (publisher, receivers):
            child.join(5)
            child.kill()
    delays = seen.delays
    return Figures(
        delivered=seen.packets / max(1, packets * count),
        p50_ms=delays[len(delays) // 2],
        p99_ms=delays[len(delays) * 99 // 100],
        out_a_second=rate,
        us_a_packet=cpu,
        floor_us=floor_us,
        kilobytes_a_receiver=memory,
    )


def _seen(receivers: Pipe) -> Seen:
    receivers.send("count")
    return receivers.recv()


def _cpu_a_packet(process: psutil.Process, seconds: float) -> tuple[float, float]:
    """Return microseconds of CPU for each packet that came to a receiver, and how many came a second."""
    out, used, began = _datagrams_dropped(), _cpu(process), time.monotonic()
    time.sleep(seconds)
    forwarded = _datagrams_dropped() - out
    took = time.monotonic() - began
    return (_cpu(process) - used) * 1e6 / max(1, forwarded), forwarded / took


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _datagrams_dropped() -> int:
    """Return how many UDP datagrams found no room in a socket of this machine.

    Not how many were sent: those that leave by one call are one there.
    """
    names, values = [
        line.split() for line in Path("/proc/net/snmp").read_text().splitlines() if line[:4] == "Udp:"
    ]
    return int(values[names.index("RcvbufErrors")])


class _Sent:
    """The publisher's rate, and what it has sent."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._rate: Rate | None = None
        self._before = 0

    def rate(self, rate: Rate) -> None:
        """Send at this rate from now on."""
        began, self._rate = self._rate is not None, rate
        self._pipe.send(rate)
        if began:
            self._pipe.recv()

    def count(self) -> int:
        """Return how many packets were sent since the last time."""
        self._pipe.send(self._rate)
        total = self._pipe.recv()
        sent, self._before = total - self._before, total
        return sent

    def stop(self) -> None:
        """Send no more."""
        self._pipe.send(None)


if __name__ == "__main__":
    main()
