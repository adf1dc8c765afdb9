"""A port that answers STUN and nothing else (RFC 8489).

The media port answers it too, but no browser may be sent there for it: libwebrtc takes whatever comes from
the address of a STUN server for an answer of that, so the media from there would be lost on it.
"""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import cast

from ..wire import stun
from ..wire.stun import Address

_ANYWHERE = "0.0.0.0"  # noqa: S104 - a STUN server is there for everybody
_ANYWHERE_IPV6 = "::"


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
    """Answer on the port that follows another, else on any free one; give its number.

    IPv6 is answered on the same number where the machine has it.
    """
    async with AsyncExitStack() as closing:
        try:
            port = await _answering(closing, _bound(socket.AF_INET, _ANYWHERE, beside + 1))
        except (OSError, OverflowError):
            port = await _answering(closing, _bound(socket.AF_INET, _ANYWHERE, 0))
        with suppress(OSError):
            await _answering(closing, _bound(socket.AF_INET6, _ANYWHERE_IPV6, port))
        yield port


def _bound(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((host, port))
    except (OSError, OverflowError):
        sock.close()
        raise
    return sock


async def _answering(closing: AsyncExitStack, sock: socket.socket) -> int:
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(_Answering, sock=sock)
    closing.callback(transport.close)
    return sock.getsockname()[1]
