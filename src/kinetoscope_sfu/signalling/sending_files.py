"""A file as the body of an answer, in pieces: forwarding goes on between them."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

_PIECE_BYTES = 256 * 1024

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


async def send_file(send: Send, path: Path) -> None:
    """Answer with a file as it is now. Raises OSError where it cannot be opened, before anything is sent."""
    with await asyncio.to_thread(path.open, "rb") as file:
        left = (await asyncio.to_thread(path.stat)).st_size
        headers = [(b"content-type", b"application/octet-stream"), (b"content-length", b"%d" % left)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        while piece := await asyncio.to_thread(file.read, min(left, _PIECE_BYTES)):
            left -= len(piece)
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
