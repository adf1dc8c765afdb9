"""Identifiers: UUID version 7, made here so that every PostgreSQL from 15 on will do."""

import os
import time
from uuid import UUID

from asyncpg.pgproto.pgproto import UUID as ParsedUUID  # noqa: N811 - it is a class

_VERSION_7 = 0x7 << 76
_VARIANT_RFC = 0b10 << 62
_RANDOM_12 = 0xFFF
_RANDOM_62 = (1 << 62) - 1
_RANDOM_BYTES = 10
_BLOCK_BYTES = 512 * _RANDOM_BYTES

_random: list[int] = []
"""Drawn in blocks: a system call for each id would cost as much as the rest of it. `pop` is atomic."""


def uuid7() -> UUID:
    """Return a new UUID that sorts by its millisecond of creation (RFC 9562, section 5.7)."""
    try:
        random = _random.pop()
    except IndexError:
        random = _draw()
    number = time.time_ns() // 1_000_000 << 80 | random
    return ParsedUUID(number.to_bytes(16))


def _draw() -> int:
    """Fill the pool with the random parts of ids, and return one that is not in it."""
    block = os.urandom(_BLOCK_BYTES)
    drawn = [int.from_bytes(block[at : at + _RANDOM_BYTES]) for at in range(0, _BLOCK_BYTES, _RANDOM_BYTES)]
    parts = [
        _VERSION_7 | (number >> 62 & _RANDOM_12) << 64 | _VARIANT_RFC | number & _RANDOM_62
        for number in drawn
    ]
    _random.extend(parts[1:])
    return parts[0]


os.register_at_fork(after_in_child=_random.clear)  # or parent and child would make the same ids


def parse_uuid(text: str) -> UUID:
    """Return the UUID that a canonical text stands for, or raise ValueError; ten times as fast as `UUID`."""
    return ParsedUUID(text)


def parse_uuid_bytes(value: bytes) -> UUID:
    """Return the UUID of 16 bytes."""
    return ParsedUUID(value)
