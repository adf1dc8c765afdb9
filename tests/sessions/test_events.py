"""What happens in a session, told in order and without loss."""

import asyncio
import json

import httpx
import pytest

from kinetoscope.app import create_app
from kinetoscope.kernel.db import Tx
from kinetoscope.kernel.settings import Settings
from kinetoscope.wiring import Platform
from kinetoscope_fakes.serving import served
from support.cast import Person
from support.peers import Peer
from support.rooms import Member, Room, events_of, read_events


async def test_everything_is_told_in_its_order_with_numbers_from_1(
    room: Room, host: Member, guest: Member, alice: Person
) -> None:
    peer = Peer()
    track = await host.publish(peer)
    path = f"{host.path}/tracks/{track['track_id']}"
    await host.patch(path, json={"muted": True})
    await host.delete(path)
    await alice.put(room.path, json={"session_name": "New"})
    await guest.delete(guest.path)
    await alice.put(room.path, json={"status": "ended"})
    told = await events_of(alice, room.path)
    assert [(event["id"], event["type"]) for event in told] == [
        (1, "participant.joined"),
        (2, "participant.joined"),
        (3, "track.published"),
        (4, "track.muted"),
        (5, "track.unpublished"),
        (6, "session.updated"),
        (7, "participant.left"),
        (8, "session.ended"),
    ]
    assert {event["data"]["session_id"] for event in told} == {room.id}
    assert told[5]["data"]["session_name"] == "New"


async def test_what_was_missed_is_replayed_and_nothing_else(host: Member, guest: Member) -> None:
    everything = await guest.events()
    assert await guest.events(1) == everything[1:]
    assert await guest.events(everything[-1]["id"]) == []
    assert await guest.events(10**6) == []
    fresh = await guest.get(f"{guest.session}/events", params={"wait": 0})
    assert read_events(fresh.text) == []
    assert fresh.headers["content-type"].startswith("text/event-stream")
    assert fresh.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("number", ["-1", "x", "1.5", "9" * 30])
async def test_a_number_that_is_none_is_unprocessable(guest: Member, number: str) -> None:
    answer = await guest.get(f"{guest.session}/events?wait=0", headers={"Last-Event-ID": number})
    assert answer.status_code == 422


async def test_after_the_end_there_is_nothing_more(room: Room, host: Member, alice: Person) -> None:
    await alice.put(room.path, json={"status": "ended"})
    told = await host.events()
    assert told[-1]["type"] == "session.ended"
    last = {"Last-Event-ID": str(told[-1]["id"])}
    assert (await host.get(f"{room.path}/events", headers=last)).status_code == 204


async def test_the_stream_is_for_who_is_in_it(room: Room, bob: Person, alice: Person) -> None:
    refused = await bob.get(f"{room.path}/events", params={"wait": 0})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_a_member")
    assert (await alice.get(f"{room.path}/events", params={"wait": 0})).status_code == 200


async def test_racing_changes_have_numbers_without_holes(host: Member, guest: Member, tx: Tx) -> None:
    tracks = [await member.publish(Peer(), "audio") for member in (host, guest)]
    await asyncio.gather(
        *(
            member.patch(f"{member.path}/tracks/{track['track_id']}", json={"muted": n % 2 == 0})
            for n in range(20)
            for member, track in zip((host, guest), tracks, strict=True)
        )
    )
    numbers = [event["id"] for event in await guest.events()]
    assert numbers == list(range(1, len(numbers) + 1))


class Stream:
    """One reader of a stream, over a real socket."""

    def __init__(self, url: str, member: Member, after: int = 0) -> None:
        self.url = f"{url}{member.session}/events"
        self.headers = {"Last-Event-ID": str(after), "Authorization": member.headers["authorization"]}
        self.told: list[tuple[int, str]] = []
        self.began = asyncio.Event()

    async def read_until(self, kind: str) -> list[tuple[int, str]]:
        """Read until an event of a kind has come."""
        number = 0
        async with (
            asyncio.timeout(20),
            httpx.AsyncClient(timeout=20) as client,
            client.stream("GET", self.url, headers=self.headers) as stream,
        ):
            async for line in stream.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "id":
                    number = int(value)
                if name == "event":
                    self.told.append((number, value))
                    self.began.set()
                    if value == kind:
                        return self.told
        return self.told


async def test_readers_in_every_process_are_told_as_it_happens(
    second_platform: Platform, settings: Settings, host: Member, guest: Member, alice: Person, room: Room
) -> None:
    with served(create_app(second_platform, settings), lifespan="on") as url:
        readers = [asyncio.create_task(Stream(url, guest).read_until("session.ended")) for _ in range(5)]
        peer = Peer()
        for _ in range(4):
            await host.publish(peer, "audio")
        await alice.put(room.path, json={"status": "ended"})
        told = await asyncio.gather(*readers)
    assert {json.dumps(each) for each in told} == {json.dumps(told[0])}
    assert [number for number, _ in told[0]] == list(range(1, 8))


async def test_a_removed_participant_is_told_and_then_no_more(
    second_platform: Platform, settings: Settings, guest: Member, host: Member, alice: Person
) -> None:
    with served(create_app(second_platform, settings), lifespan="on") as url:
        stream = Stream(url, guest)
        reading = asyncio.create_task(stream.read_until("nothing that there is"))
        await stream.began.wait()
        await alice.delete(guest.path)
        told = await reading
    assert told[-1] == (3, "participant.left")
    last = (await events_of(alice, guest.session))[-1]
    assert last["data"]["reason"] == "removed"
