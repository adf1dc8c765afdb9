"""Sessions and who is in them, in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from ..kernel.db import Record, Tx
from ..kernel.paging import Page
from .models import Participant, ParticipantRole, Session
from .refusals import ParticipantNotFound, SessionEnded, SessionNotFound

_SESSION_COLUMNS: LiteralString = """
    id, host_id, session_name, max_participants, participant_count, status, version, media_url, last_event,
    recording_id, created_at, updated_at, ended_at
"""

_PARTICIPANT_COLUMNS: LiteralString = """
    id, session_id, user_id, display_name, role, status, joins, joined_at, left_at, removed_at, seen_at
"""

_SESSION: LiteralString = (
    "SELECT" + _SESSION_COLUMNS + "FROM video_sessions WHERE id = $1 AND deleted_at IS NULL"
)

_ACTIVE_OF: LiteralString = """
      FROM video_sessions s
     WHERE s.status = 'active' AND s.deleted_at IS NULL
       AND (s.host_id = $1
            OR EXISTS (SELECT FROM session_participants p
                        WHERE p.session_id = s.id AND p.user_id = $1 AND p.status = 'joined'))
"""

_ALL_OF: LiteralString = """
      FROM video_sessions s
     WHERE s.deleted_at IS NULL
       AND (s.host_id = $1
            OR EXISTS (SELECT FROM session_participants p WHERE p.session_id = s.id AND p.user_id = $1))
"""


async def insert_session(tx: Tx, session: Session) -> None:
    """Save a new session."""
    await tx.execute(
        """
        INSERT INTO video_sessions
               (id, host_id, session_name, max_participants, media_url, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $6)
        """,
        session.id,
        session.host_id,
        session.session_name,
        session.max_participants,
        session.media_url,
        session.created_at,
    )


async def require_session(tx: Tx, session_id: UUID) -> Session:
    """Return a session; refuses with `SessionNotFound`."""
    row = await tx.fetch_one(_SESSION, session_id)
    if row is None:
        raise SessionNotFound
    return _session(row)


async def lock_session(tx: Tx, session_id: UUID) -> Session:
    """Return a session, and let nobody else change anything in it until the commit."""
    row = await tx.fetch_one(_SESSION + " FOR UPDATE", session_id)
    if row is None:
        raise SessionNotFound
    return _session(row)


async def lock_active_session(tx: Tx, session_id: UUID) -> Session:
    """Do the same; refuses with `SessionEnded` too."""
    session = await lock_session(tx, session_id)
    if session.status == "ended":
        raise SessionEnded
    return session


async def save_session(tx: Tx, session: Session) -> Session:
    """Write what a host can change of a session, and return it as it now is."""
    row = await tx.fetch_one(
        """
        UPDATE video_sessions
           SET session_name = $2, max_participants = $3, updated_at = $4, version = version + 1
         WHERE id = $1
        RETURNING
        """  # noqa: S608 - literals
        + _SESSION_COLUMNS,
        session.id,
        session.session_name,
        session.max_participants,
        session.updated_at,
    )
    assert row is not None, "it is locked"
    return _session(row)


async def end_session(tx: Tx, session_id: UUID, *, at: datetime) -> Session:
    """Mark an active session as ended, and everybody in it as gone; return it as it now is."""
    row = await tx.fetch_one(
        """
        WITH gone AS (
            UPDATE session_participants SET status = 'left', left_at = $2
             WHERE session_id = $1 AND status = 'joined'
        )
        UPDATE video_sessions
           SET status = 'ended', ended_at = $2, updated_at = $2, version = version + 1, participant_count = 0
         WHERE id = $1
        RETURNING
        """  # noqa: S608 - literals
        + _SESSION_COLUMNS,
        session_id,
        at,
    )
    assert row is not None, "it is locked"
    return _session(row)


async def mark_deleted(tx: Tx, session_id: UUID, *, at: datetime) -> None:
    """Let an ended session be found by nobody any more."""
    await tx.execute("UPDATE video_sessions SET deleted_at = $2 WHERE id = $1", session_id, at)


async def remove_deleted(tx: Tx, *, before: datetime) -> int:
    """Remove what was deleted so long ago that all have read its end; return how much."""
    return await tx.execute("DELETE FROM video_sessions WHERE deleted_at < $1", before)


async def list_active(tx: Tx, user_id: UUID, page: Page) -> tuple[list[Session], int]:
    """Return a page of the active sessions that an account hosts or is in, and how many there are."""
    return await _list(tx, _ACTIVE_OF, user_id, page)


async def list_all(tx: Tx, user_id: UUID, page: Page) -> tuple[list[Session], int]:
    """Return a page of the sessions that an account hosts or has been in, and how many there are."""
    return await _list(tx, _ALL_OF, user_id, page)


async def _list(tx: Tx, which: LiteralString, user_id: UUID, page: Page) -> tuple[list[Session], int]:
    rows = await tx.fetch(
        "SELECT" + _SESSION_COLUMNS + which + "ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3",
        user_id,
        page.size,
        page.offset,
    )
    total: int = await tx.fetch_value("SELECT count(*)" + which, user_id)
    return [_session(row) for row in rows], total


async def find_participant_of(tx: Tx, session_id: UUID, user_id: UUID) -> Participant | None:
    """Return an account's participant in a session, also one that has left."""
    row = await tx.fetch_one(
        "SELECT" + _PARTICIPANT_COLUMNS + "FROM session_participants WHERE session_id = $1 AND user_id = $2",
        session_id,
        user_id,
    )
    return _participant(row) if row else None


