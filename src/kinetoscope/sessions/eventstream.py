"""An answer that goes on: Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress

import msgspec
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from ..kernel.errors import DatabaseUnavailable
from .models import Event
from .refusals import SessionNotFound

MEDIA_TYPE = "text/event-stream"
RETRY_MILLISECONDS = 1000

_SLOWEST_SECONDS = 30.0
"""A reader that takes nothing for so long is let go; it comes back and is told what it missed."""


class EventStream(Response):
    """Sends events as they come.

    Nothing is kept for a slow reader: the next events are read when it is ready for them.
    """

    media_type = MEDIA_TYPE

    def __init__(self, batches: AsyncGenerator[Sequence[Event]]) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._batches = batches

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's own
        """Send until the events end or the reader goes."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        sending = asyncio.create_task(self._send_all(send))
        leaving = asyncio.create_task(_disconnected(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, leaving):
                if not task.done():
                    task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)
        if not sending.cancelled():
            sending.result()

    async def _send_all(self, send: Send) -> None:
        async with aclosing(self._batches) as batches:
            await _send(send, f"retry: {RETRY_MILLISECONDS}\n\n".encode())
            # In either case the reader comes back by itself, and finds out.
            with suppress(DatabaseUnavailable, SessionNotFound, TimeoutError):
                async for batch in batches:
                    await _send(send, b"".join(map(_rendered, batch)) or b":\n\n")
        await _send(send, b"", more=False)


async def _send(send: Send, body: bytes, *, more: bool = True) -> None:
    message: Message = {"type": "http.response.body", "body": body, "more_body": more}
    async with asyncio.timeout(_SLOWEST_SECONDS):
        await send(message)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _rendered(event: Event) -> bytes:
    data = msgspec.json.encode(event.data).decode()
    return f"id: {event.number}\nevent: {event.type}\ndata: {data}\n\n".encode()
