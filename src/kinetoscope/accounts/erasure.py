"""Erasing an account: each domain removes its part, top storey first, in steps that can be repeated."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from ..kernel.db import Database, Tx
from ..kernel.jobs import Job
from . import store

ERASE_JOB = "accounts.erase"

Eraser = Callable[[Tx, UUID], Awaitable[int]]
"""Removes some of what a domain holds of an account; returns how much, 0 when nothing is left."""


class Erasure:
    """Removes everything of an account. Every domain adds its eraser, from its own folder."""

    def __init__(self, db: Database, erasers: Sequence[Eraser]) -> None:
        self._db = db
        self._erasers = erasers

    async def run(self, job: Job) -> None:
        """Carry out an erasure; begun anew after a crash, it goes on where it was."""
        account_id = UUID(job.text("account_id"))
        for erase in self._erasers:
            await self._repeat(erase, account_id)
        async with self._db.transaction() as tx:
            await store.delete_account(tx, account_id)

    async def _repeat(self, erase: Eraser, account_id: UUID) -> None:
        """Erase in short transactions until nothing is left."""
        removed = 1
        while removed:
            async with self._db.transaction() as tx:
                removed = await erase(tx, account_id)
