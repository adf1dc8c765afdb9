"""What media do when something has happened, and what they do regularly."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from ..kernel.jobs import Job
from ..kernel.runner import Duty, Handler
from .cleaning import CLEAN, Cleaning
from .processing import GAVE_UP, Processing
from .receiving import PROCESS
from .scratch import Scratch
from .uploads import Uploads

_ATTEMPTS = 4


class TooManyAttempts(Exception):  # noqa: N818 - it reads as what it is
    """A job has ended its worker so often that it is not tried again."""


def processing_handlers(processing: Processing) -> Mapping[str, Handler]:
    """Return the handlers of slow work, for a lane of its own."""

    async def process(job: Job) -> None:
        if job.attempts > _ATTEMPTS:  # those before ended with their worker, and nobody could count
            raise TooManyAttempts
        await processing.process(UUID(job.text("upload_id")))

    async def give_up(job: Job, _: str) -> None:
        await processing.fail(UUID(job.text("upload_id")), GAVE_UP)

    return {PROCESS: Handler(process, give_up, attempts=_ATTEMPTS)}


def cleaning_handlers(cleaning: Cleaning) -> Mapping[str, Handler]:
    """Return the handlers of quick work."""
    return {CLEAN: Handler(cleaning_reaction(cleaning))}


def duties(uploads: Uploads, cleaning: Cleaning, scratch: Scratch) -> Sequence[Duty]:
    """Return what is to be done regularly."""

    async def clear_scratch() -> None:
        scratch.clear()

    return [
        Duty("media.forget-expired-uploads", timedelta(minutes=10), uploads.forget_expired),
        Duty("media.clear-scratch", timedelta(hours=1), clear_scratch),
        Duty("media.sweep", timedelta(days=1), cleaning.sweep),
    ]


def cleaning_reaction(cleaning: Cleaning) -> Callable[[Job], Awaitable[None]]:
    """Return what is done when a video is gone: its files go too."""

    async def clean(job: Job) -> None:
        await cleaning.clean(UUID(job.text("video_id")))

    return clean
