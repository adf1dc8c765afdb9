"""GET video and the list of 20, against the bare ASGI floor and the usual FastAPI + SQLAlchemy application.

One process each, uvicorn with uvloop and httptools, the same PostgreSQL, 64 connections of 8 accounts. The
three are measured in turn, several rounds; a ratio is the median of its rounds.

    python -m benchmarks.http [--rounds 5] [--videos 10000]
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

from benchmarks.load import Load, Rate, measure, repository, require_wrk
from kinetoscope.accounts import Accounts
from kinetoscope.kernel.caller import Caller
from kinetoscope.kernel.clock import system_clock
from kinetoscope.kernel.db import Database
from kinetoscope.kernel.embedded_postgres import EmbeddedPostgres
from kinetoscope.kernel.migrate import migrate
from kinetoscope.kernel.secrets import load_keyring
from kinetoscope.kernel.settings import Settings
from kinetoscope.videos import VideoFields, Videos
from kinetoscope.wiring import build_platform

ACCOUNTS = 8
PORTS = {"floor": 8701, "usual": 8702, "ours": 8703}
UVICORN = (sys.executable, "-m", "uvicorn", "--loop", "uvloop", "--http", "httptools", "--no-access-log")
DESCRIPTION = "A description of a usual length, which says what is in it. " * 4


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
    our_tokens, our_ids = asyncio.run(_fill_ours(settings, dsn, videos))
    os.environ["USUAL_DATABASE_URL"] = dsn.replace("postgresql://", "postgresql+asyncpg://")
    usual_tokens, usual_ids = _fill_usual(videos)
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
        _server("floor", folder) as floor,
        _server("usual", folder) as usual,
        _server("ours", folder) as ours,
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


def _fill_usual(videos: int) -> tuple[list[str], list[str]]:
    command = [sys.executable, "-m", "benchmarks.peers.usual", str(videos), str(ACCOUNTS)]
    made = json.loads(subprocess.check_output(command, cwd=repository()))
    return made["tokens"], made["ids"]


async def _fill_ours(settings: Settings, dsn: str, videos: int) -> tuple[list[str], list[str]]:
    await migrate(dsn)
    platform = build_platform(settings, dsn=dsn, keyring=load_keyring(settings.data_dir))
    await platform.db.open()
    try:
        tokens, callers = await _sign_up(platform.services)
        ids = await _register(platform.db, callers, videos)
    finally:
        await platform.db.close()
    return tokens, ids


async def _sign_up(services: Mapping[type, object]) -> tuple[list[str], list[Caller]]:
    accounts = services[Accounts]
    assert isinstance(accounts, Accounts)
    pairs = [
        await accounts.register(f"user{number}@example.org", "correct horse battery")
        for number in range(ACCOUNTS)
    ]
    callers = [Caller(pair.account.id, pair.account.role) for pair in pairs]
    return [pair.access_token for pair in pairs], callers


async def _register(db: Database, callers: Sequence[Caller], videos: int) -> list[str]:
    registrar = Videos(db, clock=system_clock)

    async def one(number: int) -> str:
        fields = VideoFields(
            title=f"Video {number}",
            description=DESCRIPTION,
            video_type="tutorial",
            video_url=f"https://example.org/{number}.mp4",
            duration=number % 3600,
            tags=("python", "tutorial", f"tag{number % 50}"),
            tech_stack=("FastAPI",),
        )
        return str((await registrar.create(callers[number % ACCOUNTS], fields)).id)

    return list(await asyncio.gather(*(one(number) for number in range(videos))))


@contextmanager
def _server(name: str, folder: Path) -> Generator[psutil.Process]:
    """Run one of the three, alone in its process, until the block ends."""
    port = str(PORTS[name])
    if name == "ours":
        command = [sys.executable, "-m", "kinetoscope", "api", "--port", port, "--data-dir", str(folder)]
    else:
        command = [*UVICORN, "--port", port, f"benchmarks.peers.{name}:app"]
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=repository(), stderr=log, stdout=log)
        try:
            _wait_until_up(f"http://127.0.0.1:{port}/healthz")
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(20)


def _wait_until_up(url: str) -> None:
    for _ in range(300):
        try:
            httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    sys.exit(f"{url} does not answer")


if __name__ == "__main__":
    main()
