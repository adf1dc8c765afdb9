"""What albums do when something has happened, and what they do regularly."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from ..kernel.jobs import Job
from ..kernel.runner import Duty, Handler
from .photo_cleaning import CLEAN_PHOTO, PhotoCleaning


def cleaning_handlers(cleaning: PhotoCleaning) -> Mapping[str, Handler]:
    """Return the handlers of quick work."""

    async def clean(job: Job) -> None:
        await cleaning.clean(UUID(job.text("photo_id")))

    return {CLEAN_PHOTO: Handler(clean)}


def duties(cleaning: PhotoCleaning) -> Sequence[Duty]:
    """Return what is to be done regularly."""
    return [
        Duty("photos.forget-unfinished", timedelta(minutes=10), cleaning.forget_unfinished),
        Duty("photos.sweep", timedelta(days=1), cleaning.sweep),
    ]
