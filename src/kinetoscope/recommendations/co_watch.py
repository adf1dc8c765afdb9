"""Who watched this also watched that: counts of viewers in common, shrunk where there are few.

Two popular videos have many viewers in common by chance alone; `beyond_chance` takes a share of that off, so
that lists do not all end in the ten most popular. What is left is compared with a prior that counts as much
as some viewers: with few votes the prior decides, with many the votes do, without a switch.
"""

from collections.abc import Sequence

from .content import best_first
from .models import Audience, Candidate, Ranked

PRIOR_VIEWERS = 5.0
"""How many viewers popularity counts for in the strategy `collaborative`."""


def beyond_chance(together: int, of_one: int, of_other: int, *, everybody: int, chance_share: float) -> float:
    """Return how many viewers two videos have in common, less a share of what chance would bring together."""
    by_chance = of_one * of_other / everybody if everybody else 0.0
    return max(0.0, together - chance_share * by_chance)


def by_co_watch(candidates: Sequence[Candidate], audience: Audience) -> list[Ranked]:
    """Return candidates by `(together + 5 · popularity · m) / (viewers of the source + 5)`, best first.

    That is the probability that a viewer of the source watches them, shrunk to that of any viewer, who has
    watched m videos.
    """
    total = audience.viewers + PRIOR_VIEWERS
    ranked = [
        Ranked(
            candidate.video_id,
            {
                "co_watch": candidate.together / total,
                "popularity": PRIOR_VIEWERS * audience.videos_a_viewer * candidate.popularity / total,
            },
        )
        for candidate in candidates
    ]
    return best_first([item for item in ranked if item.score > 0])
