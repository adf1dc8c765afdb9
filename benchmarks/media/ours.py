"""Our media plane in a process of its own, told what to do through a pipe."""

import asyncio

import uvloop

from kinetoscope_sfu.media import MediaPlane
from kinetoscope_sfu.plane import (
    Codec,
    Encoding,
    Fingerprint,
    MediaSettings,
    Publication,
    RemoteTransport,
    Source,
    Subscription,
)
from kinetoscope_sfu.server import open_plane

from .load import PAYLOAD_TYPE, SSRC, Client, Pipe, Way, own_address, started

PUBLISHER = "publisher"


def serve(pipe: Pipe) -> None:
    """Run the plane."""
    uvloop.run(_serve(pipe))


async def _serve(pipe: Pipe) -> None:
    async with open_plane(MediaSettings(hosts=(own_address(),), tcp=False)) as plane:
        done = asyncio.Event()
        asyncio.get_running_loop().add_reader(pipe.fileno(), lambda: _obey(pipe, plane, done))
        await done.wait()


def _obey(pipe: Pipe, plane: MediaPlane, done: asyncio.Event) -> None:
    command = pipe.recv()
    if command is None:
        done.set()
        return
    name, client = command
    credentials = plane.open(name)
    plane.set_remote(name, RemoteTransport((Fingerprint("sha-256", client.fingerprint),)))
    if name == PUBLISHER:
        codec = Codec("VP8", PAYLOAD_TYPE, 90_000, PAYLOAD_TYPE + 1)
        plane.publish(name, Publication("0", "video", codec, (Encoding(SSRC, SSRC + 1),)))
    else:
        plane.subscribe(
            name, Subscription("0", Source(PUBLISHER, "0"), PAYLOAD_TYPE, 7000, PAYLOAD_TYPE + 1, 7001, 3)
        )
    port = plane.local().candidates[0].port
    pipe.send(Way((own_address(), port), credentials))


class Ours:
    """The plane, from outside."""

    name = "ours"

    def __init__(self) -> None:
        self._process, self._pipe = started(serve)
        self.pid = self._process.pid or 0
        self._receivers = 0

    def publisher(self, client: Client) -> Way:
        """Let a publisher in."""
        self._pipe.send((PUBLISHER, client))
        return self._pipe.recv()

    def receiver(self, client: Client) -> Way:
        """Let a receiver in."""
        self._receivers += 1
        self._pipe.send((f"receiver {self._receivers}", client))
        return self._pipe.recv()

    def stop(self) -> None:
        """End the process."""
        self._pipe.send(None)
        self._process.join(10)
