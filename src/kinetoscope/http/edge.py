"""The outermost layer: what every request and every answer gets, whichever route it is for.

Pure ASGI, one object a request: a framework's middleware would cost more than the whole of a hot read.
"""

import asyncio
import ipaddress
import itertools
import logging
import re
import secrets
import time
from collections.abc import Mapping, Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..kernel.telemetry import RequestLog
from .declare import BodyStalled, BodyTooLarge
from .errors import render
from .protocol import WHOLE_ANSWERS, WriteWhole

log = logging.getLogger(__name__)

_VALID_ID = re.compile(rb"[A-Za-z0-9._~-]{1,128}").fullmatch
_NO_ROUTE = "(none)"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_HEADERS: list[tuple[bytes, bytes]] = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
]
_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
_NOT_SHARED = (b"cache-control", b"private, no-cache")
_HTTPS_ONLY = (b"strict-transport-security", b"max-age=31536000")

_PATIENCE_SECONDS = 60.0
"""For how long no byte of a body need come."""
_SLOWEST_BYTES_PER_SECOND = 1000
"""Who sends less for longer than that is not waited for: it would hold a connection for ever."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class BodyLimits:
    """How large a body may be, by the beginning or the end of the path; None leaves it to the route."""

    def __init__(
        self, default: int, exceptions: Mapping[str, int | None], *, endings: Mapping[str, int] | None = None
    ) -> None:
        self._default = default
        self._exceptions = tuple(exceptions.items())
        self._endings = tuple((endings or {}).items())

    def of(self, path: str) -> int | None:
        """Return the limit in bytes for a path."""
        for beginning, limit in self._exceptions:
            if path.startswith(beginning):
                return limit
        for ending, limit in self._endings:
            if path.rstrip("/").endswith(ending):
                return limit
        return self._default


class Edge:
    """Gives a request its id and true address, and an answer its headers, its log line and its figures."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        limits: BodyLimits,
        trusted_proxies: Sequence[str],
        request_log: RequestLog,
        patience_seconds: float = _PATIENCE_SECONDS,
    ) -> None:
        self._app = app
        self._patience = patience_seconds
        self._limits = limits
        self._proxies: list[Network] = [ipaddress.ip_network(text, strict=False) for text in trusted_proxies]
        self._request_log = request_log
        self._id_prefix = secrets.token_hex(8)
        self._id_count = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        exchange = _Exchange(scope, receive, send, patience=self._patience)
        self._prepare(scope, exchange)
        try:
            if exchange.body_left is not None and exchange.announced > exchange.body_left:
                raise _too_large()  # noqa: TRY301 - the same answer as for a body that only proves too large
            await self._app(scope, exchange.receive, exchange.send)
        except Exception as error:  # noqa: BLE001 - whatever it is, it gets an answer in the one shape
            await exchange.fail(error)
        finally:
            self._account(scope, exchange.status, time.perf_counter() - started)

    def _prepare(self, scope: Scope, exchange: "_Exchange") -> None:
        chosen: bytes | None = None
        forwarded: list[bytes] = []
        for name, value in scope["headers"]:
            if name == b"x-request-id":
                chosen = value
            elif name == b"x-forwarded-for":
                forwarded.append(value)
            elif name == b"content-length" and value.isdigit():
                exchange.announced = int(value[:20])
        if chosen is None or not _VALID_ID(chosen):
            text = f"{self._id_prefix}-{next(self._id_count):x}"
            chosen = text.encode()
        else:
            text = chosen.decode()
        exchange.request_id = chosen
        scope["state"]["request_id"] = text
        if self._proxies:
            self._believe_proxy(scope, forwarded)
        path: str = scope["path"]
        if len(path) > 1 and path.endswith("/"):
            # Both spellings answer directly: known clients do not follow redirects.
            path = path.rstrip("/") or "/"
            scope["path"] = path
            scope["raw_path"] = scope.get("raw_path", b"").rstrip(b"/") or b"/"
        exchange.body_left = self._limits.of(path)

    def _believe_proxy(self, scope: Scope, forwarded: Sequence[bytes]) -> None:
        """Take the caller's address from X-Forwarded-For, from the right, past our own proxies only."""
        client = scope.get("client")
        if client is None or not self._is_proxy(client[0]):
            return
        hops = b",".join(forwarded).decode("latin-1").split(",")
        for hop in reversed([hop.strip() for hop in hops if hop.strip()]):
            address = _address(hop)
            if address is None:
                break
            scope["client"] = (address, 0)
            if not self._is_proxy(address):
                break
        for name, value in scope["headers"]:
            if name == b"x-forwarded-proto" and value in {b"http", b"https"}:
                scope["scheme"] = value.decode()

    def _is_proxy(self, text: str) -> bool:
        try:
            address = _parsed(text)
        except ValueError:
            return False
        return any(address in network for network in self._proxies)

    def _account(self, scope: Scope, status: int, seconds: float) -> None:
        route = scope.get("route")
        path: str = getattr(route, "path", _NO_ROUTE)
        method: str = scope["method"]
        if method not in _METHODS:  # a known route, too, is reached with any method: for its 405
            method = "OTHER"  # whatever was sent: it stands in a log line and names a series
        self._request_log.note(method, path, status, seconds, scope["state"]["request_id"])


