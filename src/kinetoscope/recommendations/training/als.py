"""Implicit ALS for more videos than EASE can take (Hu, Koren and Volinsky 2008).

Viewers and videos are points of a few dimensions; whoever watched something should be near it. Each step
solves for one side while the other stands still. A history's wishes follow from the videos' factors alone:
the weight between two videos is `yᵢᵀ (YᵀY · a + λI)⁻¹ yⱼ`, which is what folding in a viewer who has
watched i gives to j.
"""

import numpy as np
from numpy.typing import NDArray

from .votes import Ids, Neighbours, Votes, strongest

FACTORS = 48
_STEPS = 6
_UNSEEN = 0.05
"""How much not having watched a video weighs beside having watched it."""

_RIDGE = 1.0
_KEPT = 150
_AT_ONCE = 1024

Factors = NDArray[np.float32]


def factorize(votes: Votes, *, factors: int = FACTORS, steps: int = _STEPS, seed: int = 0) -> Factors:
    """Return the factors of each video; of one that nobody watched, zeros."""
    random = np.random.default_rng(seed)
    videos = random.normal(0, 0.1, (votes.video_count, factors)).astype(np.float32)
    videos[votes.viewers == 0] = 0
    for _ in range(steps):
        voters = _solved(votes.voters, votes.videos, videos, votes.voter_count)
        videos = _solved(votes.videos, votes.voters, voters, votes.video_count)
    return videos


def neighbours_by_factors(factors: Factors) -> Neighbours:
    """Return for each video those that its factors speak for most."""
    inverse = np.linalg.inv(_UNSEEN * factors.T @ factors + _RIDGE * np.eye(factors.shape[1]))
    folded = (factors @ inverse).astype(np.float32)
    most = min(_KEPT, len(factors) - 1)
    rows: list[NDArray[np.int64]] = []
    others: list[NDArray[np.int64]] = []
    weights: list[NDArray[np.float32]] = []
    for start in range(0, len(factors), _AT_ONCE):
        part = folded[start : start + _AT_ONCE] @ factors.T
        here = np.arange(len(part))
        part[here, start + here] = 0
        best = np.argpartition(-part, max(0, most - 1), axis=1)[:, :most]
        rows.append(np.repeat(start + here, best.shape[1]))
        others.append(best.ravel())
        weights.append(np.take_along_axis(part, best, 1).ravel())
    row, other, weight = np.concatenate(rows), np.concatenate(others), np.concatenate(weights)
    seen = weight > 1e-6  # noqa: PLR2004 - nothing that a sum would notice
    return strongest(row[seen], other[seen], weight[seen], weight[seen], videos=len(factors), most=_KEPT)


def _solved(of: Ids, to: Ids, fixed: Factors, count: int) -> Factors:
    """Return the factors of one side, given the other: one small system of equations for each."""
    size = fixed.shape[1]
    order = np.argsort(of, kind="stable")
    lengths = np.bincount(of, minlength=count)
    starts = np.concatenate(([0], np.cumsum(lengths)[:-1]))
    others = to[order]
    common = _UNSEEN * fixed.T @ fixed + _RIDGE * np.eye(size, dtype=np.float32)
    solved = np.zeros((count, size), np.float32)
    for length in np.unique(lengths[lengths > 0]):
        who = np.flatnonzero(lengths == length)
        step = max(1, min(_AT_ONCE, 2_000_000 // (int(length) * size)))
        for part in (who[at : at + step] for at in range(0, len(who), step)):
            near = fixed[others[starts[part][:, None] + np.arange(length)[None]]]
            left = common + (1 - _UNSEEN) * near.transpose(0, 2, 1) @ near
            solved[part] = np.linalg.solve(left, near.sum(1)[..., None])[..., 0]
    return solved
