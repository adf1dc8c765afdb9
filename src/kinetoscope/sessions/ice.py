"""How clients reach the media: STUN for everybody, TURN for a while and by name."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from uuid import UUID

from ..kernel.clock import Clock
from .models import IceServer, TurnCredentials


class IceServers:
    """The servers of this installation, and credentials for those that want them."""

    def __init__(
        self,
        *,
        clock: Clock,
        stun_urls: Sequence[str],
        turn_urls: Sequence[str],
        turn_secret: bytes,
        ttl_seconds: int,
    ) -> None:
        self._clock = clock
        self._stun = tuple(stun_urls)
        self._turn = tuple(turn_urls)
        self._secret = turn_secret
        self._ttl = ttl_seconds

    def public(self) -> list[IceServer]:
        """Return what anybody may use."""
        return [IceServer(self._stun)] if self._stun else []

    def of(self, holder: UUID) -> list[IceServer]:
        """Return what a participant, or an account, may use: TURN too, for a while."""
        if not self._turn:
            return self.public()
        turn = self.credentials(holder)
        return [*self.public(), IceServer(self._turn, turn.username, turn.credential)]

    def credentials(self, holder: UUID) -> TurnCredentials:
        """Return credentials for TURN (draft-uberti-behave-turn-rest-00, coturn's `use-auth-secret`).

        The name says when they expire and whose they are; the password is its HMAC-SHA1 under the secret
        that the TURN servers share with us.
        """
        username = f"{int(self._clock().timestamp()) + self._ttl}:{holder}"
        digest = hmac.digest(self._secret, username.encode(), hashlib.sha1)
        return TurnCredentials(username, base64.b64encode(digest).decode(), self._ttl)
