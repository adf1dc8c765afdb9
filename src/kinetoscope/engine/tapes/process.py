"""The child process that joins tapes: `python -m kinetoscope.engine.tapes.process MANIFEST TARGET`.

The manifest is a JSON list of `{path, kind, source}`. It prints one JSON object a line: `progress` events,
then one of `joined` or `failed`, and exits with 0 after either; any other exit is a crash.
"""

import argparse
import sys
from pathlib import Path

import msgspec

from ..confinement import confine, die_with, is_short_of_memory
from ..events import claimed_stdout, write_event
from ..models import EngineFailed, EngineLimits, Failed, Joined, NotAVideo, TapeFile
from ..pipeline import failing_as_itself
from ..process import Reporter
from .joining import join_tapes

_NEEDS_MEMORY = "This recording needs more memory to put together than is allowed here."


def main(arguments: list[str] | None = None) -> int:
    """Join tapes under limits; give the exit status."""
    usual = EngineLimits()
    parser = argparse.ArgumentParser(prog="kinetoscope.engine.tapes.process", description=__doc__)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--memory-mb", type=int, default=usual.memory_mb)
    parser.add_argument("--cpu-seconds", type=int, default=usual.cpu_seconds)
    parser.add_argument("--parent", type=int, default=0, metavar="PID", help="end when it has ended")
    given = parser.parse_args(arguments)
    die_with(given.parent)
    confine(memory_mb=given.memory_mb, cpu_seconds=given.cpu_seconds)
    with claimed_stdout() as out:
        write_event(out, _work(given.manifest, given.target, Reporter(out, given.parent)))
    return 0


def _work(manifest: Path, target: Path, report: Reporter) -> Joined | Failed:
    tapes = msgspec.json.decode(manifest.read_bytes(), type=list[TapeFile])
    try:
        with failing_as_itself():
            return join_tapes(tapes, target, lambda share: report("copying", share))
    except NotAVideo as refusal:
        starved = is_short_of_memory()
        return Failed(reason=_NEEDS_MEMORY if starved else refusal.reason, is_refusal=not starved)
    except EngineFailed as failure:
        return Failed(reason=failure.reason, is_refusal=False, may_pass_later=failure.may_pass_later)


if __name__ == "__main__":
    sys.exit(main())
