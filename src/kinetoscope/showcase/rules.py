"""What holds for annotations, and what their figures mean."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from math import ceil
from uuid import UUID

from ..kernel.errors import Unacceptable
from ..kernel.proportions import proportion
from ..videos import Video
from .models import Annotation, AnnotationFields, Effect, Effects
from .refusals import NotAShowcase, TimestampBeyondEnd

Curve = Sequence[int]
"""How many viewers have seen at least 0, 1, … 100 percent of a video."""


def require_showcase(video: Video) -> None:
    """Refuse a video that has no annotations because of its type."""
    if video.video_type != "demo":
        raise NotAShowcase


def require_order(timestamp: Decimal, end_timestamp: Decimal | None) -> None:
    """Refuse a range that does not go forward."""
    if end_timestamp is not None and end_timestamp <= timestamp:
        raise Unacceptable("end_timestamp must be later than timestamp", field="end_timestamp")


def require_within(timestamp: Decimal, end_timestamp: Decimal | None, duration: int | None) -> None:
    """Refuse what lies after the end of a video; an unknown duration (in seconds) allows everything."""
    if duration is None:
        return
    latest = timestamp if end_timestamp is None else max(timestamp, end_timestamp)
    if latest > duration:
        raise TimestampBeyondEnd(f"This video is {duration} seconds long: it has ended by second {latest}.")


def annotation_of(annotation_id: UUID, video: Video, fields: AnnotationFields, *, at: datetime) -> Annotation:
    """Return a new annotation of a video, made by its owner."""
    return Annotation(
        id=annotation_id,
        video_id=video.id,
        timestamp=fields.timestamp,
        end_timestamp=fields.end_timestamp,
        title=fields.title,
        description=fields.description,
        annotation_type=fields.annotation_type,
        url=fields.url,
        created_by=video.owner_id,
        version=1,
        created_at=at,
        updated_at=at,
    )


def effects_of(video: Video, annotations: Sequence[tuple[Annotation, int]], curve: Curve | None) -> Effects:
    """Return what came of annotations, each with its clicks, from how far viewers have watched.

    An annotation is reached by whoever has seen the whole percent that it lies in. Clicks of more sittings
    than have reached it (they were reported without views) count as all of them.
    """
    viewers = curve[0] if curve else None
    effects = [
        _effect(annotation, clicks, reached=_reached(annotation, video.duration, curve), viewers=viewers)
        for annotation, clicks in annotations
    ]
    return Effects(video.id, viewers, effects)


def _effect(annotation: Annotation, clicks: int, *, reached: int | None, viewers: int | None) -> Effect:
    if reached is None or viewers is None:
        return Effect(annotation, None, None, clicks, None)
    reach = proportion(reached, viewers)
    return Effect(annotation, reached, reach, clicks, proportion(min(clicks, reached), reached))


def _reached(annotation: Annotation, duration: int | None, curve: Curve | None) -> int | None:
    if not curve or not duration:
        return None
    percent = ceil(annotation.timestamp * 100 / duration)
    return curve[min(percent, len(curve) - 1)]
