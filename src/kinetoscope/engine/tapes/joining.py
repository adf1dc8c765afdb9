"""A file of all tapes of a recording: one picture, one sound.

A single camera or screen, and a single microphone, are taken over as they were sent. Of several, browsers
would play one: they are decoded, and composed or mixed. Only then.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import av
from av.container import OutputContainer

from ..models import Joined, NotAVideo, TapeFile
from ..opening import UNREADABLE
from ..typed_av import AnyPacket, mux
from .composing import add_composed, can_be_shown, composed
from .copying import add_picture, add_sound, copied
from .mixing import mixed
from .tape import Tape, open_tapes

_LATEST_START_US = 2_000_000  # a picture that begins later is composed, so that there is one from the start
LONGEST_US = 24 * 3600 * 1_000_000
NOTHING = "Nothing was sent while this was recorded."


def join_tapes(files: Sequence[TapeFile], target: Path, report: Callable[[float], None]) -> Joined:
    """Write a Matroska file of what was recorded; `report` is told the share that is done.

    Raises NotAVideo where nothing was sent that can be shown or heard.
    """
    tapes = open_tapes(files)
    if not tapes:
        raise NotAVideo(NOTHING)
    ends_us = min(max(tape.ends_us for tape in tapes), LONGEST_US)
    try:
        _write(_Plan(tapes, ends_us, copies=True), target, report)
    except UNREADABLE:  # what somebody has sent fits no container: what there is of it is decoded
        _write(_Plan(tapes, ends_us, copies=False), target, report)
    return Joined(seconds=ends_us / 1_000_000, size_bytes=target.stat().st_size)


class _Plan(NamedTuple):
    tapes: Sequence[Tape]
    ends_us: int
    copies: bool


def _write(plan: _Plan, target: Path, report: Callable[[float], None]) -> None:
    with av.open(str(target), "w", format="matroska") as out:
        picture, sound = _picture(plan, out), _sound(plan, out)
        for packet in heapq.merge(picture, sound, key=_seconds):
            report(min(1.0, _seconds(packet) * 1_000_000 / max(1, plan.ends_us)))
            mux(out, packet)


def _picture(plan: _Plan, out: OutputContainer) -> Iterator[AnyPacket]:
    shown = [tape for tape in plan.tapes if tape.kind != "audio"]
    if plan.copies and len(shown) == 1 and shown[0].begins_us <= _LATEST_START_US:
        key_frame = next(shown[0].frames()).content
        if can_be_shown(shown[0].codec, key_frame):
            return copied(shown[0].frames(), add_picture(out, shown[0].codec, key_frame))
    return composed(shown, add_composed(out), plan.ends_us)


def _sound(plan: _Plan, out: OutputContainer) -> Iterator[AnyPacket]:
    heard = [tape for tape in plan.tapes if tape.kind == "audio"]
    if not heard:
        return iter(())
    stream = add_sound(out)
    if plan.copies and len(heard) == 1:
        return copied(heard[0].frames(), stream)
    return mixed(heard, stream, plan.ends_us)


def _seconds(packet: AnyPacket) -> float:
    return float((packet.dts or 0) * packet.time_base)
