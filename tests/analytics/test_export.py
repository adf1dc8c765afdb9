"""The export is made while it is sent."""

import tracemalloc
from datetime import UTC, datetime, timedelta
from uuid import UUID

from kinetoscope.analytics import Folding, Reports
from kinetoscope.analytics.exporting import render
from kinetoscope.kernel.caller import Caller
from kinetoscope.kernel.db import Database, Tx
from support.cast import Person

FEW, MANY = 4_000, 24_000


async def fill(tx: Tx, video: UUID, count: int) -> None:
    await tx.execute("DELETE FROM sittings")
    await tx.execute(
        """
        INSERT INTO sittings
        SELECT $1, gen_random_uuid(), '0001-01-01', $2::timestamptz + n * interval '1 second', $2, NULL, NULL,
               n % 600, n % 10001, 'desktop', '=Chrome', 'Windows', 'PT', '', NULL, 0
          FROM generate_series(1, $3) AS n
        """,
        video,
        datetime.now(UTC) - timedelta(days=20),
        count,
    )


async def exported(reports: Reports, owner: Caller, video: UUID) -> tuple[int, int]:
    """Return how many lines came, and the most memory that this took at a time."""
    lines = 0
    tracemalloc.start()
    async for chunk in render(await reports.export(owner, video), "csv"):
        lines += chunk.count(b"\r\n")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return lines, peak


async def test_an_export_takes_no_more_memory_for_more_views(
    db: Database, tx: Tx, alice: Person, video: str
) -> None:
    reports = Reports(db, clock=lambda: datetime.now(UTC), folding=Folding(db))
    owner, video_id = Caller(UUID(alice.id), "USER"), UUID(video)
    await fill(tx, video_id, FEW)
    lines, little = await exported(reports, owner, video_id)
    assert lines == FEW + 1
    await fill(tx, video_id, MANY)
    lines, more = await exported(reports, owner, video_id)
    assert lines == MANY + 1
    assert more < little * 1.5


async def test_no_cell_is_a_formula(db: Database, tx: Tx, alice: Person, video: str) -> None:
    await fill(tx, UUID(video), 1)
    answer = await alice.get(f"/api/v1/videos/{video}/analytics/export")
    assert ",'=Chrome," in answer.text
