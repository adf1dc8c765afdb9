"""The child process that works on one photo: `python -m kinetoscope.engine.photo_process SOURCE OUT_DIR`.

It prints one JSON object, `done` or `failed`, and exits with 0; any other exit is a crash.
"""

import argparse
import sys
from pathlib import Path

from .confinement import confine, die_with, is_short_of_memory
from .events import claimed_stdout, write_event
from .models import Failed, MadePhoto, NotAPhoto, PhotoLimits
from .photo import NEEDS_MEMORY, make_sizes, read_heic
from .photo_kinds import BREAKS_OFF


def main(arguments: list[str] | None = None) -> int:
    """Work on one photo under limits; give the exit status."""
    usual = PhotoLimits()
    parser = argparse.ArgumentParser(prog="kinetoscope.engine.photo_process", description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("out_dir", type=Path, help="an empty folder")
    parser.add_argument("--memory-mb", type=int, default=usual.memory_mb)
    parser.add_argument("--cpu-seconds", type=int, default=usual.cpu_seconds)
    parser.add_argument("--parent", type=int, default=0, metavar="PID", help="end when it has ended")
    given = parser.parse_args(arguments)
    die_with(given.parent)
    confine(memory_mb=given.memory_mb, cpu_seconds=given.cpu_seconds)
    with claimed_stdout() as out:
        write_event(out, _work(given.source, given.out_dir))
    return 0


def _work(source: Path, out_dir: Path) -> MadePhoto | Failed:
    try:
        read_heic()
        return make_sizes(source, out_dir)
    except MemoryError:
        return Failed(reason=NEEDS_MEMORY, is_refusal=True)
    except NotAPhoto as refusal:
        # Some decoders call a failed allocation damage.
        starved = refusal.reason == BREAKS_OFF and is_short_of_memory()
        return Failed(reason=NEEDS_MEMORY if starved else refusal.reason, is_refusal=True)


if __name__ == "__main__":
    sys.exit(main())
