"""Embedding in this process: in one thread of its own, loaded when the first text comes."""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Protocol, TypeVar

from .models import EmbedderUnavailable, Model, Vector

T = TypeVar("T")

_AT_ONCE = 8
_RETRY_SECONDS = 60.0


class Loaded(Protocol):
    """A model in memory."""

    model: Model

    def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        """Return one vector for each text."""
        ...


class LocalEmbedder:
    """Runs a model that `load` brings into memory, until the event that it is given says to give up.

    Many texts are done in small pieces, so that a query that comes meanwhile waits for one piece, not for
    all. A model that cannot be loaded is not tried again for a minute.
    """

    patience_seconds = 5.0  # which it takes only when it is loaded, on a busy machine

    def __init__(self, load: Callable[[Event], Loaded]) -> None:
        self._load = load
        self._closing = Event()
        self._thread: ThreadPoolExecutor | None = None
        self._loaded: Loaded | None = None
        self._failed: tuple[float, str] | None = None

    async def model(self) -> Model:
        """Return which model it is, loaded by now."""
        return (await self._in_thread(self._require)).model

    async def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        """Return one vector for each text."""
        by_length = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        vectors: list[Vector] = [()] * len(texts)
        for start in range(0, len(texts), _AT_ONCE):
            places = by_length[start : start + _AT_ONCE]
            piece = [texts[place] for place in places]
            for place, vector in zip(places, await self._in_thread(self._embed, piece), strict=True):
                vectors[place] = vector
        return vectors

    async def open(self) -> None:
        """Make the thread."""
        self._closing.clear()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="embedding")

    async def close(self) -> None:
        """Wait for the piece that is under way; what waits is dropped, and a model that is being made too."""
        self._closing.set()
        if self._thread is not None:
            thread, self._thread = self._thread, None
            await asyncio.to_thread(thread.shutdown, cancel_futures=True)

    async def _in_thread(self, work: Callable[..., T], *values: object) -> T:
        if self._thread is None:
            raise EmbedderUnavailable("It is closed.")
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *values)

    def _embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        return self._require().embed(texts)

    def _require(self) -> Loaded:
        if self._loaded is None:
            self._loaded = self._loaded_now()
        return self._loaded

    def _loaded_now(self) -> Loaded:
        now = time.monotonic()
        if self._failed is not None and now < self._failed[0] + _RETRY_SECONDS:
            raise EmbedderUnavailable(self._failed[1])
        try:
            return self._load(self._closing)
        except Exception as error:
            self._failed = (now, str(error) or type(error).__name__)
            raise EmbedderUnavailable(self._failed[1]) from error
