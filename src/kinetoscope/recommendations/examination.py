"""How likely somebody is to look at a rank: `rank^−η`, with η estimated from exchanged neighbours.

In a few per cent of lists two neighbouring ranks are exchanged. An item that was meant for rank k and is
shown at k + 1 is the same item, so the ratio of its clicks at the two ranks is the ratio of their
examinations (Joachims, Swaminathan and Schnabel 2017). η begins at 1 and moves as the exchanges speak.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

FIRST_ETA = 1.0
SWAP_SHARE = 0.05
"""In how many lists two neighbours are exchanged."""

_GRID = [0.30 + 0.05 * step for step in range(39)]
_DEVIATION = 0.6
"""The standard deviation of η before anything was seen."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """How often a rank and the next were shown and clicked, as they were meant and exchanged.

    `upper` and `lower` are the clicks at the two ranks.
    """

    rank: int
    shown: int = 0
    upper: int = 0
    lower: int = 0
    shown_exchanged: int = 0
    upper_exchanged: int = 0
    lower_exchanged: int = 0


def examined(rank: int, eta: float) -> float:
    """Return the probability that somebody looks at a rank, which counts from 1."""
    return rank**-eta


def estimate_eta(exchanges: Sequence[Exchange]) -> float:
    """Return the posterior mean of η."""
    logs = [_log_posterior(eta, exchanges) for eta in _GRID]
    best = max(logs)
    weights = [math.exp(value - best) for value in logs]
    return sum(eta * weight for eta, weight in zip(_GRID, weights, strict=True)) / sum(weights)


def choose_swap(length: int, random: Random, *, share: float = SWAP_SHARE) -> int:
    """Return the rank to exchange with the next one, or 0 for a list that is shown as it is meant."""
    if length < 2 or random.random() >= share:  # noqa: PLR2004 - two can be exchanged
        return 0
    return random.randrange(1, length)


def exchanged_order(length: int, swapped_at: int) -> list[int]:
    """Return the positions of a list with a rank and the next exchanged."""
    order = list(range(length))
    if swapped_at:
        order[swapped_at - 1], order[swapped_at] = order[swapped_at], order[swapped_at - 1]
    return order


def propensities(length: int, swapped_at: int, *, share: float = SWAP_SHARE) -> list[float]:
    """Return for each rank the probability with which its item had to be there."""
    if length < 2:  # noqa: PLR2004 - as above
        return [1.0] * length
    one = share / (length - 1)
    meant = [1 - one * ((rank > 0) + (rank < length - 1)) for rank in range(length)]
    if swapped_at:
        meant[swapped_at - 1] = meant[swapped_at] = one
    return meant


def _log_posterior(eta: float, exchanges: Sequence[Exchange]) -> float:
    total = -(((eta - FIRST_ETA) / _DEVIATION) ** 2) / 2
    for seen in exchanges:
        if not seen.shown or not seen.shown_exchanged:
            continue
        ratio = examined(seen.rank + 1, eta) / examined(seen.rank, eta)
        upper = (seen.upper + 0.5) / (seen.shown + 1)
        lower = (seen.lower + 0.5) / (seen.shown + 1)
        total += _log_likelihood(seen.lower_exchanged, seen.shown_exchanged, upper * ratio)
        total += _log_likelihood(seen.upper_exchanged, seen.shown_exchanged, lower / ratio)
    return total


def _log_likelihood(clicks: int, shown: int, rate: float) -> float:
    rate = min(0.99, rate)
    return clicks * math.log(rate) + (shown - clicks) * math.log(1 - rate)
