"""Live sessions for the contract test: a room for each kind of request that must not hold up another."""

from typing import Any

import httpx

from kinetoscope.sessions.examples import OFFER, UFRAG
from support.peers import Peer
from support.rooms import BASE

from .stage import Dictionaries, Stage, ids, made

SESSIONS = "video-sessions/sessions"
ROOMS = (
    "to publish in", "to mute in", "to unpublish in", "to subscribe in", "to prefer in", "to unsubscribe in",
    "to answer in", "to send to", "to play from", "to trickle to", "to stop sending in", "to stop playing in",
    "to leave",
)  # fmt: skip


class Room:
    """A room in which Bob publishes, and Alice is."""

    def __init__(self, stage: Stage) -> None:
        self.alice = stage.alice
        self.id: str = made(stage.alice, SESSIONS, {"session_name": "Contract"})["id"]
        self.member = _joined(stage.alice, self.id)
        self.bobs_track = self.publish(stage.bob, _joined(stage.bob, self.id))
        self.peer = Peer(ufrag=UFRAG)

    def publish(self, person: httpx.Client, member: str) -> str:
        """Let somebody publish sound."""
        wish = {"sdp": Peer().add("audio").offer(), "type": "audio"}
        track_id: str = made(person, f"{SESSIONS}/{self.id}/participants/{member}/tracks", wish)["track_id"]
        return track_id

    def subscribe(self, *, answer: bool) -> None:
        """Let Alice receive Bob's track."""
        path = f"{BASE}/sessions/{self.id}/participants/{self.member}"
        done = self.alice.post(f"{path}/subscriptions", json={"track_ids": [self.bobs_track]}).json()
        if answer:
            sdp = self.peer.answer(done["sdp"])
            self.alice.put(f"{path}/renegotiate", json={"sdp": sdp}).raise_for_status()

    def send(self) -> str:
        """Let Alice publish by WHIP; return the connection's id."""
        headers = {"Content-Type": "application/sdp"}
        offer = self.peer.add("audio").offer()
        sent = self.alice.post(f"{BASE}/whip/{self.id}", content=offer, headers=headers)
        return sent.headers["location"].rpartition("/")[2]


def sessions(stage: Stage) -> Dictionaries:
    rooms = {name: Room(stage) for name in ROOMS}
    for name in ("to prefer in", "to unsubscribe in"):
        rooms[name].subscribe(answer=True)
    rooms["to answer in"].subscribe(answer=False)
    found: Dictionaries = {f"room {name}": [room.id] for name, room in rooms.items()}
    found |= {f"member {name}": [room.member] for name, room in rooms.items()}
    for name in ("to mute in", "to unpublish in"):
        found[f"track {name}"] = [rooms[name].publish(stage.alice, rooms[name].member)]
    for name in ("to subscribe in", "to prefer in", "to unsubscribe in"):
        found[f"track {name}"] = [rooms[name].bobs_track]
    for name in ("to trickle to", "to stop sending in", "to stop playing in"):
        found[f"connection {name}"] = [rooms[name].send()]
    return found | {
        "rooms to change": ids(stage.alice, SESSIONS, "session_name", 40),
        "rooms to record": ids(stage.alice, SESSIONS, "session_name", 3),
        "rooms to delete": ids(stage.alice, SESSIONS, "session_name", 20),
        "offers": [OFFER],
        "users": [stage.alice.get("/api/v1/auth/me").json()["id"]],
        "any version": ["*"],
    }


def _joined(person: httpx.Client, room: str) -> str:
    answer: Any = person.post(f"{BASE}/sessions/{room}/token").raise_for_status().json()
    member: str = answer["participant_id"]
    return member
