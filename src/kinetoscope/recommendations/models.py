"""The nouns of recommendations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

Strategy = Literal["content", "collaborative", "hybrid"]
Fallback = Literal["content", "popularity"]

Signal = Literal[
    "embedding",
    "tags",
    "text",
    "author",
    "co_watch",
    "co_watch_alike",
    "popularity",
    "freshness",
    "history",
    "watched",
    "clicks",
    "diversity",
    "exploration",
]
"""What can move a recommendation. Those from `clicks` on move it in the list, up or down."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike a candidate and the source are, each part from 0 to 1."""

    embedding: float = 0.0
    tags: float = 0.0
    text: float = 0.0
    author: float = 0.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A video that may be recommended, with all that is known of it beside the source.

    `viewers` have watched it, `together` of them the source too; `popularity` is its decayed share of all
    viewers' votes, `age_days` the time since it was registered.
    """

    video_id: UUID
    likeness: Likeness = field(default_factory=Likeness)
    viewers: int = 0
    together: int = 0
    popularity: float = 0.0
    age_days: float = 365.0


@dataclass(frozen=True, slots=True)
class LookAlike:
    """A candidate that is much like the source, with its viewers: how many, and what else they watched."""

    video_id: UUID
    viewers: int
    together: Mapping[UUID, int]


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom the votes come from: the source's viewers, those of the whole platform, and all their votes."""

    viewers: int = 0
    everybody: int = 0
    votes: int = 0

    @property
    def videos_a_viewer(self) -> float:
        """How many videos somebody has watched: what turns shares of the votes into counts of viewers."""
        return min(50.0, max(1.0, self.votes / max(1, self.everybody)))


@dataclass(frozen=True, slots=True)
class Ranked:
    """A recommendation: its score is the sum of what each signal contributes."""

    video_id: UUID
    contributions: Mapping[Signal, float]

    @property
    def score(self) -> float:
        """The sum of the contributions."""
        return sum(self.contributions.values())

    def plus(self, signal: Signal, contribution: float) -> "Ranked":
        """Return it with what a signal contributes in addition."""
        total = self.contributions.get(signal, 0.0) + contribution
        return Ranked(self.video_id, {**self.contributions, signal: total})

    def times(self, factor: float) -> "Ranked":
        """Return it with every contribution scaled."""
        return Ranked(self.video_id, {s: factor * c for s, c in self.contributions.items()})


@dataclass(frozen=True, slots=True)
class Policy:
    """How a hybrid list is put together: what the improvement loop may change, within bounds.

    `embedding`, `tags`, `text` and `author` weigh the parts of likeness; `temperature` says how sharply
    likeness tells candidates apart, `popularity_power` how much the popular gain by it; `prior_viewers` is
    how many viewers likeness counts for; `chance_share` how much of what popularity alone would bring
    together is taken off. `uses_clicks` lets lists learn from the clicks on them.
    """

    version: int = 1
    embedding: float = 0.5
    tags: float = 0.3
    text: float = 0.2
    author: float = 0.05
    temperature: float = 0.15
    popularity_power: float = 0.4
    prior_viewers: float = 5.0
    chance_share: float = 0.4
    uses_clicks: bool = True


FIRST_POLICY = Policy()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What clicks say of one recommendation on one list, half of it gone after 30 days.

    `examinations` are how often somebody can be expected to have looked at it.
    """

    clicks: float = 0.0
    examinations: float = 0.0


NO_EVIDENCE = Evidence()


@dataclass(frozen=True, slots=True)
class Slate:
    """A list as it was shown: what off-policy estimates are made of.

    `propensities` are the probabilities with which each item had the rank that it had; `swapped_at` is the
    rank (from 1) that was exchanged with the next one, or 0.
    """

    id: UUID
    video_id: UUID
    strategy: Strategy
    policy: int
    source: UUID
    shown_at: datetime
    items: Sequence[UUID]
    propensities: Sequence[float]
    swapped_at: int
    learns: bool


@dataclass(frozen=True, slots=True)
class Vote:
    """That a viewer has watched at least half of a video, or liked it. One for each viewer and video."""

    voter: UUID
    video_id: UUID
