"""Lists for a viewer out of the lists beside what it watched last."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from .content import best_first
from .history import SHARE, personal
from .models import Ranked

SEEDS = 5
"""So many of the latest videos lend their lists; each counts two thirds of the one after it."""

_FADES = 2 / 3


def merged(lists: Sequence[Sequence[Ranked]], wished: Mapping[UUID, float]) -> list[Ranked]:
    """Return one list out of several, the latest first, mixed with what the whole history speaks for.

    Scores are a weighted mean: whatever several lists name stands higher.
    """
    weights = [_FADES**age for age in range(len(lists))]
    whole = sum(weights) or 1.0
    found: dict[UUID, Ranked] = {}
    for weight, ranked in zip(weights, lists, strict=True):
        for item in ranked:
            share = item.times(weight / whole)
            known = found.get(item.video_id)
            found[item.video_id] = share if known is None else _sum(known, share)
    if not found:
        return best_first([Ranked(v, {"history": SHARE * wish}) for v, wish in wished.items()])
    best = max(item.score for item in found.values())
    mixed = personal(list(found.values()), wished)
    rest = [Ranked(v, {"history": SHARE * best * wish}) for v, wish in wished.items() if v not in found]
    return best_first([*mixed, *rest])


def _sum(one: Ranked, other: Ranked) -> Ranked:
    for signal, contribution in other.contributions.items():
        one = one.plus(signal, contribution)
    return one
