"""The servers that are measured, and what they hold."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

from benchmarks.load import repository
from kinetoscope.accounts import Accounts
from kinetoscope.kernel.caller import Caller
from kinetoscope.kernel.clock import system_clock
from kinetoscope.kernel.db import Database
from kinetoscope.kernel.migrate import migrate
from kinetoscope.kernel.secrets import load_keyring
from kinetoscope.kernel.settings import Settings
from kinetoscope.videos import VideoFields, Videos
from kinetoscope.wiring import build_platform

ACCOUNTS = 8
PORTS = {"floor": 8701, "usual": 8702, "ours": 8703}
UVICORN = (sys.executable, "-m", "uvicorn", "--loop", "uvloop", "--http", "httptools", "--no-access-log")
DESCRIPTION = "A description of a usual length, which says what is in it. " * 4


def fill_usual(videos: int) -> tuple[list[str], list[str]]:
    """Fill the usual application; return the tokens of its accounts and the ids of its videos."""
    command = [sys.executable, "-m", "benchmarks.peers.usual", str(videos), str(ACCOUNTS)]
    made = json.loads(subprocess.check_output(command, cwd=repository()))
    return made["tokens"], made["ids"]


async def fill_ours(settings: Settings, dsn: str, videos: int) -> tuple[list[str], list[str]]:
    """Fill our own; return the tokens of its accounts and the ids of its videos."""
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
def serving(name: str, folder: Path, **settings: str) -> Generator[psutil.Process]:
    """Run floor, usual or ours, alone in its process, until the block ends; `settings` are KINETOSCOPE_…."""
    port = str(PORTS[name])
    if name == "ours":
        command = [sys.executable, "-m", "kinetoscope", "api", "--port", port, "--data-dir", str(folder)]
    else:
        command = [*UVICORN, "--port", port, f"benchmarks.peers.{name}:app"]
    environment = os.environ | {f"KINETOSCOPE_{key.upper()}": value for key, value in settings.items()}
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=repository(), stderr=log, stdout=log, env=environment)
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
