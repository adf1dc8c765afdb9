"""The use cases of videos."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from msgspec import UNSET

from ..accounts import require_author
from ..kernel import jobs
from ..kernel.caller import Caller
from ..kernel.clock import Clock
from ..kernel.coalesce import Coalesced
from ..kernel.db import Database, Tx
from ..kernel.errors import ChangedMeanwhile
from ..kernel.ids import uuid7
from ..kernel.paging import Listing, Page
from ..projects import require_own_project
from . import store
from .models import DELETED, Shown, Video, VideoChanges, VideoFields, VideoFilter
from .refusals import VideoNotFound
from .rendering import render_listing

NEWEST = Page()
"""The page of the plain list, which most callers ask for."""

_PLAIN = VideoFilter()
_ERASED_AT_ONCE = 100


ChangeCheck = Callable[[Tx, Video, Video], Awaitable[None]]
"""What a domain above has against a change of a video, before and after; refuses with `VideoInUse`.

The video's row is locked, so whoever locks it to add something to the video cannot race with this.
"""


class Videos:
    """Registering, changing and removing videos. `checks` may refuse what an owner changes."""

    def __init__(self, db: Database, *, clock: Clock, checks: Sequence[ChangeCheck] = ()) -> None:
        self._db = db
        self._clock = clock
        self._checks = checks

    async def create(self, caller: Caller, fields: VideoFields) -> Shown:
        """Register a video; refuses with `ProjectNotFound`."""
        async with self._db.transaction() as tx:
            video = await register_video(tx, caller.id, fields, at=self._clock())
            return await _require_shown(tx, video.id)

    async def change(
        self,
        caller: Caller,
        video_id: UUID,
        changes: VideoChanges,
        *,
        versions: frozenset[int] | None,
    ) -> Shown:
        """Change a video and return it; `versions` are those that the caller has seen, if it says so."""
        async with self._db.transaction() as tx:
            video = await store.require_own_video(tx, video_id, caller)
            if versions is not None and video.version not in versions:
                raise ChangedMeanwhile
            if changes.project_id is not UNSET:
                await require_own_project(tx, changes.project_id, caller.id)
            changed = replace(changes.applied_to(video), version=video.version + 1, updated_at=self._clock())
            for check in self._checks:
                await check(tx, video, changed)
            await store.save_changed_video(tx, changed)
            return await _require_shown(tx, video_id)

    async def delete(self, caller: Caller, video_id: UUID, *, versions: frozenset[int] | None) -> None:
        """Remove a video; its files follow, promised in the same transaction."""
        async with self._db.transaction() as tx:
            video = await store.require_own_video(tx, video_id, caller)
            if versions is not None and video.version not in versions:
                raise ChangedMeanwhile
            await store.delete_video(tx, video_id)
            await jobs.enqueue(tx, DELETED, {"video_id": str(video_id)}, at=self._clock())

    async def erase_account(self, tx: Tx, account_id: UUID) -> int:
        """Remove some videos of an account that is being erased; return how many."""
        gone = await store.take_videos_of(tx, account_id, at_most=_ERASED_AT_ONCE)
        payloads = [{"video_id": str(video_id)} for video_id in gone]
        await jobs.enqueue_many(tx, DELETED, payloads, at=self._clock())
        return len(gone)


class VideoReads:
    """Reading videos. Reads that wait at the same time become one statement."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._shown = Coalesced[UUID, Shown](self._load)
        self._newest = Coalesced[UUID, bytes](self._load_newest)

    async def get(self, caller_id: UUID | None, video_id: UUID) -> Shown:
        """Return a video as it is sent; refuses with `VideoNotFound`."""
        shown = await self._shown.get(video_id)
        if shown is None or (shown.private_to is not None and shown.private_to != caller_id):
            raise VideoNotFound
        return shown

    async def newest(self, caller_id: UUID) -> bytes:
        """Return the first page of the plain list as JSON: what is public, and the caller's own."""
        rendered = await self._newest.get(caller_id)
        assert rendered is not None, "every caller gets a list, even if an empty one"
        return rendered

    async def list(self, caller_id: UUID, wanted: VideoFilter, page: Page) -> bytes:
        """Return a page of the videos that a caller may see in lists, as JSON."""
        if wanted == _PLAIN and page == NEWEST:
            return await self.newest(caller_id)
        async with self._db.read() as tx:
            items = await store.list_videos(tx, caller_id, wanted, page)
            total = await store.count_videos(tx, caller_id, wanted)
        return render_listing(Listing(items, total, page))

    async def _load(self, ids: Sequence[UUID]) -> dict[UUID, Shown]:
        async with self._db.read() as tx:
            return await store.load_shown(tx, ids)

    async def _load_newest(self, callers: Sequence[UUID]) -> dict[UUID, bytes]:
        async with self._db.read() as tx:
            listed, total = await store.load_newest_listed(tx, NEWEST.size)
            hidden = await store.load_newest_hidden(tx, callers, NEWEST.size)
        public = Listing(listed, total, NEWEST)
        rendered = render_listing(public)  # the same for all who hide nothing
        return {
            caller: render_listing(_merged(public, *hidden[caller])) if caller in hidden else rendered
            for caller in callers
        }


async def register_video(tx: Tx, owner_id: UUID, fields: VideoFields, *, at: datetime) -> Video:
    """Save a new video of an account; refuses with `AccountGone`, `ProjectNotFound`."""
    author = await require_author(tx, owner_id)
    project = await require_own_project(tx, fields.project_id, owner_id)
    video = Video(
        id=uuid7(),
        owner_id=owner_id,
        project_id=project.id,
        author=author,
        title=fields.title,
        description=fields.description,
        video_type=fields.video_type,
        video_url=fields.video_url,
        thumbnail_url=fields.thumbnail_url,
        duration=fields.duration,
        tags=fields.tags,
        tech_stack=fields.tech_stack,
        project_url=fields.project_url,
        visibility=fields.visibility,
        status="registered",
        status_detail=None,
        playback=None,
        version=1,
        created_at=at,
        updated_at=at,
    )
    await store.insert_video(tx, video)
    return video


async def _require_shown(tx: Tx, video_id: UUID) -> Shown:
    return (await store.load_shown(tx, [video_id]))[video_id]


def _merged(listed: Listing[Shown], hidden: Sequence[Shown], count: int) -> Listing[Shown]:
    """Return the public page with a caller's hidden videos at their places."""
    # Our ids begin with the millisecond of creation, which is what the list is ordered by.
    items = sorted([*listed.items, *hidden], key=lambda shown: shown.id, reverse=True)
    return Listing(items[: listed.page.size], listed.total + count, listed.page)