async def require_participant(tx: Tx, session_id: UUID, participant_id: UUID) -> Participant:
    """Return a participant of a session, also one that has left; refuses with `ParticipantNotFound`."""
    row = await tx.fetch_one(
        "SELECT" + _PARTICIPANT_COLUMNS + "FROM session_participants WHERE session_id = $1 AND id = $2",
        session_id,
        participant_id,
    )
    if row is None:
        raise ParticipantNotFound
    return _participant(row)


async def list_participants(tx: Tx, session_id: UUID) -> list[Participant]:
    """Return all who are or have been in a session, in the order in which they first came."""
    rows = await tx.fetch(
        "SELECT" + _PARTICIPANT_COLUMNS + "FROM session_participants WHERE session_id = $1 ORDER BY id",
        session_id,
    )
    return [_participant(row) for row in rows]


async def take_place(tx: Tx, session_id: UUID) -> bool:
    """Count one more in a session, unless it is full or has ended; of racing joins never one too many."""
    taken = await tx.execute(
        """
        UPDATE video_sessions SET participant_count = participant_count + 1
         WHERE id = $1 AND status = 'active' AND participant_count < max_participants
        """,
        session_id,
    )
    return taken == 1


async def save_joined(
    tx: Tx,
    *,
    new_id: UUID,
    session_id: UUID,
    user_id: UUID,
    display_name: str,
    role: ParticipantRole,
    at: datetime,
) -> Participant:
    """Save that an account has joined anew; one that was there before is the same participant again."""
    row = await tx.fetch_one(
        """
        INSERT INTO session_participants AS p
               (id, session_id, user_id, display_name, role, status, joined_at, seen_at)
        VALUES ($1, $2, $3, $4, $5, 'joined', $6, $6)
            ON CONFLICT (session_id, user_id) DO UPDATE
           SET display_name = $4, status = 'joined', joins = p.joins + 1, left_at = NULL, seen_at = $6,
               joined_at = CASE WHEN p.status = 'joined' THEN p.joined_at ELSE $6 END
        RETURNING
        """  # noqa: S608 - literals
        + _PARTICIPANT_COLUMNS,
        new_id,
        session_id,
        user_id,
        display_name,
        role,
        at,
    )
    assert row is not None, "it inserts or updates"
    return _participant(row)


async def save_left(tx: Tx, participant: Participant, *, removed: bool, at: datetime) -> Participant:
    """Save that a participant who was there has left, and free its place."""
    row = await tx.fetch_one(
        """
        WITH place AS (
            UPDATE video_sessions SET participant_count = participant_count - 1 WHERE id = $2
        )
        UPDATE session_participants
           SET status = 'left', left_at = $3, removed_at = CASE WHEN $4 THEN $3 ELSE removed_at END
         WHERE id = $1
        RETURNING
        """  # noqa: S608 - literals
        + _PARTICIPANT_COLUMNS,
        participant.id,
        participant.session_id,
        at,
        removed,
    )
    assert row is not None, "its session is locked"
    return _participant(row)


async def bar(tx: Tx, participant_id: UUID, *, at: datetime) -> None:
    """Save that a participant who has left already may not come back."""
    await tx.execute(
        "UPDATE session_participants SET removed_at = COALESCE(removed_at, $2) WHERE id = $1",
        participant_id,
        at,
    )


async def save_seen(tx: Tx, participant_ids: Sequence[UUID], *, at: datetime) -> None:
    """Save that participants were there at this moment."""
    await tx.execute(
        "UPDATE session_participants SET seen_at = $2 WHERE id = ANY($1) AND seen_at < $2",
        list(participant_ids),
        at,
    )


async def save_following(tx: Tx, who: Sequence[tuple[UUID, UUID]], *, at: datetime) -> None:
    """Save that accounts follow what happens in sessions; those with a connection are known by that."""
    await tx.execute(
        """
        UPDATE session_participants p SET seen_at = $3
          FROM unnest($1::uuid[], $2::uuid[]) AS f(session_id, user_id)
         WHERE p.session_id = f.session_id AND p.user_id = f.user_id AND p.status = 'joined'
           AND p.seen_at < $3
           AND NOT EXISTS (SELECT FROM session_connections c WHERE c.participant_id = p.id)
        """,
        [session_id for session_id, _ in who],
        [user_id for _, user_id in who],
        at,
    )


async def move_session(tx: Tx, session_id: UUID, *, to: str) -> None:
    """Save that a session is on another media server from now on."""
    await tx.execute("UPDATE video_sessions SET media_url = $2 WHERE id = $1", session_id, to)


async def hosted_by(tx: Tx, user_id: UUID, *, at_most: int) -> list[UUID]:
    """Return some sessions that an account hosts, deleted ones included."""
    rows = await tx.fetch("SELECT id FROM video_sessions WHERE host_id = $1 LIMIT $2", user_id, at_most)
    return [row["id"] for row in rows]


async def taken_part_by(tx: Tx, user_id: UUID, *, at_most: int) -> list[Participant]:
    """Return some participants that an account is or has been."""
    rows = await tx.fetch(
        "SELECT" + _PARTICIPANT_COLUMNS + "FROM session_participants WHERE user_id = $1 LIMIT $2",
        user_id,
        at_most,
    )
    return [_participant(row) for row in rows]


async def delete_session(tx: Tx, session_id: UUID) -> None:
    """Remove a session with all rows that hang on it."""
    await tx.execute("DELETE FROM video_sessions WHERE id = $1", session_id)


async def delete_participant(tx: Tx, participant_id: UUID) -> None:
    """Remove a participant with all rows that hang on it."""
    await tx.execute("DELETE FROM session_participants WHERE id = $1", participant_id)


def _session(row: Record) -> Session:
    return Session(**dict(row))


def _participant(row: Record) -> Participant:
    return Participant(**dict(row))
