"""How policies improve: one small step at a time, chosen on one half of the viewers, proved on the other.

A step changes one weight by a tenth, never beyond half or double of where it began. What clicks say
globally is little, so nothing larger is learnt from them; what they say of single lists is learnt in
`clicks`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

from .intervals import Estimate
from .models import FIRST_POLICY, Policy

Weight = Literal[
    "embedding", "tags", "text", "author", "temperature", "popularity_power", "prior_viewers", "chance_share"
]
WEIGHTS: Sequence[Weight] = (
    "embedding", "tags", "text", "author", "temperature", "popularity_power", "prior_viewers", "chance_share",
)  # fmt: skip
STEP = 1.1
BOUND = 2.0
CONTROL_PERCENT = 10
"""So many of a hundred viewers keep the policy before: what the present one is compared with."""

MARGIN = 0.01
"""A policy is used only if, with 95 %, it loses no more than this share of the clicks."""


@dataclass(frozen=True, slots=True)
class Step:
    """A policy that differs from the present one in one weight."""

    weight: Weight
    policy: Policy

    @property
    def change(self) -> dict[str, float]:
        """What it says of itself: the weight's new value."""
        return {self.weight: round(getattr(self.policy, self.weight), 6)}


def steps_from(policy: Policy) -> list[Step]:
    """Return all policies that are one step away and within the bounds."""
    found: list[Step] = []
    for weight in WEIGHTS:
        first: float = getattr(FIRST_POLICY, weight)
        for factor in (STEP, 1 / STEP):
            value: float = getattr(policy, weight) * factor
            if first / BOUND <= value <= first * BOUND:
                found.append(Step(weight, replace(policy, **{weight: value})))
    return found


def is_not_worse(gain: Estimate, clicks_per_list: float) -> bool:
    """Whether a policy may be used: better as far as is known, surely not much worse."""
    return gain.value > 0 and gain.low >= -MARGIN * clicks_per_list


def best_step(gains: Mapping[Step, Estimate]) -> Step | None:
    """Return the step with the greatest gain, if any gains."""
    step = max(gains, key=lambda step: gains[step].value, default=None)
    return step if step is not None and gains[step].value > 0 else None


def is_control(source: UUID) -> bool:
    """Whether a viewer belongs to those who keep the policy before: always the same ones."""
    return _hundredth(source, b"control") < CONTROL_PERCENT


def proves(source: UUID) -> bool:
    """Whether a viewer is of the half that proves a step; the other half chooses it."""
    return _hundredth(source, b"half") < 50  # noqa: PLR2004 - half of a hundred


def _hundredth(source: UUID, purpose: bytes) -> int:
    digest = hashlib.blake2b(source.bytes, digest_size=8, key=purpose).digest()
    return int.from_bytes(digest) % 100
