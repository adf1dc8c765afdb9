"""The media server inside this process, a back end that calls it, and clients made of aiortc."""

import asyncio
import fractions
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiortc import (
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import AudioStreamTrack, MediaStreamTrack, VideoStreamTrack
from av import VideoFrame
from httpx import ASGITransport, AsyncClient, Response

from kinetoscope_sfu.media import MediaPlane
from kinetoscope_sfu.plane import MediaSettings
from kinetoscope_sfu.server import open_plane
from kinetoscope_sfu.signalling.api import App, ConnectionApi
from kinetoscope_sfu.signalling.ice_servers import IceServerList, Turn
from kinetoscope_sfu.signalling.recordings import Recordings
from kinetoscope_sfu.signalling.sessions import Sessions

APP = App("app", "a secret of the app")
TURN = Turn(["turn:turn.example.org:3478"], b"shared")
LOCAL = MediaSettings(hosts=("127.0.0.1",), announced=("127.0.0.1",))
NOWHERE = Path("/dev/null/recordings")
STEP_SECONDS = 0.01

Json = dict[str, Any]


class Monotonic:
    """A clock that goes forward when it is told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.seconds


@dataclass(slots=True)
class Sfu:
    """The running server: its plane, its sessions, and a client of its API that knows the secret."""

    plane: MediaPlane
    sessions: Sessions
    http: AsyncClient
    now: Monotonic
    peers: AsyncExitStack

    async def call(self, method: str, path: str, body: object = None) -> Response:
        """Make a call below `/v1/apps/app/sessions`."""
        self.now.seconds += 0.1  # so that the allowance of calls is no concern
        return await self.http.request(method, f"/v1/apps/{APP.id}/sessions{path}", json=body)

    async def new_session(self) -> str:
        """Open a session and return its id."""
        return (await self.call("POST", "/new")).json()["sessionId"]

    async def peer(self) -> "Peer":
        """Return a client with a session of its own, which is closed at the end."""
        peer = Peer(self, await self.new_session())
        self.peers.push_async_callback(peer.pc.close)
        return peer


@asynccontextmanager
async def running_sfu(settings: MediaSettings = LOCAL, recordings: Path = NOWHERE) -> AsyncGenerator[Sfu]:
    """Run the server until the block ends."""
    now = Monotonic()
    async with open_plane(settings) as plane, AsyncExitStack() as peers:
        sessions = Sessions(plane, now=now)
        ice_servers = IceServerList(plane.local, TURN, unix_now=lambda: 1_800_000_000)
        api = ConnectionApi(APP, sessions, ice_servers, Recordings(plane, recordings))
        async with AsyncClient(
            transport=ASGITransport(api),
            base_url="http://sfu",
            headers={"Authorization": f"Bearer {APP.secret}"},
        ) as http:
            yield Sfu(plane, sessions, http, now, peers)


class Picture(VideoStreamTrack):
    """A small picture ten times a second: enough to be forwarded, cheap to encode."""

    def __init__(self) -> None:
        super().__init__()
        self._count = 0

    async def recv(self) -> VideoFrame:
        """Return the next frame."""
        await asyncio.sleep(0.1)
        frame = VideoFrame(64, 48, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes([self._count % 256]) * plane.buffer_size)
        frame.pts, frame.time_base = self._count * 9000, fractions.Fraction(1, 90000)
        self._count += 1
        return frame


@dataclass(slots=True)
class Peer:
    """A WebRTC client with one connection, made of aiortc."""

    sfu: Sfu
    id: str
    pc: RTCPeerConnection = field(default_factory=lambda: RTCPeerConnection(RTCConfiguration(iceServers=[])))
    received: dict[str, MediaStreamTrack] = field(default_factory=dict[str, MediaStreamTrack])

    async def call(self, method: str, path: str, body: object = None) -> Json:
        """Make a call about the own session, which has to succeed."""
        answer = await self.sfu.call(method, f"/{self.id}{path}", body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def offered(self) -> Mapping[str, str]:
        """Make an offer of the present transceivers the own description and return it."""
        await self.pc.setLocalDescription(await self.pc.createOffer())
        return {"type": "offer", "sdp": self.pc.localDescription.sdp}

    async def publish(self, *names: str) -> list[Json]:
        """Publish a track for each name: a picture, or for names with `mic` a sound."""
        sent = [
            self.pc.addTransceiver(AudioStreamTrack() if "mic" in name else Picture(), direction="sendonly")
            for name in names
        ]
        offer = await self.offered()
        tracks = [
            {"location": "local", "mid": transceiver.mid, "trackName": name}
            for name, transceiver in zip(names, sent, strict=True)
        ]
        answer = await self.call("POST", "/tracks/new", {"sessionDescription": offer, "tracks": tracks})
        await self.take(answer["sessionDescription"])
        return answer["tracks"]

    async def receive(self, publisher: "Peer", *names: str, **more: object) -> list[Json]:
        """Receive tracks by an offer of the server."""
        answer = await self.ask(publisher, *names, **more)
        if answer["requiresImmediateRenegotiation"]:
            await self.answer(answer["sessionDescription"])
        return answer["tracks"]

    async def ask(self, publisher: "Peer", *names: str, **more: object) -> Json:
        """Ask for tracks and return what is answered."""
        tracks = [
            {"location": "remote", "sessionId": publisher.id, "trackName": name, **more} for name in names
        ]
        return await self.call("POST", "/tracks/new", {"tracks": tracks})

    async def answer(self, offer: Mapping[str, str]) -> None:
        """Answer an offer of the server."""
        await self.take(offer)
        await self.pc.setLocalDescription(await self.pc.createAnswer())
        answer = {"type": "answer", "sdp": self.pc.localDescription.sdp}
        await self.call("PUT", "/renegotiate", {"sessionDescription": answer})

    async def take(self, description: Mapping[str, str]) -> None:
        """Make a description of the server the remote one."""
        await self.pc.setRemoteDescription(RTCSessionDescription(**description))

    async def frame(self, mid: str) -> None:
        """Return when a frame has come on a mid and been decoded."""
        (transceiver,) = [t for t in self.pc.getTransceivers() if t.mid == mid]
        async with asyncio.timeout(5):
            await transceiver.receiver.track.recv()  # pyright: ignore[reportUnknownMemberType] - PyAV's packets

    async def statuses(self) -> list[str]:
        """Return the status of each track of the session."""
        return [track["status"] for track in (await self.call("GET", ""))["tracks"]]


async def until(holds: Callable[[], bool], seconds: float = 5) -> None:
    """Return as soon as something holds; fail when it does not in time."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not holds():
        assert asyncio.get_running_loop().time() < deadline, "it did not happen in time"
        await asyncio.sleep(STEP_SECONDS)


def codes(items: Sequence[Json]) -> list[str | None]:
    """Return the error code of each item of an answer."""
    return [item.get("errorCode") for item in items]
