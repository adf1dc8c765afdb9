"""Coalescing: reads that wait at the same time become one statement."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Coalesced(Generic[K, V]):
    """Answers many waiting readers with one call of `load`.

    No timer: while one load is under way, the keys that arrive form the next one. A reader only ever
    gets the result of a load that began after it asked, so it sees whatever was committed before.
    """

    def __init__(
        self,
        load: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]],
        *,
        at_most: int = 128,
        in_flight: int = 2,
    ) -> None:
        self._load = load
        self._at_most = at_most
        self._free = in_flight
        self._waiting: dict[K, asyncio.Future[V | None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def get(self, key: K) -> V | None:
        """Return what `load` gives for this key, or None where it gives nothing."""
        future = self._waiting.get(key)
        if future is None:
            future = asyncio.get_running_loop().create_future()
            self._waiting[key] = future
            if self._free:
                self._start()
        # Shielded: one reader that goes away must not cancel the answer of the others.
        return await asyncio.shield(future)

    def _start(self) -> None:
        self._free -= 1
        task = asyncio.get_running_loop().create_task(self._run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch = self._take()
                try:
                    loaded = await self._load(list(batch))
                except BaseException as error:
                    for future in batch.values():
                        _fail(future, error)
                    if not isinstance(error, Exception):
                        raise
                    continue
                for key, future in batch.items():
                    if not future.done():
                        future.set_result(loaded.get(key))
        finally:
            self._free += 1

    def _take(self) -> dict[K, asyncio.Future[V | None]]:
        if len(self._waiting) <= self._at_most:
            batch, self._waiting = self._waiting, {}
            return batch
        keys = list(self._waiting)[: self._at_most]
        return {key: self._waiting.pop(key) for key in keys}


def _fail(future: "asyncio.Future[V | None]", error: BaseException) -> None:
    if future.done():
        return
    future.set_exception(error if isinstance(error, Exception) else asyncio.CancelledError())
    future.exception()  # a reader that has gone away must not leave a warning behind
