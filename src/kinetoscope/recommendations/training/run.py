"""The training itself, from votes to models: what the process of its own does."""

import numpy as np

from .als import factorize, neighbours_by_factors
from .counting import co_watch
from .ease import MOST_VIDEOS, ease
from .models import Factors, ModelKind, Trained, TrainingSet
from .votes import Neighbours, Votes

MOST_VOTES_OF_ONE = 200
"""Of each voter, so many latest votes are learnt from."""


def train(given: TrainingSet | Factors) -> list[Trained]:
    """Return the model of co-watch and that of histories; nothing without a vote.

    Of factors that were made elsewhere, the model of histories alone.
    """
    if isinstance(given, Factors):
        factors = np.frombuffer(given.values, np.float32).reshape(-1, given.dimensions)
        return [_trained("history", "factors", neighbours_by_factors(factors))]
    if not given.count:
        return []
    named, voters = np.unique(np.frombuffer(given.voters, np.int64), return_inverse=True)
    votes = Votes(
        voters.astype(np.uint32), np.frombuffer(given.videos, np.uint32), len(named), given.video_count
    ).latest(MOST_VOTES_OF_ONE)
    counted = _trained("co_watch", "counts", co_watch(votes))
    if votes.video_count <= MOST_VIDEOS:
        return [counted, _trained("history", "ease", ease(votes))]
    return [counted, _trained("history", "als", neighbours_by_factors(factorize(votes)))]


def _trained(kind: ModelKind, method: str, found: Neighbours) -> Trained:
    return Trained(kind, method, found.counts.tobytes(), found.others.tobytes(), found.weights.tobytes())
