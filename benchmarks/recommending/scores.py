"""nDCG@10 and its company, with bootstrap intervals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

TOP = 10
_ROUNDS = 1000


@dataclass
class Judged:
    """What a method got for each list that was asked of it."""

    name: str
    ndcg: list[float] = field(default_factory=list[float])
    recall: list[float] = field(default_factory=list[float])
    shown: set[str] = field(default_factory=set[str])

    def judge(self, ranked: Sequence[str], relevant: set[str]) -> None:
        """Note one list, best first, all of whose items were candidates."""
        top = ranked[:TOP]
        ideal = sum(_discount(rank) for rank in range(min(TOP, len(relevant))))
        gained = sum(_discount(rank) for rank, item in enumerate(top) if item in relevant)
        self.ndcg.append(gained / ideal)
        self.recall.append(sum(item in relevant for item in top) / len(relevant))
        self.shown.update(top)

    def line(self, catalogue: int) -> str:
        """Return the figures in one line."""
        low, high = interval(self.ndcg)
        return (
            f"{self.name:34} nDCG@10 {mean(self.ndcg):.4f} ({low:.4f}–{high:.4f})  "
            f"Recall@10 {mean(self.recall):.4f}  coverage {len(self.shown) / catalogue:.2f}  "
            f"n {len(self.ndcg)}"
        )


def mean(values: Sequence[float]) -> float:
    return sum(values) / max(1, len(values))


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % percentile interval of the mean over resampled lists."""
    random = Random(0)
    means = sorted(mean(random.choices(values, k=len(values))) for _ in range(_ROUNDS if values else 0))
    return (means[int(0.025 * _ROUNDS)], means[int(0.975 * _ROUNDS) - 1]) if means else (0.0, 0.0)


def _discount(rank: int) -> float:
    return 1 / math.log2(rank + 2)
