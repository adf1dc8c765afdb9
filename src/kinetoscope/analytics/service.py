"""Reports: what the owner of a video may know of its views."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from ..engagement import count_likes
from ..kernel.caller import Caller
from ..kernel.clock import Clock
from ..kernel.db import Database, Tx
from ..videos import NotYourVideo, VideoNotFound
from . import report_store, rollups, rules, store
from .folding import Folding
from .models import Bucket, Completion, Count, Dashboard, Granularity, Overview, Period, Series, Totals
from .report_store import ViewRecord

TREND_DAYS = 30
"""The dashboard compares so many days, today included, with as many before."""

_EXPORTED_AT_ONCE = 2000
_DIMENSIONS = ("device", "browser", "os")


class Reports:
    """Each report holds everything that was answered before it was asked for.

    All refuse with `VideoNotFound` where the caller may not know of the video, else with `NotYourVideo`.
    """

    def __init__(self, db: Database, *, clock: Clock, folding: Folding) -> None:
        self._db = db
        self._clock = clock
        self._folding = folding

    async def overview(self, caller: Caller, video_id: UUID) -> Overview:
        """Return the sums of all time."""
        async with self._fresh(caller, video_id) as tx:
            return await _require_overview(tx, video_id)

    async def aggregated(
        self, caller: Caller, video_id: UUID, granularity: Granularity, period: Period
    ) -> Series:
        """Return a series of whole buckets, the last of which holds the present."""
        starts = rules.bucket_starts(granularity, period, now=self._clock())
        end = starts[-1] + rules.bucket_length(granularity)
        async with self._fresh(caller, video_id) as tx:
            found = await report_store.load_series(tx, video_id, granularity, start=starts[0], end=end)
        return Series(starts[0], end, [Bucket(start, found.get(start, Totals())) for start in starts])

    async def devices(self, caller: Caller, video_id: UUID) -> dict[str, list[Count]]:
        """Return the views by `device`, `browser` and `os`."""
        async with self._fresh(caller, video_id) as tx:
            return await report_store.load_counts(tx, video_id, _DIMENSIONS)

    async def completions(self, caller: Caller, video_id: UUID) -> list[Completion]:
        """Return how far views got, for each kind of device."""
        async with self._fresh(caller, video_id) as tx:
            return await report_store.load_completions(tx, video_id)

    async def places(self, caller: Caller, video_id: UUID) -> tuple[list[Count], list[Count]]:
        """Return the views by country, and by those cities that have enough viewers to be shown."""
        async with self._fresh(caller, video_id) as tx:
            return await report_store.load_places(tx, video_id)

    async def dashboard(self, caller: Caller, video_id: UUID, *, realtime: bool) -> Dashboard:
        """Return everything at a glance; the last hour only if it is asked for."""
        now = self._clock()
        days = report_store.previous_days(now.date(), length=TREND_DAYS)
        first, tomorrow = _beginning(days.first), _beginning(days.last + timedelta(days=1))
        async with self._fresh(caller, video_id) as tx:
            overview = await _require_overview(tx, video_id)
            trends = await report_store.load_trends(tx, video_id, days)
            likes = await count_likes(tx, video_id, since=first, until=tomorrow)
            before = await count_likes(tx, video_id, since=_beginning(days.previous_first), until=first)
            last_hour = await report_store.load_realtime(tx, video_id, now=now) if realtime else None
        return Dashboard(
            overview=overview,
            first_day=days.first,
            last_day=days.last,
            current=trends.current,
            previous=trends.previous,
            likes_current=likes,
            likes_previous=before,
            by_hour=trends.by_hour,
            by_weekday=trends.by_weekday,
            realtime=last_hour,
        )

    async def export(self, caller: Caller, video_id: UUID) -> AsyncIterator[list[ViewRecord]]:
        """Return all sittings of a video, oldest first, some thousand at a time.

        No connection is held between them: a slow reader costs nothing.
        """
        async with self._fresh(caller, video_id):
            pass
        return self._pages(video_id)

    async def settings(self, caller: Caller, video_id: UUID) -> bool:
        """Return whether the owner's own views count."""
        async with self._owned(caller, video_id) as tx:
            return await report_store.load_settings(tx, video_id)

    async def change_settings(self, caller: Caller, video_id: UUID, *, count_owner_views: bool) -> bool:
        """Say from now on whether the owner's own views count; return what holds."""
        async with self._owned(caller, video_id) as tx:
            await store.save_settings(tx, video_id, count_owner_views=count_owner_views)
        return count_owner_views

    async def _pages(self, video_id: UUID) -> AsyncGenerator[list[ViewRecord]]:
        after = (datetime.min.replace(tzinfo=UTC), UUID(int=0))
        while True:
            async with self._db.read() as tx:
                page = await report_store.load_views_after(tx, video_id, after, at_most=_EXPORTED_AT_ONCE)
            if page:
                yield page
            if len(page) < _EXPORTED_AT_ONCE:
                return
            after = (page[-1].occurred_at, page[-1].session_id)

    @asynccontextmanager
    async def _fresh(self, caller: Caller, video_id: UUID) -> AsyncGenerator[Tx]:
        """Give a connection on which the rollups hold all that was answered before this call."""
        async with self._db.read() as tx:  # not held while others are waited for: they need connections, too
            await _require_own(tx, caller, video_id)
            is_behind = await rollups.is_behind(tx)
        if is_behind:
            await self._folding.be_fresh()
        async with self._db.read() as tx:
            yield tx

    @asynccontextmanager
    async def _owned(self, caller: Caller, video_id: UUID) -> AsyncGenerator[Tx]:
        async with self._db.transaction() as tx:
            await _require_own(tx, caller, video_id)
            yield tx


async def _require_own(tx: Tx, caller: Caller, video_id: UUID) -> None:
    facts = (await store.load_facts(tx, [video_id])).get(video_id)
    if facts is None or (facts.private and facts.owner_id != caller.id):
        raise VideoNotFound
    if facts.owner_id != caller.id:
        raise NotYourVideo


async def _require_overview(tx: Tx, video_id: UUID) -> Overview:
    found = await report_store.load_overview(tx, video_id)
    if found is None:
        raise VideoNotFound
    return found


def _beginning(day: date) -> datetime:
    return datetime.combine(day, time(tzinfo=UTC))
