"""Changes that PostgreSQL may choose as the victim of a deadlock."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from asyncpg import DeadlockDetectedError

T = TypeVar("T")


async def insist(change: Callable[[], Awaitable[T]]) -> T:
    """Return what a whole transaction gives; whenever it is a deadlock's victim, do it again at once."""
    while True:
        try:
            return await change()
        except DeadlockDetectedError:  # found after a second of waiting, so this does not spin
            continue
