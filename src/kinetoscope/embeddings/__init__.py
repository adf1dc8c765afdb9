"""Embeddings: texts in, vectors out. Which model makes them, and where it runs."""

from .defaults import (
    DEFAULT_MODEL,
    default_embedder,
    directory_embedder,
    multilingual_embedder,
    remote_embedder,
)
from .local import LocalEmbedder
from .models import Embedder, EmbedderUnavailable, Model, Vector
from .service import Generating

__all__ = [
    "DEFAULT_MODEL",
    "Embedder",
    "EmbedderUnavailable",
    "Generating",
    "LocalEmbedder",
    "Model",
    "Vector",
    "default_embedder",
    "directory_embedder",
    "multilingual_embedder",
    "remote_embedder",
]
