"""The nouns of training, without numpy: the worker holds these."""

from dataclasses import dataclass
from typing import Literal

ModelKind = Literal["co_watch", "history"]
"""`co_watch` counts viewers in common, for lists beside a video; `history` weighs, for a viewer's wishes."""


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Votes, oldest first, as arrays of unsigned 32-bit numbers: who, and what."""

    voters: bytes | bytearray
    videos: bytes | bytearray
    voter_count: int
    video_count: int


@dataclass(frozen=True, slots=True)
class Trained:
    """Neighbours of each video, one video after the other.

    `counts` says how many each has (uint32), `others` who (uint32), `weights` with which weight (float32).
    """

    kind: str
    counts: bytes
    others: bytes
    weights: bytes
