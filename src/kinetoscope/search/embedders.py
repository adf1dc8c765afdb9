"""Which embedder answers for which model of the index, and the vectors of a query within its time limit."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..embeddings import Embedder, EmbedderUnavailable, Model, Vector
from .models import Role, ServingModel

log = logging.getLogger(__name__)

QUERY_SECONDS = 2.0
"""How long a search waits for the vector of its query before it goes on without."""


@dataclass(frozen=True, slots=True)
class Embedders:
    """The embedders of this installation, by role; `others` still answer for an index that they have made."""

    chosen: Mapping[Role, Embedder]
    others: Sequence[Embedder] = ()

    async def find(self, serving: ServingModel) -> Embedder | None:
        """Return the embedder whose vectors go with those of a model of the index."""
        for embedder in (self.chosen.get(serving.role), *self.others):
            if embedder is not None and _made(serving, await embedder.model()):
                return embedder
        return None

    async def query_vector(self, serving: ServingModel, text: str) -> Vector | None:
        """Return the vector of a query, or None when it cannot be had in time."""
        try:
            async with asyncio.timeout(QUERY_SECONDS):
                embedder = await self.find(serving)
                if embedder is None:
                    return None
                return (await embedder.embed([text]))[0]
        except (EmbedderUnavailable, TimeoutError) as error:
            log.warning("search goes on without vectors", extra={"role": serving.role, "reason": str(error)})
            return None

    async def open(self) -> None:
        """Open all of them."""
        for embedder in (*self.chosen.values(), *self.others):
            await embedder.open()

    async def close(self) -> None:
        """Close all of them."""
        for embedder in (*self.chosen.values(), *self.others):
            await embedder.close()


def _made(serving: ServingModel, model: Model) -> bool:
    return (serving.name, serving.sha256, serving.dimensions) == (model.name, model.sha256, model.dimensions)
