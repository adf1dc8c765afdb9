"""Bytes: uploads, storage, processing and playback of videos."""

from ..engine import EngineLimits
from .cleaning import Cleaning
from .jobs import cleaning_handlers, cleaning_reaction, duties, processing_handlers
from .playback import Playing
from .processing import Processing
from .receiving import Receiving
from .scratch import Scratch
from .signing import AddressSigner
from .storage import Storage
from .uploads import Uploads

__all__ = [
    "AddressSigner",
    "Cleaning",
    "EngineLimits",
    "Playing",
    "Processing",
    "Receiving",
    "Scratch",
    "Storage",
    "Uploads",
    "cleaning_handlers",
    "cleaning_reaction",
    "duties",
    "processing_handlers",
]
