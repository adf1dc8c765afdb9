"""Decisions about sessions, from values alone."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from .models import Actor, Connection, Participant, Session
from .refusals import (
    ConnectionReplaced,
    NotAMember,
    NotJoined,
    NotTheHost,
    NotYourParticipant,
    Removed,
    SessionEnded,
    WrongSession,
)

GONE_SECONDS = 30
"""After so long without its connection a participant has left."""

NEVER_CONNECTED_SECONDS = 120
"""So long may a participant take to connect, or to listen to what happens, before its place is free again."""

UNKNOWN_SECONDS = 300
"""So long is a participant believed to be there when its media server does not answer."""

Sight = Literal["alive", "gone", "unknown", "none"]
"""What the media server says of a connection; `none`: there is no connection to ask about."""

_PATIENCE: dict[Sight, int] = {
    "alive": 0,
    "gone": GONE_SECONDS,
    "none": NEVER_CONNECTED_SECONDS,
    "unknown": UNKNOWN_SECONDS,
}


def has_left(participant: Participant, sight: Sight, *, at: datetime) -> bool:
    """Whether a participant who was last seen some time ago has left."""
    if sight == "alive":
        return False
    return at - participant.seen_at >= timedelta(seconds=_PATIENCE[sight])


def require_right_session(actor: Actor, session_id: UUID) -> None:
    """Refuse a token of another session with `WrongSession`."""
    if actor.session_id is not None and actor.session_id != session_id:
        raise WrongSession


def is_own(actor: Actor, participant: Participant) -> bool:
    """Whether an actor is this participant."""
    if actor.participant_id is not None:
        return actor.participant_id == participant.id
    return actor.user_id == participant.user_id


def require_acting(actor: Actor, session: Session, participant: Participant) -> None:
    """Refuse unless the actor is this participant, and it is in a session that goes on."""
    if not is_own(actor, participant):
        raise NotYourParticipant
    if participant.removed_at is not None:
        raise Removed
    if session.status == "ended":
        raise SessionEnded
    if participant.status == "left":
        raise NotJoined


def require_host(actor: Actor, session: Session) -> None:
    """Refuse everybody but the host with `NotTheHost`."""
    if actor.user_id != session.host_id:
        raise NotTheHost


def may_look_inside(actor: Actor, session: Session, own: Participant | None) -> bool:
    """Whether an actor sees who is in a session: the host, who is or was in it, an administrator."""
    if actor.is_admin or actor.user_id == session.host_id:
        return True
    return own is not None and own.removed_at is None


def require_member(actor: Actor, session: Session, own: Participant | None) -> None:
    """Refuse who may not look inside: `Removed` if the host has removed it, else `NotAMember`."""
    if may_look_inside(actor, session, own):
        return
    if own is not None and own.removed_at is not None:
        raise Removed
    raise NotAMember


def can_go_on(connection: Connection | None, *, media_url: str, joins: int, fingerprint: str | None) -> bool:
    """Whether a call goes on with the connection that there is, rather than begin a new one.

    A browser makes a certificate for each of its connections, so the fingerprint of an offer tells whether
    it comes from the one we know: a page that was loaded again, or a second tab, has another. Without an
    offer, who has joined last has the connection; refuses the one before with `ConnectionReplaced`.
    """
    if connection is None or connection.media_url != media_url:
        return False
    if fingerprint is not None and fingerprint == connection.fingerprint:
        return True
    if joins < connection.joins:
        raise ConnectionReplaced
    if joins > connection.joins:
        return False
    return fingerprint is None or connection.fingerprint is None
