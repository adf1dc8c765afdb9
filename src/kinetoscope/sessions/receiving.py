"""What participants receive: subscriptions, the offers they lead to, and which simulcast layer."""

from collections.abc import Sequence
from uuid import UUID

from ..kernel.clock import Clock
from ..kernel.db import Database, Tx
from . import media_store, store
from .connections import Connections, Standing, realtime_of, require_acting_in
from .media_store import Subscription
from .models import Actor, Connection, Subscribed, SubscriptionResult
from .realtime import Pull, Pulled, Realtime
from .refusals import ConnectionReplaced, NoOfferPending, SubscriptionNotFound, TrackNotFound
from .sdp import Offered, read_sdp
from .wishes import Wish, results_of, sort_out


class Receiving:
    """Lets participants receive the tracks of others."""

    def __init__(self, db: Database, *, clock: Clock, realtime: Realtime, connections: Connections) -> None:
        self._db = db
        self._clock = clock
        self._realtime = realtime
        self._connections = connections

    async def subscribe(
        self,
        actor: Actor,
        session_id: UUID,
        participant_id: UUID,
        track_ids: Sequence[UUID],
        *,
        sdp: str | None,
    ) -> Subscribed:
        """Receive tracks of others. Each succeeds or fails for itself; what is received already stays.

        With an offer of the client the result holds the answer to it. Without one it holds our offer, which
        the client answers by `renegotiate` before anything else on this connection.
        """
        async with self._db.read() as tx:
            await require_acting_in(tx, actor, session_id, participant_id)
        offered = None if sdp is None else read_sdp(sdp)
        standing = await self._connections.standing(actor, session_id, participant_id, offered)
        wish, pulled = await self._wish(standing, track_ids, offered), None
        if wish.pulls:  # otherwise there is nothing to wait for
            async with self._connections.turn(actor, session_id, participant_id, offered) as standing:
                wish = await self._wish(standing, track_ids, offered)
                pulled = await self._pull(standing, offered, sdp, wish) if wish.pulls else None
        results = results_of(wish, pulled)
        return Subscribed(
            pulled.description if pulled else None,
            pulled.requires_renegotiation if pulled else False,
            [results[track_id] for track_id in dict.fromkeys(track_ids)],
        )

    async def renegotiate(self, actor: Actor, session_id: UUID, participant_id: UUID, *, sdp: str) -> None:
        """Take the client's answer to our offer; refuses with `NoOfferPending` where there is none."""
        async with self._connections.turn(
            actor, session_id, participant_id, None, despite_offer=True
        ) as standing:
            connection = standing.connection
            if connection is None or connection.offered_at is None:
                raise NoOfferPending
            answered = read_sdp(sdp)
            if connection.fingerprint is not None and connection.fingerprint != answered.fingerprint:
                raise ConnectionReplaced
            async with self._connections.lost_if_gone(connection):
                await self._realtime.renegotiate(realtime_of(connection), sdp)
            async with self._connections.committing(connection) as tx:
                await media_store.save_offered(tx, connection.id, at=None)
                await media_store.save_heard(
                    tx,
                    connection.id,
                    joins=standing.joins,
                    fingerprint=answered.fingerprint,
                    ice_ufrag=answered.ice_ufrag,
                )

    async def unsubscribe(self, actor: Actor, session_id: UUID, participant_id: UUID, track_id: UUID) -> None:
        """Stop receiving a track; refuses with `SubscriptionNotFound`."""
        async with self._connections.turn(
            actor, session_id, participant_id, None, despite_offer=True
        ) as standing:
            connection, subscription = await self._require_subscription(standing, track_id)
            await self._realtime.close_tracks(realtime_of(connection), [subscription.mid])
            async with self._db.transaction() as tx:
                await store.lock_active_session(tx, session_id)
                if not await media_store.delete_subscription(tx, connection.id, track_id):
                    raise SubscriptionNotFound

    async def prefer(
        self, actor: Actor, session_id: UUID, participant_id: UUID, track_id: UUID, *, rid: str
    ) -> SubscriptionResult:
        """Say which simulcast layer of a received track is wanted."""
        async with self._connections.turn(
            actor, session_id, participant_id, None, despite_offer=True
        ) as standing:
            connection, subscription = await self._require_subscription(standing, track_id)
            if subscription.source_realtime_id is None:
                raise TrackNotFound("This track has ended.")
            pull = Pull(subscription.source_realtime_id, str(track_id), subscription.mid)
            async with self._connections.lost_if_gone(connection):
                await self._realtime.prefer(realtime_of(connection), pull, rid)
            async with self._connections.committing(connection) as tx:
                await media_store.save_preferred_rid(tx, connection.id, track_id, rid)
        return SubscriptionResult(track_id, subscription.mid, "active")

    async def _wish(self, standing: Standing, track_ids: Sequence[UUID], offered: Offered | None) -> Wish:
        async with self._db.read() as tx:
            sources = await media_store.find_sources(tx, standing.session.id, track_ids)
            received = await _received(tx, standing.connection)
        return sort_out(
            track_ids, own=standing.participant, sources=sources, received=received, offered=offered
        )

    async def _pull(self, standing: Standing, offered: Offered | None, sdp: str | None, wish: Wish) -> Pulled:
        connection = await self._connections.ensured(standing, offered)
        async with self._connections.lost_if_gone(connection):
            pulled = await self._realtime.pull(realtime_of(connection), list(wish.pulls.values()), sdp)
        mids = [
            (track_id, item.mid)
            for track_id, item in zip(wish.pulls, pulled.items, strict=True)
            if item.error is None and item.mid is not None
        ]
        async with self._connections.committing(connection) as tx:
            await media_store.save_subscriptions(tx, connection.id, mids)
            if pulled.requires_renegotiation:
                await media_store.save_offered(tx, connection.id, at=self._clock())
            if offered is not None:
                await media_store.save_heard(
                    tx,
                    connection.id,
                    joins=max(standing.joins, connection.joins),
                    fingerprint=offered.fingerprint,
                    ice_ufrag=offered.ice_ufrag,
                )
        return pulled

    async def _require_subscription(
        self, standing: Standing, track_id: UUID
    ) -> tuple[Connection, Subscription]:
        connection = standing.connection
        if connection is None:
            raise SubscriptionNotFound
        async with self._db.read() as tx:
            found = await media_store.find_subscription(tx, connection.id, track_id)
        if found is None:
            raise SubscriptionNotFound
        return connection, found


async def _received(tx: Tx, connection: Connection | None) -> dict[UUID, str]:
    return {} if connection is None else await media_store.received_by(tx, connection.id)
