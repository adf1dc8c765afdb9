"""How quick searches are, and how near their vector part comes to comparing everything.

    python -m benchmarks.search_speed [--videos 100000] [--queries 100]

A really started platform, asked over HTTP, so each time holds the embedding of the query. The texts are made
up. So are the vectors, for speed: true vectors of some hundred of the texts, each many times with its own
noise; the queries' are the model's. Recall is that of `mode: semantic` against all vectors compared in NumPy.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psutil

from benchmarks.library import Library, Platform, started_platform
from benchmarks.search_filling import BANDS, Made, embedded, fill, made_texts

CALLERS = (1, 16)
DEPTH = 10

Times = Sequence[float]


@dataclass(frozen=True)
class Asked:
    """What a kind of query is called, and the texts that it asks."""

    name: str
    texts: Sequence[str]


def main() -> None:
    """Fill, measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--videos", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=100)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, started_platform(Path(folder)) as platform:
        library = platform.new_project()
        made = fill(library, Path(folder), videos=chosen.videos)
        busy = psutil.cpu_percent(1)
        print(f"{chosen.videos} videos; the machine was {busy:.0f} % busy with other work")
        floor = _times_of_the_floor(library, chosen.queries)
        print(
            f"an answer without search: p50 {_quantile(floor, 0.5):.1f}   p95 {_quantile(floor, 0.95):.1f} ms"
        )
        for kind in _kinds(chosen.queries):
            _print_times(library, kind)
        _print_recall(library, made, made_texts(random.Random(9), min(50, chosen.queries)))
        print(f"memory of a process that answers: {_memory(platform):.0f} MB")


def _kinds(count: int) -> Iterator[Asked]:
    rng = random.Random(5)
    yield Asked("a question", made_texts(rng, count))
    yield Asked("common words", [" ".join(text.split()[:2]) for text in made_texts(rng, count, steep=3.0)])
    yield Asked("a rare word", [text.split()[0] for text in made_texts(rng, count, steep=0.0)])


def _times_of_the_floor(library: Library, count: int) -> list[float]:
    """Return the milliseconds of requests that only look up the project, for ratios on a busy machine."""
    times: list[float] = []
    for _ in range(count):
        began = time.perf_counter()
        library.client.get("/api/v1/projects")
        times.append((time.perf_counter() - began) * 1000)
    return sorted(times)


def _print_times(library: Library, kind: Asked) -> None:
    for band, tags in BANDS.items():
        wish = {"tags": tags} if tags else {}
        ask: Callable[[str], float] = _timed(library, wish)
        list(map(ask, kind.texts[:5]))
        for callers in CALLERS:
            with ThreadPoolExecutor(callers) as threads:
                times = sorted(threads.map(ask, kind.texts))
            print(
                f"  {kind.name:13} {band:>6} {callers:>3} callers   p50 {_quantile(times, 0.5):6.1f}   "
                f"p95 {_quantile(times, 0.95):6.1f} ms",
                flush=True,
            )


def _timed(library: Library, wish: dict[str, Any]) -> Callable[[str], float]:
    def ask(text: str) -> float:
        began = time.perf_counter()
        answer = library.client.post(f"{library.path}/search", json={"query": text, **wish})
        milliseconds = (time.perf_counter() - began) * 1000
        assert answer.json()["mode"] == "hybrid", answer.text
        return milliseconds

    return ask


def _print_recall(library: Library, made: Made, texts: Sequence[str]) -> None:
    # One by one, as search does: a vector of 8-bit numbers depends a little on what is embedded beside it.
    queries = [embedded(library, [text])[0] for text in texts]
    for band, tags in BANDS.items():
        wish = {"tags": tags} if tags else {}
        among = made.places_with(tags)
        found = [
            len(_found(library, text, wish) & _exact(made, among, query)) / min(DEPTH, len(among))
            for text, query in zip(texts, queries, strict=True)
        ]
        print(f"  recall@10 {band:>6}: {sum(found) / len(found):.3f}", flush=True)


def _found(library: Library, text: str, wish: dict[str, Any]) -> set[str]:
    asked = {"query": text, "limit": DEPTH, "mode": "semantic", **wish}
    answer = library.client.post(f"{library.path}/search", json=asked).json()
    return {result["video_id"] for result in answer["results"]}


def _exact(made: Made, among: npt.NDArray[np.int64], query: npt.NDArray[np.float32]) -> set[str]:
    """Return the best of all by the mean of their fields, as search weighs them."""
    scores = (0.5 * made.titles[among] @ query + 0.3 * made.descriptions[among] @ query) / 0.8
    best: list[int] = among[np.argsort(-scores, kind="stable")[:DEPTH]].tolist()
    return {made.ids[place] for place in best}


def _memory(platform: Platform) -> float:
    """Return the resident memory of the biggest process that serves the API, in MB."""
    processes = psutil.Process(platform.pid).children(recursive=True)
    return max(process.memory_info().rss for process in processes if "api" in process.cmdline()) / 1e6


def _quantile(times: Times, share: float) -> float:
    return times[min(len(times) - 1, int(share * len(times)))]


if __name__ == "__main__":
    main()
