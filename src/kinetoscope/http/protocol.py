"""The HTTP/1.1 protocol of our processes: uvicorn's, whose answers leave with one system call instead of two.

uvicorn hands the head of an answer and its body to the transport one after the other, and uvloop writes each
at once: that was 30 % of the time of a hot read (`docs/decisions/0037-one-write-an-answer.md`).
"""

import asyncio
from functools import partial
from typing import Any, Protocol

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

WHOLE_ANSWERS = "kinetoscope.whole_answers"
"""The ASGI extension by which a server takes an answer as a whole; its value is a `WriteWhole`."""

_HEAD = b"HTTP/1.1 "

Headers = list[tuple[bytes, bytes]]


class WriteWhole(Protocol):
    """Sends an answer, body and all, at once; False, and nothing sent, where that is not possible now."""

    def __call__(self, status: int, headers: Headers, body: bytes) -> bool: ...  # noqa: D102


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

    def write_whole(self, data: bytes) -> None:
        """Send an answer that is complete."""
        self._flush()
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
    """uvicorn's protocol on a transport that joins what belongs together, and takes answers as a whole."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Begin with a connection."""
        super().connection_made(JoinedWrites(transport, self.loop))  # pyright: ignore[reportArgumentType] - it does all that is asked of one

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:  # noqa: ANN401 - uvicorn's own
        extensions = {WHOLE_ANSWERS: partial(_write_whole, cycle)}
        cycle.scope["extensions"] = extensions  # pyright: ignore[reportGeneralTypeIssues] - our own
        super()._start_asgi_task(cycle, app)


def _write_whole(cycle: RequestResponseCycle, status: int, headers: Headers, body: bytes) -> bool:
    """Send an answer in one go, with what uvicorn's own `send` does for the two parts of it.

    That checks every header for characters that split an answer in two. Here they are counted together, and
    an answer that has any goes the long way, to be refused there.
    """
    is_head = cycle.scope["method"] == "HEAD"
    if is_head or cycle.flow.write_paused or cycle.response_started or cycle.disconnected:
        return False
    lines = [STATUS_LINE[status]]
    for name, value in cycle.default_headers:
        lines += (name, b": ", value, b"\r\n")
    for name, value in headers:
        lines += (name, b": ", value, b"\r\n")
    head = b"".join(lines)
    if head.count(b"\n") != len(cycle.default_headers) + len(headers) + 1 or b"\0" in head:
        return False
    cycle.response_started = cycle.response_complete = True
    ending = b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n"
    cycle.transport.write_whole(b"".join((head, ending, body)))  # pyright: ignore - it is `JoinedWrites`
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
    return True
