"""The roller: keeps the rollups fresh, lets a reader wait for what was written before it asked."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from contextvars import Context
from functools import partial

from ..kernel.coalesce import Coalesced
from ..kernel.db import Database, Tx
from ..kernel.errors import DatabaseUnavailable
from . import rollups
from .deadlocks import insist

_BATCHES_A_FOLD = 100
"""So that a fold ends long before the time limit of a statement, however far behind the roller is."""
_REBUILT_AT_ONCE = 200
_SOON_SECONDS = 1.0


class Folding:
    """Folds the outbox: soon after something was written, and before something is read."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._fresh = Coalesced[None, bool](self._fold_for_readers, in_flight=1)
        self._soon: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Need nothing."""

    async def close(self) -> None:
        """Leave what is not folded to the others; it is in the outbox."""
        if self._soon is not None:
            self._soon.cancel()
        if self._task is not None:
            await asyncio.wait([self._task])

    def note_written(self) -> None:
        """Fold within about a second: this process has written something."""
        if self._soon is None:
            loop = asyncio.get_running_loop()
            self._soon = loop.call_later(_SOON_SECONDS, self._begin, context=Context())

    async def be_fresh(self) -> None:
        """Return when everything that was committed before this call is in the rollups."""
        async with self._db.read() as tx:
            if not await rollups.is_behind(tx):
                return
        await self._fresh.get(None)

    async def fold_if_free(self) -> None:
        """Fold all that waits, unless another process is doing it."""
        while await self._fold_some(rollups.try_lock) == _BATCHES_A_FOLD:
            pass

    async def rebuild(self) -> None:
        """Make all rollups anew from the raw sittings that are kept, in one transaction."""
        async with self._db.transaction() as tx:
            await rollups.take_lock(tx)
            while await rollups.fold_outbox(tx, at_most=_BATCHES_A_FOLD):
                pass
            await rollups.clear_rollups(tx, since=await rollups.horizon(tx))
            last: int | None = -1
            while last is not None:
                last = await rollups.fold_again(tx, after=last, at_most=_REBUILT_AT_ONCE)

    async def _fold_for_readers(self, readers: Sequence[None]) -> dict[None, bool]:
        """Fold until nothing is left of what is there now. Whoever waits has asked before this began."""
        while await self._fold_some(rollups.take_lock) == _BATCHES_A_FOLD:
            pass
        return dict.fromkeys(readers, True)

    async def _fold_some(self, lock: Callable[[Tx], Awaitable[bool]]) -> int:
        """Fold some batches and return how many; none where the lock is another's."""
        # Deadlocks: the erasure of an account removes many videos at once in any order.
        return await insist(partial(self._fold_once, lock))

    async def _fold_once(self, lock: Callable[[Tx], Awaitable[bool]]) -> int:
        async with self._db.transaction() as tx:
            if not await lock(tx):
                return 0
            return await rollups.fold_outbox(tx, at_most=_BATCHES_A_FOLD)

    def _begin(self) -> None:
        self._soon = None
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._fold_soon())

    async def _fold_soon(self) -> None:
        try:
            with suppress(DatabaseUnavailable):  # the next one, or the duty, goes on with it
                await self.fold_if_free()
        finally:
            self._task = None
