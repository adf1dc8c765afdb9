"""The real application inside the test's own process, with its start and end."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from httpx import ASGITransport
from starlette.types import ASGIApp, Message, Receive, Scope, Send

VISITOR_ADDRESS = "203.0.113.9"


@asynccontextmanager
async def running(app: ASGIApp) -> AsyncGenerator[ASGITransport]:
    """Start an ASGI application and give a transport that speaks to it, as a server would."""
    state: dict[str, Any] = {}
    inbox: asyncio.Queue[Message] = asyncio.Queue()
    outbox: asyncio.Queue[Message] = asyncio.Queue()
    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": state}

    async def live() -> None:
        await app(scope, inbox.get, outbox.put)

    life = asyncio.create_task(live())
    await inbox.put({"type": "lifespan.startup"})
    started = await outbox.get()
    assert started["type"] == "lifespan.startup.complete", started

    async def with_state(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": dict(state)}, receive, send)

    yield ASGITransport(with_state, client=(VISITOR_ADDRESS, 1))
    await inbox.put({"type": "lifespan.shutdown"})
    await outbox.get()
    await life
