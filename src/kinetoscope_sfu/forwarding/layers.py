"""Which simulcast layer each receiver of one peer gets: pure.

The estimate is the peer's own (REMB). It never says more than about 1.5 times what is arriving, so whether a
higher layer fits has to be tried; a trial that fails makes the next one wait twice as long.
"""

from dataclasses import dataclass

from ..plane import LayerChoice

_FITS = 0.9  # of what is sent: an estimate below it is too low
_UNLIMITED = 1.25  # an estimate above it is limited by what is sent, not by the path
_LOSS_LIMIT = 26  # of 256: a tenth
_FIRST_PATIENCE_US = 4_000_000
_LONGEST_PATIENCE_US = 64_000_000
_TRIAL_US = 8_000_000
_TRIAL_FACTOR = 6  # layers are two to four times apart
_LOW_ROUNDS = 2


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer that is being sent, with its measured rate, and its width where that is known."""

    rid: str
    bits_per_second: int
    width: int = 0


@dataclass(frozen=True, slots=True)
class Wish:
    """One receiver's choice among the layers that are there."""

    choice: LayerChoice
    layers: tuple[Layer, ...]
    rids: tuple[str, ...]  # as the publisher offered them, silent ones too

    def candidates(self) -> list[Layer]:
        """Return the layers it may get, the best first; empty where it would rather have nothing."""
        there = {layer.rid: layer for layer in self.layers}
        choice = self.choice
        if not choice.preferred_rid:
            if choice.by_bandwidth:
                return [there[rid] for rid in sorted(there)]
            return sorted(self.layers, key=lambda layer: (-layer.width, -layer.bits_per_second))
        preferred = there.get(choice.preferred_rid)
        if preferred is not None and not choice.by_bandwidth:
            return [preferred]
        if preferred is None and not choice.any_when_missing:
            return []
        below = [there[rid] for rid in sorted(there) if rid > choice.preferred_rid]
        return ([preferred] if preferred else []) + below or list(self.layers)


def allocate(wishes: list[Wish], budget: int | None) -> list[str | None]:
    """Share a budget in bits per second, None: no limit. All get something, then step up in turn."""
    candidates = [wish.candidates() for wish in wishes]
    if budget is None:
        return [layers[0].rid if layers else None for layers in candidates]
    at = [len(layers) - 1 for layers in candidates]
    left = budget - sum(layers[-1].bits_per_second for layers in candidates if layers)
    improved = True
    while improved:
        improved = False
        for i, layers in enumerate(candidates):
            step = _step(layers, at[i])
            if step is not None and step <= left:
                left -= step
                at[i] -= 1
                improved = True
    return [layers[i].rid if layers else None for layers, i in zip(candidates, at, strict=True)]


def _step(layers: list[Layer], at: int) -> int | None:
    """Return what the next better layer costs more; None where there is none."""
    return max(0, layers[at - 1].bits_per_second - layers[at].bits_per_second) if at > 0 else None


class Headroom:
    """How much one peer can be sent, learned from its estimates. Asked once a second."""

    def __init__(self) -> None:
        self._low_rounds = 0
        self._patience_us = _FIRST_PATIENCE_US
        self._calm_since_us = 0
        self._trial_until_us = 0

    def budget(self, estimate: int, sent: int, fraction_lost: int, now_us: int) -> int | None:
        """Return the bits per second to share anew, or None: leave everything as it is."""
        if fraction_lost > _LOSS_LIMIT:
            estimate = min(estimate, sent * (256 - fraction_lost) // 256)
        if not estimate or not sent:
            self._calm_since_us = now_us
            return None
        if estimate < sent * _FITS:
            return self._too_low(estimate, now_us)
        self._low_rounds = 0
        if estimate < sent * _UNLIMITED:
            self._calm_since_us = now_us
            return None
        if now_us - self._calm_since_us < self._patience_us:
            return None
        self._calm_since_us = now_us
        self._trial_until_us = now_us + _TRIAL_US
        return sent * _TRIAL_FACTOR

    def _too_low(self, estimate: int, now_us: int) -> int | None:
        self._calm_since_us = now_us
        self._low_rounds += 1
        if self._low_rounds < _LOW_ROUNDS:
            return None
        self._low_rounds = 0
        if now_us < self._trial_until_us:
            self._patience_us = min(2 * self._patience_us, _LONGEST_PATIENCE_US)
        else:
            self._patience_us = _FIRST_PATIENCE_US
        self._trial_until_us = 0
        return estimate
