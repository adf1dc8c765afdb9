"""Rooms and who is in them."""

from collections.abc import AsyncGenerator, Generator

import pytest
from httpx import ASGITransport

from kinetoscope_fakes.realtime import RealtimeFake
from support.cast import Hooks, Person
from support.rooms import Member, Room, room_of


@pytest.fixture
def fake(realtime_fake: RealtimeFake) -> Generator[RealtimeFake]:
    """The media service, as it is when all is well."""
    realtime_fake.forget_all()
    realtime_fake.calls.clear()
    yield realtime_fake
    realtime_fake.is_down = False
    realtime_fake.can_record = False
    realtime_fake.recordings.clear()


@pytest.fixture
async def room(alice: Person, fake: RealtimeFake) -> Room:
    """A session of alice's that nobody has joined."""
    return await room_of(alice)


@pytest.fixture
async def host(room: Room, alice: Person, transport: ASGITransport, hooks: Hooks) -> AsyncGenerator[Member]:
    """Alice inside, with her token."""
    async with await room.joined_by(alice, transport, hooks) as member:
        yield member


@pytest.fixture
async def guest(room: Room, bob: Person, transport: ASGITransport, hooks: Hooks) -> AsyncGenerator[Member]:
    """Bob inside, with his token."""
    async with await room.joined_by(bob, transport, hooks) as member:
        yield member
