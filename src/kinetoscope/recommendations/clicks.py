"""What clicks teach a list: clicks over expected examinations, with a posterior that knows its limits.

A click says that an item was looked at and wanted, `P(click) = examined(rank) · wanted` (the position-based
model, Richardson, Dominowska and Ragno 2007). So clicks are held against the sum of the examinations that
the item's ranks gave it, under a Beta prior from its place in the unlearned list that counts as 6
examinations. Below the first ranks the order is drawn from the posteriors (Thompson 1933), as far as there
is evidence: what nobody has looked at keeps its place, so a list is never worse for having learnt nothing
yet.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from .models import NO_EVIDENCE, Evidence

HALF_LIFE = timedelta(days=30)
PRIOR_EXAMINATIONS = 6.0
PINNED = 2
"""The first ranks are not drawn for: they go to the best means."""

SURE = 0.7
"""Another takes a pinned rank only when it is better with more than this probability."""

_SETTLED_AFTER = 1.0
"""With so many examinations, half of a draw's distance from the mean counts."""


@dataclass(frozen=True, slots=True)
class Posterior:
    """A Beta distribution of how wanted an item is."""

    clicks: float
    misses: float

    @property
    def mean(self) -> float:
        """The expected probability of a click by somebody who looks at it."""
        return self.clicks / (self.clicks + self.misses)

    @property
    def variance(self) -> float:
        """The square of the posterior's standard deviation."""
        total = self.clicks + self.misses
        return self.clicks * self.misses / (total * total * (total + 1))


def prior_rate(position: int) -> float:
    """Return how wanted an item is expected to be by its position (from 0) in the unlearned list."""
    return 0.06 + 0.22 * math.exp(-position / 6)


def posterior(position: int, evidence: Evidence) -> Posterior:
    """Return what is known of the item at a position of the unlearned list."""
    rate = prior_rate(position)
    return Posterior(
        evidence.clicks + rate * PRIOR_EXAMINATIONS,
        max(0.0, evidence.examinations - evidence.clicks) + (1 - rate) * PRIOR_EXAMINATIONS,
    )


def probably_better(one: Posterior, other: Posterior) -> float:
    """Return the probability that one item is more wanted than another, by the normal approximation."""
    deviation = math.sqrt(one.variance + other.variance)
    return 0.5 * (1 + math.erf((one.mean - other.mean) / (deviation * math.sqrt(2))))


def learnt_order(evidence: Sequence[Evidence], random: Random) -> list[int]:
    """Return positions of the unlearned list in the order in which to show them."""
    if all(seen == NO_EVIDENCE for seen in evidence):
        return list(range(len(evidence)))
    posteriors = [posterior(position, seen) for position, seen in enumerate(evidence)]
    worth = [_drawn(p, seen, random) for p, seen in zip(posteriors, evidence, strict=True)]
    pinned = _pinned(posteriors)
    rest = [position for position in range(len(evidence)) if position not in pinned]
    return [*pinned, *sorted(rest, key=lambda position: (-worth[position], position))]


def faded(evidence: Evidence, *, since: datetime, now: datetime) -> Evidence:
    """Return evidence as it counts after some time."""
    left = 2.0 ** (-max(timedelta(0), now - since) / HALF_LIFE)
    return Evidence(evidence.clicks * left, evidence.examinations * left)


def _drawn(known: Posterior, seen: Evidence, random: Random) -> float:
    if seen.examinations <= 0:
        return known.mean
    settled = seen.examinations / (seen.examinations + _SETTLED_AFTER)
    draw = random.betavariate(known.clicks, known.misses)
    return known.mean + (draw - known.mean) * settled


def _pinned(posteriors: Sequence[Posterior]) -> list[int]:
    """Return who has the first ranks: the unlearned list's own, unless another is surely better."""
    by_mean = sorted(range(len(posteriors)), key=lambda position: (-posteriors[position].mean, position))
    chosen: list[int] = []
    for rank in range(min(PINNED, len(posteriors))):
        best = next(position for position in by_mean if position not in chosen)
        holder = next(position for position in range(len(posteriors)) if position not in chosen)
        surely = probably_better(posteriors[best], posteriors[holder]) > SURE
        chosen.append(best if surely else holder)
        assert len(chosen) == rank + 1
    return chosen
