"""What another policy would have been clicked, from lists that the present one showed.

An item that was clicked at one rank would have been looked at more or less often at another: each click
counts `examined(new rank) / examined(shown rank)` (inverse propensity scoring under the position-based
model; Li, Abbasi-Yadkori, Kveton, Muthukrishnan, Vinay and Wen 2018). All lists of one viewer are one
observation, so that nobody counts more than once and the intervals hold though a viewer's lists are alike.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from .examination import examined
from .intervals import Estimate, Z

HEAVIEST = 10.0
"""No click counts more than so often: it bounds the variance, and errs towards the present policy."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A list that was shown to somebody: its items by rank, and which of them were clicked."""

    source: UUID
    video_id: UUID
    items: Sequence[UUID]
    clicked: frozenset[UUID]


def inverse_propensity(rewards: Sequence[float], weights: Sequence[float]) -> Estimate:
    """Return the mean of weighted rewards (Horvitz and Thompson 1952), with its normal interval."""
    return mean([reward * weight for reward, weight in zip(rewards, weights, strict=True)])


def self_normalized(rewards: Sequence[float], weights: Sequence[float]) -> Estimate:
    """Return the weighted mean of rewards (Swaminathan and Joachims 2015), its interval by the delta method.

    Less variance for a little bias; it cannot leave the range of the rewards.
    """
    total = sum(weights)
    if total <= 0:
        return Estimate(0.0, -math.inf, math.inf)
    value = sum(r * w for r, w in zip(rewards, weights, strict=True)) / total
    squares = sum((w * (r - value)) ** 2 for r, w in zip(rewards, weights, strict=True))
    half = Z * math.sqrt(squares) / total
    return Estimate(value, value - half, value + half)


def mean(values: Sequence[float]) -> Estimate:
    """Return the mean of independent values with its normal interval; of fewer than two, nothing is known."""
    count = len(values)
    if count < 2:  # noqa: PLR2004 - one value has no variance
        return Estimate(sum(values), -math.inf, math.inf)
    value = sum(values) / count
    variance = sum((v - value) ** 2 for v in values) / (count - 1)
    half = Z * math.sqrt(variance / count)
    return Estimate(value, value - half, value + half)


def replayed_clicks(shown: Shown, order: Sequence[UUID], *, eta: float) -> float:
    """Return how many clicks a list would have got in another order; what it would not show gets none."""
    ranks = {item: rank for rank, item in enumerate(order[: len(shown.items)], start=1)}
    total = 0.0
    for rank, item in enumerate(shown.items, start=1):
        if item in shown.clicked and item in ranks:
            total += min(HEAVIEST, examined(ranks[item], eta) / examined(rank, eta))
    return total


def gain(lists: Sequence[Shown], orders: Mapping[UUID, Sequence[UUID]], *, eta: float) -> Estimate:
    """Return how many more clicks a list would get, in orders by video: the mean over viewers."""
    by_source = sorted(lists, key=lambda shown: shown.source)
    differences: list[float] = []
    for _, own in groupby(by_source, key=lambda shown: shown.source):
        each = [replayed_clicks(s, orders[s.video_id], eta=eta) - len(s.clicked) for s in own]
        differences.append(sum(each) / len(each))
    return mean(differences)
