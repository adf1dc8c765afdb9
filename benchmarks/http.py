"""GET video and the list of 20, against the bare ASGI floor and the usual FastAPI + SQLAlchemy application.

One process each, uvicorn with uvloop and httptools, the same PostgreSQL, 64 connections of 8 accounts. The
three are measured in turn, several rounds; a ratio is the median of its rounds.

    python -m benchmarks.http [--rounds 5] [--videos 10000]
"""

import argparse
import asyncio
import os
import statistics
import tempfile
from pathlib import Path

import psutil

from benchmarks.load import Load, Rate, measure, require_wrk
from benchmarks.servers import ACCOUNTS, PORTS, fill_ours, fill_usual, serving
from kinetoscope.kernel.embedded_postgres import EmbeddedPostgres
from kinetoscope.kernel.settings import Settings


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--videos", type=int, default=10_000)
    asked = parser.parse_args()
    require_wrk()
    with tempfile.TemporaryDirectory() as folder:
        postgres = EmbeddedPostgres(Path(folder))
        postgres.start()
        try:
            _measure(Path(folder), postgres.dsn, videos=asked.videos, rounds=asked.rounds)
        finally:
            postgres.stop()


def _measure(folder: Path, dsn: str, *, videos: int, rounds: int) -> None:
    settings = Settings(data_dir=folder)
    our_tokens, our_ids = asyncio.run(fill_ours(settings, dsn, videos))
    os.environ["USUAL_DATABASE_URL"] = dsn.replace("postgresql://", "postgresql+asyncpg://")
    usual_tokens, usual_ids = fill_usual(videos)
    sample = slice(None, None, max(1, videos // 500))
    loads = {
        "GET video": {
            "floor": Load(["/"]),
            "usual": Load([f"/api/v1/videos/{id}" for id in usual_ids[sample]], usual_tokens),
            "ours": Load([f"/api/v1/videos/{id}" for id in our_ids[sample]], our_tokens),
        },
        "list of 20": {
            "floor": Load(["/"]),
            "usual": Load(["/api/v1/videos"], usual_tokens),
            "ours": Load(["/api/v1/videos"], our_tokens),
        },
    }
    with (
        serving("floor", folder) as floor,
        serving("usual", folder) as usual,
        serving("ours", folder) as ours,
    ):
        processes = {"floor": floor, "usual": usual, "ours": ours}
        print(f"{videos} videos, {ACCOUNTS} accounts, 64 connections, medians of {rounds} rounds")
        for what, by_server in loads.items():
            _compare(what, by_server, processes, rounds)


def _compare(
    what: str, by_server: dict[str, Load], processes: dict[str, psutil.Process], rounds: int
) -> None:
    rates: dict[str, list[Rate]] = {name: [] for name in by_server}
    for _ in range(rounds):
        for name, load in by_server.items():
            rates[name].append(measure(f"http://127.0.0.1:{PORTS[name]}", load, processes[name]))
    figures = [
        f"{name} {statistics.median(rate.per_second for rate in found):7.0f}/s "
        f"{statistics.median(rate.cpu_microseconds for rate in found):6.0f} µs"
        for name, found in rates.items()
    ]
    print(f"{what:11} {'   '.join(figures)}   ", end="")
    print(f"ours/floor {_ratio(rates, 'floor'):.2f}   ours/usual {_ratio(rates, 'usual'):.1f}")


def _ratio(rates: dict[str, list[Rate]], other: str) -> float:
    pairs = zip(rates["ours"], rates[other], strict=True)
    return statistics.median(ours.per_second / theirs.per_second for ours, theirs in pairs)


if __name__ == "__main__":
    main()
