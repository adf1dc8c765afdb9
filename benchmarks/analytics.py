"""Every report over many views: in the database, over HTTP, and the same questions in chDB on raw rows.

Thirty days, Zipf over the videos, for a hot video and for those of rank 100 and 5,000.

    python -m benchmarks.analytics [--events 10000000] [--videos 10000] [--repeat 50] [--keep FOLDER]

With `--keep`, the folder stays: a run that was interrupted goes on where it was, and later ones only measure.
chDB (the peer) is optional: `pip install chdb`.
"""

import argparse
import asyncio
import importlib.util
import itertools
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from benchmarks.servers import PORTS, fill_ours, serving
from kinetoscope.analytics import Folding, Reports
from kinetoscope.kernel.caller import Caller
from kinetoscope.kernel.clock import system_clock
from kinetoscope.kernel.db import Database
from kinetoscope.kernel.embedded_postgres import EmbeddedPostgres
from kinetoscope.kernel.settings import Settings

CHUNK = 50_000
RANKS = {"hot": 0, "rank 100": 99, "rank 5000": 4999}
ZIPF = 1.07

HTTP_REPORTS = {
    "overview": "",
    "aggregated, 30 days": "/aggregated?granularity=daily&period=30d",
    "devices": "/devices",
    "distribution": "/watch-time-distribution",
    "completion": "/completion-rate?breakdown=device",
    "geography": "/geography",
    "dashboard": "/dashboard?include_realtime=true",
}

CHDB_QUESTIONS = {
    "overview": "SELECT count(), uniqExact(viewer_id), avg(watched_seconds), avg(completion) "
    "FROM v WHERE {v}",
    "aggregated, 30 days": "SELECT toDate(occurred_at) AS d, count(), uniqExact(viewer_id), avg(completion) "
    "FROM v WHERE {v} GROUP BY d ORDER BY d",
    "devices": "SELECT device, browser, os, count() FROM v WHERE {v} GROUP BY device, browser, os",
    "distribution": "SELECT least(intDiv(completion, 2500), 3) AS b, count() FROM v WHERE {v} GROUP BY b",
    "completion": "SELECT device, intDiv(completion, 100) AS p, count() FROM v WHERE {v} GROUP BY device, p",
    "geography": "SELECT country, city, count(), uniqExact(viewer_id) "
    "FROM v WHERE {v} GROUP BY country, city",
    "dashboard": "SELECT toHour(occurred_at) AS h, toDayOfWeek(occurred_at) AS d, count(), "
    "uniqExact(viewer_id), sum(watched_seconds), avg(completion) FROM v WHERE {v} GROUP BY h, d",
}


def main() -> None:
    """Fill, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--videos", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=50)
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    with nullcontext(asked.keep) if asked.keep else tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        postgres = EmbeddedPostgres(folder)
        postgres.start()
        try:
            tokens, ids = _made(folder, postgres.dsn, asked.videos)
            asyncio.run(_fill(postgres.dsn, ids, asked.events))
            _measure(folder, postgres.dsn, asked.repeat, tokens, ids)
        finally:
            postgres.stop()


def _made(folder: Path, dsn: str, videos: int) -> tuple[list[str], list[str]]:
    """Return the tokens of the accounts and the ids of the videos; they are made once."""
    made = folder / "made.json"
    if not made.exists():
        settings = Settings(data_dir=folder, access_token_minutes=1440)
        made.write_text(json.dumps(asyncio.run(fill_ours(settings, dsn, videos))))
    tokens, ids = json.loads(made.read_text())
    return tokens, ids


def _measure(folder: Path, dsn: str, repeat: int, tokens: Sequence[str], ids: Sequence[str]) -> None:
    chosen = {name: rank for name, rank in RANKS.items() if rank < len(ids)}
    peer = _Peer(dsn, folder) if _has_chdb() else None
    if peer is None:
        print("chDB is not installed, so there is no peer: pip install chdb")
    with serving("ours", folder):
        for name, rank in chosen.items():
            video, token = ids[rank], tokens[rank % len(tokens)]
            print(f"{name}:")
            inside = asyncio.run(_inside(dsn, UUID(video), repeat))
            for report, path in HTTP_REPORTS.items():
                outside = _over_http(video, token, path, repeat)
                line = f"  {report:20} database {_shown(inside[report])}   HTTP {_shown(outside)}"
                if peer is not None:
                    times = peer.ask(CHDB_QUESTIONS[report], video, max(3, repeat // 10))
                    line += f"   chDB {_shown(times)}"
                print(line, flush=True)


async def _fill(dsn: str, ids: Sequence[str], events: int) -> None:
    """Write the sittings in chunks, as batches of the outbox, and fold them as they come."""
    db = Database(dsn)
    await db.open()
    folding = Folding(db)
    weights = list(itertools.accumulate(1 / (rank + 1) ** ZIPF for rank in range(len(ids))))
    async with db.read() as tx:
        there: int = await tx.fetch_value("SELECT count(*) FROM sittings")
        last: int = await tx.fetch_value("SELECT COALESCE(max(batch_id), 0) FROM sittings")
    if there >= events:
        await db.close()
        return
    started = time.perf_counter()
    folding_seconds = 0.0
    await folding.fold_if_free()
    batches = range(last + 1, last + 1 + -(-(events - there) // CHUNK))
    for batch in batches:
        async with db.transaction() as tx:
            first = datetime.now(UTC) - timedelta(days=30)
            await tx.execute(_CHUNK, ids, weights, first, min(CHUNK, events), batch)
            await tx.execute("INSERT INTO view_batches VALUES ($1)", batch)
        before = time.perf_counter()
        await folding.fold_if_free()
        folding_seconds += time.perf_counter() - before
    async with db.read() as tx:
        await tx.execute("VACUUM ANALYZE")
    await db.close()
    took = time.perf_counter() - started
    count = len(batches) * min(CHUNK, events)
    print(f"{count} views over {len(ids)} videos in {took:.0f} s, {count / folding_seconds:.0f}/s folded")


_CHUNK = """
    INSERT INTO sittings
    SELECT i.id, gen_random_uuid(), '0001-01-01', a.at, a.at, m.viewer, NULL, (r.watched * 600)::int,
           (r.completion * 10000)::int,
           (ARRAY['desktop', 'mobile', 'tablet', 'tv'])[1 + (r.device * 3.99)::int % 4],
           'Browser ' || (r.device * 10)::int, 'System ' || (r.device * 6)::int,
           (ARRAY['PT', 'ES', 'DE', 'FR', 'JP', 'US', 'BR', 'IN', 'unknown'])[1 + (r.place * 8)::int],
           'City ' || (r.place * 200)::int, NULL, $5::bigint
      FROM (SELECT random() AS rank, random() AS watched, random() AS completion, random() AS device,
                   random() AS place, random() AS day, random() AS viewer
              FROM generate_series(1, $4::int)) AS r
     CROSS JOIN LATERAL (
                SELECT ($1::text[])[width_bucket(r.rank * ($2::float8[])[cardinality($2)], $2) + 1]::uuid
           ) AS i (id)
     CROSS JOIN LATERAL (SELECT $3::timestamptz + r.day * interval '30 days') AS a (at)
     CROSS JOIN LATERAL (SELECT md5((r.viewer * 2000000)::int || a.at::date::text)::uuid) AS m (viewer)
