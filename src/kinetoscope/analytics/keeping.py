"""Keeping raw sittings: partitions made ahead, dropped when their time has come; what erasure removes."""

from datetime import date, timedelta
from functools import partial
from uuid import UUID

from ..kernel import jobs
from ..kernel.clock import Clock
from ..kernel.db import Database, Tx
from . import rollups, store
from .deadlocks import insist

SWEEP_VIDEO = "analytics.sweep-video"
"""The job that removes what is left of a video that is gone, by its `video_id`."""

FORGET_VIEWER = "analytics.forget-viewer"
"""The job that removes an account, by its `account_id`, from its views."""

AGAIN_AFTER = timedelta(minutes=1)
"""When to look again for what was just being written when a video or an account went."""

_MADE_AHEAD = 3
_AT_ONCE = 5000


class Keeping:
    """Makes and drops partitions, and removes the views of what is gone."""

    def __init__(self, db: Database, *, clock: Clock, months: int) -> None:
        self._db = db
        self._clock = clock
        self._months = months

    async def tend(self) -> None:
        """Make the partitions of this month and the next ones; drop those that are too old."""
        today = self._clock().date()
        # A batch of views reads the table first and writes to it then, so either of the two may be a
        # deadlock's victim; the duty itself comes again only in half a day.
        for ahead in range(_MADE_AHEAD):
            await insist(partial(self._make_partition, month_after(today, ahead)))
        await insist(partial(self.drop_before, month_after(today, -self._months)))

    async def _make_partition(self, month: date) -> None:
        async with self._db.transaction() as tx:
            await tx.execute("SELECT make_sittings_partition($1)", month)

    async def drop_before(self, month: date) -> None:
        """Drop raw sittings that began before a month; their rollups stay."""
        async with self._db.transaction() as tx:
            if await rollups.horizon(tx) >= month:
                return
            await rollups.take_lock(tx)
            while await rollups.fold_outbox(tx, at_most=_AT_ONCE):
                pass
            await tx.execute("SELECT drop_sittings_before($1)", month)

    async def sweep_video(self, video_id: UUID) -> None:
        """Remove all that is left of a video that is gone."""
        removed = 1
        while removed:
            async with self._db.transaction() as tx:
                removed = await store.remove_some_views(tx, video_id, at_most=_AT_ONCE)

    async def sweep_deleted(self, video_id: UUID) -> None:
        """Remove what is left of a video, and look again for what was just being written."""
        await self.sweep_video(video_id)
        async with self._db.transaction() as tx:
            at = self._clock() + AGAIN_AFTER
            await jobs.enqueue(tx, SWEEP_VIDEO, {"video_id": str(video_id)}, at=at)

    async def forget_viewer(self, account_id: UUID) -> None:
        """Remove an account from all its views."""
        forgotten = 1
        while forgotten:
            async with self._db.transaction() as tx:
                forgotten = await store.forget_viewer(tx, account_id, at_most=_AT_ONCE)

    async def erase_account(self, tx: Tx, account_id: UUID) -> int:
        """Remove an account from some of its views, which go on counting; return from how many."""
        forgotten = await store.forget_viewer(tx, account_id, at_most=_AT_ONCE)
        if not forgotten:
            at = self._clock() + AGAIN_AFTER
            await jobs.enqueue(tx, FORGET_VIEWER, {"account_id": str(account_id)}, at=at)
        return forgotten


def month_after(day: date, months: int) -> date:
    """Return the first day of the month so many months after that of a day."""
    number = day.year * 12 + day.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)
