"""Clicks on recommendations, and what their owner may know of them."""

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from ..kernel import jobs
from ..kernel.caller import Caller
from ..kernel.clock import Clock
from ..kernel.db import Database, Tx
from ..kernel.ids import uuid7
from ..videos import NotYourVideo, Video, VideoNotFound, require_visible_video
from . import click_store
from .click_store import Click, RankCount
from .impressions import Impressions
from .refusals import RecommendedNotFound
from .sources import Sources

LATE_CLICK = "recommendations.late-click"
"""A click whose list another process may still be writing: it is looked for once more."""

_SOON = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Clicked:
    """What is reported: which item, and at which rank; `slate_id` if the list is named."""

    recommended_id: UUID
    rank: int
    slate_id: UUID | None


class Clicking:
    """Records clicks, and lets lists learn from those that may teach."""

    def __init__(self, db: Database, *, clock: Clock, impressions: Impressions, sources: Sources) -> None:
        self._db = db
        self._clock = clock
        self._impressions = impressions
        self._sources = sources

    async def click(
        self, caller: Caller | None, video_id: UUID, clicked: Clicked, *, is_crawler: bool
    ) -> None:
        """Record a click; it is on the disk when this returns.

        One that belongs to no list is kept, and counts nowhere; a second one on the same impression is the
        first. Refuses with `VideoNotFound` and `RecommendedNotFound`.
        """
        await self._impressions.flush()
        async with self._db.transaction() as tx:
            video = await require_visible_video(tx, video_id, caller.id if caller else None)
            other = await _require_recommended(tx, clicked.recommended_id, caller)
            click = Click(
                id=uuid7(),
                video_id=video_id,
                recommended_id=other.id,
                rank=clicked.rank,
                slate_id=clicked.slate_id,
                source=self._sources.of(caller.id) if caller else None,
                clicked_at=self._clock(),
            )
            if is_crawler:
                await click_store.save_click(tx, click, None)
                return
            is_own = caller is not None and caller.id in {video.owner_id, other.owner_id}
            if not await _record(tx, click, is_own=is_own) and (clicked.slate_id or caller):
                await _look_later(tx, click, is_own=is_own)

    async def find_list(self, click_id: UUID, slate_id: UUID | None, *, is_own: bool) -> None:
        """Look once more for the list that a click belongs to."""
        async with self._db.transaction() as tx:
            click = await click_store.take_click(tx, click_id)
            if click is not None:
                await _record(tx, replace(click, slate_id=slate_id), is_own=is_own)


class ClickReports:
    """What the owner of a video may know of the lists beside it."""

    def __init__(self, db: Database, *, clock: Clock, impressions: Impressions) -> None:
        self._db = db
        self._clock = clock
        self._impressions = impressions

    async def counts(self, caller: Caller, video_id: UUID, *, days: int) -> list[RankCount]:
        """Return impressions and clicks by strategy and rank, for the owner or an administrator.

        Refuses with `VideoNotFound`, or `NotYourVideo` where the caller may know of the video.
        """
        await self._impressions.flush()
        async with self._db.read() as tx:
            video = await require_visible_video(tx, video_id, caller.id)
            if video.owner_id != caller.id and not caller.is_admin:
                raise NotYourVideo
            since = self._clock() - timedelta(days=days)
            return await click_store.load_counts(tx, video_id, since=since)


async def _require_recommended(tx: Tx, video_id: UUID, caller: Caller | None) -> Video:
    try:
        return await require_visible_video(tx, video_id, caller.id if caller else None)
    except VideoNotFound as refusal:
        raise RecommendedNotFound from refusal


async def _record(tx: Tx, click: Click, *, is_own: bool) -> bool:
    """Save a click with its list, if that is there, and let it count; False without a list."""
    belonging = await click_store.find_slate(tx, click)
    if belonging is None:
        await click_store.save_click(tx, click, None)
        return False
    if not await click_store.save_click(tx, click, belonging.slate_id):
        return True
    await click_store.count_click(tx, click, belonging)
    by_somebody_else = click.source is not None and click.source != belonging.source
    if belonging.learns and not is_own and not by_somebody_else:
        await click_store.learn_click(tx, click, belonging)
    return True


async def _look_later(tx: Tx, click: Click, *, is_own: bool) -> None:
    payload = {
        "click_id": str(click.id),
        "slate_id": str(click.slate_id) if click.slate_id else None,
        "is_own": is_own,
    }
    await jobs.enqueue(tx, LATE_CLICK, payload, at=click.clicked_at + _SOON)
