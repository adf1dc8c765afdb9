"""What viewers of similar videos watch: what a video with few views of its own is told by those most like it.

A prior between votes and content, by the same formula one level down (empirical Bayes): of each look-alike's
viewers so many watched a candidate beyond chance, shrunk to what likeness and popularity expect where the
look-alike itself has few. Where nobody has watched anything alike, that expectation is all there is.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from .co_watch import beyond_chance
from .content import likeness
from .models import Audience, Candidate, LookAlike, Policy

MOST = 5


@dataclass(frozen=True, slots=True)
class Told:
    """What look-alikes say: how many viewers of theirs watch each candidate, of one, on average.

    `untold` is the share of the prior that they leave to likeness and popularity: 1 without any.
    """

    shares: Mapping[UUID, float]
    untold: float = 1.0


NOTHING = Told({})


def most_alike(candidates: Sequence[Candidate], policy: Policy) -> list[UUID]:
    """Return the few candidates most like the source that anybody has watched, the most alike first."""
    alike = [(-likeness(c, policy), c.video_id) for c in candidates if c.viewers]
    return [video_id for less, video_id in sorted(alike)[:MOST] if less < 0]


def told_by(
    look_alikes: Sequence[LookAlike], candidates: Mapping[UUID, Candidate], audience: Audience, policy: Policy
) -> Told:
    """Return what look-alikes say of the candidates, each as loud as it is like the source."""
    known = [one for one in look_alikes if one.video_id in candidates]
    loudness = [math.exp(likeness(candidates[one.video_id], policy) / policy.temperature) for one in known]
    shares: dict[UUID, float] = {}
    untold = 0.0 if known else 1.0
    for one, loud in zip(known, loudness, strict=True):
        weight = loud / sum(loudness) / (one.viewers + policy.prior_viewers)
        untold += weight * policy.prior_viewers
        for video_id, together in one.together.items():
            beyond = beyond_chance(
                together,
                one.viewers,
                candidates[video_id].viewers,
                everybody=audience.everybody,
                chance_share=policy.chance_share,
            )
            shares[video_id] = shares.get(video_id, 0.0) + weight * beyond
    return Told(shares, untold)
