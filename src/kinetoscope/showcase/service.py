"""The use cases of showcases."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from uuid import UUID

from ..kernel.caller import Caller
from ..kernel.clock import Clock
from ..kernel.db import Database, Tx
from ..kernel.errors import ChangedMeanwhile
from ..kernel.ids import uuid7
from ..kernel.paging import Listing, Page
from ..videos import (
    NotYourVideo,
    Shown,
    Video,
    VideoInUse,
    load_shown,
    require_visible_video,
)
from . import store
from .listing import list_showcase
from .models import (
    MOST_ANNOTATIONS,
    Annotation,
    AnnotationChanges,
    AnnotationFields,
    AnnotationType,
    Click,
    Effects,
    ShowcaseFilter,
)
from .refusals import TooManyAnnotations
from .rules import (
    Curve,
    annotation_of,
    effects_of,
    require_order,
    require_showcase,
    require_within,
)

Retention = Callable[[Tx, UUID], Awaitable[Curve | None]]
"""Gives how many viewers have seen at least 0, 1, … 100 percent of a video; None or empty without views."""


class Showcase:
    """The list of demo videos."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def list(self, caller: Caller, wanted: ShowcaseFilter, page: Page) -> Listing[tuple[Shown, int]]:
        """Return a page of the demo videos the caller may see in lists, with its count of annotations."""
        async with self._db.read() as tx:
            listing = await list_showcase(tx, caller.id, wanted, page)
            shown = await load_shown(tx, [entry.video_id for entry in listing.items])
        items = [
            (shown[entry.video_id], entry.annotation_count)
            for entry in listing.items
            if entry.video_id in shown  # it may have been deleted meanwhile
        ]
        return Listing(items, listing.total, page)


class Annotations:
    """Annotating a demo video. Its row is locked for each change, so that changes take turns."""

    def __init__(self, db: Database, *, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def create(self, caller: Caller, video_id: UUID, fields: AnnotationFields) -> Annotation:
        """Annotate a video; refuses with `NotAShowcase`, `TimestampBeyondEnd`, `TooManyAnnotations`."""
        async with self._db.transaction() as tx:
            video = await store.require_own_showcase(tx, video_id, caller)
            require_order(fields.timestamp, fields.end_timestamp)
            require_within(fields.timestamp, fields.end_timestamp, video.duration)
            count = await store.count_annotations(tx, video_id)
            if count >= MOST_ANNOTATIONS:
                raise TooManyAnnotations
            annotation = annotation_of(uuid7(), video, fields, at=self._clock())
            await store.insert_annotations(tx, [annotation])
            await store.announce_annotated(tx, video_id, had=count, has=count + 1, at=self._clock())
        return annotation

    async def list(
        self, caller: Caller, video_id: UUID, annotation_type: AnnotationType | None
    ) -> Sequence[Annotation]:
        """Return a video's annotations along its time; refuses with `VideoNotFound`, `NotAShowcase`."""
        async with self._db.read() as tx:
            require_showcase(await require_visible_video(tx, video_id, caller.id))
            return await store.list_annotations(tx, video_id, annotation_type)

    async def export(self, caller: Caller, video_id: UUID) -> tuple[Video, Sequence[Annotation]]:
        """Return a video and its annotations, to be written down elsewhere."""
        async with self._db.read() as tx:
            video = await require_visible_video(tx, video_id, caller.id)
            require_showcase(video)
            return video, await store.list_annotations(tx, video_id)

    async def get(self, caller: Caller, video_id: UUID, annotation_id: UUID) -> Annotation:
        """Return an annotation."""
        async with self._db.read() as tx:
            require_showcase(await require_visible_video(tx, video_id, caller.id))
            return await store.require_annotation(tx, video_id, annotation_id)

    async def change(
        self,
        caller: Caller,
        video_id: UUID,
        annotation_id: UUID,
        changes: AnnotationChanges,
        *,
        versions: frozenset[int] | None,
    ) -> Annotation:
        """Change an annotation and return it; `versions` are those the caller has seen, if it says so."""
        async with self._db.transaction() as tx:
            video = await store.require_own_showcase(tx, video_id, caller)
            annotation = await _require_version(tx, video_id, annotation_id, versions)
            changed = replace(
                changes.applied_to(annotation), version=annotation.version + 1, updated_at=self._clock()
            )
            if changes.moves:
                require_order(changed.timestamp, changed.end_timestamp)
                require_within(changed.timestamp, changed.end_timestamp, video.duration)
            await store.insert_annotations(tx, [changed])
        return changed

    async def delete(
        self, caller: Caller, video_id: UUID, annotation_id: UUID, *, versions: frozenset[int] | None
    ) -> None:
        """Remove an annotation and its clicks."""
        async with self._db.transaction() as tx:
            await store.require_own_showcase(tx, video_id, caller)
            await _require_version(tx, video_id, annotation_id, versions)
            count = await store.count_annotations(tx, video_id)
            await store.delete_annotation(tx, annotation_id)
            await store.announce_annotated(tx, video_id, had=count, has=count - 1, at=self._clock())


class AnnotationFigures:
    """Who follows annotations, and what comes of each."""

    def __init__(self, db: Database, *, clock: Clock, retention: Retention | None = None) -> None:
        self._db = db
        self._clock = clock
        self._retention = retention

    async def click(
        self, caller: Caller | None, video_id: UUID, annotation_id: UUID, session_id: UUID | None
    ) -> Click:
        """Record that a sitting has followed an annotation; one without an id is a new one."""
        sitting = session_id or uuid7()
        async with self._db.transaction() as tx:
            require_showcase(await require_visible_video(tx, video_id, caller.id if caller else None))
            await store.require_annotation(tx, video_id, annotation_id)
            is_new = await store.save_click(tx, annotation_id, sitting, self._clock())
            total = await store.count_clicks_of(tx, annotation_id)
        return Click(sitting, is_new, total)

    async def effects(self, caller: Caller, video_id: UUID) -> Effects:
        """Return what came of each annotation of a video of the caller."""
        async with self._db.read() as tx:
            video = await require_visible_video(tx, video_id, caller.id)
            if video.owner_id != caller.id:
                raise NotYourVideo
            require_showcase(video)
            annotations = await store.list_annotations(tx, video_id)
            clicks = await store.count_clicks(tx, video_id)
            curve = await self._retention(tx, video_id) if self._retention else None
        counted = [(annotation, clicks.get(annotation.id, 0)) for annotation in annotations]
        return effects_of(video, counted, curve)


async def keep_annotations_true(tx: Tx, before: Video, after: Video) -> None:
    """Refuse a change of a video, whose row is locked, that would leave its annotations without ground."""
    changes_type = before.video_type == "demo" != after.video_type
    is_shorter = after.duration is not None and after.duration != before.duration
    if not changes_type and not is_shorter:
        return
    found = await store.latest_moment(tx, after.id)
    if found is None:
        return
    if changes_type:
        raise VideoInUse(
            f"This video has annotations ({found['annotations']}), which only a video of the type demo can "
            "have. Delete them before you change its type."
        )
    if after.duration is not None and found["latest"] > after.duration:
        raise VideoInUse(
            f"An annotation of this video is at second {found['latest']}: a duration of {after.duration} "
            "would end before it. Move or delete the annotation first."
        )


async def _require_version(
    tx: Tx, video_id: UUID, annotation_id: UUID, versions: frozenset[int] | None
) -> Annotation:
    annotation = await store.require_annotation(tx, video_id, annotation_id)
    if versions is not None and annotation.version not in versions:
        raise ChangedMeanwhile
    return annotation