def _address(text: str) -> str | None:
    """Return an address as X-Forwarded-For gives it: bare, with a port, or in brackets."""
    bare = text.rpartition(":")[0] if text.count(":") == 1 else text
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    try:
        return str(_parsed(bare))
    except ValueError:
        return None


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return an address; an IPv4 one also where a socket of both families gives it as ::ffff:192.0.2.1."""
    address = ipaddress.ip_address(text)
    return getattr(address, "ipv4_mapped", None) or address


def _too_large() -> HTTPException:
    """Return the framework's own refusal, which it passes on even from the middle of reading a body.

    The rest of the body is not read, so the connection ends here.
    """
    return HTTPException(BodyTooLarge.status, BodyTooLarge.detail, headers={"Connection": "close"})


def _stalled() -> HTTPException:
    """Return the refusal of a body that does not come, in the same way."""
    return HTTPException(BodyStalled.status, BodyStalled.detail, headers={"Connection": "close"})


class _Exchange:
    """One request and its answer on their way through."""

    __slots__ = (
        "_most_patience",
        "_patience",
        "_receive",
        "_scope",
        "_send",
        "announced",
        "body_ended",
        "body_left",
        "ended",
        "request_id",
        "started",
        "status",
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send, *, patience: float) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._most_patience = self._patience = patience
        self.request_id = b""
        self.announced = 0
        self.body_left: int | None = None
        self.body_ended = False
        self.started = False
        self.ended = False
        self.status = 500

    async def receive(self) -> Message:
        """Pass on what arrives, and refuse a body when it passes the limit, or does not come."""
        if self.body_left is None or self.body_ended:
            return await self._receive()
        asked = time.monotonic()
        try:
            async with asyncio.timeout(self._patience):
                message = await self._receive()
        except TimeoutError:
            raise _stalled() from None
        size = len(message.get("body", b""))
        self.body_left -= size
        if self.body_left < 0:
            raise _too_large()
        self.body_ended = not message.get("more_body", False)
        # Waiting uses patience up, and bytes restore it: a body may stall for as long, but not drip.
        self._patience -= time.monotonic() - asked
        self._patience = min(self._patience + size / _SLOWEST_BYTES_PER_SECOND, self._most_patience)
        return message

    async def send(self, message: Message) -> None:
        """Pass on the answer, with the headers that every answer has.

        The beginning of an answer may have its `body` with it: then it is all of it.
        """
        if message["type"] == "http.response.start":
            self.started = True
            self.status = message["status"]
            self._complete(message["headers"])
            if "body" in message:
                await self._send_whole(message)
                return
        await self._send(message)
        self.ended = message["type"] == "http.response.body" and not message.get("more_body", False)

    async def _send_whole(self, message: Message) -> None:
        self.ended = True
        body: bytes = message.pop("body")
        write: WriteWhole | None = self._scope.get("extensions", {}).get(WHOLE_ANSWERS)
        if write is None or not write(message["status"], message["headers"], body):
            await self._send(message)
            await self._send({"type": "http.response.body", "body": body})

    def _complete(self, headers: list[tuple[bytes, bytes]]) -> None:
        own_policy = own_caching = False
        for name, _ in headers:
            own_policy = own_policy or name == b"content-security-policy"
            own_caching = own_caching or name == b"cache-control"
        headers.append((b"x-request-id", self.request_id))
        headers += _HEADERS
        if not own_policy:
            headers.append(_POLICY)
        if not own_caching:
            headers.append(_NOT_SHARED)
        if self._scope["scheme"] == "https":
            headers.append(_HTTPS_ONLY)

    async def fail(self, error: Exception) -> None:
        """Answer for an exception that nothing inside has answered for."""
        if self.ended:
            return  # the framework passes a bug on after it has answered and logged it
        if self.started:
            log.error("broken off", exc_info=error, extra={"request_id": self.request_id.decode()})
            return
        answer = await render(Request(self._scope), error)
        await answer(self._scope, self._receive, self.send)
