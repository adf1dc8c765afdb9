"""How the top level of an MP4 file is laid out (ISO/IEC 14496-12, 4.2), which tells if it can be streamed."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

_MOST_BOXES = 10_000
_SIZE_IN_64_BITS = 1
_TO_END_OF_FILE = 0


class Layout(msgspec.Struct, frozen=True):
    """Whether the index (moov) stands before the pictures (mdat), and whether there are fragments (moof)."""

    index_comes_first: bool
    is_fragmented: bool


def read_layout(path: Path) -> Layout:
    """Give the layout of an MP4 or MOV file; of other bytes the answer is there, but without meaning."""
    with path.open("rb") as file:
        kinds = list(_kinds(file, path.stat().st_size))
    index = kinds.index(b"moov") if b"moov" in kinds else len(kinds)
    media = kinds.index(b"mdat") if b"mdat" in kinds else len(kinds)
    return Layout(index_comes_first=index < media, is_fragmented=b"moof" in kinds)


def _kinds(file: BinaryIO, size: int) -> Iterator[bytes]:
    at = 0
    for _ in range(_MOST_BOXES):
        file.seek(at)
        header = file.read(16)
        if len(header) < 8:  # noqa: PLR2004 - a box header is 8 bytes
            return
        length = int.from_bytes(header[:4], "big")
        if length == _SIZE_IN_64_BITS:
            length = int.from_bytes(header[8:16], "big")
        yield header[4:8]
        if length == _TO_END_OF_FILE or length < 8 or at + length >= size:  # noqa: PLR2004 - as above
            return
        at += length
