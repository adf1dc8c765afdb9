"""A small world with known truth: people who look down a list, and click what they like."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from kinetoscope.recommendations.clicks import learnt_order
from kinetoscope.recommendations.examination import (
    FIRST_ETA,
    Exchange,
    choose_swap,
    estimate_eta,
    examined,
    exchanged_order,
)
from kinetoscope.recommendations.models import Evidence

POOL = 30
SHOWN = 10
LIKED, DISLIKED = 0.40, 0.05
"""The probability of a click by somebody who looks at a good and at another recommendation."""


def discount(rank: int) -> float:
    return 1 / math.log2(rank + 1)


def ndcg(liked: Sequence[bool], order: Sequence[int]) -> float:
    ideal = sum(discount(rank) for rank in range(1, min(SHOWN, sum(liked)) + 1))
    got = sum(discount(rank) for rank, item in enumerate(order[:SHOWN], 1) if liked[item])
    return got / ideal if ideal else 0.0


@dataclass
class Source:
    """A video whose list learns; position 0 of `liked` is the first of the unlearned list."""

    liked: list[bool]
    clicks: list[float] = field(default_factory=lambda: [0.0] * POOL)
    shown_at: list[list[int]] = field(default_factory=lambda: [[0] * SHOWN for _ in range(POOL)])

    def evidence(self, eta: float) -> list[Evidence]:
        looks = [examined(rank, eta) for rank in range(1, SHOWN + 1)]
        return [
            Evidence(clicks, sum(n * look for n, look in zip(shown, looks, strict=True)))
            for clicks, shown in zip(self.clicks, self.shown_at, strict=True)
        ]


class World:
    """Sources with lists of middling quality, and visitors with a position bias that nobody knows."""

    def __init__(self, *, sources: int, eta: float, seed: int) -> None:
        self._random = Random(seed)
        self._true_eta = eta
        self.eta = FIRST_ETA
        self.sources = [Source([self._is_liked(k) for k in range(POOL)]) for _ in range(sources)]
        self._exchanges = [[0, 0, 0, 0, 0, 0] for _ in range(SHOWN)]

    def _is_liked(self, position: int) -> bool:
        return self._random.random() < 0.03 + 0.13 * math.exp(-position / 12)

    def quality(self) -> float:
        """Return the mean nDCG@10 of the lists as they are shown."""
        return self._mean(self._order)

    def quality_unlearned(self) -> float:
        """Return the mean nDCG@10 of the lists before any click."""
        return self._mean(lambda _: range(POOL))

    def _mean(self, order: Callable[[Source], Sequence[int]]) -> float:
        judged = [source for source in self.sources if any(source.liked)]
        return sum(ndcg(source.liked, order(source)) for source in judged) / len(judged)

    def _order(self, source: Source) -> list[int]:
        return learnt_order(source.evidence(self.eta), self._random)

    def visit_all(self) -> None:
        """Show each list once to somebody new."""
        for source in self.sources:
            self._visit(source)
        self.eta = estimate_eta([Exchange(rank, *seen) for rank, seen in enumerate(self._exchanges, 1)])

    def _visit(self, source: Source) -> None:
        swapped_at = choose_swap(SHOWN, self._random)
        order = self._order(source)
        clicked: list[bool] = []
        for rank, place in enumerate(exchanged_order(SHOWN, swapped_at), 1):
            item = order[place]
            wanted = LIKED if source.liked[item] else DISLIKED
            clicked.append(self._random.random() < wanted * examined(rank, self._true_eta))
            source.shown_at[item][rank - 1] += 1
            source.clicks[item] += clicked[-1]
        self._note(clicked, swapped_at)

    def _note(self, clicked: Sequence[bool], swapped_at: int) -> None:
        ranks = [swapped_at] if swapped_at else range(1, SHOWN)
        for rank in ranks:
            seen = self._exchanges[rank - 1]
            start = 3 if swapped_at else 0
            seen[start] += 1
            seen[start + 1] += clicked[rank - 1]
            seen[start + 2] += clicked[rank]
