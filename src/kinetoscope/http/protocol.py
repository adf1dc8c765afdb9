"""The HTTP/1.1 protocol of our processes: uvicorn's, whose answers leave with one system call instead of two.

uvicorn hands the head of an answer and its body to the transport one after the other, and uvloop writes each
at once: that was 30 % of the time of a hot read (`docs/decisions/0037-one-write-an-answer.md`).
"""

import asyncio
import secrets
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import msgspec
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

WHOLE_ANSWERS = "kinetoscope.whole_answers"
"""The ASGI extension by which a server takes an answer as a whole; its value is a `WriteWhole`."""

_HEAD = b"HTTP/1.1 "
_LINGER_SECONDS = 2.0
_MOST_HEAD_BYTES = 64 << 10
_HEAD_SECONDS = 60.0
"""How long the head of a request may take, and a new connection to begin with one."""

Headers = list[tuple[bytes, bytes]]


class WriteWhole(Protocol):
    """Sends an answer, body and all, at once; False, and nothing sent, where that is not possible now."""

    def __call__(self, status: int, headers: Headers, body: bytes) -> bool: ...  # noqa: D102


class JoinedWrites:
    """A transport that holds back the head of an answer for its body, at most to the end of the turn.

    Closed while more of a request is coming, as `is_receiving` tells, it lingers (RFC 9112, section 9.6): a
    connection that is closed with bytes unread is reset, and the answer is lost to whoever is still sending.
    """

    __slots__ = ("_head", "_is_receiving", "_loop", "_transport", "lingers")

    def __init__(
        self,
        transport: asyncio.Transport,
        loop: asyncio.AbstractEventLoop,
        *,
        is_receiving: Callable[[], bool] = bool,
    ) -> None:
        self._transport = transport
        self._loop = loop
        self._is_receiving = is_receiving
        self._head = b""
        self.lingers = False
        """Whether all is said, and what still comes is dropped."""

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
        if self.lingers or self._transport.is_closing() or not self._is_receiving():
            self._transport.close()
        else:
            self.linger()

    def linger(self) -> None:
        """Send no more, and close in a moment."""
        self.lingers = True
        self._transport.write_eof()
        self._loop.call_later(_LINGER_SECONDS, self._transport.close)

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
        self._joined = JoinedWrites(transport, self.loop, is_receiving=self._is_receiving)
        super().connection_made(self._joined)  # pyright: ignore[reportArgumentType] - it does all that is asked of one

        self._in_head = True
        self._fault = ""
        self._head_bytes = 0
        self._head_timer: asyncio.TimerHandle | None = None
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """End with a connection."""
        self._have_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what arrives; a head without an end is refused, as the parser would keep all of it."""
        if self._joined.lingers:
            return
        super().data_received(data)
        if self._in_head:
            self._await_head()
            self._head_bytes += len(data)
            if self._head_bytes > _MOST_HEAD_BYTES:
                self._refuse(431, "request_head_too_large", "The head of the request is too large.")

    def on_message_begin(self) -> None:
        """Begin with a request."""
        super().on_message_begin()
        self._in_head = True
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        """Begin to answer a request whose head is here; one without its one Host is none (RFC 9112 §3.2)."""
        self._have_head()
        hosts = 0
        for name, _ in self.headers:
            if name == b"host":
                hosts += 1
        if hosts != 1 and (hosts or (self.parser and self.parser.get_http_version() == "1.1")):
            self._fault = "A request names the host that it is for, once: Host: example.org"
            raise ValueError(self._fault)  # the parser ends, and what is no HTTP is refused
        super().on_headers_complete()

    def _await_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(_HEAD_SECONDS, self.transport.close)

    def _have_head(self) -> None:
        self._in_head = False
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP."""
        self._refuse(400, "bad_http", self._fault or msg)

    def _refuse(self, status: int, code: str, detail: str) -> None:
        """Answer in the one shape where the application has not been asked, and end the connection."""
        request_id = secrets.token_hex(8)
        title = STATUS_LINE[status].split(b" ", 2)[2].strip().decode()
        body = msgspec.json.encode(
            {
                "type": "about:blank",
                "title": title,
                "status": status,
                "detail": detail,
                "code": code,
                "request_id": request_id,
            }
        )
        head = (
            f"content-type: application/problem+json\r\ncontent-length: {len(body)}\r\n"
            f"x-request-id: {request_id}\r\nconnection: close\r\n\r\n"
        )
        self._joined.write_whole(STATUS_LINE[status] + head.encode() + body)
        self._have_head()
        self._joined.linger()

    def _is_receiving(self) -> bool:
        return bool(self.cycle) and self.cycle.more_body  # there is none before the first request

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
