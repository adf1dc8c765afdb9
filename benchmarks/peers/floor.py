"""The floor: a bare ASGI application that sends a fixed answer. Nothing on this server can be faster."""

from starlette.types import Receive, Scope, Send

BODY = b'{"id":"01a21025-2869-7afb-8e30-b0302431c8c9"}'


async def app(scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer every request with the same small JSON."""
    if scope["type"] != "http":
        return
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())],
        }
    )
    await send({"type": "http.response.body", "body": BODY})
