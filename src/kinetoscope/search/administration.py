"""The index as a whole: how it is, in which language it reads, making it anew, proving that it is right."""

from datetime import timedelta
from uuid import UUID

from ..kernel.caller import Caller
from ..kernel.clock import Clock
from ..kernel.db import Database
from ..kernel.jobs import enqueue, enqueue_many
from ..videos import list_public_versions
from . import index_store, state_store
from .indexing import REFRESH, REINDEX
from .models import IndexState, Progress
from .searching import require_project

_AT_ONCE = 1000
_FIGURES_FOR = timedelta(days=30)
_BEGINNING = UUID(int=0)


class Administration:
    """Looks after the index."""

    def __init__(self, db: Database, *, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def state(self, caller: Caller, project_id: UUID) -> IndexState:
        """Return how a project's index is."""
        async with self._db.read() as tx:
            await require_project(tx, project_id, caller.id)
            since = (self._clock() - _FIGURES_FOR).date()
            return await state_store.load_state(tx, project_id, since=since)

    async def set_language(self, caller: Caller, project_id: UUID, language: str) -> IndexState:
        """Set what a project's texts are written in; all of them are read anew, which takes some moments."""
        now = self._clock()
        async with self._db.transaction() as tx:
            await require_project(tx, project_id, caller.id)
            await index_store.lock_projects(tx, [project_id])
            await state_store.save_language(tx, project_id, language)
            await enqueue(tx, REFRESH, {"project_id": str(project_id), "after": 0}, at=now)
            return await state_store.load_state(tx, project_id, since=(now - _FIGURES_FOR).date())

    async def progress(self) -> Progress:
        """Return how the whole index is, for whoever runs the installation."""
        async with self._db.read() as tx:
            return await state_store.load_progress(tx)

    async def rebuild(self, *, vectors: bool) -> int:
        """Promise that every public video is indexed anew, and return how many that are.

        With `vectors`, all vectors are dropped too: until they are made anew, words alone answer.
        """
        if vectors:
            async with self._db.transaction() as tx:
                await state_store.forget_models(tx)
        count = 0
        after = _BEGINNING
        while True:
            async with self._db.transaction() as tx:
                page = await list_public_versions(tx, after=after, at_most=_AT_ONCE)
                payloads = [{"video_id": str(video_id)} for video_id, _ in page]
                await enqueue_many(tx, REINDEX, payloads, at=self._clock())
            if not page:
                return count
            count += len(page)
            after = page[-1][0]

    async def reconcile(self) -> int:
        """Compare all public videos with the index, promise what differs, and return how much that is.

        Both sides are read in the order of their ids, page by page: the proof needs neither time nor memory
        in proportion to the library.
        """
        differing = 0
        after = _BEGINNING
        while True:
            async with self._db.transaction() as tx:
                videos = await list_public_versions(tx, after=after, at_most=_AT_ONCE)
                indexed = await index_store.list_indexed_versions(tx, after=after, at_most=_AT_ONCE)
                if not videos and not indexed:
                    return differing
                # A page that is full ends where the shorter of both ends.
                ends = [page[-1][0] for page in (videos, indexed) if len(page) == _AT_ONCE]
                last = min(ends) if ends else UUID(int=(1 << 128) - 1)
                sides = [{one for one in page if one[0] <= last} for page in (videos, indexed)]
                wrong = {video_id for video_id, _ in sides[0] ^ sides[1]}
                payloads = [{"video_id": str(video_id)} for video_id in sorted(wrong)]
                await enqueue_many(tx, REINDEX, payloads, at=self._clock())
            differing += len(wrong)
            if not ends:
                return differing
            after = last
