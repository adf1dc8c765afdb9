"""Votes as numpy sees them: who and what are numbers from 0."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.uint32]

_PAIRS_AT_ONCE = 2_000_000


@dataclass(frozen=True, slots=True)
class Votes:
    """Each vote once, oldest first: `voters[k]` has watched `videos[k]`."""

    voters: Ids
    videos: Ids
    voter_count: int
    video_count: int

    @property
    def viewers(self) -> NDArray[np.int64]:
        """How many have watched each video."""
        return np.bincount(self.videos, minlength=self.video_count)

    def latest(self, most: int) -> "Votes":
        """Return the latest votes of each voter: who watches everything says little, and costs the most."""
        order = np.lexsort((-np.arange(len(self.voters)), self.voters))
        kept = order[_place_in_group(self.voters[order]) < most]
        kept.sort()
        return Votes(self.voters[kept], self.videos[kept], self.voter_count, self.video_count)

    def pairs(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
        """Yield unordered pairs of videos with how many have watched both, in parts that add up."""
        order = np.argsort(self.voters, kind="stable")
        voters, videos = self.voters[order], self.videos[order].astype(np.int64)
        lengths = np.bincount(voters, minlength=self.voter_count)
        starts = np.concatenate(([0], np.cumsum(lengths)[:-1]))
        for length in np.unique(lengths[lengths > 1]):
            upper = np.triu_indices(length, 1)
            who = np.flatnonzero(lengths == length)
            step = max(1, _PAIRS_AT_ONCE // len(upper[0]))
            for part in (who[at : at + step] for at in range(0, len(who), step)):
                own = np.sort(videos[starts[part][:, None] + np.arange(length)[None]], axis=1)
                codes = own[:, upper[0]] * self.video_count + own[:, upper[1]]
                found, counts = np.unique(codes, return_counts=True)
                yield found // self.video_count, found % self.video_count, counts


def _place_in_group(sorted_groups: Ids) -> NDArray[np.int64]:
    """Return each element's place (from 0) among its equals."""
    starts = np.flatnonzero(np.concatenate(([True], sorted_groups[1:] != sorted_groups[:-1])))
    lengths = np.diff(np.concatenate((starts, [len(sorted_groups)])))
    return np.arange(len(sorted_groups)) - np.repeat(starts, lengths)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """For each video its neighbours, in one row: `counts[i]` of them, one video after the other."""

    counts: Ids
    others: Ids
    weights: NDArray[np.float32]


def strongest(
    rows: NDArray[np.int64],
    others: NDArray[np.int64],
    weights: NDArray[np.float32],
    strength: NDArray[np.float32],
    *,
    videos: int,
    most: int,
) -> Neighbours:
    """Return for each row the neighbours of the greatest strength, those first."""
    order = np.lexsort((-strength, rows))
    place = _place_in_group(rows[order].astype(np.uint32))
    kept = order[place < most]
    counts = np.bincount(rows[kept], minlength=videos).astype(np.uint32)
    return Neighbours(counts, others[kept].astype(np.uint32), weights[kept].astype(np.float32))
