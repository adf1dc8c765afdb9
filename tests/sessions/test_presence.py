"""Who is really there."""

from typing import Any
from uuid import UUID

from kinetoscope.kernel.db import Tx
from kinetoscope.sessions import Feed, Presence
from kinetoscope.sessions.models import Actor
from kinetoscope.wiring import Platform
from kinetoscope_fakes.realtime import RealtimeFake
from support.cast import Person
from support.clock import FakeClock
from support.peers import Peer
from support.rooms import Member, Room


async def look(platform: Platform) -> None:
    presence = platform.services[Presence]
    assert isinstance(presence, Presence)
    await presence.look()


async def statuses(alice: Person, room: Room) -> list[str]:
    people = (await alice.get(f"{room.path}/participants")).json()["participants"]
    return [person["status"] for person in people]


async def test_who_is_connected_stays(
    platform: Platform, alice: Person, room: Room, host: Member, clock: FakeClock
) -> None:
    await host.publish(Peer())
    for _ in range(10):
        clock.advance(seconds=29)
        await look(platform)
    assert await statuses(alice, room) == ["joined"]


async def test_whose_connection_is_gone_for_30_seconds_has_left(  # noqa: PLR0917 - the scene
    platform: Platform,
    alice: Person,
    room: Room,
    host: Member,
    guest: Member,
    clock: FakeClock,
    fake: RealtimeFake,
) -> None:
    await guest.publish(Peer())
    fake.lose_clients()
    clock.advance(seconds=29)
    await look(platform)
    assert await statuses(alice, room) == ["joined", "joined"]
    clock.advance(seconds=1)
    await look(platform)
    assert await statuses(alice, room) == ["joined", "left"]
    assert [event["type"] for event in await host.events(4)] == ["participant.left"]
    assert (await host.events(4))[0]["data"]["reason"] == "gone"
    assert (await alice.get(room.path)).json()["participant_count"] == 1


async def test_a_connection_that_comes_back_in_time_is_no_leave(
    platform: Platform, alice: Person, room: Room, host: Member, clock: FakeClock, fake: RealtimeFake
) -> None:
    await host.publish(Peer())
    fake.lose_clients()
    clock.advance(seconds=20)
    await look(platform)
    for track in next(iter(fake.sessions.values())).tracks:
        track.status = "active"
    clock.advance(seconds=20)
    await look(platform)
    assert await statuses(alice, room) == ["joined"]


async def test_a_media_server_that_was_started_anew_has_nobody(
    platform: Platform, alice: Person, room: Room, host: Member, clock: FakeClock, fake: RealtimeFake
) -> None:
    await host.publish(Peer())
    fake.forget_all()
    clock.advance(seconds=31)
    await look(platform)
    assert await statuses(alice, room) == ["left"]


async def test_nobody_has_left_because_a_media_server_does_not_answer_for_a_while(
    platform: Platform, alice: Person, room: Room, host: Member, clock: FakeClock, fake: RealtimeFake
) -> None:
    await host.publish(Peer())
    fake.is_down = True
    clock.advance(seconds=299)
    await look(platform)
    assert await statuses(alice, room) == ["joined"]
    clock.advance(seconds=2)
    await look(platform)
    assert await statuses(alice, room) == ["left"]


async def test_who_never_connects_has_a_place_for_two_minutes_only(
    platform: Platform, alice: Person, room: Room, host: Member, clock: FakeClock
) -> None:
    clock.advance(seconds=119)
    await look(platform)
    assert await statuses(alice, room) == ["joined"]
    clock.advance(seconds=2)
    await look(platform)
    assert await statuses(alice, room) == ["left"]


async def test_who_follows_the_events_is_there(
    platform: Platform, alice: Person, room: Room, host: Member, clock: FakeClock
) -> None:
    feed = platform.services[Feed]
    assert isinstance(feed, Feed)
    following = feed.follow(Actor(UUID(alice.id)), UUID(room.id), 0, seconds=None)
    await anext(following)
    clock.advance(seconds=119)
    await feed.note_followers()
    clock.advance(seconds=119)
    await look(platform)
    assert await statuses(alice, room) == ["joined"]
    await following.aclose()


async def test_a_thousand_joins_and_leaves_leave_nothing_behind(
    platform: Platform, room: Room, bob: Person, tx: Tx, fake: RealtimeFake, jobs_done: Any
) -> None:
    for _ in range(1000 // 20):
        token = (await bob.post(f"{room.path}/token")).json()
        path = f"{room.path}/participants/{token['participant_id']}"
        offer = {"sdp": Peer().add("audio").offer(), "type": "audio"}
        assert (await bob.post(f"{path}/tracks", json=offer)).status_code == 201
        assert (await bob.delete(path)).status_code == 204
    await jobs_done()
    assert fake.open_tracks() == []
    assert await tx.fetch_value("SELECT count(*) FROM session_connections") == 0
    assert await tx.fetch_value("SELECT count(*) FROM session_participants") == 1
    assert await tx.fetch_value("SELECT count(*) FROM jobs") == 0


async def test_what_was_deleted_or_ended_long_ago_is_forgotten(
    platform: Platform, alice: Person, room: Room, host: Member, clock: FakeClock, tx: Tx
) -> None:
    presence = platform.services[Presence]
    assert isinstance(presence, Presence)
    await alice.put(room.path, json={"status": "ended"})
    clock.advance(days=1, seconds=1)
    await presence.forget_old()
    assert await tx.fetch_value("SELECT count(*) FROM session_events") == 0
