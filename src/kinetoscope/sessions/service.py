"""The use cases of sessions as such: creating, reading, changing, ending."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from msgspec import UNSET

from ..accounts import require_author
from ..kernel.caller import Caller
from ..kernel.clock import Clock
from ..kernel.db import Database, Tx
from ..kernel.errors import ChangedMeanwhile
from ..kernel.ids import uuid7
from ..kernel.limits import Allowance, RateLimit, TooManyRequests, limit_key, seconds_until_free, spend
from ..kernel.paging import Listing, Page
from . import events, media_store, store
from .models import Actor, Participant, Present, Session, SessionChanges, Shown, Track
from .recorded import end_recording
from .refusals import NotTheHost, OthersSessions, SessionEnded, TooManyForMaximum
from .rules import may_look_inside, require_member, require_right_session
from .servers import MediaServers

POLICY = "create-session"


class SessionLimit:
    """How often one account may create a session. Holds across all processes."""

    def __init__(self, db: Database, *, clock: Clock, limit: RateLimit, secret: bytes) -> None:
        self._db = db
        self._clock = clock
        self._limit = limit
        self._secret = secret

    async def spend(self, caller: Caller) -> Allowance:
        """Count a try; refuses with `TooManyRequests`."""
        now = self._clock()
        key = limit_key(self._secret, POLICY, str(caller.id))
        async with self._db.read() as tx:
            allowance = await spend(tx, key, self._limit, at=now)
            if allowance is None:
                wait = await seconds_until_free(tx, key, self._limit, at=now)
                raise TooManyRequests(Allowance(self._limit, 0, wait), POLICY)
        return allowance


class Sessions:
    """Creating, reading, changing and ending sessions."""

    def __init__(self, db: Database, *, clock: Clock, servers: MediaServers) -> None:
        self._db = db
        self._clock = clock
        self._servers = servers

    async def create(self, caller: Caller, session_name: str, *, max_participants: int) -> Session:
        """Make a session on a media server that answers; refuses with `MediaUnavailable`."""
        media_url = await self._servers.choose()
        now = self._clock()
        session = Session(
            id=uuid7(),
            host_id=caller.id,
            session_name=session_name,
            max_participants=max_participants,
            participant_count=0,
            status="active",
            version=1,
            media_url=media_url,
            last_event=0,
            recording_id=None,
            created_at=now,
            updated_at=now,
            ended_at=None,
        )
        async with self._db.transaction() as tx:
            await require_author(tx, caller.id)
            await store.insert_session(tx, session)
        return session

    async def get(self, actor: Actor, session_id: UUID) -> Shown:
        """Return a session, with who is in it for those who may see that."""
        async with self._db.read() as tx:
            session = await store.require_session(tx, session_id)
            require_right_session(actor, session_id)
            own = await store.find_participant_of(tx, session_id, actor.user_id)
            if not may_look_inside(actor, session, own):
                return Shown(session, None)
            return Shown(session, await load_members(tx, session_id))

    async def participants(self, actor: Actor, session_id: UUID) -> Shown:
        """Return who is and was in a session; refuses who may not see that."""
        async with self._db.read() as tx:
            session = await require_insight(tx, actor, session_id)
            return Shown(session, await load_members(tx, session_id))

    async def list_active(self, caller: Caller, page: Page) -> Listing[Session]:
        """Return the active sessions that the caller hosts or is in."""
        async with self._db.read() as tx:
            items, total = await store.list_active(tx, caller.id, page)
        return Listing(items, total, page)

    async def list_of(self, caller: Caller, user_id: UUID, page: Page) -> Listing[Session]:
        """Return the sessions that an account hosts or has been in; others' for administrators only."""
        if caller.id != user_id and not caller.is_admin:
            raise OthersSessions
        async with self._db.read() as tx:
            items, total = await store.list_all(tx, user_id, page)
        return Listing(items, total, page)

    async def change(
        self, caller: Caller, session_id: UUID, changes: SessionChanges, *, versions: frozenset[int] | None
    ) -> Session:
        """Change or end a session and return it; `versions` are those that the caller has seen."""
        now = self._clock()
        async with self._db.transaction() as tx:
            session = await store.lock_session(tx, session_id)
            if session.host_id != caller.id:
                raise NotTheHost
            if versions is not None and session.version not in versions:
                raise ChangedMeanwhile
            if session.status == "ended":
                return _unchanged(session, changes)
            session = await _renamed(tx, session, changes, at=now)
            if changes.status == "ended":
                session = await end(tx, session, at=now)
            return session

    async def delete(self, caller: Caller, session_id: UUID, *, versions: frozenset[int] | None) -> None:
        """End a session and let nobody find it any more: for its host, and for administrators."""
        now = self._clock()
        async with self._db.transaction() as tx:
            session = await store.lock_session(tx, session_id)
            if session.host_id != caller.id and not caller.is_admin:
                raise NotTheHost
            if versions is not None and session.version not in versions:
                raise ChangedMeanwhile
            if session.status == "active":
                await end(tx, session, at=now)
            await store.mark_deleted(tx, session_id, at=now)


async def end(tx: Tx, session: Session, *, at: datetime) -> Session:
    """End a session that is locked: everybody is gone, all connections are taken down, all are told."""
    await end_recording(tx, session.id, at=at)
    await media_store.take_down_connections(tx, session_id=session.id, at=at)
    ended = await store.end_session(tx, session.id, at=at)
    await events.record(tx, session.id, events.ENDING, events.about_session(ended), at=at)
    return await store.require_session(tx, session.id)


async def require_insight(tx: Tx, actor: Actor, session_id: UUID) -> Session:
    """Return a session that the actor may look into; refuses others."""
    session = await store.require_session(tx, session_id)
    require_right_session(actor, session_id)
    require_member(actor, session, await store.find_participant_of(tx, session_id, actor.user_id))
    return session


async def load_members(tx: Tx, session_id: UUID) -> list[Present]:
    """Return who is and was in a session, each with the tracks that it publishes."""
    people: Sequence[Participant] = await store.list_participants(tx, session_id)
    tracks: dict[UUID, list[Track]] = defaultdict(list)
    for track in await media_store.list_tracks(tx, session_id):
        tracks[track.participant_id].append(track)
    return [Present(person, tracks[person.id]) for person in people]


def _unchanged(session: Session, changes: SessionChanges) -> Session:
    """Return an ended session where nothing but its end was wished for."""
    if changes != SessionChanges(status="ended"):
        raise SessionEnded
    return session


async def _renamed(tx: Tx, session: Session, changes: SessionChanges, *, at: datetime) -> Session:
    name = session.session_name if changes.session_name is UNSET else changes.session_name
    most = session.max_participants if changes.max_participants is UNSET else changes.max_participants
    if most < session.participant_count:
        raise TooManyForMaximum
    if (name, most) == (session.session_name, session.max_participants):
        return session
    changed = replace(session, session_name=name, max_participants=most, updated_at=at)
    saved = await store.save_session(tx, changed)
    await events.record(tx, session.id, "session.updated", events.about_session(saved), at=at)
    return await store.require_session(tx, session.id)
