"""The connection of a participant: found, begun, moved to another media server, taken down.

No network call is made inside a transaction, so each step looks again at what it depends on.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from ..kernel.clock import Clock
from ..kernel.db import Database, Tx
from ..kernel.errors import Refusal
from ..kernel.ids import uuid7
from . import events, media_store, store
from .models import Actor, Connection, ConnectionKind, Participant, Session
from .realtime import ConnectionGone, Realtime, RealtimeSession
from .recorded import end_recording
from .refusals import AnswerPending, ConnectionLost, MediaUnavailable, NotJoined
from .rules import can_go_on, require_acting, require_right_session
from .sdp import Offered
from .servers import MediaServers
from .turns import Turns

log = logging.getLogger(__name__)

ANSWER_PATIENCE_SECONDS = 3.0
"""So long does a change wait for the client's answer to an offer before it."""

_STEP_SECONDS = 0.05

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Standing:
    """A participant whose turn it is, and the connection that it goes on with, if there is one."""

    session: Session
    participant: Participant
    joins: int
    connection: Connection | None

    @property
    def owes_answer(self) -> bool:
        """Whether the client has still to answer our last offer."""
        return self.connection is not None and self.connection.offered_at is not None

    @property
    def realtime(self) -> RealtimeSession | None:
        """The connection as the media protocol names it."""
        return realtime_of(self.connection) if self.connection else None


