"""The export of many views of one video: how quickly it comes, and what memory the API takes for it.

    python -m benchmarks.export [--rows 1000000]

Fails if the process grows by more than a bound that does not depend on the rows.
"""

import argparse
import asyncio
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Self

import httpx
import psutil

from benchmarks.servers import PORTS, fill_ours, serving
from kinetoscope.kernel.db import Database
from kinetoscope.kernel.embedded_postgres import EmbeddedPostgres
from kinetoscope.kernel.settings import Settings

MOST_GROWTH = 48 << 20
"""Bytes: some pages of rows, rendered and on their way, and what the allocator keeps of them."""

_FILL = """
    INSERT INTO sittings
    SELECT $1, gen_random_uuid(), '0001-01-01', now() - n * interval '1 second', now(), NULL, NULL, n % 600,
           n % 10001, 'desktop', 'Chrome', 'Windows', 'PT', '', NULL, 0
      FROM generate_series(1, $2::int) AS n
"""


def main() -> None:
    """Fill, export in both formats, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows: int = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        postgres = EmbeddedPostgres(folder)
        postgres.start()
        try:
            tokens, ids = asyncio.run(fill_ours(Settings(data_dir=folder), postgres.dsn, 1))
            asyncio.run(_fill(postgres.dsn, ids[0], rows))
            with serving("ours", folder) as process:
                for kind in ("csv", "ndjson"):
                    _export(process, ids[0], tokens[0], kind, rows)
        finally:
            postgres.stop()


async def _fill(dsn: str, video_id: str, rows: int) -> None:
    db = Database(dsn, statement_seconds=None)
    await db.open()
    async with db.read() as tx:
        await tx.execute(_FILL, video_id, rows)
        await tx.execute("VACUUM ANALYZE sittings")
    await db.close()


def _export(process: psutil.Process, video_id: str, token: str, kind: str, rows: int) -> None:
    """Read an export to its end while the memory of the API is watched; leave if it is not what it should."""
    url = f"http://127.0.0.1:{PORTS['ours']}/api/v1/videos/{video_id}/analytics/export?format={kind}"
    headers = {"Authorization": f"Bearer {token}"}
    lines = size = 0
    with _Watch(process) as watch, httpx.stream("GET", url, headers=headers, timeout=60) as answer:
        answer.raise_for_status()
        for chunk in answer.iter_bytes():
            lines += chunk.count(b"\n")
            size += len(chunk)
    print(
        f"{kind:6} {lines} lines, {size >> 20} MiB in {watch.seconds:.1f} s, {lines / watch.seconds:.0f}/s; "
        f"memory of the API from {watch.before >> 20} to at most {watch.most >> 20} MiB",
        flush=True,
    )
    if lines != rows + (kind == "csv") or watch.most - watch.before > MOST_GROWTH:
        sys.exit("That is not the whole, or more memory than it should take.")


class _Watch:
    """Looks at the resident memory of a process, from the beginning of a block to its end."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.before = self.most = process.memory_info().rss
        self.seconds = 0.0
        self._started = 0.0

    def __enter__(self) -> Self:
        self._started = time.perf_counter()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self._started
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(0.02):
            self.most = max(self.most, self._process.memory_info().rss)


if __name__ == "__main__":
    main()
