"""Bodies, gathered into pieces."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from kinetoscope.media.gathering import gathered
from kinetoscope.media.refusals import BodyCutOff, UploadStalled, UploadTooLarge


async def body(*chunks: bytes | Exception | None) -> AsyncGenerator[bytes]:
    """Give chunks; an exception is raised, None waits for ever."""
    for chunk in chunks:
        if isinstance(chunk, Exception):
            raise chunk
        if chunk is None:
            await asyncio.Event().wait()
        else:
            yield chunk


async def pieces_of(
    *chunks: bytes | Exception | None, room: int = 100
) -> tuple[list[bytes], type[Exception] | None]:
    pieces: list[bytes] = []
    try:
        async for piece in gathered(body(*chunks), room=room, piece_bytes=4, idle_seconds=0.01):
            pieces.append(bytes(piece))  # noqa: PERF401 - those before a failure count
    except (BodyCutOff, UploadStalled, UploadTooLarge) as error:
        return pieces, type(error)
    return pieces, None


async def test_small_chunks_become_pieces() -> None:
    assert await pieces_of(b"ab", b"cd", b"e", b"", b"f") == ([b"abcd", b"ef"], None)
    assert await pieces_of() == ([], None)


async def test_what_came_before_the_end_of_the_connection_is_given() -> None:
    assert await pieces_of(b"abcd", b"ef", BodyCutOff()) == ([b"abcd", b"ef"], BodyCutOff)


async def test_a_body_that_stalls_is_ended() -> None:
    assert await pieces_of(b"ab", None) == ([b"ab"], UploadStalled)


async def test_more_than_there_is_room_for_is_refused() -> None:
    assert await pieces_of(b"abcd", b"ef", room=5) == ([b"abcd"], UploadTooLarge)
    assert await pieces_of(b"abcd", b"e", room=5) == ([b"abcd", b"e"], None)


@pytest.mark.parametrize("size", [10, 1000])
async def test_only_one_piece_is_in_memory(size: int) -> None:
    given = 0

    async def counted() -> AsyncGenerator[bytes]:
        nonlocal given
        for _ in range(size):
            given += 1
            yield b"x"

    taken = 0
    async for piece in gathered(counted(), room=size, piece_bytes=4):
        taken += len(piece)
        assert given == taken
