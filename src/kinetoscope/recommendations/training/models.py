"""The nouns of training, without numpy: the worker holds these."""

from dataclasses import dataclass
from typing import Literal

ModelKind = Literal["co_watch", "history"]
"""`co_watch` counts viewers in common, for lists beside a video; `history` weighs, for a viewer's wishes."""


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Votes, oldest first: `voters` are 64-bit numbers that tell who apart, `videos` 32-bit ones from 0."""

    voters: bytes
    videos: bytes
    video_count: int

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.videos) // 4


@dataclass(frozen=True, slots=True)
class Trained:
    """Neighbours of each video, one video after the other.

    `counts` says how many each has (uint32), `others` who (uint32), `weights` with which weight (float32).
    """

    kind: ModelKind
    method: str
    counts: bytes
    others: bytes
    weights: bytes


@dataclass(frozen=True, slots=True)
class Factors:
    """Factors of videos that another trainer has made: one row of `dimensions` numbers (float32) for each."""

    values: bytes
    dimensions: int
