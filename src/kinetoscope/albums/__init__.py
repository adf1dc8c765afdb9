"""Albums: collections of photos and videos in an order, and the photos themselves."""

from .addresses import PhotoAddresses
from .jobs import CLEAN_PHOTO, cleaning_handlers, duties
from .models import PhotoRoom
from .photo_cleaning import PhotoCleaning
from .photos import Photos
from .service import Albums
from .store import forget_usage

__all__ = [
    "CLEAN_PHOTO",
    "Albums",
    "PhotoAddresses",
    "PhotoCleaning",
    "PhotoRoom",
    "Photos",
    "cleaning_handlers",
    "duties",
    "forget_usage",
]
