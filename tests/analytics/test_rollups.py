"""Whatever comes late, twice, out of order or at once: every report is what a plain count says."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kinetoscope.analytics import Batches, Folding, Geography, Keeping, Reports, Salts, Tracking, retention
from kinetoscope.analytics.keeping import month_after
from kinetoscope.analytics.models import Count, Granularity, Period, Progress, Visitor
from kinetoscope.analytics.service import TREND_DAYS
from kinetoscope.kernel.caller import Caller
from kinetoscope.kernel.clock import Clock
from kinetoscope.kernel.db import Database, Tx
from support.cast import Person
from support.mmdb import write_geography

from . import oracle
from .conftest import CHROME
from .test_reports import IPHONE

NOW = datetime(2026, 11, 18, 13, 30, tzinfo=UTC)
AGENTS = (CHROME, IPHONE, "curl/8.9", "Googlebot/2.1")
PLACES = {
    "198.51.100.0/30": ("PT", "Lisboa"),
    "198.51.100.4/30": ("ES", "Madrid"),
    "198.51.100.8/30": ("ES", ""),
}
SERIES: Sequence[tuple[Granularity, Period]] = [
    ("hourly", "24h"), ("hourly", "7d"), ("daily", "7d"), ("daily", "30d"), ("weekly", "30d")
]  # fmt: skip


@dataclass(frozen=True)
class Event:
    """One report: who (0 to 11 are addresses, 12 and 13 accounts), of which sitting, when, and how far."""

    viewer: int
    sitting: int
    minutes_ago: int
    seconds: int
    completion: int
    untracked: bool


def events(*, most: int) -> st.SearchStrategy[list[Event]]:
    event = st.builds(
        Event,
        viewer=st.integers(0, 13),
        sitting=st.integers(0, 15),
        minutes_ago=st.one_of(st.integers(0, 120), st.integers(0, 90 * 24 * 60)),
        seconds=st.integers(0, 5000),
        completion=st.integers(0, 10_000),
        untracked=st.sampled_from([False] * 7 + [True]),
    )
    return st.lists(event, min_size=1, max_size=most)


def some_events(rng: random.Random, count: int) -> list[Event]:
    """Return events of the last 90 days."""
    return [
        Event(
            rng.randrange(14), rng.randrange(16), rng.randrange(90 * 24 * 60), 9, rng.randrange(10_001), False
        )
        for _ in range(count)
    ]


class Stage:
    """A video, and processes whose clocks a test moves as it likes."""

    def __init__(self, db: Database, video: UUID, owner: UUID, accounts: list[UUID], places: Path) -> None:
        self.db = db
        self.video = video
        self.owner = Caller(owner, "USER")
        self.accounts = accounts
        self.now = NOW
        self.folding = Folding(db)
        clock: Clock = lambda: self.now  # noqa: E731
        self.salts = Salts(db, clock=clock, seal_keys=[b"s" * 32])
        self.keeping = Keeping(db, clock=clock, months=13)
        self.reports = Reports(db, clock=lambda: NOW, folding=self.folding)
        self.processes = [self._process(clock, places) for _ in range(2)]

    def _process(self, clock: Clock, places: Path) -> Tracking:
        batches = Batches(self.db, quota=20, written=lambda: None, recovered=self.salts.publish_again)
        return Tracking(self.db, clock=clock, salts=self.salts, geography=Geography(places), batches=batches)

    async def play(self, played: Sequence[Event], rng: random.Random) -> None:
        """Let the events happen, some at once, with folds in between, some of them twice."""
        sittings = [uuid4() for _ in range(16)]
        waiting = [*played, *rng.sample(played, len(played) // 4)]
        rng.shuffle(waiting)
        while waiting:
            together = [waiting.pop() for _ in range(min(len(waiting), rng.randint(1, 6)))]
            self.now = NOW - timedelta(minutes=together[0].minutes_ago)
            await asyncio.gather(*(self._report(event, sittings, rng) for event in together))
            if rng.random() < 0.3:
                await self.folding.fold_if_free()
        await self.folding.fold_if_free()

    async def _report(self, event: Event, sittings: list[UUID], rng: random.Random) -> None:
        address = f"198.51.100.{event.viewer % 12}"
        account = self.accounts[event.viewer - 12] if event.viewer >= 12 else None
        agent = AGENTS[event.viewer % 4] if event.viewer < 12 else CHROME
        session = sittings[event.sitting] if event.sitting else None
        visitor = Visitor(address, address, agent, account, event.untracked)
        progress = Progress(event.seconds, event.completion, session)
        await rng.choice(self.processes).track_view(self.video, visitor, progress)

    async def check(self) -> None:
        """Compare every report with a plain count."""
        async with self.db.read() as tx:
            await self._check_sums(tx)
            await self._check_series(tx)
            await self._check_audience(tx)
            await self._check_dashboard(tx)

    async def _check_sums(self, tx: Tx) -> None:
        found = await self.reports.overview(self.owner, self.video)
        assert found.totals == await oracle.totals(tx, self.video)
        rejected = {"bot": found.rejected_bot, "owner": found.rejected_owner, "rate": found.rejected_rate}
        assert {k: v for k, v in rejected.items() if v} == await oracle.rejected(tx, self.video)
        views = await tx.fetch_value("SELECT views FROM video_counters WHERE video_id = $1", self.video)
        assert views == found.totals.views

    async def _check_series(self, tx: Tx) -> None:
        for granularity, period in SERIES:
            found = await self.reports.aggregated(self.owner, self.video, granularity, period)
            plain = await oracle.series(tx, self.video, granularity, found.start, found.end)
            assert {b.start: b.totals for b in found.buckets if b.totals.views} == plain, (
                granularity,
                period,
            )

    async def _check_audience(self, tx: Tx) -> None:
        devices = await self.reports.devices(self.owner, self.video)
        plain = await oracle.by_device(tx, self.video)
        assert {name: _pairs(counts) for name, counts in devices.items()} == plain
        countries, cities = await self.reports.places(self.owner, self.video)
        named = sorted(((city.value, city.part_of), city.views) for city in cities)
        assert (_pairs(countries), named) == await oracle.by_place(tx, self.video)
        completions = await self.reports.completions(self.owner, self.video)
        found = {c.device: (list(c.by_percent), c.completion_sum) for c in completions}
        assert found == await oracle.completions(tx, self.video)
        assert (await retention(tx, self.video))[0] == sum(c.views for c in completions)

    async def _check_dashboard(self, tx: Tx) -> None:
        found = await self.reports.dashboard(self.owner, self.video, realtime=True)
        first, end = _beginning(found.first_day), _beginning(found.last_day) + timedelta(days=1)
        before = first - timedelta(days=TREND_DAYS)
        assert found.current == await oracle.totals(tx, self.video, first, end)
        assert found.previous == await oracle.totals(tx, self.video, before, first)
        clocks = (list(found.by_hour), list(found.by_weekday))
        assert clocks == await oracle.by_clock(tx, self.video, first, end)
        assert found.realtime is not None
        realtime = (found.realtime.views_last_hour, found.realtime.active_viewers)
        assert realtime == await oracle.last_hour(tx, self.video, NOW)


@pytest.fixture
async def stage(db: Database, alice: Person, bob: Person, video: str, tmp_path: Path) -> Stage:
    write_geography(tmp_path / "places.mmdb", PLACES)
    accounts = [UUID(alice.id), UUID(bob.id)]
    return Stage(db, UUID(video), UUID(alice.id), accounts, tmp_path / "places.mmdb")


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(played=events(most=40), seed=st.integers(0, 1000))
async def test_every_report_is_what_a_plain_count_says(
    stage: Stage, tx: Tx, played: list[Event], seed: int
) -> None:
    await _clear(tx)
    await stage.play(played, random.Random(seed))
    await stage.check()
    before = await oracle.rollups(tx)
    await stage.folding.rebuild()
    assert await oracle.rollups(tx) == before


async def test_a_sitting_has_the_furthest_of_its_reports(stage: Stage, tx: Tx) -> None:
    rng = random.Random(7)
    played = [
        Event(
            rng.randrange(12),
            1 + rng.randrange(15),
            5,
            rng.randrange(5000),
            rng.randrange(10_001),
            untracked=False,
        )
        for _ in range(150)
    ]
    await stage.play(played, rng)
    furthest = {
        sitting: (max(e.seconds for e in of), max(e.completion for e in of))
        for sitting in range(16)
        if (of := [event for event in played if event.sitting == sitting])
    }
    rows = await tx.fetch("SELECT watched_seconds, completion FROM sittings")
    assert sorted(tuple(row) for row in rows) == sorted(furthest.values())


async def test_a_rebuild_makes_good_what_was_damaged(stage: Stage, tx: Tx) -> None:
    rng = random.Random(3)
    played = [
        Event(rng.randrange(14), rng.randrange(16), rng.randrange(60_000), 9, 900, False) for _ in range(60)
    ]
    await stage.play(played, rng)
    before = await oracle.rollups(tx)
    await tx.execute("UPDATE video_stat_days SET views = views + 7")
    await tx.execute("DELETE FROM video_reach")
    await tx.execute("UPDATE video_counters SET views = 0")
    await stage.folding.rebuild()
    assert await oracle.rollups(tx) == before


async def test_dropped_months_keep_their_rollups(stage: Stage, tx: Tx) -> None:
    rng = random.Random(5)
    played = some_events(rng, 120)
    for ahead in range(-3, 2):
        await tx.execute("SELECT make_sittings_partition($1)", month_after(NOW.date(), ahead))
    await stage.play(played, rng)
    before = await oracle.rollups(tx)
    await stage.keeping.drop_before(date(2026, 11, 1))
    try:
        oldest = await tx.fetch_value("SELECT min(occurred_at) FROM sittings")
        assert oldest >= datetime(2026, 11, 1, tzinfo=UTC)
        assert await oracle.rollups(tx) == before
        await stage.folding.rebuild()
        assert await oracle.rollups(tx) == before
    finally:
        await tx.execute("UPDATE analytics_horizon SET kept_from = '0001-01-01'")


async def test_partitions_are_made_ahead_and_take_what_came_before_them(stage: Stage, tx: Tx) -> None:
    await stage.play([Event(1, 0, 5, 1, 1, untracked=False) for _ in range(5)], random.Random(1))
    stage.now = datetime.now(UTC)
    for _ in range(2):
        await stage.keeping.tend()
    names = [row[0] for row in await tx.fetch("SELECT DISTINCT tableoid::regclass::text FROM sittings")]
    assert names == [f"sittings_{datetime.now(UTC):%Y%m}"]
    rows = await tx.fetch("SELECT relname FROM pg_class WHERE relname LIKE 'sittings_2%' AND relkind = 'r'")
    assert {f"sittings_{month_after(stage.now.date(), ahead):%Y%m}" for ahead in range(3)} <= {
        row[0] for row in rows
    }


async def _clear(tx: Tx) -> None:
    await tx.execute("DELETE FROM sittings")
    await tx.execute("DELETE FROM view_quotas")
    await tx.execute("DELETE FROM video_viewer_hours")
    for table in oracle.ROLLUPS[:-1]:
        await tx.execute(table.replace("SELECT *", "DELETE").partition(" ORDER")[0])
    await tx.execute("UPDATE video_counters SET views = 0")


def _pairs(counts: Sequence[Count]) -> list[tuple[str, int]]:
    return sorted((count.value, count.views) for count in counts)


def _beginning(day: date) -> datetime:
    return datetime.combine(day, time(tzinfo=UTC))
