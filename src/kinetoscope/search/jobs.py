"""What search does when videos have changed, and what it does regularly."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from ..kernel.jobs import Job
from ..kernel.runner import Duty, Handler, Lane
from ..videos import CHANGED, DELETED
from .administration import Administration
from .indexing import INDEX, REFRESH, REINDEX, Indexing
from .vectors import EMBED, Vectors

PLACES = 256
"""Documents that wait for their batch at the same time: they only wait, the batches follow each other."""

BULK_PLACES = 128
"""Two batches: one that is embedded, one that gathers."""

Reaction = Callable[[Job], Awaitable[None]]


def index_lanes(indexing: Indexing, vectors: Vectors) -> Sequence[Lane]:
    """Return the lanes in which the index is brought up to date: one for what changes, one for bulk."""

    async def index(job: Job) -> None:
        document = await indexing.index_video(UUID(job.text("video_id")))
        if document is not None:
            await vectors.embed(document)

    async def reindex(job: Job) -> None:
        document = await indexing.index_video(UUID(job.text("video_id")))
        if document is not None:
            await vectors.embed(document, is_bulk=True)

    async def embed(job: Job) -> None:
        document = job.payload["document_id"]
        assert isinstance(document, int)
        await vectors.embed(document, is_bulk=True)

    async def refresh(job: Job) -> None:
        after = job.payload["after"]
        assert isinstance(after, int)
        await indexing.refresh(UUID(job.text("project_id")), after=after)

    bulk = {EMBED: Handler(embed), REINDEX: Handler(reindex), REFRESH: Handler(refresh)}
    return [Lane("search", {INDEX: Handler(index)}, PLACES), Lane("search-bulk", bulk, BULK_PLACES)]


def reactions(indexing: Indexing) -> Mapping[str, Reaction]:
    """Return what is done about the facts of videos."""

    async def changed(job: Job) -> None:
        await indexing.changed(UUID(job.text("video_id")))

    async def deleted(job: Job) -> None:
        await indexing.deleted(UUID(job.text("video_id")))

    return {CHANGED: changed, DELETED: deleted}


def duties(vectors: Vectors, administration: Administration) -> Sequence[Duty]:
    """Return what is to be done regularly."""

    async def reconcile() -> None:
        await administration.reconcile()

    return [
        Duty("search.catch-up", timedelta(seconds=30), vectors.catch_up),
        Duty("search.reconcile", timedelta(hours=6), reconcile),
    ]
