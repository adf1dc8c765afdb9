"""Coalescing: many readers, few loads, and none of them too old."""

import asyncio
from collections.abc import Sequence
from contextvars import ContextVar

import pytest

from kinetoscope.kernel.coalesce import Coalesced


class Shelf:
    """Something slow to read, which a test lets go on."""

    def __init__(self) -> None:
        self.loads: list[list[int]] = []
        self.value = 0
        self.may_end = asyncio.Event()
        self.error: Exception | None = None

    async def load(self, keys: Sequence[int]) -> dict[int, int]:
        self.loads.append(list(keys))
        value, error = self.value, self.error
        await self.may_end.wait()
        if error is not None:
            raise error
        return {key: value for key in keys if key >= 0}


async def turn() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_readers_that_wait_at_the_same_time_share_a_load() -> None:
    shelf = Shelf()
    reads = Coalesced[int, int](shelf.load, in_flight=1)
    readers = [asyncio.create_task(reads.get(n % 10)) for n in range(100)]
    await turn()
    shelf.may_end.set()
    assert await asyncio.gather(*readers) == [0] * 100
    assert sum(len(keys) for keys in shelf.loads) <= 20
    assert len(shelf.loads) <= 2


async def test_a_reader_never_gets_a_load_that_began_before_it_asked() -> None:
    shelf = Shelf()
    reads = Coalesced[int, int](shelf.load, in_flight=1)
    early = asyncio.create_task(reads.get(1))
    await turn()
    shelf.value = 1  # committed after the first load began, and before the second reader asks
    late = asyncio.create_task(reads.get(1))
    await turn()
    shelf.may_end.set()
    assert (await early, await late) == (0, 1)


async def test_no_more_loads_than_allowed_are_under_way_and_none_is_too_large() -> None:
    shelf = Shelf()
    reads = Coalesced[int, int](shelf.load, at_most=10, in_flight=2)
    readers = [asyncio.create_task(reads.get(n)) for n in range(50)]
    await turn()
    assert len(shelf.loads) == 2
    shelf.may_end.set()
    await asyncio.gather(*readers)
    assert max(len(keys) for keys in shelf.loads) == 10
    assert sorted(key for keys in shelf.loads for key in keys) == list(range(50))


async def test_a_key_without_a_value_gives_none() -> None:
    shelf = Shelf()
    shelf.may_end.set()
    assert await Coalesced[int, int](shelf.load).get(-1) is None


async def test_an_error_reaches_all_readers_of_the_load_and_no_later_one() -> None:
    shelf = Shelf()
    shelf.error = LookupError("fallen")
    reads = Coalesced[int, int](shelf.load, in_flight=1)
    readers = [asyncio.create_task(reads.get(n // 2)) for n in range(6)]
    await turn()
    shelf.may_end.set()
    answers = await asyncio.gather(*readers, return_exceptions=True)
    assert {type(answer) for answer in answers} == {LookupError}
    shelf.error = None
    assert await reads.get(1) == 0


async def test_a_reader_that_goes_away_takes_no_answer_from_another() -> None:
    shelf = Shelf()
    reads = Coalesced[int, int](shelf.load, in_flight=1)
    gone, stays = asyncio.create_task(reads.get(1)), asyncio.create_task(reads.get(1))
    await turn()
    gone.cancel()
    await turn()
    shelf.may_end.set()
    assert await stays == 0
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_an_error_that_nobody_waits_for_is_silent() -> None:
    shelf = Shelf()
    shelf.error = LookupError("fallen")
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    reads = Coalesced[int, int](shelf.load)
    reader = asyncio.create_task(reads.get(1))
    await turn()
    reader.cancel()
    shelf.may_end.set()
    await turn()
    del reader, reads
    assert complaints == []
    asyncio.get_running_loop().set_exception_handler(None)


async def test_a_load_does_not_see_what_belongs_to_one_of_its_readers() -> None:
    mine = ContextVar("mine", default="nobody's")
    seen: list[str] = []

    async def load(keys: Sequence[int]) -> dict[int, int]:
        seen.append(mine.get())
        return dict.fromkeys(keys, 0)

    mine.set("the first reader's")
    await Coalesced[int, int](load).get(1)
    assert seen == ["nobody's"]
