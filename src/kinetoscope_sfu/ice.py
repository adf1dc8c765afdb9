"""ICE-lite (RFC 8445 §2.5): the client checks, we answer, and learn from its checks where it is.

Candidates of the client are not needed. A request without USERNAME is answered as a plain STUN server does.
"""

import secrets

from .connection import Connection, Way
from .plane import IceCredentials
from .wire import stun
from .wire.stun import Address

_MOST_STRANGERS = 200  # answers to requests that prove nothing, for each tick of 20 ms


def new_credentials() -> IceCredentials:
    """Return credentials of 48 and 144 random bits (RFC 8839 §5.4 asks for 24 and 128)."""
    return IceCredentials(ufrag=secrets.token_hex(6), pwd=secrets.token_hex(18))


class IceLite:
    """Knows connections by ufrag and by the addresses that were checked."""

    def __init__(self) -> None:
        self.by_ufrag: dict[str, Connection] = {}
        self.by_address: dict[Address, Connection] = {}
        self._strangers = 0

    def tick(self) -> None:
        """Begin a new share of answers for strangers."""
        self._strangers = 0

    def expect(self, connection: Connection) -> None:
        """Answer checks for all the credentials of a connection."""
        for credentials in connection.credentials:
            self.by_ufrag[credentials.ufrag] = connection

    def forget_credentials(self, replaced: list[IceCredentials]) -> None:
        """Answer no more checks with these."""
        for credentials in replaced:
            self.by_ufrag.pop(credentials.ufrag, None)

    def forget(self, connection: Connection) -> None:
        """Answer no more."""
        self.forget_credentials(connection.credentials)
        for address in connection.addresses:
            if self.by_address.get(address) is connection:
                del self.by_address[address]

    def datagram(self, datagram: bytes, way: Way, now_us: int) -> Connection | None:
        """Answer a STUN datagram; return whose valid check it was, if one's."""
        message = stun.parse(datagram)
        if message is None or message.type != stun.BINDING_REQUEST:
            return None
        connection = self.by_ufrag.get(message.local_ufrag)
        if connection is None or stun.USERNAME not in message.attributes:
            self._answer_stranger(message, way)
            return None
        key = next(
            known.pwd for known in connection.credentials if known.ufrag == message.local_ufrag
        ).encode()
        if not stun.is_authentic(datagram, message, key):
            self._refuse(message, way)
            return None
        _answer(way, stun.success(message.transaction, way.address, key))
        self._checked(connection, message, way, now_us)
        return connection

    def _checked(self, connection: Connection, message: stun.Message, way: Way, now_us: int) -> None:
        if message.local_ufrag == connection.credentials[-1].ufrag:
            self.forget_credentials(connection.credentials[:-1])  # a restart has reached the client
            del connection.credentials[:-1]
        if not way.is_tcp and self.by_address.get(way.address) is not connection:
            self._take_over(connection, way.address)
        connection.checked(way, now_us, is_nominated=stun.USE_CANDIDATE in message.attributes)

    def _take_over(self, connection: Connection, address: Address) -> None:
        """Give an address to a connection: a port may be used anew by a client's next one."""
        before = self.by_address.get(address)
        if before is not None:
            before.addresses.pop(address, None)
        self.by_address[address] = connection
        dropped = connection.remember(address)
        if dropped is not None:
            self.by_address.pop(dropped, None)

    def _answer_stranger(self, message: stun.Message, way: Way) -> None:
        """Tell a plain STUN client its address; a check for a connection that is gone gets no answer."""
        if stun.USERNAME not in message.attributes and self._has_time_for_strangers():
            _answer(way, stun.success(message.transaction, way.address))

    def _refuse(self, message: stun.Message, way: Way) -> None:
        if self._has_time_for_strangers():
            _answer(way, stun.error(message.transaction, 401, "Unauthenticated"))

    def _has_time_for_strangers(self) -> bool:
        self._strangers += 1
        return self._strangers <= _MOST_STRANGERS


def _answer(way: Way, answer: bytes) -> None:
    try:
        way.send(answer, way.address)
    except OSError:
        return  # a full socket: the client asks again
