"""Moving items in a list that is scored already, so that the scores still fall down the list.

Whoever stands at a place has the score of that place; the difference is the contribution of the signal that
moved it. So reasons still sum to scores.
"""

from collections.abc import Sequence
from itertools import pairwise
from uuid import UUID

from .models import Ranked, Signal

NEAR = 4
"""How many places at least lie between two that are nearly the same."""


def reordered(ranked: Sequence[Ranked], order: Sequence[int], signal: Signal) -> list[Ranked]:
    """Return the items in another order: `order[k]` is the present position of the item for position k."""
    return [
        ranked[position].plus(signal, ranked[place].score - ranked[position].score)
        if position != place
        else ranked[position]
        for place, position in enumerate(order)
    ]


def spread(ranked: Sequence[Ranked], same: frozenset[tuple[UUID, UUID]]) -> list[Ranked]:
    """Return the items with near-duplicates apart: none within some places of one that is nearly the same.

    `same` holds the pairs, both ways round. Where only duplicates are left, they follow each other.
    """
    if not same:
        return list(ranked)
    waiting = list(range(len(ranked)))
    order: list[int] = []
    while waiting:
        recent = [ranked[position].video_id for position in order[-NEAR:]]
        free = (p for p in waiting if all((ranked[p].video_id, placed) not in same for placed in recent))
        chosen = next(free, waiting[0])
        waiting.remove(chosen)
        order.append(chosen)
    return reordered(ranked, order, "diversity")


def is_descending(ranked: Sequence[Ranked]) -> bool:
    """Whether scores never grow down the list, but for rounding."""
    return all(lower.score <= upper.score + 1e-9 for upper, lower in pairwise(ranked))
