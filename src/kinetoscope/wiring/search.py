"""Search, and the embedding models that it works with."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import UUID

from ..embeddings import (
    Embedder,
    Generating,
    default_embedder,
    directory_embedder,
    multilingual_embedder,
)
from ..kernel.db import Tx
from ..kernel.settings import Settings
from ..search import (
    Administration,
    Embedders,
    Indexing,
    Related,
    Role,
    Searching,
    Suggesting,
    Vectors,
    duties,
    index_lane,
    reactions,
)
from .part import Base, Part


def search_part(base: Base) -> Part:
    """Return what search brings."""
    embedders = Embedders(_chosen(base.settings))
    indexing = Indexing(base.db, clock=base.clock)
    vectors = Vectors(base.db, clock=base.clock, embedders=embedders)
    administration = Administration(base.db, clock=base.clock)
    return Part(
        services=[
            Searching(base.db, embedders=embedders, showcases=_no_showcases),
            Related(base.db, showcases=_no_showcases),
            Generating(embedders.chosen.get("main")),
            Suggesting(base.db),
            administration,
            indexing,
            vectors,
        ],
        reactions=reactions(indexing),
        lanes=[index_lane(indexing, vectors)],
        duties=duties(vectors, administration),
        resources=[embedders],
    )


def _chosen(settings: Settings) -> Mapping[Role, Embedder]:
    threads = settings.embedding_threads
    if settings.embeddings == "none":
        return {}
    if settings.embeddings == "local":
        models = settings.models_dir or settings.data_dir / "models"
        main: Embedder = default_embedder(models, threads=threads)
    else:
        main = directory_embedder(Path(settings.embeddings), threads=threads)
    return {"main": main, "multilingual": multilingual_embedder(threads=threads)}


async def _no_showcases(_tx: Tx, _project_id: UUID) -> Sequence[UUID]:
    """Return the demo videos with annotations: none, as long as nothing has annotations."""
    return ()
