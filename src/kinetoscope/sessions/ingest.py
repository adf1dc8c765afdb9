"""WHIP (RFC 9725) and WHEP: one offer and one answer, for programs that only send or only play."""

from collections.abc import Sequence
from uuid import UUID

from ..kernel.clock import Clock
from ..kernel.db import Database, Tx
from ..kernel.errors import ChangedMeanwhile
from ..kernel.ids import uuid7
from . import events, media_store, store
from .connections import Connections, Standing, realtime_of
from .ice import IceServers
from .joining import let_in, let_out
from .models import Actor, Connection, ConnectionKind, Ingested, Participant, Track, TrackType
from .realtime import Push, Realtime
from .recorded import record_published
from .refusals import (
    BadSdp,
    ConnectionNotFound,
    MediaRefused,
    NotAMember,
    NothingPublished,
    NotYourParticipant,
    Removed,
    SessionEnded,
)
from .rules import require_right_session
from .sdp import Offered, read_sdp, receiving_lines, sending_lines
from .wishes import Wish, sort_out

_TYPES: dict[str, TrackType] = {"audio": "audio", "video": "video"}


class Ingest:
    """Lets a program publish, or play, with one request.

    Its participant is that of the token it brings, or the one of its account.
    """

    def __init__(
        self,
        db: Database,
        *,
        clock: Clock,
        realtime: Realtime,
        connections: Connections,
        ice: IceServers,
    ) -> None:
        self._db = db
        self._clock = clock
        self._realtime = realtime
        self._connections = connections
        self._ice = ice

    async def publish(self, actor: Actor, session_id: UUID, sdp: str) -> Ingested:
        """Publish every m-line that an offer sends on (WHIP); the participant joins if it has left."""
        async with self._db.read() as tx:
            await _require_own(tx, actor, session_id)
        offered = read_sdp(sdp)
        lines = sending_lines(offered)
        if not lines:
            raise BadSdp("The description offers nothing that would be sent.")
        participant = await self._back_in(actor, session_id)
        async with self._connections.turn(
            actor, session_id, participant.id, offered, despite_offer=True
        ) as standing:
            connection = await self._begun(standing, offered, "whip")
            tracks = [_track(connection, line.mid, _TYPES[line.kind]) for line in lines]
            async with self._connections.lost_if_gone(connection):
                pushes = [Push(track.mid, str(track.id)) for track in tracks]
                answer = await self._realtime.push(realtime_of(connection), sdp, pushes)
            async with self._connections.committing(connection) as tx:
                for track in tracks:
                    await media_store.insert_track(tx, track, at=self._clock())
                await events.record_all(
                    tx,
                    session_id,
                    [("track.published", events.about_track(track)) for track in tracks],
                    at=self._clock(),
                )
                await record_published(tx, session_id, at=self._clock())
        return await self._ingested(connection, answer)

    async def play(self, actor: Actor, session_id: UUID, sdp: str) -> Ingested:
        """Receive the newest picture and sound of others (WHEP); refuses with `NothingPublished`.

        A participant who has left takes its place again, but not before it is known that there is something.
        """
        async with self._db.read() as tx:
            own = await _require_own(tx, actor, session_id)
        offered = read_sdp(sdp)
        if not receiving_lines(offered):
            raise BadSdp("The description offers nothing that would be received.")
        await self._wish(own, offered)
        participant = await self._back_in(actor, session_id)
        async with self._connections.turn(
            actor, session_id, participant.id, offered, despite_offer=True
        ) as standing:
            wish = await self._wish(participant, offered)
            connection = await self._begun(standing, offered, "whep")
            async with self._connections.lost_if_gone(connection):
                pulled = await self._realtime.pull(realtime_of(connection), list(wish.pulls.values()), sdp)
            if pulled.description is None or pulled.description.type != "answer":
                raise MediaRefused("The media server gave no answer to the offer.")
            mids = [
                (track_id, item.mid)
                for track_id, item in zip(wish.pulls, pulled.items, strict=True)
                if item.error is None and item.mid is not None
            ]
            async with self._connections.committing(connection) as tx:
                await media_store.save_subscriptions(tx, connection.id, mids)
        return await self._ingested(connection, pulled.description.sdp)

    async def require(
        self, actor: Actor, session_id: UUID, connection_id: UUID, *, etags: Sequence[str] | None
    ) -> Connection:
        """Return a connection of the actor's own participant; `etags` are those it may have, None for any."""
        async with self._db.read() as tx:
            own = await _require_own(tx, actor, session_id)
            connection = await media_store.find_connection_by_id(tx, session_id, connection_id)
        if connection is None or connection.kind == "call":
            raise ConnectionNotFound
        if connection.participant_id != own.id:
            raise NotYourParticipant
        if etags is not None and etag_of(connection) not in etags:
            raise ChangedMeanwhile
        return connection

    async def end(self, actor: Actor, session_id: UUID, connection_id: UUID) -> None:
        """End a connection; its participant leaves with it."""
        connection = await self.require(actor, session_id, connection_id, etags=None)
        async with self._db.transaction() as tx:
            await store.lock_active_session(tx, session_id)
            now = await media_store.find_connection_by_id(tx, session_id, connection.id)
            participant = await store.require_participant(tx, session_id, connection.participant_id)
            if now is None:
                raise ConnectionNotFound
            await let_out(tx, participant, reason="left", at=self._clock())

    async def _wish(self, own: Participant, offered: Offered) -> Wish:
        async with self._db.read() as tx:
            sources = await media_store.newest_sources(tx, own.session_id, but_not=own.id)
        wish = sort_out(
            [source.track.id for source in sources],
            own=own,
            sources={source.track.id: source for source in sources},
            received={},
            offered=offered,
        )
        if not wish.pulls:
            raise NothingPublished
        return wish

    async def _back_in(self, actor: Actor, session_id: UUID) -> Participant:
        """Return the actor's participant; one that has left joins again, if there is a place."""
        async with self._db.transaction() as tx:
            session = await store.lock_active_session(tx, session_id)
            own = await _require_own(tx, actor, session_id)
            if own.status == "joined":
                return own
            return await let_in(tx, session, own, own.user_id, own.display_name, at=self._clock())

    async def _begun(self, standing: Standing, offered: Offered, kind: ConnectionKind) -> Connection:
        """Return a new connection: WHIP and WHEP know of no second offer."""
        anew = Standing(standing.session, standing.participant, standing.participant.joins, None)
        return await self._connections.ensured(anew, offered, kind=kind)

    async def _ingested(self, connection: Connection, answer: str) -> Ingested:
        return Ingested(
            connection.session_id,
            connection.id,
            etag_of(connection),
            answer,
            await self._ice.of(connection.participant_id),
        )


def etag_of(connection: Connection) -> str:
    """Return the entity tag of a connection's ICE session (RFC 9725, section 4.3.1)."""
    return f'"{connection.id.hex}"'


async def _require_own(tx: Tx, actor: Actor, session_id: UUID) -> Participant:
    """Return the actor's participant in a session that goes on, also one that has left."""
    session = await store.require_session(tx, session_id)
    require_right_session(actor, session_id)
    if actor.participant_id is None:
        own = await store.find_participant_of(tx, session_id, actor.user_id)
        if own is None:
            raise NotAMember("Join this session first, with POST …/token.")
    else:
        own = await store.require_participant(tx, session_id, actor.participant_id)
    if own.removed_at is not None:
        raise Removed
    if session.status == "ended":
        raise SessionEnded
    return own


def _track(connection: Connection, mid: str, kind: TrackType) -> Track:
    track_id = uuid7()
    return Track(
        id=track_id,
        session_id=connection.session_id,
        participant_id=connection.participant_id,
        connection_id=connection.id,
        track_name=f"{kind}-{track_id.hex[-8:]}",
        type=kind,
        mid=mid,
        status="active",
        muted=False,
    )
