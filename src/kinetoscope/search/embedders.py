"""Which embedder answers for which model of the index, and the vectors of a query within its time limit."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..embeddings import Embedder, EmbedderUnavailable, Model, Vector
from .models import Role, ServingModel

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Embedders:
    """The embedders of this installation, by role.

    `others`, by the name of their model, still answer for the index that they have made, as long as the one
    that was chosen instead is making its own.
    """

    chosen: Mapping[Role, Embedder]
    others: Mapping[str, Embedder] = field(default_factory=dict[str, Embedder])

    async def query_vector(self, serving: ServingModel, text: str) -> Vector | None:
        """Return the vector of a query by the model that has made those of the index; None if not in time."""
        for embedder in (self.others.get(serving.name), self.chosen.get(serving.role)):
            try:
                if embedder is not None:
                    async with asyncio.timeout(embedder.patience_seconds):
                        if _made(serving, await embedder.model()):
                            return (await embedder.embed([text]))[0]
            except (EmbedderUnavailable, TimeoutError) as error:
                reason = str(error) or "it takes too long"
                log.warning("search goes on without vectors", extra={"role": serving.role, "reason": reason})
        return None

    async def open(self) -> None:
        """Open all of them."""
        for embedder in (*self.chosen.values(), *self.others.values()):
            await embedder.open()

    async def close(self) -> None:
        """Close all of them."""
        for embedder in (*self.chosen.values(), *self.others.values()):
            await embedder.close()


def _made(serving: ServingModel, model: Model) -> bool:
    return (serving.name, serving.sha256, serving.dimensions) == (model.name, model.sha256, model.dimensions)
