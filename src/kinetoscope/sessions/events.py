"""What happens in a session, as rows of the very transaction that makes it happen.

The row of the session is locked by whoever changes anything in it: so the numbers have no holes, and a
lower one never becomes visible after a higher one.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import get_args
from uuid import UUID

from ..kernel.db import Record, Tx
from .models import Event, EventType, Participant, Session, Track

CHANNEL = "kinetoscope_sessions"
"""Where PostgreSQL notifies API processes which session something has happened in."""

ENDING: EventType = "session.ended"
"""After this event there is no other but news of recordings."""

_AT_ONCE = 200
_TYPES: dict[str, EventType] = {name: name for name in get_args(EventType)}


async def record(
    tx: Tx, session_id: UUID, kind: EventType, data: Mapping[str, object], *, at: datetime
) -> None:
    """Write an event of a session that this transaction has locked, and wake who listens when it commits."""
    await record_all(tx, session_id, [(kind, data)], at=at)


async def record_all(
    tx: Tx, session_id: UUID, events: Sequence[tuple[EventType, Mapping[str, object]]], *, at: datetime
) -> None:
    """Write several events, in their order."""
    if not events:
        return
    await tx.execute(
        """
        WITH counted AS (
            UPDATE video_sessions SET last_event = last_event + cardinality($2::text[]) WHERE id = $1::uuid
            RETURNING last_event - cardinality($2::text[]) AS before
        ), written AS (
            INSERT INTO session_events (session_id, number, type, data, created_at)
            SELECT $1::uuid, before + place, type, data, $4
              FROM counted, unnest($2::text[], $3::jsonb[]) WITH ORDINALITY AS e(type, data, place)
            RETURNING number
        )
        SELECT pg_notify('kinetoscope_sessions', ($1::uuid)::text) WHERE EXISTS (SELECT FROM written)
        """,
        session_id,
        [kind for kind, _ in events],
        [dict(data) for _, data in events],
        at,
    )


async def load_after(tx: Tx, wanted: Sequence[tuple[UUID, int]]) -> dict[tuple[UUID, int], list[Event]]:
    """Return, for each session and number, the next events after that number: 200 at most."""
    rows = await tx.fetch(
        """
        SELECT w.session_id, w.after, e.number, e.type, e.data
          FROM unnest($1::uuid[], $2::bigint[]) AS w(session_id, after)
         CROSS JOIN LATERAL (
                SELECT number, type, data FROM session_events
                 WHERE session_id = w.session_id AND number > w.after ORDER BY number LIMIT $3
               ) AS e
         ORDER BY e.number
        """,
        [session_id for session_id, _ in wanted],
        [after for _, after in wanted],
        _AT_ONCE,
    )
    found: dict[tuple[UUID, int], list[Event]] = {key: [] for key in wanted}
    for row in rows:
        found[row["session_id"], row["after"]].append(_event(row))
    return found


async def remove_old(tx: Tx, *, ended_before: datetime) -> int:
    """Remove the events of sessions that ended long ago; return how many."""
    return await tx.execute(
        """
        DELETE FROM session_events e USING video_sessions s
         WHERE s.id = e.session_id AND s.status = 'ended' AND s.ended_at < $1
        """,
        ended_before,
    )


async def forget_person(tx: Tx, participant: Participant) -> None:
    """Remove who a participant was from what is told of a session."""
    await tx.execute(
        """
        UPDATE session_events SET data = data || '{"user_id": null, "display_name": null}'
         WHERE session_id = $1 AND data ->> 'participant_id' = ($2::uuid)::text AND data ? 'user_id'
        """,
        participant.session_id,
        participant.id,
    )


def about_session(session: Session) -> dict[str, object]:
    """Return what an event tells of a session."""
    return {
        "session_id": str(session.id),
        "session_name": session.session_name,
        "max_participants": session.max_participants,
        "status": session.status,
    }


def about_participant(participant: Participant) -> dict[str, object]:
    """Return what an event tells of a participant."""
    return {
        "session_id": str(participant.session_id),
        "participant_id": str(participant.id),
        "user_id": str(participant.user_id),
        "display_name": participant.display_name,
        "role": participant.role,
    }


def about_track(track: Track) -> dict[str, object]:
    """Return what an event tells of a track."""
    return {
        "session_id": str(track.session_id),
        "participant_id": str(track.participant_id),
        "track_id": str(track.id),
        "track_name": track.track_name,
        "type": track.type,
        "muted": track.muted,
    }


def _event(row: Record) -> Event:
    return Event(row["number"], _TYPES[row["type"]], row["data"])
