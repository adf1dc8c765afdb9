"""The HTTP/1.1 protocol of our processes: uvicorn's, whose answers leave with one system call instead of two.

uvicorn hands the head of an answer and its body to the transport one after the other, and uvloop writes each
at once: that was 30 % of the time of a hot read (`docs/decisions/0037-one-write-an-answer.md`).
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_HEAD = b"HTTP/1.1 "


class JoinedWrites:
    """A transport that holds back the head of an answer for its body, at most to the end of the turn."""

    __slots__ = ("_head", "_loop", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._head = b""

    def write(self, data: bytes) -> None:
        """Send bytes; what looks like the head of an answer waits for the next."""
        if self._head:
            head, self._head = self._head, b""
            self._transport.writelines((head, data))
        elif data.startswith(_HEAD):
            self._head = data
            self._loop.call_soon(self._flush)
        else:
            self._transport.write(data)

    def close(self) -> None:
        """Close once everything is sent."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._head:
            head, self._head = self._head, b""
            self._transport.write(head)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the transport has
        """Give all else as the transport has it."""
        return getattr(self._transport, name)


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's protocol on a transport that joins what belongs together."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Begin with a connection."""
        super().connection_made(JoinedWrites(transport, self.loop))  # pyright: ignore[reportArgumentType] - it does all that is asked of one
