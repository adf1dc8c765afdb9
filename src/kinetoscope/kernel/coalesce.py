"""Coalescing: reads that wait at the same time become one statement."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from contextvars import Context
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
        self._waiting: dict[K, list[asyncio.Future[V | None]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def get(self, key: K) -> V | None:
        """Return what `load` gives for this key, or None where it gives nothing."""
        # A future of its own: a reader that goes away cancels nobody's answer but its own.
        future = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(future)
        if self._free:
            self._start()
        return await future

    def _start(self) -> None:
        self._free -= 1
        # An empty context: what belongs to the request that happens to begin a load is not the others'.
        task = asyncio.get_running_loop().create_task(self._run(), context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch = self._take()
                try:
                    loaded = await self._load(list(batch))
                except Exception as error:  # noqa: BLE001 - it goes to each reader, as its own
                    for futures in batch.values():
                        _fail(futures, error)
                    continue
                for key, futures in batch.items():
                    value = loaded.get(key)
                    for future in futures:
                        if not future.done():
                            future.set_result(value)
        finally:
            self._free += 1

    def _take(self) -> dict[K, list[asyncio.Future[V | None]]]:
        if len(self._waiting) <= self._at_most:
            batch, self._waiting = self._waiting, {}
            return batch
        keys = list(self._waiting)[: self._at_most]
        return {key: self._waiting.pop(key) for key in keys}


def _fail(futures: "list[asyncio.Future[V | None]]", error: Exception) -> None:
    for future in futures:
        if not future.done():
            future.set_exception(error)
            future.exception()  # a reader that has gone away must not leave a warning behind
