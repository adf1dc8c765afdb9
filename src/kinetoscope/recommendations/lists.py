"""Lists from the shared cache: made when there is none, renewed by one process while nobody waits."""

import asyncio
from contextvars import Context
from datetime import timedelta
from uuid import UUID

from ..kernel.clock import Clock
from ..kernel.db import Database, Tx
from ..kernel.errors import DatabaseUnavailable
from . import list_store
from .list_store import Kept, Key
from .making import KEPT_HOUR, make_list
from .models import Policy

SERVED_STALE = timedelta(days=1)
"""An older list is not shown any more, not even while it is being renewed."""


class Lists:
    """Gives lists; what is renewed beside the requests ends before the process does."""

    def __init__(self, db: Database, *, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._renewing: set[asyncio.Task[None]] = set()
        self._making: dict[Key, asyncio.Task[Kept]] = {}

    async def open(self) -> None:
        """Need nothing."""

    async def close(self) -> None:
        """Wait for the lists that are being renewed."""
        await self.settle()

    async def settle(self) -> None:
        """Return when nothing is being renewed here."""
        while self._renewing:
            await asyncio.wait(self._renewing)

    async def get(self, key: Key, policy: Policy) -> Kept:
        """Return a list: from the cache if it is there, even if it is being renewed just now.

        The caller holds no connection while it waits: making a list takes one.
        """
        async with self._db.read() as tx:
            kept = await self._find(tx, key, policy)
        return kept or await self._make_once(key, policy)

    async def _find(self, tx: Tx, key: Key, policy: Policy) -> Kept | None:
        now = self._clock()
        kept = await list_store.find_list(tx, key)
        if kept is None or now - kept.made_at > KEPT_HOUR + SERVED_STALE:
            return None
        is_due = kept.is_stale or now - kept.made_at >= KEPT_HOUR
        if is_due and await list_store.claim_renewal(tx, key, now=now):
            self._renew(key, policy)
        return kept

    async def forget(self, video_id: UUID) -> None:
        """Drop everything that shows a video, or hangs on it."""
        async with self._db.transaction() as tx:
            await list_store.drop_lists(tx, video_id)

    async def forget_unused(self) -> None:
        """Drop lists that nobody has asked for in days."""
        async with self._db.transaction() as tx:
            await list_store.drop_old_lists(tx, before=self._clock() - 2 * SERVED_STALE)

    def _renew(self, key: Key, policy: Policy) -> None:
        # An empty context: what belongs to the request that happens to begin it is not the list's.
        task = asyncio.get_running_loop().create_task(self._renewed(key, policy), context=Context())
        self._renewing.add(task)
        task.add_done_callback(self._renewing.discard)

    async def _renewed(self, key: Key, policy: Policy) -> None:
        try:
            await self._make(key, policy)
        except DatabaseUnavailable:
            return  # whoever asks next after the claim has ended tries again

    async def _make_once(self, key: Key, policy: Policy) -> Kept:
        """Make a list for all who wait for it here."""
        task = self._making.get(key)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._make(key, policy), context=Context())
            self._making[key] = task
            task.add_done_callback(lambda _: self._making.pop(key, None))
        return await asyncio.shield(task)

    async def _make(self, key: Key, policy: Policy) -> Kept:
        async with self._db.transaction() as tx:
            kept = await make_list(tx, key, policy, now=self._clock())
            await list_store.save_list(tx, key, kept)
        return kept
