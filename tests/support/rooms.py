"""Live sessions, and people inside them who hold nothing but its token."""

import json
from dataclasses import dataclass
from typing import Any

from httpx import AsyncBaseTransport, AsyncClient, Response

from support.cast import Hooks
from support.peers import Peer

BASE = "/api/v1/video-sessions"


class Member(AsyncClient):
    """Somebody in a session: its credential is the session's token."""

    id: str
    path: str
    session: str
    token: dict[str, Any]

    async def publish(self, peer: Peer, kind: str = "video", **more: Any) -> dict[str, Any]:
        """Add an m-line to a connection and publish it."""
        peer.add("audio" if kind == "audio" else "video")
        answer = await self.post(f"{self.path}/tracks", json={"sdp": peer.offer(), "type": kind} | more)
        assert answer.status_code == 201, answer.text
        track: dict[str, Any] = answer.json()
        return track

    async def subscribe(self, *track_ids: str, sdp: str | None = None) -> Response:
        """Wish to receive tracks."""
        wish: dict[str, Any] = {"track_ids": list(track_ids)}
        return await self.post(
            f"{self.path}/subscriptions", json=wish if sdp is None else wish | {"sdp": sdp}
        )

    async def answer(self, peer: Peer, offer: str) -> Response:
        """Answer the server's offer."""
        body = {"sdp": peer.answer(offer), "type": "answer"}
        return await self.put(f"{self.path}/renegotiate", json=body)

    async def events(self, after: int = 0) -> list[dict[str, Any]]:
        """Return what has happened in the session after an event."""
        return await events_of(self, self.session, after)


@dataclass
class Room:
    """A session, and the path to it."""

    session: dict[str, Any]

    @property
    def id(self) -> str:
        session_id: str = self.session["id"]
        return session_id

    @property
    def path(self) -> str:
        return f"{BASE}/sessions/{self.id}"

    async def joined_by(
        self, person: AsyncClient, transport: AsyncBaseTransport, hooks: Hooks | None = None
    ) -> Member:
        """Let somebody join, and return a client that has the session's token alone."""
        answer = await person.post(f"{self.path}/token")
        assert answer.status_code == 200, answer.text
        token = answer.json()
        member = Member(
            transport=transport,
            base_url="http://kinetoscope.test",
            headers={"Authorization": f"Bearer {token['token']}"},
            event_hooks=hooks,
        )
        member.id, member.token, member.session = token["participant_id"], token, self.path
        member.path = f"{self.path}/participants/{member.id}"
        return member


async def room_of(person: AsyncClient, **fields: Any) -> Room:
    """Create a session."""
    answer = await person.post(f"{BASE}/sessions", json={"session_name": "Standup"} | fields)
    assert answer.status_code == 201, answer.text
    return Room(answer.json())


async def events_of(caller: AsyncClient, session: str, after: int = 0) -> list[dict[str, Any]]:
    """Return what a stream of events replays, each as number, type and data."""
    answer = await caller.get(f"{session}/events", params={"wait": 0}, headers={"Last-Event-ID": str(after)})
    if answer.status_code == 204:
        return []
    assert answer.status_code == 200, answer.text
    return read_events(answer.text)


def read_events(text: str) -> list[dict[str, Any]]:
    """Return the events of a stream."""
    found: list[dict[str, Any]] = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "event" in fields:
            data = json.loads(fields["data"])
            found.append({"id": int(fields["id"]), "type": fields["event"], "data": data})
    return found
