"""The media engine: files in, files out. It looks into a file, makes it playable and pictures it.

It owns no state and knows no database, no HTTP and no names of people. `run_engine` does all of it in a child
process under limits, and `make_photo` for photos; `probe` alone looks into a file that is trusted not to be
hostile.
"""

from .models import (
    EngineFailed,
    EngineLimits,
    Joined,
    MadePhoto,
    NotAPhoto,
    NotAVideo,
    PhotoLimits,
    PhotoSize,
    Probe,
    Processed,
    Progress,
    Stage,
    TapeFile,
)
from .photo_run import make_photo
from .probe import probe
from .run import join_recording, run_engine

__all__ = [
    "EngineFailed",
    "EngineLimits",
    "Joined",
    "MadePhoto",
    "NotAPhoto",
    "NotAVideo",
    "PhotoLimits",
    "PhotoSize",
    "Probe",
    "Processed",
    "Progress",
    "Stage",
    "TapeFile",
    "join_recording",
    "make_photo",
    "probe",
    "run_engine",
]
