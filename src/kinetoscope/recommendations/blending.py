"""The strategies: lists out of candidates, each with what every signal contributed to each item.

`hybrid` asks how likely a viewer of the source is to watch a candidate. Votes answer, `together / viewers`,
and a prior answers that counts as much as some viewers: `exp(likeness / temperature) · popularity^power`,
as a share of all candidates. So behaviour takes over from content by itself as views grow.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .co_watch import beyond_chance, by_co_watch
from .content import best_first, by_content, likeness_of
from .models import Audience, Candidate, Fallback, Likeness, Policy, Ranked, Signal, Strategy
from .popularity import by_popularity

_LONGEST = 150
"""More than any list keeps."""


@dataclass(frozen=True, slots=True)
class Blend:
    """A list, best first, and what the strategy fell back to where its own data say nothing."""

    ranked: Sequence[Ranked]
    fallback: Fallback | None = None


def blend(strategy: Strategy, candidates: Sequence[Candidate], audience: Audience, policy: Policy) -> Blend:
    """Return the list of a strategy; never empty while there is any candidate."""
    is_watched = any(candidate.together for candidate in candidates)
    is_alike = any(candidate.likeness != Likeness() for candidate in candidates)
    if not is_alike and not is_watched:
        return Blend(_held_to_one(by_popularity(candidates)), "popularity")
    if strategy == "hybrid":
        return Blend(by_both(candidates, audience, policy), None if is_watched else "content")
    alike = by_content(candidates, policy)
    if strategy == "collaborative" and is_watched:
        return Blend(_continued(_held_to_one(by_co_watch(candidates, audience)), alike))
    if not alike:
        return Blend(_held_to_one(by_popularity(candidates)), "popularity")
    return Blend(alike, "content" if strategy == "collaborative" else None)


def by_both(candidates: Sequence[Candidate], audience: Audience, policy: Policy) -> list[Ranked]:
    """Return candidates by votes and by a prior from content and popularity, best first.

    Scores are scaled so that the best shows how alike it is, or how many of the source's viewers watched it.
    """
    parts = {c.video_id: likeness_of(c, policy) for c in candidates}
    odds = {c.video_id: _odds(c, sum(parts[c.video_id].values()), policy) for c in candidates}
    total = sum(odds.values()) or 1.0
    ranked = best_first(
        [_voted(c, parts[c.video_id], odds[c.video_id] / total, audience, policy) for c in candidates]
    )[:_LONGEST]
    if not ranked or ranked[0].score <= 0:
        return ranked
    best = next(c for c in candidates if c.video_id == ranked[0].video_id)
    shown = max(sum(parts[best.video_id].values()), best.together / max(1, audience.viewers))
    return [item.times(min(1.0, shown) / ranked[0].score) for item in ranked]


def _odds(candidate: Candidate, likeness: float, policy: Policy) -> float:
    return math.exp(likeness / policy.temperature) * (candidate.viewers + 1) ** policy.popularity_power


def _voted(
    candidate: Candidate, parts: Mapping[Signal, float], share: float, audience: Audience, policy: Policy
) -> Ranked:
    total = audience.viewers + policy.prior_viewers
    votes = beyond_chance(candidate, audience, chance_share=policy.chance_share) / total
    prior = policy.prior_viewers * audience.videos_a_viewer * share / total
    # Popularity multiplies likeness; its contribution is what it added to an equal that nobody watched.
    alike = prior / (candidate.viewers + 1) ** policy.popularity_power
    contributions: dict[Signal, float] = {"co_watch": votes, "popularity": prior - alike}
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
