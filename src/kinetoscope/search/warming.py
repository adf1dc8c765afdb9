"""Loading the models when a process starts, so that its first query finds them ready."""

import asyncio
import logging
from contextlib import suppress

from ..embeddings import EmbedderUnavailable
from ..kernel.db import Database
from ..kernel.errors import DatabaseUnavailable
from .embedders import Embedders
from .query_store import roles_in_use

log = logging.getLogger(__name__)


class Warming:
    """Loads what the index needs, beside everything else: a process whose index is empty loads nothing."""

    def __init__(self, db: Database, *, embedders: Embedders) -> None:
        self._db = db
        self._embedders = embedders
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin to load."""
        self._task = asyncio.create_task(self._load())

    async def close(self) -> None:
        """Load no further model."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _load(self) -> None:
        try:
            async with self._db.read() as tx:
                roles = await roles_in_use(tx)
            for role in roles:
                if (embedder := self._embedders.chosen.get(role)) is not None:
                    await embedder.embed(["ready?"])  # the first text costs more than loading alone
        except (DatabaseUnavailable, EmbedderUnavailable) as error:
            log.warning("the models load when they are asked for", extra={"reason": str(error)})
