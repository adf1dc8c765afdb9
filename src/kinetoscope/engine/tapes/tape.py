"""A tape as what it holds: frames, each with its time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from kinetoscope_sfu.recording import Record, read

from ..models import TapeFile
from .clock import Clock, Seen, look, wall_offset
from .frames import PICTURES, SOUNDS, Frame, pictures, sounds
from .packets import in_order, read_packets


class Timed(NamedTuple):
    """A frame, in microseconds from the beginning of the recording."""

    at_us: int
    content: bytes
    is_key: bool


@dataclass(frozen=True, slots=True)
class Tape:
    """A tape that can be played. `begins_us`, `ends_us`: from the beginning of the recording."""

    path: Path
    kind: str
    codec: str
    clock: Clock
    zero_us: int
    begins_us: int
    ends_us: int

    def frames(self) -> Iterator[Timed]:
        """Give its frames; their times never go back."""
        last = 0
        for frame in _frames(self.path, self.codec):
            last = max(last, self.clock.at(frame.timestamp, frame.arrived_us) - self.zero_us)
            yield Timed(last, frame.content, frame.is_key)


def open_tapes(files: Sequence[TapeFile]) -> list[Tape]:
    """Return the tapes that hold something that can be played, placed on one line of time."""
    looked = [(file, head) for file in files if (head := _look(file)) is not None]
    offsets: dict[str, int] = {}
    for file, head in looked:
        offset = wall_offset(head.seen, head.rate)
        if offset is not None:
            offsets[file.source] = min(offset, offsets.get(file.source, offset))
    placed: list[tuple[TapeFile, _Head, Clock, tuple[int, int]]] = []
    for file, head in looked:
        clock = Clock(head.seen, head.rate, offsets.get(file.source))
        span = _span(file, head, clock)
        if span is not None:
            placed.append((file, head, clock, span))
    zero_us = min((span[0] for *_, span in placed), default=0)
    return [
        Tape(Path(file.path), file.kind, head.codec, clock, zero_us, span[0] - zero_us, span[1] - zero_us)
        for file, head, clock, span in placed
    ]


@dataclass(frozen=True, slots=True)
class _Head:
    codec: str
    rate: int
    seen: Seen


def _look(file: TapeFile) -> _Head | None:
    try:
        head, records = read(Path(file.path))
        codec, rate = str(head["codec"]), int(head["clock_rate"])
    except (ValueError, KeyError, TypeError):  # cut before its head was written, or damaged
        return None
    if codec not in (SOUNDS if file.kind == "audio" else PICTURES) or rate <= 0:
        return None
    return _Head(codec, rate, look(records, rate))


def _span(file: TapeFile, head: _Head, clock: Clock) -> tuple[int, int] | None:
    """Return from when to when frames can be shown."""
    first = next(_frames(Path(file.path), head.codec), None)
    if first is None:
        return None
    begins_us = ends_us = clock.at(first.timestamp, first.arrived_us)
    for record in _records(Path(file.path)):
        ends_us = max(ends_us, record.at_us)
    return begins_us, ends_us


def _frames(path: Path, codec: str) -> Iterator[Frame]:
    packets = in_order(read_packets(_records(path)))
    return sounds(packets) if codec in SOUNDS else pictures(packets, codec)


def _records(path: Path) -> Iterator[Record]:
    return read(path)[1]
