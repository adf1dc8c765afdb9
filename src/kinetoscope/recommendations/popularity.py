"""Popularity that decays: a vote counts half after some days, without anything being counted anew.

Forward decay (Cormode, Shkapenyuk, Srivastava and Xu 2009): each vote weighs `2^((its time − a fixed time) /
half-life)`, so sums only grow, and at any time they stand in the same order as decayed ones.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from .content import best_first
from .models import Candidate, Ranked

HALF_LIFE = timedelta(days=30)
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
FRESH_DAYS = 14.0
"""After so many days half of a new video's freshness is gone."""

_POPULAR, _FRESH = 0.8, 0.2


def weight_at(at: datetime) -> float:
    """Return what a vote at an instant weighs beside others; a double holds more than 80 years of it."""
    return 2.0 ** ((at - BEGINNING) / HALF_LIFE)


def by_popularity(candidates: Sequence[Candidate]) -> list[Ranked]:
    """Return candidates by their share of the best one's popularity, the new ones lifted; best first."""
    best = max((candidate.popularity for candidate in candidates), default=0.0)
    ranked = [
        Ranked(
            candidate.video_id,
            {
                "popularity": _POPULAR * candidate.popularity / best if best > 0 else 0.0,
                "freshness": _FRESH * freshness(candidate.age_days),
            },
        )
        for candidate in candidates
    ]
    return best_first(ranked)


def freshness(age_days: float) -> float:
    """Return how new a video is: 1 when it is registered, falling to 0."""
    return 2.0 ** (-max(0.0, age_days) / FRESH_DAYS)
