"""What participants publish: tracks, and whether they are muted."""

from dataclasses import replace
from uuid import UUID

from ..kernel.clock import Clock
from ..kernel.db import Database, Tx
from ..kernel.ids import uuid7
from . import events, media_store, store
from .connections import Connections, Standing, realtime_of, require_acting_in
from .models import Actor, Connection, Published, Track, TrackType
from .realtime import Push, Realtime
from .recorded import record_published
from .refusals import TrackNotFound
from .sdp import MediaLine, Offered, new_line, read_sdp


class Publishing:
    """Publishes tracks, mutes them, takes them down."""

    def __init__(self, db: Database, *, clock: Clock, realtime: Realtime, connections: Connections) -> None:
        self._db = db
        self._clock = clock
        self._realtime = realtime
        self._connections = connections

    async def publish(
        self,
        actor: Actor,
        session_id: UUID,
        participant_id: UUID,
        *,
        sdp: str,
        kind: TrackType,
        track_name: str | None,
    ) -> Published:
        """Publish the new m-line of an offer and return the track with the answer.

        Refuses with `BadSdp`, or with what the media server has against it.
        """
        # Whether it may at all is said before what is wrong with the offer.
        async with self._db.read() as tx:
            await require_acting_in(tx, actor, session_id, participant_id)
        offered = read_sdp(sdp)
        async with self._connections.turn(actor, session_id, participant_id, offered) as standing:
            line = await self._new_line(standing, offered, "audio" if kind == "audio" else "video")
            connection = await self._connections.ensured(standing, offered)
            track = _track(connection, line, kind, track_name)
            async with self._connections.lost_if_gone(connection):
                pushed = [Push(line.mid, str(track.id))]
                answer = await self._realtime.push(realtime_of(connection), sdp, pushed)
            await self._save(standing, connection, offered, track)
        return Published(track, answer)

    async def unpublish(self, actor: Actor, session_id: UUID, participant_id: UUID, track_id: UUID) -> None:
        """Take a track of one's own down; refuses with `TrackNotFound`."""
        async with self._connections.turn(
            actor, session_id, participant_id, None, despite_offer=True
        ) as standing:
            async with self._db.read() as tx:
                track = await _require_active(tx, participant_id, track_id)
            if standing.realtime is not None:
                await self._realtime.close_tracks(standing.realtime, [track.mid])
            async with self._db.transaction() as tx:
                await store.lock_active_session(tx, session_id)
                await _require_active(tx, participant_id, track_id)
                await media_store.save_unpublished(tx, track_id)
                about = events.about_track(track)
                await events.record(tx, session_id, "track.unpublished", about, at=self._clock())

    async def mute(
        self, actor: Actor, session_id: UUID, participant_id: UUID, track_id: UUID, *, muted: bool
    ) -> Track:
        """Say whether a track of one's own is muted, and return it; the others are told."""
        async with self._db.transaction() as tx:
            await store.lock_session(tx, session_id)
            await require_acting_in(tx, actor, session_id, participant_id)
            track = await _require_active(tx, participant_id, track_id)
            if track.muted == muted:
                return track
            await media_store.save_muted(tx, track_id, muted=muted)
            changed = replace(track, muted=muted)
            await events.record(tx, session_id, "track.muted", events.about_track(changed), at=self._clock())
            return changed

    async def _new_line(self, standing: Standing, offered: Offered, kind: str) -> MediaLine:
        if standing.connection is None:
            return new_line(offered, kind, taken=frozenset(), seen=frozenset())
        async with self._db.read() as tx:
            taken, seen = await media_store.mids_of(tx, standing.connection)
        return new_line(offered, kind, taken=taken, seen=seen)

    async def _save(self, standing: Standing, connection: Connection, offered: Offered, track: Track) -> None:
        now = self._clock()
        async with self._connections.committing(connection) as tx:
            await media_store.save_heard(
                tx,
                connection.id,
                joins=max(standing.joins, connection.joins),
                fingerprint=offered.fingerprint,
                ice_ufrag=offered.ice_ufrag,
            )
            await media_store.insert_track(tx, track, at=now)
            await events.record(tx, track.session_id, "track.published", events.about_track(track), at=now)
            await record_published(tx, track.session_id, at=now)


def _track(connection: Connection, line: MediaLine, kind: TrackType, track_name: str | None) -> Track:
    track_id = uuid7()
    return Track(
        id=track_id,
        session_id=connection.session_id,
        participant_id=connection.participant_id,
        connection_id=connection.id,
        track_name=track_name or f"{kind}-{track_id.hex[-8:]}",
        type=kind,
        mid=line.mid,
        status="active",
        muted=False,
    )


async def _require_active(tx: Tx, participant_id: UUID, track_id: UUID) -> Track:
    track = await media_store.find_track(tx, participant_id, track_id)
    if track is None or track.status == "inactive":
        raise TrackNotFound
    return track
