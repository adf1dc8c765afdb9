"""Taking annotations in from a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from ..kernel.caller import Caller
from ..kernel.clock import Clock
from ..kernel.db import Database
from ..kernel.ids import uuid7
from ..videos import Video
from . import store
from .models import MOST_ANNOTATIONS, Annotation, AnnotationFields, Imported, ImportOutcome, Note, ReadFile
from .refusals import NoCues, TimestampBeyondEnd, TooManyAnnotations
from .rules import annotation_of, require_within


class AnnotationImport:
    """Makes annotations of the cues of a file, all in one."""

    def __init__(self, db: Database, *, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def take_in(
        self, caller: Caller, video_id: UUID, file: ReadFile, *, replaces: bool
    ) -> ImportOutcome:
        """Make annotations of cues, beside those that are there or instead of them.

        Instead of them, a cue that names one of the video's annotations becomes that one, clicks and all. A
        cue after the end is reported, not taken; where none can be taken, nothing changes. Refuses with
        `NoCues` and `TooManyAnnotations`.
        """
        now = self._clock()
        async with self._db.transaction() as tx:
            video = await store.require_own_showcase(tx, video_id, caller)
            if not file.cues and not file.rejected:
                raise NoCues
            known = {known.id: known for known in await store.list_annotations(tx, video_id)}
            taken = _take(video, file.cues, known if replaces else {}, at=now)
            rejected = sorted([*file.rejected, *taken.rejected], key=lambda note: note.line)
            outcome = ImportOutcome(list(taken.made.values()), rejected, taken.shortened)
            if not taken.made:
                return outcome
            has = len(taken.made) + (0 if replaces else len(known))
            if has > MOST_ANNOTATIONS:
                raise TooManyAnnotations
            if replaces:
                await store.delete_other_annotations(tx, video_id, list(taken.made))
            await store.insert_annotations(tx, outcome.annotations)
            await store.announce_annotated(tx, video_id, had=len(known), has=has, at=now)
        return outcome


@dataclass(slots=True)
class _Taken:
    """What has come of the cues so far."""

    made: dict[UUID, Annotation] = field(default_factory=dict[UUID, Annotation])
    rejected: list[Note] = field(default_factory=list[Note])
    shortened: list[Note] = field(default_factory=list[Note])


def _take(
    video: Video, cues: Sequence[Imported], known: Mapping[UUID, Annotation], *, at: datetime
) -> _Taken:
    """Return what comes of cues; one that names a known annotation becomes it, the first of several."""
    taken = _Taken()
    # Ids decide the order of what begins at the same time: it is that of the file.
    for cue, new_id in zip(cues, sorted(uuid7() for _ in cues), strict=True):
        try:
            require_within(cue.fields.timestamp, None, video.duration)
        except TimestampBeyondEnd as refusal:
            taken.rejected.append(Note(cue.line, refusal.text))
            continue
        fitting = _shortened(cue.fields, video.duration)
        if fitting is not cue.fields:
            note = f"It ended after the video, which is {video.duration} seconds long."
            taken.shortened.append(Note(cue.line, note))
        before = known.get(cue.id) if cue.id is not None and cue.id not in taken.made else None
        annotation = annotation_of(before.id if before else new_id, video, fitting, at=at)
        if before is not None:
            annotation = replace(annotation, version=before.version + 1, created_at=before.created_at)
        taken.made[annotation.id] = annotation
    return taken


def _shortened(fields: AnnotationFields, duration: int | None) -> AnnotationFields:
    """Return an annotation that ends with its video at the latest; at the very end it is a moment."""
    if duration is None or fields.end_timestamp is None or fields.end_timestamp <= duration:
        return fields
    return replace(fields, end_timestamp=Decimal(duration) if fields.timestamp < duration else None)
