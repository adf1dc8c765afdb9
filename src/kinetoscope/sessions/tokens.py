"""The credential of who has joined a session: a JWT (RFC 7519) that only we read."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt

from ..kernel.clock import Clock
from ..kernel.secrets import Keyring
from .models import Participant

_AUDIENCE = "kinetoscope-session"
_LONGEST = 2048
_NEEDED = ["sub", "session_id", "participant_id", "role", "exp", "joins"]


@dataclass(frozen=True, slots=True)
class SessionClaims:
    """What a session's token says of its holder. `joins` tells which of its joins it was made for."""

    user_id: UUID
    session_id: UUID
    participant_id: UUID
    joins: int


class SessionTokens:
    """Makes and reads the tokens of sessions; that of before a rotation of the root secret is read too."""

    def __init__(self, keyring: Keyring, *, clock: Clock, lifetime: timedelta) -> None:
        self._clock = clock
        self._keys = keyring.derive_all("session-token")
        self._lifetime = lifetime

    def sign(self, participant: Participant, *, at: datetime) -> tuple[str, datetime]:
        """Return the token of a participant, and when it expires."""
        expires_at = (at + self._lifetime).replace(microsecond=0)
        claims = {
            "aud": _AUDIENCE,
            "sub": str(participant.user_id),
            "session_id": str(participant.session_id),
            "participant_id": str(participant.id),
            "role": participant.role,
            "joins": participant.joins,
            "iat": at,
            "exp": expires_at,
        }
        return jwt.encode(claims, self._keys[0], algorithm="HS256"), expires_at

    def verify(self, token: str) -> SessionClaims | None:
        """Return what a token says if its signature and dates are good, else None."""
        at = self._clock()
        if len(token) > _LONGEST or not token.isascii():
            return None
        for key in self._keys:
            claims = _read(token, key, at)
            if claims is not None:
                return claims
        return None


def _read(token: str, key: bytes, at: datetime) -> SessionClaims | None:
    try:
        claims = jwt.decode(
            token,
            key,
            algorithms=["HS256"],
            audience=_AUDIENCE,
            # The dates are checked below, against the clock that we were given.
            options={"require": _NEEDED, "verify_exp": False, "verify_iat": False},
        )
        if datetime.fromtimestamp(claims["exp"], UTC) <= at:
            return None
        return SessionClaims(
            UUID(claims["sub"]),
            UUID(claims["session_id"]),
            UUID(claims["participant_id"]),
            int(claims["joins"]),
        )
    except (jwt.PyJWTError, KeyError, ValueError, TypeError, OverflowError):
        return None
