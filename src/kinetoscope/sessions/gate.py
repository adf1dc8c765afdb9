"""Who calls from inside a session: the holder of its token, or an account."""

from typing import Annotated

from fastapi import Depends, Request

from ..http.gate import GatedRoute, credential_of
from ..kernel.caller import Caller
from .models import Actor
from .tokens import SessionTokens


class InsideRoute(GatedRoute):
    """A route that a session's token lets in, too; which session it is for is looked at later."""

    async def _admit(self, request: Request) -> Caller | None:
        tokens = request.state.services[SessionTokens]
        assert isinstance(tokens, SessionTokens)
        credential = credential_of(request.scope["headers"])
        claims = tokens.verify(credential) if credential else None
        if claims is not None:
            request.state.actor = Actor(
                claims.user_id,
                session_id=claims.session_id,
                participant_id=claims.participant_id,
                joins=claims.joins,
            )
            return Caller(claims.user_id, "USER", frozenset({"read", "write"}))
        caller = await super()._admit(request)
        request.state.actor = None if caller is None else Actor(caller.id, is_admin=caller.is_admin)
        return caller


async def _maybe_actor(request: Request) -> Actor | None:
    actor: Actor | None = request.state.actor
    return actor


async def _actor(request: Request) -> Actor:
    actor: Actor | None = request.state.actor
    assert actor is not None, "this route must declare that it needs a caller"
    return actor


MaybeActor = Annotated[Actor | None, Depends(_maybe_actor)]
"""Who is calling, or None."""

InSession = Annotated[Actor, Depends(_actor)]
"""Who is calling; the gate has already refused those without a good credential."""
