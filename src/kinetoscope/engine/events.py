"""What a child process tells its parent: one JSON object a line, on standard output."""

import os
import sys
from typing import BinaryIO

import msgspec


def write_event(out: BinaryIO, event: msgspec.Struct) -> None:
    """Write one line and send it off."""
    out.write(msgspec.json.encode(event) + b"\n")
    out.flush()


def claimed_stdout() -> BinaryIO:
    """Take standard output for events alone: what a C library prints goes to standard error."""
    mine = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return os.fdopen(mine, "wb")
