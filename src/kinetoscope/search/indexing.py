"""Keeping the index what the videos are, and storing what a project says itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ..kernel.caller import Caller
from ..kernel.clock import Clock
from ..kernel.coalesce import Coalesced
from ..kernel.db import Database, Tx
from ..kernel.jobs import enqueue, enqueue_many
from ..projects import ProjectNotFound, find_project_owner
from ..videos import Video, VideoNotFound, hold_videos, load_videos
from . import index_store as store
from .models import Category, Document, ItemError, Revision
from .prepared import prepare
from .refusals import NotIndexed
from .vectors import EMBED

INDEX = "search.index"
"""The job that makes the index show a video, by its `video_id`, as it is now."""

REINDEX = "search.reindex"
"""The same in bulk, where nobody waits for the one video: it lets others go first."""

REFRESH = "search.refresh"
"""The job that reads the texts of a project anew, by its `project_id`, from behind the document `after`."""

_BATCH = 64


@dataclass(frozen=True, slots=True)
class Item:
    """One document of many, at its place in the request."""

    index: int
    document: Document


class Indexing:
    """Writes to the index. Videos that wait at the same time become one transaction."""

    def __init__(self, db: Database, *, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._waiting = Coalesced[UUID, int](self._index_batch, at_most=_BATCH, in_flight=1)

    async def changed(self, video_id: UUID) -> None:
        """Promise that a public video will be found as it is now; what is not public is gone at once."""
        async with self._db.transaction() as tx:
            if any(_is_findable(video) for video in await load_videos(tx, [video_id])):
                await enqueue(tx, INDEX, {"video_id": str(video_id)}, at=self._clock())
            else:
                await _remove(tx, [video_id])

    async def deleted(self, video_id: UUID) -> None:
        """Remove a video that is gone."""
        async with self._db.transaction() as tx:
            await _remove(tx, [video_id])

    async def index_video(self, video_id: UUID) -> int | None:
        """Make the index show a video as it is now; return its document, None if it is not to be found."""
        return await self._waiting.get(video_id)

    async def index(self, caller: Caller, project_id: UUID, document: Document) -> datetime:
        """Store a document in a project's index and return when.

        Refuses with `ProjectNotFound`, and with `VideoNotFound` where the id is another owner's video.
        """
        now = self._clock()
        async with self._db.transaction() as tx:
            await _require_project(tx, project_id, caller)
            errors = await self._save_given(tx, caller, project_id, [Item(0, document)], at=now)
        if errors:
            raise VideoNotFound
        return now

    async def index_many(self, caller: Caller, project_id: UUID, items: Sequence[Item]) -> list[ItemError]:
        """Store documents; return what was refused of them, each for itself."""
        async with self._db.transaction() as tx:
            await _require_project(tx, project_id, caller)
            return await self._save_given(tx, caller, project_id, items, at=self._clock())

    async def remove(self, caller: Caller, project_id: UUID, video_id: UUID) -> None:
        """Remove a video from a project's index; refuses with `NotIndexed`."""
        async with self._db.transaction() as tx:
            await _require_project(tx, project_id, caller)
            await store.lock_projects(tx, [project_id])
            if not await store.remove_document(tx, project_id, video_id):
                raise NotIndexed

    async def refresh(self, project_id: UUID, *, after: int) -> None:
        """Read some documents of a project anew, and promise the rest."""
        now = self._clock()
        async with self._db.transaction() as tx:
            await store.lock_projects(tx, [project_id])
            revisions, last = await store.load_revisions(tx, project_id, after=after, at_most=_BATCH)
            await self._save(tx, revisions, at=now, promise=True)
            if last is not None:
                await enqueue(tx, REFRESH, {"project_id": str(project_id), "after": last}, at=now)

    async def _save_given(
        self, tx: Tx, caller: Caller, project_id: UUID, items: Sequence[Item], *, at: datetime
    ) -> list[ItemError]:
        await store.lock_projects(tx, [project_id])
        known = {video.id: video for video in await hold_videos(tx, [i.document.video_id for i in items])}
        foreign = {video.id for video in known.values() if video.owner_id != caller.id}
        last = {item.document.video_id: item.document for item in items}  # the last of equals wins
        revisions = [
            Revision(project_id, document, known[video_id].version if video_id in known else 0, is_given=True)
            for video_id, document in last.items()
            if video_id not in foreign
        ]
        await self._save(tx, revisions, at=at, promise=True)
        return [
            ItemError(item.index, str(item.document.video_id), VideoNotFound.code, VideoNotFound.detail)
            for item in items
            if item.document.video_id in foreign
        ]

    async def _index_batch(self, video_ids: Sequence[UUID]) -> dict[UUID, int]:
        async with self._db.transaction() as tx:
            held = await store.projects_holding(tx, video_ids)
            videos = await load_videos(tx, video_ids)
            await store.lock_projects(tx, {*held, *(video.project_id for video in videos)})
            # Read once more, now that no other writer is at work, and held: what is made private after that
            # finds the document of this commit, and removes it.
            videos = [video for video in await hold_videos(tx, video_ids) if _is_findable(video)]
            findable = {video.id for video in videos}
            await store.remove_videos(tx, [video_id for video_id in video_ids if video_id not in findable])
            await store.remove_moved(
                tx, [video.id for video in videos], [video.project_id for video in videos]
            )
            revisions = [
                Revision(video.project_id, document_of(video), video.version, is_given=False)
                for video in videos
            ]
            await self._save(tx, revisions, at=self._clock(), promise=False)
            return await store.documents_of(tx, video_ids)

    async def _save(self, tx: Tx, revisions: Sequence[Revision], *, at: datetime, promise: bool) -> None:
        if not revisions:
            return
        projects = {revision.project_id for revision in revisions}
        await store.lock_projects(tx, projects)
        languages = await store.languages_of(tx, projects)
        prepared = [
            prepare(revision, language=languages.get(revision.project_id, "auto")) for revision in revisions
        ]
        saved = await store.save_documents(tx, prepared, at=at)
        if promise:
            await enqueue_many(tx, EMBED, [{"document_id": document_id} for document_id in saved], at=at)


async def _require_project(tx: Tx, project_id: UUID, caller: Caller) -> None:
    if await find_project_owner(tx, project_id) != caller.id:
        raise ProjectNotFound


async def _remove(tx: Tx, video_ids: Sequence[UUID]) -> None:
    await store.lock_projects(tx, await store.projects_holding(tx, video_ids))
    await store.remove_videos(tx, video_ids)


def _is_findable(video: Video) -> bool:
    return video.visibility == "public"


def document_of(video: Video) -> Document:
    """Return what the index shows of a video."""
    category: Category = video.video_type
    return Document(
        video_id=video.id,
        title=video.title,
        description=video.description,
        category=category,
        duration=video.duration,
        thumbnail_url=video.thumbnail_url,
        author=video.author,
        tags=video.tags,
        created_at=video.created_at,
    )
