"""POST track-view against the bare ASGI floor and the usual FastAPI + SQLAlchemy application.

Then: how many views a second the platform takes for a while, with all reports fresh.

    python -m benchmarks.tracking [--rounds 3] [--videos 1000] [--seconds 20]

Ours and the usual one commit each view before they answer; the floor only answers.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
import psutil

from benchmarks.load import Load, Rate, measure, require_wrk
from benchmarks.servers import PORTS, fill_ours, fill_usual, serving
from kinetoscope.kernel.embedded_postgres import EmbeddedPostgres
from kinetoscope.kernel.settings import Settings

BODY = '{"watch_duration": 420, "completion_percentage": 73.5}'
CALLERS = (1, 8, 64)
UNLIMITED = {"public_write_rate_limit": "100000000/second", "views_per_source": "1000000000"}
FRESH_SECONDS = 5.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--videos", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20)
    asked = parser.parse_args()
    require_wrk()
    with tempfile.TemporaryDirectory() as folder:
        postgres = EmbeddedPostgres(Path(folder))
        postgres.start()
        try:
            _measure(Path(folder), postgres.dsn, asked)
        finally:
            postgres.stop()


def _measure(folder: Path, dsn: str, asked: argparse.Namespace) -> None:
    tokens, ids = asyncio.run(fill_ours(Settings(data_dir=folder), dsn, asked.videos))
    os.environ["USUAL_DATABASE_URL"] = dsn.replace("postgresql://", "postgresql+asyncpg://")
    _, usual_ids = fill_usual(asked.videos)
    paths = {"floor": ["/"], "usual": _paths(usual_ids), "ours": _paths(ids)}
    with (
        serving("floor", folder) as floor,
        serving("usual", folder) as usual,
        serving("ours", folder, **UNLIMITED) as ours,
    ):
        processes = {"floor": floor, "usual": usual, "ours": ours}
        for callers in CALLERS:
            _compare(paths, processes, callers, asked.rounds)
        _sustain(paths["ours"], ours, tokens[0], ids[0], asked.seconds)


def _paths(ids: Sequence[str]) -> list[str]:
    return [f"/api/v1/videos/{video_id}/track-view" for video_id in ids]


def _compare(
    paths: dict[str, list[str]], processes: dict[str, psutil.Process], callers: int, rounds: int
) -> None:
    rates: dict[str, list[Rate]] = {name: [] for name in paths}
    for _ in range(rounds):
        for name, found in rates.items():
            load = Load(paths[name], (), BODY, callers, seconds=3)
            found.append(measure(f"http://127.0.0.1:{PORTS[name]}", load, processes[name]))
    print(f"{callers:2} callers: ", end="")
    for name, found in rates.items():
        median = sorted(found, key=lambda rate: rate.per_second)[len(found) // 2]
        print(
            f"{name} {median.per_second:6.0f}/s {median.cpu_microseconds:4.0f} µs CPU, "
            f"{median.median_ms:.1f} ms, p99 {median.p99_ms:.1f}   ",
            end="",
        )
    print(f"ours/floor {_ratio(rates, 'floor'):.2f}   ours/usual {_ratio(rates, 'usual'):.1f}", flush=True)


def _ratio(rates: dict[str, list[Rate]], other: str) -> float:
    pairs = zip(rates["ours"], rates[other], strict=True)
    return statistics.median(ours.per_second / theirs.per_second for ours, theirs in pairs)


def _sustain(paths: list[str], process: psutil.Process, token: str, video_id: str, seconds: float) -> None:
    """Take views for a while, and ask for a report all the time: it holds what was answered before it."""
    base = f"http://127.0.0.1:{PORTS['ours']}"
    stop, waits = threading.Event(), list[float]()

    def read() -> None:
        with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
            while not stop.is_set():
                started = time.perf_counter()
                client.get(f"/api/v1/videos/{video_id}/analytics").raise_for_status()
                waits.append(time.perf_counter() - started)
                stop.wait(0.25)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        rate = measure(base, Load(paths, (), BODY, 64, seconds), process)
    finally:
        stop.set()
        reader.join()
    slowest = max(waits)
    print(
        f"{rate.count} views in {seconds:.0f} s: {rate.per_second:.0f}/s; a fresh report meanwhile took "
        f"{statistics.median(waits) * 1000:.0f} ms, at most {slowest * 1000:.0f} ms"
        f"{'' if slowest < FRESH_SECONDS else ': TOO LONG'}"
    )


if __name__ == "__main__":
    main()
