"""Recommending: the lists that callers see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from uuid import UUID

from ..kernel.caller import Caller
from ..kernel.clock import Clock
from ..kernel.db import Database, Tx
from ..kernel.ids import uuid7
from ..videos import Video, require_visible_video
from . import candidate_store, list_store, model_store, policy_store, vote_store
from .examination import choose_swap, exchanged_order, propensities
from .history import MOST_WATCHED, WISHES_OF_ONE, personal, wishes, with_watched_lowered
from .impressions import Impressions
from .list_store import Key, Title
from .lists import Lists
from .making import candidates_of
from .models import Fallback, Policy, Ranked, Slate, Strategy
from .order import reordered
from .policies import is_control
from .popularity import by_popularity
from .seeds import SEEDS, merged
from .sources import Sources
from .wording import Reason, reasons_for, score_of


@dataclass(frozen=True, slots=True)
class Recommended:
    """One item of an answer."""

    rank: int
    shown: Title
    score: float
    reasons: Sequence[Reason]


@dataclass(frozen=True, slots=True)
class Recommendations:
    """An answer; `id` names it, and clicks may name it again."""

    id: UUID
    items: Sequence[Recommended]
    strategy: Strategy
    policy: int
    fallback: Fallback | None


@dataclass(frozen=True, slots=True)
class _Viewer:
    """What is known of who asks: what it has watched, and what that speaks for."""

    watched: frozenset[UUID]
    wished: Mapping[UUID, float]


class Recommending:
    """Gives lists beside a video, and for an account."""

    def __init__(
        self,
        db: Database,
        *,
        clock: Clock,
        lists: Lists,
        impressions: Impressions,
        sources: Sources,
        swap_share: float,
    ) -> None:
        self._db = db
        self._clock = clock
        self._lists = lists
        self._impressions = impressions
        self._sources = sources
        self._swap_share = swap_share

    async def related(
        self, caller: Caller, video_id: UUID, strategy: Strategy, *, limit: int
    ) -> Recommendations:
        """Return what to watch after a video, and note that it was shown; refuses with `VideoNotFound`."""
        source = self._sources.of(caller.id)
        async with self._db.read() as tx:
            video = await require_visible_video(tx, video_id, caller.id)
            policy = await _policy_for(tx, source, strategy)
        kept = await self._lists.get(Key(video_id, strategy, policy.version), policy)
        ranked = [item for item in kept.ranked if item.video_id != video_id]
        async with self._db.read() as tx:
            listed = [item.video_id for item in ranked]
            viewer = await _load_viewer(tx, caller.id, listed, with_wishes=strategy == "hybrid")
            ranked = with_watched_lowered(personal(ranked, viewer.wished), viewer.watched)
            ranked, titles = await _first_visible(tx, ranked, limit=limit)
        return self._shown(
            video, source, ranked, titles, _Made(strategy, policy.version, kept.fallback, caller)
        )

    async def for_me(self, caller: Caller, strategy: Strategy, *, limit: int) -> Recommendations:
        """Return what an account may like that it has not watched; what is popular, if it has no history."""
        source = self._sources.of(caller.id)
        async with self._db.read() as tx:
            policy = await _policy_for(tx, source, strategy)
            history = await vote_store.load_history(tx, caller.id, at_most=MOST_WATCHED)
        lists = [
            await self._lists.get(Key(seed, strategy, policy.version), policy) for seed in history[:SEEDS]
        ]
        async with self._db.read() as tx:
            neighbours = await model_store.load_wishes(tx, history, at_most=WISHES_OF_ONE)
            wished = {} if strategy == "content" else wishes(history, neighbours)
            ranked = merged([kept.ranked for kept in lists], wished)
            fallback: Fallback | None = None
            if not ranked:
                ranked, fallback = await self._popular(tx), "popularity"
            titles = await list_store.load_titles(tx, [item.video_id for item in ranked])
            own = await _load_viewer(tx, caller.id, list(titles), with_wishes=False)
        new = [i for i in ranked if i.video_id in titles and i.video_id not in own.watched][:limit]
        return _answer(uuid7(), new, titles, frozenset(), _Made(strategy, policy.version, fallback, caller))

    async def _popular(self, tx: Tx) -> list[Ranked]:
        ids = await candidate_store.popular(tx, at_most=100)
        counted = await candidate_store.load_counted(tx, None, ids)
        return by_popularity(candidates_of(counted, {}, now=self._clock()))

    def _shown(
        self, video: Video, source: UUID, ranked: list[Ranked], titles: Mapping[UUID, Title], made: "_Made"
    ) -> Recommendations:
        """Return the answer, with two neighbours exchanged in some, and note it as an impression."""
        slate_id = uuid7()
        explores = made.strategy == "hybrid"
        share = self._swap_share if explores else 0.0
        swapped_at = choose_swap(len(ranked), Random(slate_id.int), share=share)
        ranked = reordered(ranked, exchanged_order(len(ranked), swapped_at), "exploration")
        if ranked:
            self._impressions.note(
                Slate(
                    id=slate_id,
                    video_id=video.id,
                    strategy=made.strategy,
                    policy=made.policy,
                    source=source,
                    shown_at=self._clock(),
                    items=[item.video_id for item in ranked],
                    propensities=propensities(len(ranked), swapped_at, share=share),
                    swapped_at=swapped_at,
                    learns=explores and video.owner_id != made.caller.id,
                )
            )
        tags = frozenset(tag.casefold() for tag in video.tags)
        return _answer(slate_id, ranked, titles, tags, made)


@dataclass(frozen=True, slots=True)
class _Made:
    """How a list came about."""

    strategy: Strategy
    policy: int
    fallback: Fallback | None
    caller: Caller


async def _policy_for(tx: Tx, source: UUID, strategy: Strategy) -> Policy:
    """Return the policy that somebody's lists follow; only hybrid ones differ by it."""
    current, control = await policy_store.load_used(tx)
    if strategy != "hybrid":
        return policy_store.FIRST.policy
    return control if is_control(source) else current


