"""The training itself, from votes to models: what the process of its own does."""

import numpy as np

from .als import factorize, neighbours_by_factors
from .counting import co_watch
from .ease import MOST_VIDEOS, ease
from .models import Trained, TrainingSet
from .votes import Neighbours, Votes

MOST_VOTES_OF_ONE = 200
"""Of each voter, so many latest votes are learnt from."""


def train(given: TrainingSet) -> list[Trained]:
    """Return the model of co-watch and that of histories."""
    votes = Votes(
        np.frombuffer(given.voters, np.uint32),
        np.frombuffer(given.videos, np.uint32),
        given.voter_count,
        given.video_count,
    ).latest(MOST_VOTES_OF_ONE)
    if not len(votes.voters):
        return []
    counted = _trained("co_watch", co_watch(votes))
    is_small = votes.video_count <= MOST_VIDEOS
    history = ease(votes) if is_small else neighbours_by_factors(factorize(votes))
    return [counted, _trained("history", history)]


def _trained(kind: str, found: Neighbours) -> Trained:
    return Trained(kind, found.counts.tobytes(), found.others.tobytes(), found.weights.tobytes())
