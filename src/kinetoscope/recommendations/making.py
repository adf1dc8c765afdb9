"""Making a list: candidates from everywhere, blended, learnt, spread."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from ..kernel.db import Tx
from ..search import ContentParts, content_candidates, content_parts, near_duplicates
from . import candidate_store
from .blending import blend
from .candidate_store import Counted
from .clicks import faded, learnt_order
from .list_store import Kept, Key
from .look_alikes import most_alike
from .models import NO_EVIDENCE, Candidate, Evidence, Likeness, LookAlike, Policy, Ranked
from .order import reordered, spread

KEPT_HOUR = timedelta(hours=1)
LONGEST = 100
"""So many are kept: the longest answer, and what takes the place of those that a caller may not see."""

_NEAREST, _CO_WATCHED, _EACH_TAG, _OF_AUTHOR, _POPULAR = 120, 100, 10, 10, 30
_LEARNING = 50
_COMPARED = 50
_NEARLY_THE_SAME = 0.95
_UNTIL_INDEXED = timedelta(seconds=10)


async def make_list(tx: Tx, key: Key, policy: Policy, *, now: datetime) -> Kept:
    """Return a list as it is now, in a transaction; the hour's draw is the same whoever makes it."""
    await candidate_store.plan_by_values(tx)
    near = await content_candidates(tx, key.video_id, at_most=_NEAREST)
    ids = {video_id for video_id, _ in near}
    ids.update(await candidate_store.co_watched(tx, key.video_id, at_most=_CO_WATCHED))
    ids.update(
        await candidate_store.of_one_kind(tx, key.video_id, for_each_tag=_EACH_TAG, of_author=_OF_AUTHOR)
    )
    ids.update(await candidate_store.popular(tx, at_most=_POPULAR))
    counted = await candidate_store.load_counted(tx, key.video_id, sorted(ids))
    parts = await content_parts(tx, key.video_id, [one.video_id for one in counted])
    audience = await candidate_store.load_audience(tx, key.video_id)
    candidates = candidates_of(counted, parts, now=now)
    look_alikes: Sequence[LookAlike] = ()
    if key.strategy == "hybrid":
        look_alikes = await candidate_store.load_look_alikes(
            tx, most_alike(candidates, policy), [one.video_id for one in counted]
        )
    blended = blend(key.strategy, candidates, audience, policy, look_alikes)
    ranked: Sequence[Ranked] = blended.ranked[:LONGEST]
    if key.strategy == "hybrid" and policy.uses_clicks:
        ranked = _learnt(ranked, await _evidence(tx, key.video_id, now), _draw_of(key.video_id, now))
    first = [item.video_id for item in ranked[:_COMPARED]]
    ranked = spread(ranked, await near_duplicates(tx, first, from_cosine=_NEARLY_THE_SAME))
    # A video that is not in the index yet will be in a moment: its list is not kept for an hour.
    made_at = now if near else now - KEPT_HOUR + _UNTIL_INDEXED
    return Kept(ranked, blended.fallback, made_at, is_stale=False)


def candidates_of(
    counted: Sequence[Counted], parts: Mapping[UUID, ContentParts], *, now: datetime
) -> list[Candidate]:
    """Return candidates with their votes and their likeness."""
    return [
        Candidate(
            video_id=one.video_id,
            likeness=_likeness(parts.get(one.video_id)),
            viewers=one.viewers,
            together=one.together,
            popularity=one.popularity,
            age_days=(now - one.created_at) / timedelta(days=1),
        )
        for one in counted
    ]


def _likeness(parts: ContentParts | None) -> Likeness:
    if parts is None:
        return Likeness()
    return Likeness(parts.embedding, parts.tags, parts.text, float(parts.same_author))


async def _evidence(tx: Tx, video_id: UUID, now: datetime) -> dict[UUID, Evidence]:
    found = await candidate_store.load_evidence(tx, video_id)
    return {item: faded(evidence, since=since, now=now) for item, (evidence, since) in found.items()}


def _draw_of(video_id: UUID, now: datetime) -> Random:
    return Random(f"{video_id} {now:%Y-%m-%dT%H}")


def _learnt(ranked: Sequence[Ranked], evidence: Mapping[UUID, Evidence], draw: Random) -> list[Ranked]:
    known = [evidence.get(item.video_id, NO_EVIDENCE) for item in ranked[:_LEARNING]]
    order = [*learnt_order(known, draw), *range(len(known), len(ranked))]
    return reordered(ranked, order, "clicks")