"""


async def _inside(dsn: str, video_id: UUID, repeat: int) -> dict[str, list[float]]:
    """Return how long each report takes its use case: the statements before it, and its own."""
    db = Database(dsn)
    await db.open()
    async with db.read() as tx:
        owner: UUID = await tx.fetch_value("SELECT owner_id FROM videos WHERE id = $1", video_id)
    reports, caller = Reports(db, clock=system_clock, folding=Folding(db)), Caller(owner, "USER")
    asked: dict[str, Callable[[], Awaitable[Any]]] = {
        "overview": lambda: reports.overview(caller, video_id),
        "aggregated, 30 days": lambda: reports.aggregated(caller, video_id, "daily", "30d"),
        "devices": lambda: reports.devices(caller, video_id),
        "distribution": lambda: reports.completions(caller, video_id),
        "completion": lambda: reports.completions(caller, video_id),
        "geography": lambda: reports.places(caller, video_id),
        "dashboard": lambda: reports.dashboard(caller, video_id, realtime=True),
    }
    found = {name: [await _timed(ask) for _ in range(repeat)] for name, ask in asked.items()}
    await db.close()
    return found


async def _timed(ask: Callable[[], Awaitable[Any]]) -> float:
    started = time.perf_counter()
    await ask()
    return time.perf_counter() - started


def _over_http(video: str, token: str, path: str, repeat: int) -> list[float]:
    times: list[float] = []
    base = f"http://127.0.0.1:{PORTS['ours']}"
    with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {token}"}) as client:
        for _ in range(repeat):
            started = time.perf_counter()
            client.get(f"/api/v1/videos/{video}/analytics{path}").raise_for_status()
            times.append(time.perf_counter() - started)
    return times


def _has_chdb() -> bool:
    return importlib.util.find_spec("chdb") is not None


class _Peer:
    """The same raw rows in chDB, ordered by video and time, as its users would have them."""

    def __init__(self, dsn: str, folder: Path) -> None:
        chdb: Any = importlib.import_module("chdb.session")
        self._session = chdb.Session(str(folder / "chdb"))
        source = folder / "sittings.csv"
        asyncio.run(_copy_out(dsn, source))
        self._session.query(
            "CREATE DATABASE IF NOT EXISTS b; CREATE TABLE b.v (video_id UUID, occurred_at DateTime, "
            "viewer_id UUID, watched_seconds Int32, completion Int16, device LowCardinality(String), "
            "browser LowCardinality(String), os LowCardinality(String), country LowCardinality(String), "
            "city LowCardinality(String)) ENGINE = MergeTree ORDER BY (video_id, occurred_at)"
        )
        self._session.query(f"INSERT INTO b.v SELECT * FROM file('{source}', CSV)")  # noqa: S608 - our own path
        source.unlink()

    def ask(self, question: str, video: str, repeat: int) -> list[float]:
        """Return how long a question takes."""
        query = question.format(v=f"video_id = '{video}'").replace("FROM v", "FROM b.v")
        times: list[float] = []
        for _ in range(repeat):
            started = time.perf_counter()
            self._session.query(query, "Null")
            times.append(time.perf_counter() - started)
        return times


async def _copy_out(dsn: str, path: Path) -> None:
    connection: Any = await importlib.import_module("asyncpg").connect(dsn)
    await connection.copy_from_query(
        "SELECT video_id, date_trunc('second', occurred_at)::timestamp, viewer_id, watched_seconds, "
        "completion, device, browser, os, country, city FROM sittings",
        output=str(path),
        format="csv",
    )
    await connection.close()


def _shown(times: Sequence[float]) -> str:
    ordered = sorted(times)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return f"p50 {statistics.median(ordered) * 1000:6.2f} p95 {p95 * 1000:6.2f} ms"


if __name__ == "__main__":
    main()
