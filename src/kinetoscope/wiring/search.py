"""Search, and the embedding models that it works with."""

from pathlib import Path

from ..embeddings import (
    DEFAULT_MODEL,
    Embedder,
    Generating,
    default_embedder,
    directory_embedder,
    multilingual_embedder,
    remote_embedder,
)
from ..kernel.settings import Settings
from ..search import (
    Administration,
    Embedders,
    Figures,
    Indexing,
    Related,
    Searching,
    Suggesting,
    Vectors,
    Warming,
    duties,
    index_lanes,
    reactions,
)
from ..showcase import annotated_among
from .part import Base, Part


def search_part(base: Base) -> Part:
    """Return what search brings."""
    embedders = _embedders(base.settings)
    indexing = Indexing(base.db, clock=base.clock)
    vectors = Vectors(base.db, clock=base.clock, embedders=embedders)
    figures = Figures(base.db, clock=base.clock)
    administration = Administration(base.db, clock=base.clock)
    return Part(
        services=[
            Searching(base.db, embedders=embedders, annotated=annotated_among, figures=figures),
            Related(base.db, annotated=annotated_among),
            Generating(embedders.chosen.get("main")),
            Suggesting(base.db),
            administration,
            indexing,
            vectors,
        ],
        reactions=reactions(indexing),
        lanes=index_lanes(indexing, vectors),
        duties=duties(vectors, administration),
        resources=[embedders, figures, Warming(base.db, embedders=embedders)],
    )


def _embedders(settings: Settings) -> Embedders:
    threads, chosen = settings.embedding_threads, settings.embeddings
    if chosen == "none":
        return Embedders({})
    models = settings.models_dir or settings.data_dir / "models"
    local = default_embedder(models, threads=threads)
    multilingual = multilingual_embedder(threads=threads)
    if chosen == "local":
        return Embedders({"main": local, "multilingual": multilingual})
    main = _other_embedder(settings)
    return Embedders({"main": main, "multilingual": multilingual}, {DEFAULT_MODEL: local})


def _other_embedder(settings: Settings) -> Embedder:
    url, secret = settings.embeddings_url, settings.embeddings_key
    key = secret.get_secret_value() if secret else None
    match settings.embeddings:
        case "zerodb" | "openai" as shape if url is not None:
            return remote_embedder(shape, url, settings.embeddings_model, key)
        case folder:
            return directory_embedder(Path(folder), threads=settings.embedding_threads)
