"""What a viewer may like next, from what it has watched: the weights of a linear model, summed.

The model knows for each video which others speak for or against it (EASE, Steck 2019; or the same derived
from the factors of ALS). A viewer's score of a video is the sum over its history, the latest counting most.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from .content import best_first
from .models import Ranked, Signal

Neighbours = Mapping[UUID, Sequence[tuple[UUID, float]]]
"""For each watched video, the videos that it speaks for, with weights."""

MOST_WATCHED = 100
"""How many of a viewer's latest videos count."""

WISHES_OF_ONE = 100
"""Of each of them so many wishes count."""

HALVED_AFTER = 20
"""So many videos later, one counts half of the latest; a third after as many again."""

SHARE = 0.5
"""How much of the score of a personal list is the viewer's history."""

WATCHED_KEEPS = 0.2
"""What is left of the score of a video that the viewer has already watched."""


def wishes(history: Sequence[UUID], neighbours: Neighbours) -> dict[UUID, float]:
    """Return what a history, the latest first, speaks for, each relative to the most wished: from 0 to 1."""
    sums: dict[UUID, float] = {}
    for ago, watched in enumerate(history):
        recency = 1 / (1 + ago / HALVED_AFTER)
        for video_id, weight in neighbours.get(watched, ()):
            sums[video_id] = sums.get(video_id, 0.0) + recency * weight
    best = max(sums.values(), default=0.0)
    return {video_id: total / best for video_id, total in sums.items() if total > 0} if best > 0 else {}


def personal(ranked: Sequence[Ranked], wished: Mapping[UUID, float]) -> list[Ranked]:
    """Return a list mixed with a viewer's wishes, half and half; unchanged if there are none."""
    if not wished:
        return list(ranked)
    best = max((item.score for item in ranked), default=0.0)
    mixed: list[Ranked] = []
    for item in ranked:
        parts: dict[Signal, float] = {s: (1 - SHARE) * part for s, part in item.contributions.items()}
        parts["history"] = SHARE * best * wished.get(item.video_id, 0.0)
        mixed.append(Ranked(item.video_id, parts))
    return best_first(mixed)


def with_watched_lowered(ranked: Sequence[Ranked], watched: frozenset[UUID]) -> list[Ranked]:
    """Return a list in which what the viewer has watched already stands lower."""
    if not watched:
        return list(ranked)
    return best_first(
        [
            item.plus("watched", -(1 - WATCHED_KEEPS) * item.score) if item.video_id in watched else item
            for item in ranked
        ]
    )