async def _first_visible(
    tx: Tx, ranked: Sequence[Ranked], *, limit: int
) -> tuple[list[Ranked], dict[UUID, Title]]:
    """Return the first items that may be shown to anybody now, and what is shown of them."""
    titles: dict[UUID, Title] = {}
    shown: list[Ranked] = []
    for start in range(0, len(ranked), 2 * limit):
        part = ranked[start : start + 2 * limit]
        titles |= await list_store.load_titles(tx, [item.video_id for item in part])
        shown += [item for item in part if item.video_id in titles]
        if len(shown) >= limit:
            break
    return shown[:limit], titles


async def _load_viewer(tx: Tx, account_id: UUID, listed: list[UUID], *, with_wishes: bool) -> _Viewer:
    watched = await vote_store.load_watched(tx, account_id, listed)
    if not with_wishes:
        return _Viewer(watched, {})
    history = await vote_store.load_history(tx, account_id, at_most=MOST_WATCHED)
    if not history:
        return _Viewer(watched, {})
    neighbours = await model_store.load_wishes(tx, history, at_most=WISHES_OF_ONE)
    return _Viewer(watched, wishes(history, neighbours))


def _answer(
    slate_id: UUID,
    ranked: Sequence[Ranked],
    titles: Mapping[UUID, Title],
    tags: frozenset[str],
    made: _Made,
) -> Recommendations:
    items: list[Recommended] = []
    for rank, item in enumerate(ranked, start=1):
        shown = titles[item.video_id]
        reasons = reasons_for(item, shown, tags)
        items.append(Recommended(rank, shown, score_of(reasons), reasons))
    return Recommendations(slate_id, items, made.strategy, made.policy, made.fallback)
