"""Keeps the child process from harming the machine: limits, low priority, no life after its parent."""

import ctypes
import os
import resource
import signal
import sys
from pathlib import Path

_NICENESS = 10
_PR_SET_PDEATHSIG = 1  # prctl(2)
_SECONDS_TO_DIE = 5


def confine(*, memory_mb: int, cpu_seconds: int) -> None:
    """Bound this process: beyond the memory, allocation fails; beyond the CPU time, SIGXCPU ends it."""
    os.nice(_NICENESS)
    _lower(resource.RLIMIT_AS, memory_mb * 1024 * 1024)
    _lower(resource.RLIMIT_CPU, cpu_seconds, slack=_SECONDS_TO_DIE)
    _lower(resource.RLIMIT_CORE, 0)


def die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent ends; only Linux can, see `end_if_orphaned`."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    end_if_orphaned(parent)  # it may have died before the kernel was told


def end_if_orphaned(parent: int) -> None:
    """End this process at once when `parent` is no longer its parent; 0 stands for any."""
    if parent and os.getppid() != parent:
        os._exit(1)


def is_short_of_memory() -> bool:
    """Tell whether more than half of the allowed memory was in use at one time; False where nothing tells it.

    FFmpeg reports some failed allocations as damaged data. Then this decides who is to blame.
    """
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if sys.platform != "linux" or limit == resource.RLIM_INFINITY:
        return False
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    peak_kb = next((int(line.split()[1]) for line in lines if line.startswith("VmPeak:")), 0)
    return peak_kb * 1024 > limit // 2


def _lower(kind: int, limit: int, *, slack: int = 0) -> None:
    """Set a limit, or keep a stricter one that is there."""
    _, hard = resource.getrlimit(kind)
    most = limit + slack if hard == resource.RLIM_INFINITY else min(hard, limit + slack)
    resource.setrlimit(kind, (min(limit, most), most))
