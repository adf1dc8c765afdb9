"""What analytics do when something has happened, and what they do regularly."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from ..kernel.jobs import Job
from ..kernel.runner import Duty, Handler
from .folding import Folding
from .keeping import FORGET_VIEWER, SWEEP_VIDEO, Keeping
from .salts import Salts


def handlers(keeping: Keeping) -> Mapping[str, Handler]:
    """Return the handlers of quick work."""

    async def sweep(job: Job) -> None:
        await keeping.sweep_video(UUID(job.text("video_id")))

    async def forget(job: Job) -> None:
        await keeping.forget_viewer(UUID(job.text("account_id")))

    return {SWEEP_VIDEO: Handler(sweep), FORGET_VIEWER: Handler(forget)}


def deletion_reaction(keeping: Keeping) -> Callable[[Job], Awaitable[None]]:
    """Return what is done when a video is gone: its views go too."""

    async def sweep(job: Job) -> None:
        await keeping.sweep_deleted(UUID(job.text("video_id")))

    return sweep


def duties(folding: Folding, salts: Salts, keeping: Keeping) -> Sequence[Duty]:
    """Return what is to be done regularly."""
    return [
        # Processes fold what they wrote themselves; this is for those that have died.
        Duty("analytics.fold", timedelta(seconds=4), folding.fold_if_free),
        Duty("analytics.rotate-salts", timedelta(minutes=30), salts.rotate),
        Duty("analytics.tend-partitions", timedelta(hours=12), keeping.tend),
    ]
