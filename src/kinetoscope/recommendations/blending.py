"""The strategies: lists out of candidates, each with what every signal contributed to each item.

`hybrid` asks how likely a viewer of the source is to watch a candidate. Votes answer, `together / viewers`,
and a prior answers that counts as much as some viewers: what viewers of its look-alikes watch, which has
the same prior in turn, `exp(likeness / temperature) · popularity^power` as a share of all candidates. So
behaviour takes over from content by itself as views grow.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .co_watch import beyond_chance, by_co_watch
from .content import best_first, by_content, likeness, likeness_of
from .look_alikes import told_by
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
    prior = _Prior.of(candidates, audience, policy, look_alikes)
    votes = [_votes(c, audience, policy) for c in candidates]
    total = audience.viewers + policy.prior_viewers
    scored = [
        (-(votes[place] + policy.prior_viewers * prior.sum(place)) / total, c.video_id, place)
        for place, c in enumerate(candidates)
    ]
    best = [place for _, _, place in sorted(scored)[:_LONGEST]]  # the rest needs no reasons
    ranked = best_first([_explained(candidates[p], votes[p], prior, p, total, policy) for p in best])
    if not ranked or ranked[0].score <= 0:
        return ranked
    first = next(place for place in best if candidates[place].video_id == ranked[0].video_id)
    shown = max(
        likeness(candidates[first], policy),
        candidates[first].together / max(1, audience.viewers),
        prior.told[first],
    )
    return [item.times(min(1.0, shown) / ranked[0].score) for item in ranked]


@dataclass(frozen=True, slots=True)
class _Prior:
    """What is expected of each candidate without votes: of likeness and popularity, and of look-alikes."""

    alike: Sequence[float]
    told: Sequence[float]

    @classmethod
    def of(
        cls,
        candidates: Sequence[Candidate],
        audience: Audience,
        policy: Policy,
        look_alikes: Sequence[LookAlike],
    ) -> "_Prior":
        """Return what is expected of these candidates."""
        odds = [
            math.exp(likeness(c, policy) / policy.temperature) * (c.viewers + 1) ** policy.popularity_power
            for c in candidates
        ]
        told = told_by(look_alikes, {c.video_id: c for c in candidates}, audience, policy)
        scale = told.untold * audience.videos_a_viewer / (sum(odds) or 1.0)
        return cls([scale * odd for odd in odds], [told.shares.get(c.video_id, 0.0) for c in candidates])

    def sum(self, place: int) -> float:
        """Return the expectation of a candidate."""
        return self.alike[place] + self.told[place]


def _votes(candidate: Candidate, audience: Audience, policy: Policy) -> float:
    return beyond_chance(
        candidate.together,
        audience.viewers,
        candidate.viewers,
        everybody=audience.everybody,
        chance_share=policy.chance_share,
    )


def _explained(
    candidate: Candidate, votes: float, prior: _Prior, place: int, total: float, policy: Policy
) -> Ranked:
    of_prior = policy.prior_viewers / total
    expected = of_prior * prior.alike[place]
    # Popularity multiplies likeness; its contribution is what it added to an equal that nobody watched.
    alike = expected / (candidate.viewers + 1) ** policy.popularity_power
    contributions: dict[Signal, float] = {
        "co_watch": votes / total,
        "co_watch_alike": of_prior * prior.told[place],
        "popularity": expected - alike,
    }
    parts = likeness_of(candidate, policy)
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
