"""When vectors cannot be had, words alone answer, in time; what is missing is made later."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from kinetoscope.embeddings import EmbedderUnavailable, Model, Vector
from kinetoscope.kernel.clock import Clock
from kinetoscope.kernel.db import Database, Tx
from kinetoscope.search import Embedders, Figures, Indexing, Searching, Vectors
from kinetoscope.search.models import Filters
from kinetoscope.search.searching import Wanted
from support.cast import registered_video


class Stub:
    """An embedder whose state a test sets: it answers, slowly or not at all."""

    def __init__(self, name: str = "stub") -> None:
        self.name = name
        self.is_down = False
        self.patience_seconds = 5.0
        self.waits_for: asyncio.Event | None = None
        self.texts: list[str] = []

    async def model(self) -> Model:
        if self.is_down:
            raise EmbedderUnavailable("It is down.")
        return Model(self.name, "0" * 64, 4)

    async def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        if self.is_down:
            raise EmbedderUnavailable("It is down.")
        if self.waits_for is not None:
            await self.waits_for.wait()
        self.texts += texts
        return [[1.0, 0.0, 0.0, 0.0] if "tea" in text.lower() else [0.0, 1.0, 0.0, 0.0] for text in texts]

    async def open(self) -> None: ...

    async def close(self) -> None: ...


class Rig:
    """Search as it is wired, but with embedders of the test's."""

    def __init__(self, db: Database, clock: Clock, embedders: Embedders) -> None:
        self.db = db
        self.clock = clock
        self.vectors = Vectors(db, clock=clock, embedders=embedders)
        self.indexing = Indexing(db, clock=clock)
        self.searching = Searching(db, embedders=embedders, annotated=_none, figures=Figures(db, clock=clock))

    async def index(self, video: dict[str, Any]) -> None:
        document = await self.indexing.index_video(UUID(video["id"]))
        assert document is not None
        await self.vectors.embed(document)

    async def search(self, video: dict[str, Any], query: str = "tea") -> tuple[str, list[str]]:
        found = await self.searching.search(
            UUID(video["user_id"]), UUID(video["project_id"]), Wanted(query, Filters(), 10, 0)
        )
        return found.mode, [hit.shown.title for hit in found.hits]


async def _none(*_: object) -> list[UUID]:
    return []


@pytest.fixture
def stub() -> Stub:
    return Stub()


@pytest.fixture
def rig(db: Database, clock: Any, stub: Stub) -> Rig:
    return Rig(db, clock, Embedders({"main": stub}))


@pytest.fixture
async def tea(library: Any) -> dict[str, Any]:
    return await registered_video(library.alice, title="How to brew green tea")


async def test_a_model_that_is_down_costs_the_meaning_but_no_search(
    rig: Rig, stub: Stub, tea: dict[str, Any]
) -> None:
    stub.is_down = True
    await rig.index(tea)
    assert await rig.search(tea) == ("text", ["How to brew green tea"])
    stub.is_down = False
    await rig.vectors.catch_up()
    assert await _promised(rig.db) == 1
    await rig.index(tea)
    assert await rig.search(tea) == ("hybrid", ["How to brew green tea"])


async def test_a_slow_model_is_waited_for_only_so_long(rig: Rig, stub: Stub, tea: dict[str, Any]) -> None:
    await rig.index(tea)
    stub.patience_seconds = 0.05
    stub.waits_for = asyncio.Event()
    assert await rig.search(tea) == ("text", ["How to brew green tea"])


async def test_racing_changes_with_a_slow_model_leave_the_last_state(
    rig: Rig, stub: Stub, library: Any, tea: dict[str, Any], tx: Tx
) -> None:
    stub.waits_for = asyncio.Event()
    slow = asyncio.create_task(rig.index(tea))
    while not await tx.fetch_value("SELECT count(*) FROM search_documents"):  # noqa: ASYNC110 - it is a row
        await asyncio.sleep(0.01)
    other = Stub()
    quick = Rig(rig.db, rig.clock, Embedders({"main": other}))
    await library.alice.patch(f"/api/v1/videos/{tea['id']}", json={"title": "Repairing bicycles"})
    await quick.index(tea)
    stub.waits_for.set()
    await slow
    assert await quick.search(tea, "bicycles") == ("hybrid", ["Repairing bicycles"])
    assert (await quick.search(tea, "tea"))[1] == []
    assert other.texts[0] == "Repairing bicycles"


async def test_a_new_model_is_made_ready_beside_the_old_one_which_serves(
    rig: Rig, stub: Stub, tea: dict[str, Any], tx: Tx
) -> None:
    await rig.index(tea)
    new = Stub("newer")
    changed = Rig(rig.db, rig.clock, Embedders({"main": new}, {stub.name: stub}))
    await changed.vectors.catch_up()
    assert await _promised(rig.db) == 1
    assert await changed.search(tea) == ("hybrid", ["How to brew green tea"])
    assert await _names(tx) == ["stub"]
    await changed.index(tea)
    await changed.vectors.catch_up()
    assert await _names(tx) == ["newer"]
    assert await changed.search(tea) == ("hybrid", ["How to brew green tea"])
    assert await tx.fetch_value("SELECT count(*) FROM search_models") == 1


async def _names(tx: Tx) -> list[str]:
    rows = await tx.fetch("SELECT name FROM search_models WHERE state = 'serving'")
    return [row["name"] for row in rows]


async def _promised(db: Database) -> int:
    async with db.read() as tx:
        return int(await tx.fetch_value("SELECT count(*) FROM jobs WHERE kind = 'search.embed'"))


async def test_what_has_just_changed_does_not_wait_for_a_bulk(
    library: Any, db: Database, clock: Clock
) -> None:
    class Patient(Stub):
        """Does nothing else before it has seen the new video."""

        seen = asyncio.Event()

        async def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
            if "New today" in texts:
                self.seen.set()
            await self.seen.wait()
            return await super().embed(texts)

    rig = Rig(db, clock, Embedders({"main": Patient()}))
    old, new = [await registered_video(library.alice, title=title) for title in ("Moved in", "New today")]
    documents = [await rig.indexing.index_video(UUID(video["id"])) for video in (old, new)]
    moved_in, new_today = (document for document in documents if document is not None)
    bulk = asyncio.create_task(rig.vectors.embed(moved_in, is_bulk=True))
    await asyncio.wait_for(rig.vectors.embed(new_today), 30)
    await bulk
