"""The use case of embeddings: vectors of a caller's texts, within a time limit."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from .models import Embedder, EmbedderUnavailable, Model, Vector
from .refusals import EmbeddingsUnavailable

_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Generated:
    """Vectors, and what made them."""

    model: Model
    vectors: Sequence[Vector]


class Generating:
    """Makes vectors for callers."""

    def __init__(self, embedder: Embedder | None) -> None:
        self._embedder = embedder

    async def generate(self, texts: Sequence[str]) -> Generated:
        """Return one vector for each text; refuses with `EmbeddingsUnavailable`."""
        if self._embedder is None:
            raise EmbeddingsUnavailable
        try:
            async with asyncio.timeout(_SECONDS):
                return Generated(await self._embedder.model(), await self._embedder.embed(texts))
        except (EmbedderUnavailable, TimeoutError) as error:
            raise EmbeddingsUnavailable from error
