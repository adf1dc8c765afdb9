"""Who comes and goes: joining, leaving, being removed, being found gone."""

from datetime import datetime
from uuid import UUID

from ..accounts import require_author
from ..kernel.caller import Caller
from ..kernel.clock import Clock
from ..kernel.db import Database, Tx
from ..kernel.ids import uuid7
from . import events, media_store, store
from .ice import IceServers
from .models import Actor, Joined, Participant, Session
from .refusals import NotYourParticipant, Removed, SessionEnded, SessionFull
from .rules import is_own, require_right_session
from .tokens import SessionTokens


class Joining:
    """Lets accounts into sessions and out again."""

    def __init__(self, db: Database, *, clock: Clock, tokens: SessionTokens, ice: IceServers) -> None:
        self._db = db
        self._clock = clock
        self._tokens = tokens
        self._ice = ice

    async def join(
        self, caller: Caller, session_id: UUID, *, display_name: str | None, resume: bool
    ) -> Joined:
        """Let an account in and give it a token; one that is in already is the same participant.

        `resume` only renews the token: otherwise a new connection is about to take the place of an earlier
        one. Refuses with `SessionFull`, `SessionEnded`, `Removed`.
        """
        now = self._clock()
        async with self._db.transaction() as tx:
            session = await store.lock_session(tx, session_id)
            if session.status == "ended":
                raise SessionEnded
            before = await store.find_participant_of(tx, session_id, caller.id)
            name = display_name or await require_author(tx, caller.id)
            if resume and before is not None and before.status == "joined":
                participant = before
            else:
                participant = await let_in(tx, session, before, caller.id, name, at=now)
        token, expires_at = self._tokens.sign(participant, at=now)
        return Joined(
            participant,
            token,
            expires_at,
            self._ice.credentials(participant.id),
            await self._ice.of(participant.id),
        )

    async def leave(self, actor: Actor, session_id: UUID, participant_id: UUID) -> None:
        """Let a participant leave, or be removed when it is the host who says so."""
        now = self._clock()
        async with self._db.transaction() as tx:
            session = await store.lock_session(tx, session_id)
            require_right_session(actor, session_id)
            participant = await store.require_participant(tx, session_id, participant_id)
            own = is_own(actor, participant)
            if not own and actor.user_id != session.host_id:
                raise NotYourParticipant
            if own and participant.removed_at is not None:
                raise Removed
            if not own:
                await store.bar(tx, participant_id, at=now)
            if participant.status == "joined":
                await let_out(tx, participant, reason="left" if own else "removed", at=now)


async def let_in(
    tx: Tx, session: Session, before: Participant | None, user_id: UUID, name: str, *, at: datetime
) -> Participant:
    """Let an account into a session that is locked; refuses with `Removed` and `SessionFull`."""
    if before is not None and before.removed_at is not None:
        raise Removed
    is_new = before is None or before.status == "left"
    if is_new and not await store.take_place(tx, session.id):
        raise SessionFull
    participant = await store.save_joined(
        tx,
        new_id=uuid7(),
        session_id=session.id,
        user_id=user_id,
        display_name=name,
        role="host" if user_id == session.host_id else "participant",
        at=at,
    )
    if is_new:
        await events.record(
            tx, session.id, "participant.joined", events.about_participant(participant), at=at
        )
    return participant


async def let_out(tx: Tx, participant: Participant, *, reason: str, at: datetime) -> None:
    """Let a participant out of a session that is locked; its connection is taken down, all are told.

    `reason` is `left`, `removed`, `gone` or `erased`.
    """
    session_id = participant.session_id
    ended = await media_store.take_down_connections(
        tx, session_id=session_id, participant_id=participant.id, at=at
    )
    left = await store.save_left(tx, participant, removed=reason == "removed", at=at)
    about = events.about_participant(left) | {"reason": reason}
    await events.record_all(
        tx,
        session_id,
        [
            *(("track.unpublished", events.about_track(track)) for track in ended),
            ("participant.left", about),
        ],
        at=at,
    )
