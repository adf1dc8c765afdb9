"""The improvement loop: how ranks are read, and policies that are used only if they are not worse."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from ..kernel.clock import Clock
from ..kernel.db import Database, Tx
from ..kernel.errors import Refusal
from . import click_store, policy_store
from .examination import estimate_eta
from .list_store import Key
from .making import make_list
from .models import Policy
from .off_policy import Shown, gain
from .policies import Step, best_step, is_not_worse, proves, steps_from
from .policy_store import PolicyRecord, Trial

FEWEST_LISTS = 400
"""Before so many lists have been shown and may teach, no policy is proposed."""

_MOST_LISTS = 4000
_MOST_VIDEOS = 300
_LOOKS_BACK = timedelta(days=30)
_KEPT_DAYS = timedelta(days=91)


class PolicyUnknown(Refusal):
    """There is no policy of that version."""

    status = 404
    code = "policy_not_found"
    detail = "There is no such policy."


class Improving:
    """Learns from clicks what holds for all lists."""

    def __init__(self, db: Database, *, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def estimate_examination(self) -> float:
        """Estimate anew how steeply ranks are read, and return that."""
        async with self._db.transaction() as tx:
            eta = estimate_eta(await click_store.load_exchanges(tx))
            await policy_store.save_eta(tx, eta)
        return eta

    async def forget_old(self) -> None:
        """Remove what was shown and clicked before the longest report begins."""
        removed = 1
        while removed:
            async with self._db.transaction() as tx:
                removed = await click_store.forget_old(tx, before=self._clock() - _KEPT_DAYS, at_most=5000)

    async def improve(self) -> PolicyRecord | None:
        """Look for a better policy, one step away; use it if it is not worse, and record it either way.

        Half of the viewers choose the step, the other half judge it. None without a step that gains.
        """
        async with self._db.read() as tx:
            present, _ = await policy_store.load_used(tx)
            shown = await policy_store.load_shown(
                tx, policy=present.version, since=self._clock() - _LOOKS_BACK, at_most=_MOST_LISTS
            )
            eta = await policy_store.load_eta(tx)
        shown = _of_most_shown(shown)
        if len(shown) < FEWEST_LISTS:
            return None
        choosing = [one for one in shown if not proves(one.source)]
        judging = [one for one in shown if proves(one.source)]
        gains = {
            step: gain(choosing, await self._orders(step.policy, choosing), eta=eta)
            for step in steps_from(present)
        }
        step = best_step(gains)
        return None if step is None else await self._judge(step, present, judging, eta)

    async def policies(self) -> list[PolicyRecord]:
        """Return all policies, the newest first."""
        async with self._db.read() as tx:
            return await policy_store.load_policies(tx)

    async def trials(self, *, days: int) -> list[Trial]:
        """Return how policies have done with real viewers in the last days."""
        async with self._db.read() as tx:
            return await policy_store.load_trials(tx, since=self._clock() - timedelta(days=days))

    async def use(self, version: int) -> None:
        """Go back, or forward, to a policy; refuses with `PolicyUnknown`."""
        async with self._db.transaction() as tx:
            if not await policy_store.use_policy(tx, version):
                raise PolicyUnknown

    async def _judge(self, step: Step, present: Policy, judging: Sequence[Shown], eta: float) -> PolicyRecord:
        found = gain(judging, await self._orders(step.policy, judging), eta=eta)
        clicks = sum(len(one.clicked) for one in judging) / max(1, len(judging))
        record = PolicyRecord(
            policy=step.policy,
            state="current" if is_not_worse(found, clicks) else "refused",
            made_at=self._clock(),
            based_on=present.version,
            change=step.change,
            lists=len(judging),
            gain=found,
        )
        async with self._db.transaction() as tx:
            await policy_store.save_policy(tx, record)
        return record

    async def _orders(self, policy: Policy, lists: Sequence[Shown]) -> Mapping[UUID, Sequence[UUID]]:
        orders: dict[UUID, Sequence[UUID]] = {}
        for video_id in sorted({one.video_id for one in lists}):
            async with self._db.transaction() as tx:
                orders[video_id] = await self._order(tx, policy, video_id)
        return orders

    async def _order(self, tx: Tx, policy: Policy, video_id: UUID) -> Sequence[UUID]:
        kept = await make_list(tx, Key(video_id, "hybrid", policy.version), policy, now=self._clock())
        return [item.video_id for item in kept.ranked]


def _of_most_shown(lists: Sequence[Shown]) -> list[Shown]:
    """Return the lists of the videos that are shown most: each costs a list to be made for every step."""
    counts: dict[UUID, int] = {}
    for one in lists:
        counts[one.video_id] = counts.get(one.video_id, 0) + 1
    most = set(sorted(counts, key=lambda video: (-counts[video], video))[:_MOST_VIDEOS])
    return [one for one in lists if one.video_id in most]
