"""The child process that works on one file: `python -m kinetoscope.engine.process SOURCE OUT_DIR`.

It prints one JSON object a line: `progress` events, then one of `done` or `failed`. It exits with 0 after
either; any other exit is a crash.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import BinaryIO

from .confinement import confine, die_with, end_if_orphaned, is_short_of_memory
from .events import claimed_stdout, write_event
from .models import EngineFailed, EngineLimits, Failed, NotAVideo, Processed, Progress, Stage
from .pipeline import NEEDS_MEMORY, process_file

_SECONDS_BETWEEN_REPORTS = 0.5


class Reporter:
    """Writes progress when the stage changes, and at most twice a second when the percentage does."""

    def __init__(self, out: BinaryIO, parent: int) -> None:
        self._out = out
        self._parent = parent
        self._told: Progress | None = None
        self._next = 0.0

    def __call__(self, stage: Stage, share: float) -> None:
        """Tell it, unless it was told just now."""
        now = time.monotonic()
        if now < self._next and self._told is not None and self._told.stage == stage:
            return
        end_if_orphaned(self._parent)
        self._next = now + _SECONDS_BETWEEN_REPORTS
        progress = Progress(stage, int(share * 100))
        if progress != self._told:
            self._told = progress
            write_event(self._out, progress)


def main(arguments: list[str] | None = None) -> int:
    """Process one file under limits; give the exit status."""
    usual = EngineLimits()
    parser = argparse.ArgumentParser(prog="kinetoscope.engine.process", description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("out_dir", type=Path, help="an empty folder")
    parser.add_argument("--hls-from", type=float, metavar="SECONDS", help="make HLS of videos this long")
    parser.add_argument("--threads", type=int, default=usual.threads)
    parser.add_argument("--memory-mb", type=int, default=usual.memory_mb)
    parser.add_argument("--cpu-seconds", type=int, default=usual.cpu_seconds)
    parser.add_argument(
        "--parent", type=int, default=0, metavar="PID", help="end when this process has ended"
    )
    given = parser.parse_args(arguments)
    die_with(given.parent)
    confine(memory_mb=given.memory_mb, cpu_seconds=given.cpu_seconds)
    with claimed_stdout() as out:
        write_event(out, _work(given, Reporter(out, given.parent)))
    return 0


def _work(given: argparse.Namespace, report: Reporter) -> Processed | Failed:
    try:
        return process_file(
            given.source, given.out_dir, report, hls_from_seconds=given.hls_from, threads=given.threads
        )
    except NotAVideo as refusal:
        if is_short_of_memory():
            return Failed(reason=NEEDS_MEMORY, is_refusal=False)
        return Failed(reason=refusal.reason, is_refusal=True)
    except EngineFailed as failure:
        return Failed(reason=failure.reason, is_refusal=False, may_pass_later=failure.may_pass_later)


if __name__ == "__main__":
    sys.exit(main())
