"""The media engine: files in, files out. It looks into a file, makes it playable and pictures it.

It owns no state and knows no database, no HTTP and no names of people. `run_engine` does all of it in a child
process under limits; `probe` alone looks into a file that is trusted not to be hostile.
"""

from .models import EngineFailed, EngineLimits, NotAVideo, Probe, Processed, Progress, Stage
from .probe import probe
from .run import run_engine

__all__ = [
    "EngineFailed",
    "EngineLimits",
    "NotAVideo",
    "Probe",
    "Processed",
    "Progress",
    "Stage",
    "probe",
    "run_engine",
]
