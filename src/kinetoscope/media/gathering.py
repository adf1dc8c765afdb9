"""The bytes of a request, gathered into pieces that are worth a file and a row each."""

import asyncio
from collections.abc import AsyncGenerator

from .models import Body
from .refusals import BodyCutOff, UploadStalled, UploadTooLarge

PIECE_BYTES = 8 << 20
IDLE_SECONDS = 60.0


async def gathered(
    body: Body, *, room: int, piece_bytes: int = PIECE_BYTES, idle_seconds: float = IDLE_SECONDS
) -> AsyncGenerator[bytearray]:
    """Return a body in pieces of `piece_bytes`, the last one shorter; at most one is in memory.

    When the body breaks off or stalls, what came is returned before `BodyCutOff` or `UploadStalled` is
    raised. Raises `UploadTooLarge` as soon as there are more than `room` bytes.
    """
    piece = bytearray()
    while isinstance(chunk := await _next_chunk(body, idle_seconds), bytes):
        room -= len(chunk)
        if room < 0:
            raise UploadTooLarge
        piece += chunk
        if len(piece) >= piece_bytes:
            yield piece
            piece = bytearray()
    if piece:
        yield piece
    if chunk is not None:
        raise chunk


async def _next_chunk(body: Body, idle_seconds: float) -> bytes | BodyCutOff | UploadStalled | None:
    """Return the next bytes, None after the last, or why there will be no more."""
    try:
        async with asyncio.timeout(idle_seconds):
            return await anext(body, None)
    except TimeoutError:
        return UploadStalled()
    except BodyCutOff as error:
        return error
