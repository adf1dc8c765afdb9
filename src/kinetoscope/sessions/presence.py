"""Who is really there: the media servers are asked, and who has been gone for too long has left."""

import asyncio
import logging
from datetime import timedelta
from uuid import UUID

from ..kernel.clock import Clock
from ..kernel.db import Database, Tx
from ..kernel.errors import NotFound
from ..kernel.jobs import Job
from . import events, media_store, recording_store, store
from .connections import realtime_of
from .joining import let_out
from .models import Connection, Participant
from .realtime import Realtime, RealtimeSession
from .refusals import MediaRefused, MediaUnavailable, SessionEnded
from .rules import Sight, has_left
from .service import end

log = logging.getLogger(__name__)

LOOKED_EVERY = timedelta(seconds=10)
_AT_ONCE = 16
_ERASED_AT_ONCE = 20
_EVENTS_KEPT = timedelta(days=1)
_DELETED_KEPT = timedelta(hours=1)


class Presence:
    """Keeps the lists of participants true, and the media servers free of connections of nobody."""

    def __init__(self, db: Database, *, clock: Clock, realtime: Realtime) -> None:
        self._db = db
        self._clock = clock
        self._realtime = realtime

    async def look(self) -> None:
        """Ask after everybody who is in a session; let out who has been gone for too long."""
        async with self._db.read() as tx:
            present = await media_store.list_present(tx)
        places = asyncio.Semaphore(_AT_ONCE)
        sights = await asyncio.gather(*(self._sight(connection, places) for _, connection in present))
        found = dict(zip((person.id for person, _ in present), sights, strict=True))
        now = self._clock()
        alive = [person.id for person, _ in present if found[person.id] == "alive"]
        async with self._db.read() as tx:
            await store.save_seen(tx, alive, at=now)
        for person, _ in present:
            if has_left(person, found[person.id], at=now):
                await self._let_out(person)

    async def close_connection(self, job: Job) -> None:
        """Take a connection down at its media server; one that cannot be reached is tried again."""
        try:
            await self._realtime.end(RealtimeSession(job.text("media_url"), job.text("realtime_id")))
        except MediaRefused:
            log.warning("the media server would not end a connection", extra={"job": job.id})

    async def forget_old(self) -> None:
        """Remove events that nobody asks for any more, and sessions that were deleted."""
        now = self._clock()
        async with self._db.read() as tx:
            await events.remove_old(tx, ended_before=now - _EVENTS_KEPT)
            await store.remove_deleted(tx, before=now - _DELETED_KEPT)

    async def erase_account(self, tx: Tx, account_id: UUID) -> int:
        """Remove some sessions and participants of an account that is being erased; return how many."""
        await recording_store.delete_of(tx, account_id)
        hosted = await store.hosted_by(tx, account_id, at_most=_ERASED_AT_ONCE)
        for session_id in hosted:
            await self._erase_session(tx, session_id)
        if hosted:
            return len(hosted)
        taken_part = await store.taken_part_by(tx, account_id, at_most=1)
        for participant in taken_part:
            await self._erase_participant(tx, participant)
        return len(taken_part)

    async def _erase_session(self, tx: Tx, session_id: UUID) -> None:
        try:
            session = await store.lock_active_session(tx, session_id)
            await end(tx, session, at=self._clock())
        except (SessionEnded, NotFound):
            pass  # it is over, or deleted: then only its rows are left
        await store.delete_session(tx, session_id)

    async def _erase_participant(self, tx: Tx, participant: Participant) -> None:
        try:
            await store.lock_session(tx, participant.session_id)
            present = await store.require_participant(tx, participant.session_id, participant.id)
            if present.status == "joined":
                await let_out(tx, present, reason="erased", at=self._clock())
        except NotFound:
            pass
        await events.forget_person(tx, participant)
        await store.delete_participant(tx, participant.id)

    async def _sight(self, connection: Connection | None, places: asyncio.Semaphore) -> Sight:
        if connection is None:
            return "none"
        async with places:
            try:
                return "alive" if await self._realtime.is_alive(realtime_of(connection)) else "gone"
            except (MediaUnavailable, MediaRefused):
                return "unknown"

    async def _let_out(self, person: Participant) -> None:
        """Let out who is gone, unless it has come back, or has been heard of, in the meantime."""
        async with self._db.transaction() as tx:
            try:
                await store.lock_active_session(tx, person.session_id)
                now = await store.require_participant(tx, person.session_id, person.id)
            except (SessionEnded, NotFound):
                return
            if now.status == "joined" and now.seen_at == person.seen_at:
                await let_out(tx, now, reason="gone", at=self._clock())
