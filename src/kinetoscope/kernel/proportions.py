"""Shares of a whole that were counted, with how sure they are."""

from dataclasses import dataclass
from math import sqrt

_Z_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Proportion:
    """A fraction from 0 to 1, and the bounds of its 95 % interval."""

    value: float
    low: float
    high: float


def proportion(successes: int, trials: int) -> Proportion:
    """Return a counted share with its Wilson score interval at 95 %; without trials, 0 of anything to 1.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
    """
    assert 0 <= successes <= trials
    if trials == 0:
        return Proportion(0.0, 0.0, 1.0)
    share, square = successes / trials, _Z_95**2
    middle = share + square / (2 * trials)
    spread = _Z_95 * sqrt(share * (1 - share) / trials + square / (4 * trials**2))
    scale = 1 + square / trials
    return Proportion(share, max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale))
