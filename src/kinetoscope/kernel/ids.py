"""Identifiers: UUID version 7, made here so that every PostgreSQL from 15 on will do."""

import os
import time
from uuid import UUID

from asyncpg.pgproto.pgproto import UUID as ParsedUUID  # noqa: N811 - it is a class

_VERSION_7 = 0x7 << 76
_VARIANT_RFC = 0b10 << 62
_RANDOM_12 = 0xFFF
_RANDOM_62 = (1 << 62) - 1


def uuid7() -> UUID:
    """Return a new UUID that sorts by its millisecond of creation (RFC 9562, section 5.7)."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10))
    return UUID(
        int=(milliseconds << 80)
        | _VERSION_7
        | ((random >> 62 & _RANDOM_12) << 64)
        | _VARIANT_RFC
        | (random & _RANDOM_62)
    )


def parse_uuid(text: str) -> UUID:
    """Return the UUID that a canonical text stands for, or raise ValueError; ten times as fast as `UUID`."""
    return ParsedUUID(text)