class Connections:
    """Gives each change of a connection its turn, and the connection that it is about."""

    def __init__(
        self, db: Database, *, clock: Clock, realtime: Realtime, servers: MediaServers, turns: Turns
    ) -> None:
        self._db = db
        self._clock = clock
        self._realtime = realtime
        self._servers = servers
        self._turns = turns

    @asynccontextmanager
    async def turn(
        self,
        actor: Actor,
        session_id: UUID,
        participant_id: UUID,
        offered: Offered | None,
        *,
        despite_offer: bool = False,
    ) -> AsyncGenerator[Standing]:
        """Wait until nothing else is under way on a participant's connection, and keep it so.

        A change waits for the client's answer to our last offer, for some seconds; `despite_offer` is for
        that answer itself, and for what needs no negotiation. Refuses who is not this participant.
        """
        deadline = time.monotonic() + ANSWER_PATIENCE_SECONDS
        while True:
            async with self._turns.of(participant_id):
                standing = await self.standing(actor, session_id, participant_id, offered)
                if despite_offer or not standing.owes_answer:
                    yield standing
                    return
            if time.monotonic() > deadline:
                raise AnswerPending
            await asyncio.sleep(_STEP_SECONDS)

    async def standing(
        self, actor: Actor, session_id: UUID, participant_id: UUID, offered: Offered | None
    ) -> Standing:
        """Return how a participant stands at this moment; refuses who is not this participant."""
        async with self._db.read() as tx:
            session, participant = await require_acting_in(tx, actor, session_id, participant_id)
            connection = await media_store.find_connection(tx, participant_id)
        joins = participant.joins if actor.joins is None else actor.joins
        goes_on = can_go_on(
            connection,
            media_url=session.media_url,
            joins=joins,
            fingerprint=offered.fingerprint if offered else None,
        )
        return Standing(session, participant, joins, connection if goes_on else None)

    async def ensured(
        self, standing: Standing, offered: Offered | None, *, kind: ConnectionKind = "call"
    ) -> Connection:
        """Return the connection to go on with; begins one where there is none."""
        if standing.connection is not None:
            return standing.connection
        session = standing.session
        try:
            made = await self._realtime.new_session(session.media_url)
        except MediaUnavailable:
            made = await self._moved(session)
        connection = Connection(
            id=uuid7(),
            session_id=session.id,
            participant_id=standing.participant.id,
            media_url=made.url,
            realtime_id=made.id,
            joins=standing.joins,
            kind=kind,
            fingerprint=offered.fingerprint if offered else None,
            ice_ufrag=offered.ice_ufrag if offered else None,
            offered_at=None,
        )
        async with self.undone_if_refused(made), self._db.transaction() as tx:
            await self._require_still_there(tx, standing.participant, made.url)
            await self._take_down(tx, standing.participant)
            await media_store.insert_connection(tx, connection, at=self._clock())
        return connection

    @asynccontextmanager
    async def undone_if_refused(self, made: RealtimeSession) -> AsyncGenerator[None]:
        """Take a connection down at its media server when what it was made for is refused after all."""
        try:
            yield
        except Refusal:
            with suppress(MediaUnavailable):
                await self._realtime.end(made)
            raise

    @asynccontextmanager
    async def lost_if_gone(self, connection: Connection) -> AsyncGenerator[None]:
        """Forget a connection that its media server has forgotten, and refuse with `ConnectionLost`."""
        try:
            yield
        except ConnectionGone as error:
            async with self._db.transaction() as tx:
                await store.lock_session(tx, connection.session_id)
                now = await media_store.find_connection(tx, connection.participant_id)
                if now is not None and now.id == connection.id:
                    participant = await store.require_participant(
                        tx, connection.session_id, connection.participant_id
                    )
                    await self._take_down(tx, participant)
            raise ConnectionLost from error

    @asynccontextmanager
    async def committing(self, connection: Connection) -> AsyncGenerator[Tx]:
        """Open the transaction in which a change of a connection is written, if it still is what it was.

        Otherwise what the media server has done is undone: the connection is taken down there.
        """
        async with self.undone_if_refused(realtime_of(connection)), self._db.transaction() as tx:
            await store.lock_active_session(tx, connection.session_id)
            now = await media_store.find_connection(tx, connection.participant_id)
            if now is None or now.id != connection.id:
                raise NotJoined
            await store.save_seen(tx, [connection.participant_id], at=self._clock())
            yield tx

    async def _moved(self, session: Session) -> RealtimeSession:
        """Begin a connection on another media server, and let the room be there from now on."""
        url = await self._servers.replacement(session.media_url)
        async with self._db.transaction() as tx:
            now = await store.lock_active_session(tx, session.id)
            if now.media_url == session.media_url:
                log.warning("session moves", extra={"session": str(session.id), "to": url})
                await end_recording(tx, session.id, at=self._clock())
                await store.move_session(tx, session.id, to=url)
            else:
                url = now.media_url  # another participant was first
        return await self._realtime.new_session(url)

    async def _require_still_there(self, tx: Tx, participant: Participant, media_url: str) -> None:
        session = await store.lock_active_session(tx, participant.session_id)
        now = await store.require_participant(tx, participant.session_id, participant.id)
        if now.status == "left":
            raise NotJoined
        if session.media_url != media_url:
            raise ConnectionLost

    async def _take_down(self, tx: Tx, participant: Participant) -> None:
        """Take down the connection that a participant has had so far; what it published has ended."""
        now = self._clock()
        ended = await media_store.take_down_connections(
            tx, session_id=participant.session_id, participant_id=participant.id, at=now
        )
        told: Sequence[tuple[events.EventType, dict[str, object]]] = [
            ("track.unpublished", events.about_track(track)) for track in ended
        ]
        await events.record_all(tx, participant.session_id, told, at=now)


async def require_acting_in(
    tx: Tx, actor: Actor, session_id: UUID, participant_id: UUID
) -> tuple[Session, Participant]:
    """Return a session and a participant of it that the actor is; refuses everybody else."""
    session = await store.require_session(tx, session_id)
    require_right_session(actor, session_id)
    participant = await store.require_participant(tx, session_id, participant_id)
    require_acting(actor, session, participant)
    return session, participant


def realtime_of(connection: Connection) -> RealtimeSession:
    """Return a connection as the media protocol names it."""
    return RealtimeSession(connection.media_url, connection.realtime_id)
