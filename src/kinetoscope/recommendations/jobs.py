"""What recommendations do when something has happened, and what they do regularly."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from ..kernel.jobs import Job
from ..kernel.runner import Duty, Handler, Lane
from ..videos import CHANGED, DELETED
from .clicking import LATE_CLICK, Clicking
from .counting import Counting
from .improving import Improving
from .learning import TRAIN, Training
from .lists import Lists

Reaction = Callable[[Job], Awaitable[None]]


def reactions(lists: Lists) -> Mapping[str, Reaction]:
    """Return what is done about the facts of videos: lists that show them are dropped."""

    async def forget(job: Job) -> None:
        await lists.forget(UUID(job.text("video_id")))

    return {CHANGED: forget, DELETED: forget}


def handlers(clicking: Clicking) -> Mapping[str, Handler]:
    """Return the handlers of quick work."""

    async def find_list(job: Job) -> None:
        slate = job.payload["slate_id"]
        await clicking.find_list(
            UUID(job.text("click_id")),
            UUID(str(slate)) if slate else None,
            is_own=bool(job.payload["is_own"]),
        )

    return {LATE_CLICK: Handler(find_list)}


def learning_lane(training: Training) -> Lane:
    """Return the lane of trainings: one after the other."""

    async def train(_: Job) -> None:
        await training.train()

    return Lane("recommendations", {TRAIN: Handler(train, attempts=3)}, 1)


def duties(counting: Counting, training: Training, improving: Improving, lists: Lists) -> Sequence[Duty]:
    """Return what is to be done regularly."""

    async def estimate() -> None:
        await improving.estimate_examination()

    async def improve() -> None:
        await improving.improve()

    return [
        Duty("recommendations.count", timedelta(seconds=10), counting.count),
        Duty("recommendations.train", timedelta(minutes=10), training.promise_if_due),
        Duty("recommendations.examination", timedelta(minutes=10), estimate),
        Duty("recommendations.improve", timedelta(days=1), improve),
        Duty("recommendations.forget-lists", timedelta(hours=1), lists.forget_unused),
        Duty("recommendations.forget-old", timedelta(days=1), improving.forget_old),
    ]
