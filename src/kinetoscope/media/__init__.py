"""Bytes: uploads, storage, processing and playback of videos."""

from ..engine import EngineLimits
from .cleaning import Cleaning
from .fixed_headers import FileRoute
from .jobs import cleaning_handlers, cleaning_reaction, duties, processing_handlers
from .models import UploadWish
from .playback import Playing
from .processing import Processing
from .receiving import Receiving
from .refusals import AddressExpired, AddressForged, FileNotFound, StorageUnavailable, VideoBusy
from .scratch import Scratch
from .signing import AddressSigner
from .storage import Storage
from .uploads import Uploads

__all__ = [
    "AddressExpired",
    "AddressForged",
    "AddressSigner",
    "Cleaning",
    "EngineLimits",
    "FileNotFound",
    "FileRoute",
    "Playing",
    "Processing",
    "Receiving",
    "Scratch",
    "Storage",
    "StorageUnavailable",
    "UploadWish",
    "Uploads",
    "VideoBusy",
    "cleaning_handlers",
    "cleaning_reaction",
    "duties",
    "processing_handlers",
]
