"""Connections, and what they publish and receive, in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from ..kernel import jobs
from ..kernel.db import Record, Tx
from .models import CLOSE_CONNECTION, Connection, Participant, Track

_CONNECTION_COLUMNS: LiteralString = """
    id, session_id, participant_id, media_url, realtime_id, joins, kind, fingerprint, ice_ufrag, offered_at
"""

_TRACK_COLUMNS: LiteralString = """
    t.id, t.session_id, t.participant_id, t.connection_id, t.track_name, t.type, t.mid, t.status, t.muted
"""


@dataclass(frozen=True, slots=True)
class Source:
    """A track that can be received, and the connection that publishes it."""

    track: Track
    realtime_id: str
    media_url: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """A track that a connection receives, where it comes from, and on which m-line it arrives."""

    track_id: UUID
    mid: str
    source_realtime_id: str | None


async def find_connection(tx: Tx, participant_id: UUID) -> Connection | None:
    """Return the connection of a participant."""
    row = await tx.fetch_one(
        "SELECT" + _CONNECTION_COLUMNS + "FROM session_connections WHERE participant_id = $1",
        participant_id,
    )
    return _connection(row) if row else None


async def find_connection_by_id(tx: Tx, session_id: UUID, connection_id: UUID) -> Connection | None:
    """Return a connection of a session."""
    row = await tx.fetch_one(
        "SELECT" + _CONNECTION_COLUMNS + "FROM session_connections WHERE session_id = $1 AND id = $2",
        session_id,
        connection_id,
    )
    return _connection(row) if row else None


async def insert_connection(tx: Tx, connection: Connection, *, at: datetime) -> None:
    """Save a new connection."""
    await tx.execute(
        """
        INSERT INTO session_connections
               (id, session_id, participant_id, media_url, realtime_id, joins, kind, fingerprint, ice_ufrag,
                created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        connection.id,
        connection.session_id,
        connection.participant_id,
        connection.media_url,
        connection.realtime_id,
        connection.joins,
        connection.kind,
        connection.fingerprint,
        connection.ice_ufrag,
        at,
    )


async def save_heard(tx: Tx, connection_id: UUID, *, joins: int, fingerprint: str, ice_ufrag: str) -> None:
    """Save what a client has said of its end of a connection."""
    await tx.execute(
        "UPDATE session_connections SET joins = $2, fingerprint = $3, ice_ufrag = $4 WHERE id = $1",
        connection_id,
        joins,
        fingerprint,
        ice_ufrag,
    )


async def save_offered(tx: Tx, connection_id: UUID, *, at: datetime | None) -> bool:
    """Save since when the client owes an answer, or that it no longer does; False if it is gone."""
    saved = await tx.execute(
        "UPDATE session_connections SET offered_at = $2 WHERE id = $1", connection_id, at
    )
    return saved == 1


async def take_down_connections(
    tx: Tx, *, session_id: UUID, participant_id: UUID | None = None, at: datetime
) -> list[Track]:
    """Forget the connection of one participant, or all of a session; return the tracks that end with it.

    The media server is told by a job of the same commit.
    """
    ended = await tx.fetch(
        """
        UPDATE session_tracks t SET status = 'inactive', connection_id = NULL
         WHERE session_id = $1 AND status = 'active' AND ($2::uuid IS NULL OR participant_id = $2)
        RETURNING
        """  # noqa: S608 - literals
        + _TRACK_COLUMNS,
        session_id,
        participant_id,
    )
    rows = await tx.fetch(
        """
        DELETE FROM session_connections
         WHERE session_id = $1 AND ($2::uuid IS NULL OR participant_id = $2)
        RETURNING media_url, realtime_id
        """,
        session_id,
        participant_id,
    )
    if rows:
        await jobs.enqueue_many(tx, CLOSE_CONNECTION, [dict(row) for row in rows], at=at)
    return [_track(row) for row in ended]


