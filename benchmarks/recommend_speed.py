"""How quick lists are, and what training costs.

    python -m benchmarks.recommend_speed [--videos 100000] [--lists 300] [--votes 1000000] [--trained 8000]
                                         [--trainings 3] [--keep FOLDER]

Videos have random vectors around some hundred topics, tags and words, so that every source of candidates
has work. Milliseconds are of the use case, as a route calls it; beside them a statement that does nothing,
in the same run. `--keep` leaves the filled database there, and a second run begins with it.
"""

import argparse
import asyncio
import resource
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from random import Random
from uuid import UUID

import numpy as np

from benchmarks.recommending.stage import Item, Stage
from kinetoscope.kernel.caller import Caller
from kinetoscope.kernel.embedded_postgres import EmbeddedPostgres
from kinetoscope.recommendations import Recommending
from kinetoscope.recommendations.training import TrainingSet, train_apart

FILLED = "filled"
TOPICS = 400
WORDS = 4000


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--videos", type=int, default=100_000)
    parser.add_argument("--lists", type=int, default=300)
    parser.add_argument("--votes", type=int, default=1_000_000)
    parser.add_argument("--trained", type=int, default=8_000)
    parser.add_argument("--trainings", type=int, default=3)
    parser.add_argument("--keep", type=Path)
    chosen = parser.parse_args()
    if chosen.votes:
        asyncio.run(_train(chosen.votes, chosen.trained, chosen.trainings))
    if chosen.videos:
        with tempfile.TemporaryDirectory() as passing:
            folder: Path = chosen.keep or Path(passing)
            is_filled = (folder / FILLED).exists()
            postgres = EmbeddedPostgres(folder)
            postgres.start()
            try:
                stage = Stage(postgres.dsn, folder, folder / "models")
                asyncio.run(_ask(stage, chosen.videos, chosen.lists, is_filled=is_filled))
                (folder / FILLED).touch()
            finally:
                postgres.stop()


async def _train(count: int, videos: int, times: int) -> None:
    random = np.random.default_rng(0)
    people = max(10, count // 20)
    voters = random.integers(0, people, count)
    watched = np.minimum(videos - 1, random.pareto(1.0, count) * videos / 50).astype(np.int64)
    codes = np.unique(voters * videos + watched)
    given = TrainingSet(
        (codes // videos).astype(np.int64).tobytes(), (codes % videos).astype(np.uint32).tobytes(), videos
    )
    for number in range(times):
        started = time.perf_counter()
        trained = await train_apart(given)
        seconds = time.perf_counter() - started
        child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        own = _own_megabytes()
        print(
            f"training {number + 1}: {given.count:,} votes, {videos:,} videos, {trained[-1].method}: "
            f"{seconds:.1f} s, {child} MB in its process (largest so far), {own} MB here",
            flush=True,
        )


def _own_megabytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() // 2**20


async def _ask(stage: Stage, videos: int, lists: int, *, is_filled: bool) -> None:
    random = Random(0)
    await stage.open()
    items = [_item(number, random) for number in range(videos)]
    if is_filled:
        await stage.find_again()
    else:
        await stage.load_made_up(items, seed=0)
    recommending: Recommending = stage.service(Recommending)
    caller = Caller(await stage.add_account(), "USER")
    sources = [stage.ids[item.name] for item in random.sample(items, min(lists, len(items)))]

    async def ask(video_id: UUID) -> object:
        return await recommending.related(caller, video_id, "hybrid", limit=10)

    async def nothing(_: UUID) -> object:
        async with stage.platform.db.read() as tx:
            return await tx.fetch_value("SELECT 1")

    await _timed("a statement that does nothing", nothing, sources)
    await _timed("related, not in the cache", ask, sources)
    await _timed("related, in the cache", ask, sources)
    await stage.close()


async def _timed(name: str, call: Callable[[UUID], Awaitable[object]], over: Sequence[UUID]) -> None:
    times: list[float] = []
    for video_id in over:
        started = time.perf_counter()
        await call(video_id)
        times.append(1000 * (time.perf_counter() - started))
    times.sort()
    print(
        f"{name}: p50 {times[len(times) // 2]:.2f} ms, p95 {times[int(0.95 * len(times))]:.2f} ms "
        f"({len(times)} calls)",
        flush=True,
    )


def _item(number: int, random: Random) -> Item:
    topic = number % TOPICS
    words = [f"word{(topic * 31 + random.randrange(60)) % WORDS}" for _ in range(25)]
    tags = (f"topic{topic}", f"tag{random.randrange(2000)}", f"kind{random.randrange(20)}")
    return Item(str(number), " ".join(words[:6]), " ".join(words), tags)


if __name__ == "__main__":
    main()
