"""The strategies: lists out of candidates, each with what every signal contributed to each item.

`hybrid` asks how likely a viewer of the source is to watch a candidate. Votes answer, `together / viewers`,
and a prior answers that counts as much as some viewers: what viewers of its look-alikes watch, which has
the same prior in turn, `exp(likeness / temperature) · popularity^power` as a share of all candidates. So
behaviour takes over from content by itself as views grow.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .co_watch import beyond_chance, by_co_watch
from .content import best_first, by_content, likeness_of
from .look_alikes import Told, told_by
from .models import Audience, Candidate, Fallback, Likeness, LookAlike, Policy, Ranked, Signal, Strategy
from .popularity import by_popularity

_LONGEST = 150
"""More than any list keeps."""


@dataclass(frozen=True, slots=True)
class Blend:
    """A list, best first, and what the strategy fell back to where its own data say nothing."""

    ranked: Sequence[Ranked]
    fallback: Fallback | None = None


def blend(
    strategy: Strategy,
    candidates: Sequence[Candidate],
    audience: Audience,
    policy: Policy,
    look_alikes: Sequence[LookAlike] = (),
) -> Blend:
    """Return the list of a strategy; never empty while there is any candidate."""
    is_watched = any(candidate.together for candidate in candidates)
    is_alike = any(candidate.likeness != Likeness() for candidate in candidates)
    if not is_alike and not is_watched:
        return Blend(_held_to_one(by_popularity(candidates)), "popularity")
    if strategy == "hybrid":
        ranked = by_both(candidates, audience, policy, look_alikes)
        return Blend(ranked, None if is_watched else "content")
    alike = by_content(candidates, policy)
    if strategy == "collaborative" and is_watched:
        return Blend(_continued(_held_to_one(by_co_watch(candidates, audience)), alike))
    if not alike:
        return Blend(_held_to_one(by_popularity(candidates)), "popularity")
    return Blend(alike, "content" if strategy == "collaborative" else None)


def by_both(
    candidates: Sequence[Candidate],
    audience: Audience,
    policy: Policy,
    look_alikes: Sequence[LookAlike] = (),
) -> list[Ranked]:
    """Return candidates by votes and by a prior from content and popularity, best first.

    Scores are scaled so that the best shows how alike it is, or how many watched it of the viewers of the
    source or of its look-alikes.
    """
    parts = {c.video_id: likeness_of(c, policy) for c in candidates}
    odds = {c.video_id: _odds(c, sum(parts[c.video_id].values()), policy) for c in candidates}
    total = sum(odds.values()) or 1.0
    told = told_by(look_alikes, {c.video_id: c for c in candidates}, audience, policy)
    ranked = best_first(
        [_voted(c, parts[c.video_id], odds[c.video_id] / total, told, audience, policy) for c in candidates]
    )[:_LONGEST]
    if not ranked or ranked[0].score <= 0:
        return ranked
    best = next(c for c in candidates if c.video_id == ranked[0].video_id)
    shown = max(
        sum(parts[best.video_id].values()),
        best.together / max(1, audience.viewers),
        told.shares.get(best.video_id, 0.0),
    )
    return [item.times(min(1.0, shown) / ranked[0].score) for item in ranked]


def _odds(candidate: Candidate, likeness: float, policy: Policy) -> float:
    return math.exp(likeness / policy.temperature) * (candidate.viewers + 1) ** policy.popularity_power


def _voted(
    candidate: Candidate,
    parts: Mapping[Signal, float],
    share: float,
    told: Told,
    audience: Audience,
    policy: Policy,
) -> Ranked:
    total = audience.viewers + policy.prior_viewers
    votes = beyond_chance(
        candidate.together,
        audience.viewers,
        candidate.viewers,
        everybody=audience.everybody,
        chance_share=policy.chance_share,
    )
    of_prior = policy.prior_viewers / total
    prior = of_prior * told.untold * audience.videos_a_viewer * share
    # Popularity multiplies likeness; its contribution is what it added to an equal that nobody watched.
    alike = prior / (candidate.viewers + 1) ** policy.popularity_power
    contributions: dict[Signal, float] = {
        "co_watch": votes / total,
        "co_watch_alike": of_prior * told.shares.get(candidate.video_id, 0.0),
        "popularity": prior - alike,
    }
    whole = sum(parts.values())
    for signal, part in parts.items():
        contributions[signal] = alike * part / whole if whole > 0 else alike * (signal == "embedding")
    return Ranked(candidate.video_id, contributions)


def _held_to_one(ranked: Sequence[Ranked]) -> list[Ranked]:
    """Return a list whose scores are at most 1; all are scaled alike."""
    best = ranked[0].score if ranked else 0.0
    return [item.times(1 / best) for item in ranked] if best > 1 else list(ranked)


def _continued(ranked: Sequence[Ranked], more: Sequence[Ranked]) -> list[Ranked]:
    """Return a list with what only another one holds behind it, scaled to stand there."""
    known = {item.video_id for item in ranked}
    rest = [item for item in more if item.video_id not in known]
    if not ranked or not rest or rest[0].score <= 0:
        return list(ranked)
    factor = min(1.0, ranked[-1].score / rest[0].score)
    return [*ranked, *(item.times(factor) for item in rest)]