async def insert_track(tx: Tx, track: Track, *, at: datetime) -> None:
    """Save a new track."""
    await tx.execute(
        """
        INSERT INTO session_tracks
               (id, session_id, participant_id, connection_id, track_name, type, mid, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        track.id,
        track.session_id,
        track.participant_id,
        track.connection_id,
        track.track_name,
        track.type,
        track.mid,
        at,
    )


async def list_tracks(tx: Tx, session_id: UUID) -> list[Track]:
    """Return the active tracks of a session, oldest first."""
    rows = await tx.fetch(
        "SELECT"
        + _TRACK_COLUMNS
        + """
          FROM session_tracks t WHERE session_id = $1 AND status = 'active'
         ORDER BY created_at, length(mid), mid, id
        """,
        session_id,
    )
    return [_track(row) for row in rows]


async def find_track(tx: Tx, participant_id: UUID, track_id: UUID) -> Track | None:
    """Return a track that a participant publishes, or has published."""
    row = await tx.fetch_one(
        "SELECT" + _TRACK_COLUMNS + "FROM session_tracks t WHERE participant_id = $1 AND id = $2",
        participant_id,
        track_id,
    )
    return _track(row) if row else None


async def mids_of(tx: Tx, connection: Connection) -> tuple[frozenset[str], frozenset[str]]:
    """Return the mids that a connection publishes on now, and all that its client has published on."""
    rows = await tx.fetch(
        """
        SELECT mid, connection_id IS NOT NULL AS is_active FROM session_tracks WHERE participant_id = $1
        """,
        connection.participant_id,
    )
    return (
        frozenset(row["mid"] for row in rows if row["is_active"]),
        frozenset(row["mid"] for row in rows),
    )


async def save_muted(tx: Tx, track_id: UUID, *, muted: bool) -> None:
    """Save whether a track is muted."""
    await tx.execute("UPDATE session_tracks SET muted = $2 WHERE id = $1", track_id, muted)


async def save_unpublished(tx: Tx, track_id: UUID) -> None:
    """Save that a track has ended; what was received of it ends with it."""
    await tx.execute(
        "UPDATE session_tracks SET status = 'inactive', connection_id = NULL WHERE id = $1", track_id
    )


async def find_sources(tx: Tx, session_id: UUID, track_ids: Sequence[UUID]) -> dict[UUID, Source]:
    """Return those of these tracks that are published in a session now."""
    rows = await tx.fetch(
        "SELECT"
        + _TRACK_COLUMNS
        + """, c.realtime_id, c.media_url
          FROM session_tracks t JOIN session_connections c ON c.id = t.connection_id
         WHERE t.session_id = $1 AND t.id = ANY($2) AND t.status = 'active'
        """,
        session_id,
        list(track_ids),
    )
    return {row["id"]: _source(row) for row in rows}


async def newest_sources(tx: Tx, session_id: UUID, *, but_not: UUID) -> list[Source]:
    """Return what others than one participant publish in a session now, newest first."""
    rows = await tx.fetch(
        "SELECT"
        + _TRACK_COLUMNS
        + """, c.realtime_id, c.media_url
          FROM session_tracks t JOIN session_connections c ON c.id = t.connection_id
         WHERE t.session_id = $1 AND t.participant_id <> $2 AND t.status = 'active'
         ORDER BY t.created_at DESC, t.id DESC
        """,
        session_id,
        but_not,
    )
    return [_source(row) for row in rows]


async def save_subscriptions(tx: Tx, connection_id: UUID, mids: Sequence[tuple[UUID, str]]) -> None:
    """Save on which m-lines a connection receives tracks."""
    await tx.execute_many(
        """
        INSERT INTO session_subscriptions (connection_id, track_id, mid) VALUES ($1, $2, $3)
            ON CONFLICT (connection_id, track_id) DO UPDATE SET mid = $3
        """,
        [(connection_id, track_id, mid) for track_id, mid in mids],
    )


async def find_subscription(tx: Tx, connection_id: UUID, track_id: UUID) -> Subscription | None:
    """Return a track that a connection receives."""
    row = await tx.fetch_one(
        """
        SELECT s.track_id, s.mid, c.realtime_id AS source_realtime_id
          FROM session_subscriptions s
          JOIN session_tracks t ON t.id = s.track_id
          LEFT JOIN session_connections c ON c.id = t.connection_id
         WHERE s.connection_id = $1 AND s.track_id = $2
        """,
        connection_id,
        track_id,
    )
    return Subscription(**dict(row)) if row else None


async def received_by(tx: Tx, connection_id: UUID) -> dict[UUID, str]:
    """Return the tracks that a connection receives, each with its mid."""
    rows = await tx.fetch(
        "SELECT track_id, mid FROM session_subscriptions WHERE connection_id = $1", connection_id
    )
    return {row["track_id"]: row["mid"] for row in rows}


async def save_preferred_rid(tx: Tx, connection_id: UUID, track_id: UUID, rid: str) -> None:
    """Save which simulcast layer of a track is wanted."""
    await tx.execute(
        "UPDATE session_subscriptions SET preferred_rid = $3 WHERE connection_id = $1 AND track_id = $2",
        connection_id,
        track_id,
        rid,
    )


async def delete_subscription(tx: Tx, connection_id: UUID, track_id: UUID) -> bool:
    """Remove a subscription; False if there was none."""
    removed = await tx.execute(
        "DELETE FROM session_subscriptions WHERE connection_id = $1 AND track_id = $2",
        connection_id,
        track_id,
    )
    return removed == 1


async def list_present(tx: Tx) -> list[tuple[Participant, Connection | None]]:
    """Return everybody who is in an active session, with the connection if there is one."""
    people = await tx.fetch(
        """
        SELECT id, session_id, user_id, display_name, role, status, joins, joined_at, left_at, removed_at,
               seen_at
          FROM session_participants WHERE status = 'joined'
        """
    )
    rows = await tx.fetch("SELECT" + _CONNECTION_COLUMNS + "FROM session_connections")
    connections = {row["participant_id"]: _connection(row) for row in rows}
    return [(Participant(**dict(row)), connections.get(row["id"])) for row in people]


def _connection(row: Record) -> Connection:
    return Connection(**dict(row))


def _track(row: Record) -> Track:
    return Track(
        row["id"],
        row["session_id"],
        row["participant_id"],
        row["connection_id"],
        row["track_name"],
        row["type"],
        row["mid"],
        row["status"],
        row["muted"],
    )


def _source(row: Record) -> Source:
    return Source(_track(row), row["realtime_id"], row["media_url"])
