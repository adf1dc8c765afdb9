"""95 % intervals of shares, and of how far two shares differ."""

import math
from dataclasses import dataclass

Z = 1.959964
"""The two-sided 95 % point of the normal distribution."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float


def share(part: int, whole: int) -> Estimate:
    """Return a share with Wilson's interval (1927); 0 of nothing is 0, somewhere between 0 and 1."""
    if whole <= 0:
        return Estimate(0.0, 0.0, 1.0)
    value = part / whole
    denominator = 1 + Z * Z / whole
    middle = (value + Z * Z / (2 * whole)) / denominator
    half = Z * math.sqrt(value * (1 - value) / whole + Z * Z / (4 * whole * whole)) / denominator
    return Estimate(value, max(0.0, min(value, middle - half)), min(1.0, max(value, middle + half)))


def difference(one: Estimate, other: Estimate) -> Estimate:
    """Return how much greater one share is than another, by Newcombe's hybrid score interval (1998)."""
    value = one.value - other.value
    return Estimate(
        value,
        value - math.hypot(one.value - one.low, other.high - other.value),
        value + math.hypot(one.high - one.value, other.value - other.low),
    )
