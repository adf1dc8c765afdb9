"""How clients reach the media: STUN for everybody, TURN for a while and by name."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from uuid import UUID

from ..kernel.clock import Clock
from .models import IceServer, TurnCredentials
from .realtime import Realtime


class IceServers:
    """The servers of this installation, and credentials for those that want them."""

    def __init__(
        self,
        *,
        clock: Clock,
        realtime: Realtime,
        stun_urls: Sequence[str],
        turn_urls: Sequence[str],
        turn_secret: bytes,
        ttl_seconds: int,
    ) -> None:
        self._clock = clock
        self._realtime = realtime
        self._stun = tuple(stun_urls)
        self._turn = tuple(turn_urls)
        self._secret = turn_secret
        self._ttl = ttl_seconds

    async def public(self) -> list[IceServer]:
        """Return what anybody may use: the STUN servers that are set, else our media server itself."""
        urls = self._stun or await self._realtime.stun_urls()
        return [IceServer(urls)] if urls else []

    async def of(self, holder: UUID) -> list[IceServer]:
        """Return what a participant, or an account, may use: TURN too, for a while."""
        if not self._turn:
            return await self.public()
        turn = self.credentials(holder)
        return [*await self.public(), IceServer(self._turn, turn.username, turn.credential)]

    def credentials(self, holder: UUID) -> TurnCredentials:
        """Return credentials for TURN (draft-uberti-behave-turn-rest-00, coturn's `use-auth-secret`).

        The name says when they expire and whose they are; the password is its HMAC-SHA1 under the secret
        that the TURN servers share with us.
        """
        username = f"{int(self._clock().timestamp()) + self._ttl}:{holder}"
        digest = hmac.digest(self._secret, username.encode(), hashlib.sha1)
        return TurnCredentials(username, base64.b64encode(digest).decode(), self._ttl)
