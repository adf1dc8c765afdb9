"""What happens in sessions, told to whoever follows: across processes, without loss, in order.

Events are read from their rows; PostgreSQL's notifications only say when to look. One connection of each
process listens for all who follow there, and who waits for the same event reads it once for all.
"""

import asyncio
import logging
import time
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from uuid import UUID

from ..kernel.clock import Clock
from ..kernel.coalesce import Coalesced
from ..kernel.db import LOST, Database
from ..kernel.errors import DatabaseUnavailable
from . import events, store
from .models import Actor, Event
from .servers import RENEWED_EVERY, MediaServers
from .service import require_insight

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 15.0
"""How often a quiet stream says that it is alive: proxies cut those that say nothing for a minute."""

_RETRY_SECONDS = 1.0
_BEACON_SECONDS = 10.0

Key = tuple[UUID, int]


class Feed:
    """Follows sessions; opened and closed with the process."""

    def __init__(self, db: Database, *, clock: Clock, servers: MediaServers) -> None:
        self._db = db
        self._clock = clock
        self._servers = servers
        self._loads = Coalesced[Key, list[Event]](self._load)
        self._waiting: dict[UUID, set[asyncio.Event]] = defaultdict(set)
        self._following: Counter[tuple[UUID, UUID]] = Counter()
        self._tasks: list[asyncio.Task[None]] = []
        self._ending = False

    async def open(self) -> None:
        """Begin to listen."""
        self._ending = False
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._shine())]

    async def close(self) -> None:
        """End all streams and stop listening."""
        self.end_streams()
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def end_streams(self) -> None:
        """Let every stream end after what it is just sending: the process is about to."""
        self._ending = True
        self._wake_all()

    async def begin(self, actor: Actor, session_id: UUID, after: int | None) -> int | None:
        """Return the number after which a follower reads on; None when nothing will ever come.

        Without a number it begins with what happens from now on. Refuses who may not look into the session.
        """
        async with self._db.read() as tx:
            session = await require_insight(tx, actor, session_id)
        start = session.last_event if after is None else min(after, session.last_event)
        return None if session.status == "ended" and start == session.last_event else start

    async def follow(
        self, actor: Actor, session_id: UUID, after: int, *, seconds: float | None
    ) -> AsyncGenerator[Sequence[Event]]:
        """Yield what happens after a number, in order; an empty list is a sign of life.

        Ends when the session has, when the follower is removed from it, or after so many seconds.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        wake = asyncio.Event()
        who = (session_id, actor.user_id)
        self._waiting[session_id].add(wake)
        self._following[who] += 1
        try:
            while True:
                wake.clear()
                found = await self._loads.get((session_id, after)) or []
                if found:
                    after = found[-1].number
                    yield found
                    if any(_ends_for(event, actor) for event in found):
                        return
                    continue
                if self._ending or (deadline is not None and time.monotonic() >= deadline):
                    return
                if not await self._woken(wake, deadline):
                    await self._require_there(session_id)
                    yield []
        finally:
            self._waiting[session_id].discard(wake)
            if not self._waiting[session_id]:
                del self._waiting[session_id]
            self._following[who] -= 1
            if not self._following[who]:
                del self._following[who]

    async def _woken(self, wake: asyncio.Event, deadline: float | None) -> bool:
        """Wait for a sign that there is something new; False when there was none for a while."""
        left = HEARTBEAT_SECONDS if deadline is None else deadline - time.monotonic()
        try:
            async with asyncio.timeout(min(HEARTBEAT_SECONDS, max(0.0, left))):
                await wake.wait()
        except TimeoutError:
            return False
        return True

    async def _require_there(self, session_id: UUID) -> None:
        async with self._db.read() as tx:
            await store.require_session(tx, session_id)

    async def _load(self, keys: Sequence[Key]) -> dict[Key, list[Event]]:
        async with self._db.read() as tx:
            return await events.load_after(tx, keys)

    async def _listen(self) -> None:
        while True:
            try:
                await self._listen_until_lost()
            except LOST:
                log.warning("sessions are not listened to: the database is away")
            await asyncio.sleep(_RETRY_SECONDS)

    async def _listen_until_lost(self) -> None:
        lost = asyncio.Event()
        connection = await self._db.connect()
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(events.CHANNEL, self._notified)
            self._wake_all()  # what happened while nobody listened
            await lost.wait()
        finally:
            connection.terminate()

    def _notified(self, *sent: object) -> None:
        with suppress(ValueError):
            for wake in self._waiting.get(UUID(str(sent[-1])), ()):
                wake.set()

    def _wake_all(self) -> None:
        for waiting in self._waiting.values():
            for wake in waiting:
                wake.set()

    async def _shine(self) -> None:
        """Say who follows, since that is a way to be there; and that our media server is there, if it is."""
        renewed = -RENEWED_EVERY.total_seconds()
        while True:
            with suppress(DatabaseUnavailable):
                if time.monotonic() - renewed >= RENEWED_EVERY.total_seconds():
                    renewed = time.monotonic()
                    await self._servers.renew()
                await self.note_followers()
            await asyncio.sleep(_BEACON_SECONDS)

    async def note_followers(self) -> None:
        """Save that those who follow here are there, as far as they have no connection that says so."""
        if not self._following:
            return
        async with self._db.read() as tx:
            await store.save_following(tx, list(self._following), at=self._clock())


def _ends_for(event: Event, actor: Actor) -> bool:
    """Whether an event is the last one that an actor is told."""
    if event.type == events.ENDING:
        return True
    removed = event.type == "participant.left" and event.data.get("reason") == "removed"
    return removed and event.data.get("user_id") == str(actor.user_id)
