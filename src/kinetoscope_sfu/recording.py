"""Recordings: a publication's packets in a file as they come, undecoded.

The file is the line `KTRTP1`, a line of JSON (`kind`, `codec`, `clock_rate`, `payload_type`), then records:
a kind (1 byte), the length of the body (4), microseconds since 1970 (8), all big-endian, and the body.
Kind 1 is an RTP packet (RFC 3550) without extensions, of one SSRC: numbers and timestamps go on when the
simulcast layer changes, late packets stand where they came. Kind 2 is a sender report: NTP time (8) and RTP
timestamp (4). The file is synced twice a second; a crash cuts the last record, which `read` leaves out.
"""

import json
import os
import struct
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from .forwarding.timeline import Report
from .plane import Publication
from .wire.rtp import HEADER_SIZE

MAGIC = b"KTRTP1\n"
PACKET = 1
SENDER_REPORT = 2

_RECORD = struct.Struct("!BIQ")
_REPORT = struct.Struct("!QI")
_FIXED_SIZE = 12
_MOST_BUFFERED = 32 << 20  # bytes: a disk that does not follow loses packets, not the server
_LARGEST_BODY = 65536


class Record(NamedTuple):
    """One record of a file."""

    kind: int
    at_us: int
    body: bytes


class Recording:
    """One publication's tape: a buffer that is written out by `flush`, on the given thread."""

    def __init__(
        self, path: Path, publication: Publication, disk: ThreadPoolExecutor, wall_offset_us: int
    ) -> None:
        self._disk = disk
        self._wall_offset_us = wall_offset_us  # what to add to the monotonic clock
        self.path = path
        self._file = path.open("xb", buffering=0)
        self._pending: list[bytes] = []
        self._buffered = 0
        self.written: Future[None] | None = None
        self.lost = 0
        codec = publication.codec
        head = {
            "kind": publication.kind,
            "codec": codec.name,
            "clock_rate": codec.clock_rate,
            "payload_type": codec.payload_type,
        }
        self._append(MAGIC + json.dumps(head).encode() + b"\n")

    def packet(self, packet: bytes, now_us: int) -> None:
        """Keep a packet in the shape of forwarding, as plain RTP."""
        plain = bytes((packet[0] & ~0x10,)) + packet[1:_FIXED_SIZE] + packet[HEADER_SIZE:]
        self._record(PACKET, plain, now_us)

    def report(self, report: Report) -> None:
        """Keep what relates the media clock to the publisher's wall clock."""
        self._record(
            SENDER_REPORT, _REPORT.pack(report.ntp & (1 << 64) - 1, report.timestamp), report.arrived_us
        )

    def _record(self, kind: int, body: bytes, now_us: int) -> None:
        self._append(_RECORD.pack(kind, len(body), now_us + self._wall_offset_us) + body)

    def _append(self, piece: bytes) -> None:
        if self._buffered > _MOST_BUFFERED:
            self.lost += 1
            return
        self._pending.append(piece)
        self._buffered += len(piece)

    def flush(self) -> None:
        """Write and sync what has come, unless the last time is not through yet."""
        if self._pending and (self.written is None or self.written.done()):
            self.written = self._disk.submit(_write, self._file.fileno(), self._taken())

    def close(self) -> Future[None]:
        """Write the rest and close; done when the result is there."""
        return self._disk.submit(self._finish, self._taken())

    def _taken(self) -> bytes:
        taken = b"".join(self._pending)
        self._pending.clear()
        self._buffered = 0
        return taken

    def _finish(self, rest: bytes) -> None:
        with self._file:
            _write(self._file.fileno(), rest)


def _write(descriptor: int, piece: bytes) -> None:
    rest = memoryview(piece)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    os.fsync(descriptor)


def read(path: Path) -> tuple[dict[str, str | int], Iterator[Record]]:
    """Return the head of a recording and its whole records. Raises ValueError where it is none."""
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise ValueError("not a recording")
        head: dict[str, str | int] = json.loads(file.readline())
        return head, _records(path, file.tell())


def _records(path: Path, at: int) -> Iterator[Record]:
    with path.open("rb") as file:
        file.seek(at)
        while len(header := file.read(_RECORD.size)) == _RECORD.size:
            kind, size, at_us = _RECORD.unpack(header)
            body = file.read(size) if size <= _LARGEST_BODY else b""
            if len(body) < size:
                return
            yield Record(kind, at_us, body)
