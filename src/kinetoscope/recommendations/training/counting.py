"""Co-watch: how many have watched both of two videos, for the pairs that are most beyond chance."""

import numpy as np
from numpy.typing import NDArray

from .votes import Neighbours, Votes, strongest

MOST_NEIGHBOURS = 200
_CHANCE_SHARE = 0.4
_MERGED_AT = 8_000_000


def co_watch(votes: Votes) -> Neighbours:
    """Return for each video those that its viewers watched most beyond chance; weights are viewers."""
    first, second, counts = _summed(votes)
    viewers = votes.viewers.astype(np.float32)
    rows, others = np.concatenate((first, second)), np.concatenate((second, first))
    together = np.concatenate((counts, counts)).astype(np.float32)
    voters = max(1, len(np.unique(votes.voters)))
    by_chance = viewers[rows] * viewers[others] * np.float32(_CHANCE_SHARE / voters)
    beyond = (together - by_chance).astype(np.float32)
    return strongest(rows, others, together, beyond, videos=votes.video_count, most=MOST_NEIGHBOURS)


def _summed(votes: Votes) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    codes, counts = np.zeros(0, np.int64), np.zeros(0, np.int64)
    waiting: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    for one, other, seen in votes.pairs():
        waiting.append((one * votes.video_count + other, seen))
        if sum(len(part) for part, _ in waiting) > _MERGED_AT:
            codes, counts = _merged(codes, counts, waiting)
            waiting = []
    codes, counts = _merged(codes, counts, waiting)
    return codes // votes.video_count, codes % votes.video_count, counts


def _merged(
    codes: NDArray[np.int64],
    counts: NDArray[np.int64],
    parts: list[tuple[NDArray[np.int64], NDArray[np.int64]]],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    every = np.concatenate([codes, *(part for part, _ in parts)])
    seen = np.concatenate([counts, *(part for _, part in parts)])
    found, place = np.unique(every, return_inverse=True)
    return found, np.bincount(place, weights=seen, minlength=len(found)).astype(np.int64)
