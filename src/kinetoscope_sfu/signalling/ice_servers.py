"""How clients find their way to the media: STUN at our own port, and TURN where there is one."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from ..plane import LocalTransport
from .refusals import InvalidParams

MOST_SECONDS = 172_800


class IceServer(msgspec.Struct, omit_defaults=True):
    """One entry of `RTCPeerConnection`'s `iceServers`."""

    urls: list[str]
    username: str | None = None
    credential: str | None = None


class IceServers(msgspec.Struct, rename="camel"):
    """The answer of `generate-ice-servers`."""

    ice_servers: list[IceServer]


@dataclass(frozen=True, slots=True)
class Turn:
    """TURN servers and the secret that they share with us (coturn's `use-auth-secret`)."""

    urls: Sequence[str] = ()
    secret: bytes = b""


class IceServerList:
    """Gives out servers. `unix_now` is the time of day in seconds since 1970.

    `stun_port` is a port for STUN alone; without one that for media is named.
    """

    def __init__(
        self,
        local: Callable[[], LocalTransport],
        turn: Turn,
        *,
        unix_now: Callable[[], float],
        stun_port: int | None = None,
    ) -> None:
        self._local = local
        self._stun_port = stun_port
        self._turn = turn
        self._unix_now = unix_now

    def generate(self, ttl: int) -> IceServers:
        """Return servers with credentials that hold for `ttl` seconds.

        The name is the time at which they expire, the password its HMAC-SHA1
        (draft-uberti-behave-turn-rest-00).
        """
        if not 1 <= ttl <= MOST_SECONDS:
            raise InvalidParams(f"ttl is 1 to {MOST_SECONDS} seconds")
        addresses = dict.fromkeys(
            (c.address, self._stun_port or c.port)
            for c in self._local().candidates
            # The port for STUN alone is there for IPv4; over IPv6 nobody needs to learn an address.
            if c.protocol == "udp" and (self._stun_port is None or ":" not in c.address)
        )
        servers = [IceServer([_stun_url(*address) for address in addresses])] if addresses else []
        if self._turn.urls:
            username = f"{int(self._unix_now()) + ttl}:kinetoscope"
            digest = hmac.digest(self._turn.secret, username.encode(), hashlib.sha1)
            servers.append(IceServer([*self._turn.urls], username, base64.b64encode(digest).decode()))
        return IceServers(servers)


def _stun_url(address: str, port: int) -> str:
    return f"stun:[{address}]:{port}" if ":" in address else f"stun:{address}:{port}"
