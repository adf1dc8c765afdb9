"""A port that answers STUN and nothing else (RFC 8489).

The media port answers it too, but no browser may be sent there for it: libwebrtc takes whatever comes from
the address of a STUN server for an answer of that, so the media from there would be lost on it.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import cast

from ..wire import stun
from ..wire.stun import Address

_ANYWHERE = "0.0.0.0"  # noqa: S104 - a STUN server is there for everybody


class _Answering(asyncio.DatagramProtocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        message = stun.parse(data)
        if (
            message is not None
            and message.type == stun.BINDING_REQUEST
            and not message.attributes.get(stun.USERNAME)
        ):
            self._transport.sendto(stun.success(message.transaction, addr), addr)


@asynccontextmanager
async def open_stun_port(beside: int) -> AsyncGenerator[int]:
    """Answer on the port that follows another, else on any free one; give its number."""
    loop = asyncio.get_running_loop()
    try:
        transport, _ = await loop.create_datagram_endpoint(_Answering, (_ANYWHERE, beside + 1))
    except (OSError, OverflowError):
        transport, _ = await loop.create_datagram_endpoint(_Answering, (_ANYWHERE, 0))
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()
