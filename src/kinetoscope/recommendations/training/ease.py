"""EASE: the best linear model of who watches what, in closed form (Steck 2019).

`B = I − P · diag(P)⁻¹` with `P = (XᵀX + λI)⁻¹`. It takes one dense matrix of all videos, so it is for some
thousands of them, the most watched; beyond, `als` takes over.
"""

import numpy as np
from numpy.typing import NDArray

from .votes import Neighbours, Votes, strongest

MOST_VIDEOS = 8_000
"""So many take 250 MB, and half a minute on two cores: both grow fast."""

RIDGE = 250.0
_KEPT = 150
_BLOCK = 512
_ROWS = 1024


def ease(votes: Votes) -> Neighbours:
    """Return for each video the videos that it speaks for, and against; weights add up over a history."""
    gram = gram_matrix(votes)
    ridge = RIDGE
    gram[np.diag_indices_from(gram)] += ridge
    invert_in_place(gram)
    diagonal = gram.diagonal().copy()
    rows: list[NDArray[np.int64]] = []
    others: list[NDArray[np.int64]] = []
    weights: list[NDArray[np.float32]] = []
    most = min(_KEPT, max(0, votes.video_count - 1))
    for start in range(0, votes.video_count, _ROWS):
        part = gram[start : start + _ROWS] / -diagonal[None]
        here = np.arange(len(part))
        part[here, start + here] = 0.0
        best = np.argpartition(-np.abs(part), max(0, most - 1), axis=1)[:, :most]
        rows.append(np.repeat(start + here, best.shape[1]))
        others.append(best.ravel())
        weights.append(np.take_along_axis(part, best, 1).ravel())
    row, other, weight = np.concatenate(rows), np.concatenate(others), np.concatenate(weights)
    seen = np.abs(weight) > 1e-6  # noqa: PLR2004 - nothing that a sum would notice
    return strongest(
        row[seen], other[seen], weight[seen], np.abs(weight[seen]), videos=votes.video_count, most=_KEPT
    )


def gram_matrix(votes: Votes) -> NDArray[np.float32]:
    """Return how many have watched both of two videos, as a dense matrix."""
    gram = np.zeros((votes.video_count, votes.video_count), np.float32)
    for one, other, counts in votes.pairs():
        gram[one, other] += counts
    gram += gram.T
    gram[np.diag_indices_from(gram)] = votes.viewers
    return gram


def invert_in_place(matrix: NDArray[np.float32]) -> None:
    """Invert a symmetric positive definite matrix where it stands, by sweeping blocks of it (Beaton 1964).

    LAPACK's own way needs three matrices of the size; this one a few rows more than one.
    """
    size = len(matrix)
    for start in range(0, size, _BLOCK):
        block = slice(start, min(size, start + _BLOCK))
        pivot = np.linalg.inv(matrix[block, block].astype(np.float64)).astype(np.float32)
        column = matrix[:, block].copy()
        swept = column @ pivot
        for row in range(0, size, _ROWS):
            matrix[row : row + _ROWS] -= swept[row : row + _ROWS] @ column.T
        matrix[:, block] = swept
        matrix[block, :] = swept.T
        matrix[block, block] = -pivot
    np.negative(matrix, out=matrix)
