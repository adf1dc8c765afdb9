"""Ranges of bytes (RFC 9110, section 14)."""

import re

from .models import ByteRange
from .refusals import RangeNotSatisfiable

_ONE_RANGE = re.compile(r"bytes=\s*([0-9]{0,18})-([0-9]{0,18})\s*").fullmatch


def wanted_range(field: str | None, size: int) -> ByteRange | None:
    """Return the range that a Range field asks for, or None for the whole file.

    Several ranges, another unit, or what cannot be read get the whole file, as the RFC allows. Refuses with
    `RangeNotSatisfiable` a range that holds no byte of the file.
    """
    match = _ONE_RANGE(field) if field else None
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        return _last_bytes(int(match[2]), size)
    start, last = int(match[1]), int(match[2]) if match[2] else size - 1
    if match[2] and last < start:
        return None  # not a valid range at all
    if start >= size:
        raise RangeNotSatisfiable(size=size)
    return ByteRange(start, min(last + 1, size))


def _last_bytes(count: int, size: int) -> ByteRange:
    if count == 0 or size == 0:
        raise RangeNotSatisfiable(size=size)
    return ByteRange(max(0, size - count), size)
